"""Train any family on any data kind: read, prepare, put together, fit, report, save."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import platform
from types import ModuleType
from typing import Any

from . import __version__, finetune, modelfile, plots, report
from .data.columns import Note
from .data.dataset import Dataset, Files, fingerprint, identical, values_in
from .diagnose import verdicts
from .errors import InputError
from .fit import FitOptions, History, batch_size_for, fit
from .network import EncodedLater, Network, assemble, head_of, layer_table, links, run_model
from .program import runtime
from .program.files import File, Outputs
from .program.options import option
from .split import partition, partition_in_order, refuse_missing_classes, strata_of
from .task import FORECASTING, OF_NUMBERS, Task, find_task

OUTPUTS = (
    File("model", "the trained network (.keras)", required=True),
    File("history", "loss and metric of each epoch (tabular)"),
    File("curves", "learning curves (PNG)"),
    File("layers", "layers with shapes and parameter counts (tabular)"),
    File("diagram", "drawing of the network (PNG)"),
    File("report", "report (HTML)"),
)
_PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "pandas")
_IN_MEMORY = 128 * 2**20
"""Bytes of encoded samples above which images are read batch by batch."""


@dataclasses.dataclass(frozen=True)
class ValidationOptions:
    """Where the validation part comes from when no validation data is given."""

    validation_fraction: float = option(
        0.15, "share of the training data to watch training by, if no validation data is given", kind="float", low=0.01, high=0.5
    )


@dataclasses.dataclass(frozen=True)
class Parts:
    """Training and validation samples, with the encoding and the task fitted to the training part alone."""

    training: Dataset
    validation: Dataset
    encoding: Any
    task: Task


def train(
    family: ModuleType, kind: ModuleType, options: Any, files: Files, validation: Files | None, start: str | None, outputs: Outputs
) -> None:
    """Train a network and write the outputs named in ``OUTPUTS``.

    Args:
        family: module of the network family; its ``hidden`` builds layers.
        kind: module of the data kind.
        options: of the family, of the data kind, of :class:`FitOptions` and :class:`ValidationOptions`.
        files: samples to learn from.
        validation: samples to watch training by, if given.
        start: a model file to start from, if given.
        outputs: where to write.
    """
    origin = finetune.read_origin(start, kind, family) if start else None
    data = kind.read_training(files, origin.encoding.fixing(options) if origin else options)
    for note in data.notes:
        print(note)
    task = find_task_of(data, options)
    parts = _parts(kind, data, task, options, validation, origin.encoding.renamed(data) if origin else None)
    task = parts.task
    if not parts.encoding.streams:
        runtime.check_memory(len(data), values_in(parts.encoding.shape), data.where)
    for sentence in parts.encoding.notes(data):
        data.notes.append(Note("", sentence))
        print(sentence)
    print(_summary(parts), flush=True)

    runtime.start(options.seed)
    devices = runtime.devices()
    print(f"Training on {', '.join(devices)} with {runtime.slots()} cores", flush=True)
    with runtime.strategy(devices):
        if origin:
            network, frozen = finetune.rebuild(origin, task, options, parts.encoding.augmentation(options))
            print(frozen, flush=True)
        else:
            network = assemble(*parts.encoding.layers(), _body(family, parts.encoding, options), task, parts.encoding.augmentation(options))
        history = fit(
            network.trainable,
            task,
            options,
            *(_encoded(network, parts.encoding, part, task) for part in (parts.training, parts.validation)),
            log=functools.partial(print, flush=True),
        )
    findings = verdicts(history, task, len(parts.training))
    for _, sentence in findings:
        print(sentence)
    metadata = {
        "kind": kind.NAME,
        "family": family.NAME,
        "task": task.to_json(),
        "features": parts.encoding.to_json(),
        "inputs": parts.encoding.inputs,
        "training": _provenance(options, files, validation, start, history, parts),
    }
    modelfile.save(network.model, metadata, outputs["model"])
    _write_reports(outputs, network, history, options, parts, findings, data.notes)


def find_task_of(data: Dataset, options: Any) -> Task:
    """The task of samples: a forecast, or what follows from the target."""
    if hasattr(data, "forecast_task"):
        return data.forecast_task()
    return find_task(data.target, data.where, options.task, options.positive_class, options.label_separator)


def _body(family: ModuleType, encoding: Any, options: Any):
    """From encoded samples to features: what the data kind learns of them, then the family's layers."""

    def body(encoded):
        return family.hidden(*encoding.entrance(encoded, options), options)

    return body


def _parts(kind: ModuleType, data: Dataset, task: Task, options, validation: Files | None, encoding: Any) -> Parts:
    import numpy as np

    y = task.encode(data.target, data.where)
    if validation:
        task = task.fit(y)
        encoding = encoding or data.fit_encoding(options)
        held = kind.read_for(validation, encoding, task)
        shared = int(np.isin(held.row_hashes(), data.row_hashes()).sum())
        if shared:
            note = Note("", f"{shared} of {len(held)} validation samples are also in the training data: early stopping is misled")
            data.notes.append(note)
            print(note)
        return Parts(data.augmented(options), held, encoding, task)
    inside = _validation_rows(data, task, y, options)
    refuse_missing_classes(inside, ("training", "validation"), (0,), task, y)
    if not (inside == 1).any() or not (inside == 0).any():
        raise InputError(
            f"The {data.where} is too small to set validation rows aside ({len(data)} usable rows): add rows or give validation data."
        )
    training = data.take(np.flatnonzero(inside == 0))
    held = data.take(np.flatnonzero(inside == 1))
    return Parts(training.augmented(options), held, encoding or training.fit_encoding(options), task.fit(y[inside == 0]))


