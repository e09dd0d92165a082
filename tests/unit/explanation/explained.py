"""Small networks of every kind to explain, with weights that nobody trained: what is exact must hold for any weights."""

import contextlib
import importlib
from pathlib import Path

import numpy as np
from samples import FORMS

from biodl.data.kinds import kind_of_form, table
from biodl.explanation.attribution import Subject
from biodl.networks import modelfile
from biodl.networks.assemble import assemble
from biodl.networks.ensemble import Joined, together
from biodl.networks.families import FAMILIES
from biodl.networks.opened import Opened, open_network
from biodl.program import runtime
from biodl.tasks import find_task
from biodl.training.train import body
from conftest import DATA

SMALL = {
    "feedforward": {"hidden_layers": (6, 4), "batch_normalization": True},
    "recurrent": {"units": (3,), "front_filters": (4,), "bidirectional": False, "embedding_dim": 3},
    "convolutional": {"filters": (4, 4), "embedding_dim": 3},
}


def untrained(folder: Path, form: str, family: str, members: int = 1, samples: int = 4, files=None, **changes):
    """A network as Train builds it, and raw inputs and data of some samples."""
    write, _, columns = FORMS[form]
    files = files or write(folder)
    kind = table.KIND if form == "table" else kind_of_form(form)
    fields = {**columns, **({} if form == "table" else {"kind": form}), **SMALL[family], **changes}
    options = importlib.import_module(f"biodl.commands.train_{family}").OPTIONS(**fields)
    data = kind.read_training(files, options)
    task = data.task() or find_task(data.target, data.where)
    task, encoding = task.fit(task.encode(data.target, data.where)), data.fit_encoding(options)
    model = _shaken(_network(encoding, FAMILIES[family], task, options, members).model)
    count = {"training": len(data), "validation": len(data)}
    metadata = {"family": family, "members": members, "training": {"parameters": {}, "samples": count}}
    chosen = data.take(np.arange(samples))
    return Subject(Opened("made.keras", metadata, kind, task, encoding), model), encoding.raw(chosen), chosen


def saved(subject: Subject, path: Path) -> Path:
    """Its network as a file that commands open, as if it had been trained."""
    opened, numbers = subject.opened, dict.fromkeys(("seed", "epochs", "best_epoch"), 1)
    training = {**opened.metadata["training"], "data_sha256": {}, **numbers, "versions": {}, "best": {}}
    about = {"kind": opened.kind.name, "task": opened.task.to_json(), "features": opened.encoding.to_json(), "training": training}
    modelfile.save(subject.model, {**opened.metadata, **about, "inputs": opened.encoding.inputs}, path)
    return path


def _network(encoding, family, task, options, members):
    def single():
        return assemble(*encoding.layers(), body(encoding, family, options), task)

    runtime.reseed(1)
    if members == 1:
        return single()
    if family.together and len(encoding.shape) == 1:
        embed, stacked = (lambda tensor: encoding.embed(tensor, options)[0]), (lambda tensor: family.together(tensor, options))
        return together(*encoding.layers(), embed, stacked, task, members)
    joined = Joined([single() for _ in range(members)], task)
    joined.gather()
    return joined.network


def _shaken(model):
    """With weights that are no initial ones: biases and what batches are normalised by differ from 0 and 1."""
    draw = np.random.default_rng(3)
    for layer in model.layers:
        if layer.trainable_weights and hasattr(layer, "get_weights"):
            layer.set_weights([weight + np.abs(draw.normal(0, 0.05, weight.shape)).astype(weight.dtype) for weight in layer.get_weights()])
    return model


@contextlib.contextmanager
def unoptimised():
    """Graphs run as they were traced: to optimise one takes as long as to trace it, and tests run each a few times."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


def of_file(name: str, files, rows=None):
    """A network of the test data, and raw inputs and data of some of the samples of files."""
    opened = open_network(str(DATA / f"{name}.keras"))
    data = opened.kind.read_for(files, opened.encoding, opened.task)
    data = data if rows is None else data.take(np.asarray(rows))
    return Subject.of(opened), opened.encoding.raw(data), data