def _validation_rows(data: Dataset, task: Task, y, options):
    """int8 [samples]: 0 to train with, 1 to validate with, -1 to leave out because both would see it."""
    fractions = (1 - options.validation_fraction, options.validation_fraction)
    order = data.order()
    if order is None:
        return partition(fractions, strata_of(task, y, len(data)), identical(data), options.seed)
    inside = partition_in_order(fractions, order)
    if (inside == 1).any():
        first = order[inside == 1].min()
        inside[(inside == 0) & (order + task.horizon > first)] = -1
    return inside


def _encoded(network: Network, encoding, data: Dataset, task: Task):
    raw = encoding.raw(data)
    y = task.encode(data.target, data.where)
    if encoding.streams and 4 * len(data) * values_in(encoding.shape) > _IN_MEMORY:
        return EncodedLater(network.encoder, raw), y
    return run_model(network.encoder, raw), y


def _summary(parts: Parts) -> str:
    task = parts.task
    what = f"{len(task.classes)} classes" if task.classes else f"{task.horizon} steps" if task.kind == FORECASTING else "a number"
    shape = " x ".join(map(str, parts.encoding.shape))
    return f"Task: {task.kind}, {what} from {shape} values; {len(parts.training)} samples to train and {len(parts.validation)} to validate"


def _provenance(options, files: Files, validation: Files | None, start: str | None, history: History, parts: Parts) -> dict[str, Any]:
    """The fingerprint of a training: what it takes to repeat it, and how it ended."""
    versions = {"biodl": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    paths = files.paths("data") | (validation.paths("validation") if validation else {}) | ({"start": start} if start else {})
    return {
        "data_sha256": {name: fingerprint(path) for name, path in paths.items()},
        "samples": {"training": len(parts.training), "validation": len(parts.validation)},
        "seed": options.seed,
        "parameters": {
            name: [getattr(item, "number", item) for item in value] if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(options).items()
        },
        "versions": versions,
        "epochs": len(history.rows),
        "best_epoch": history.best_epoch,
        "best": history.best,
    }


def _write_reports(outputs: Outputs, network: Network, history: History, options: FitOptions, parts: Parts, findings, notes) -> None:
    import pandas as pd

    from .data.table import write_table

    layers = layer_table(network.model)
    if "history" in outputs:
        write_table(pd.DataFrame(history.rows), outputs["history"])
    if "layers" in outputs:
        write_table(pd.DataFrame(layers), outputs["layers"])
    if "curves" in outputs or "report" in outputs:
        plots.figure(plots.learning_curves(history.rows, head_of(parts.task).metric, history.best_epoch), outputs["curves"])
    if "diagram" in outputs or "report" in outputs:
        plots.diagram(layers, links(network.model), outputs["diagram"])
    if "report" in outputs:
        _page(outputs, layers, history, options, parts, findings, notes).save(outputs["report"])


def _page(outputs: Outputs, layers, history: History, options, parts: Parts, findings, notes) -> report.Page:
    task = parts.task
    page = report.Page(f"Training of a network for {task.title}")
    page.heading("How training went")
    for keyword, sentence in findings:
        page.finding(keyword, sentence)
    page.image(outputs["curves"], "Learning curves")
    if task.kind in OF_NUMBERS:
        page.text(f"The loss is the mean squared error of the standardised target (unit: {task.std:.4g}, its standard deviation).")
    page.text(
        "These numbers come from data that training has seen or was steered by. For an honest judgement, give the model "
        "and a test part that it never saw to 'Evaluate a network'."
    )
    page.heading("Task and data")
    page.text(_summary(parts) + ".")
    if task.classes:
        page.table([{"class": name, "training_samples": count} for name, count in zip(task.classes, task.counts, strict=True)])
    if len(task.classes) == 2 and task.one_class_each:
        page.text(f"The positive class is {task.classes[1]}.")
    if task.kind != FORECASTING:
        found = options.task == "auto"
        page.text("The task was found from the target; it can be set in the form." if found else "The task was chosen in the form.")
    if notes:
        page.heading("What was done to columns and rows")
        page.table([{"column": note.column, "note": note.text} for note in notes])
    page.heading("Network")
    page.image(outputs["diagram"], "Drawing of the network")
    page.table(layers)
    page.heading("Epochs")
    page.table([{"measure": name, "kept_epoch": history.best[name], "last_epoch": history.rows[-1][name]} for name in history.best])
    page.heading("Settings")
    chosen = {**dataclasses.asdict(options), "batch_size": options.batch_size or batch_size_for(len(parts.training))}
    page.table([{"setting": name, "value": _shown(value)} for name, value in chosen.items()])
    return page


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(getattr(item, "number", item)) for item in value)
    return str(value)
