"""Train any family on any data kind: read, prepare, put together, fit, report, save."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import platform
from collections.abc import Callable
from typing import Any

from . import __version__, modelfile, plots, report, runtime
from .cli import File, Outputs
from .data.columns import Note
from .data.dataset import Dataset, fingerprint
from .diagnose import verdicts
from .errors import InputError
from .fit import FitOptions, History, batch_size_for, fit
from .network import Network, assemble, head_of, layer_table, run_model
from .options import option
from .split import partition, refuse_missing_classes, strata_of
from .task import REGRESSION, Task, find_task

OUTPUTS = (
    File("model", "the trained network (.keras)", required=True),
    File("history", "loss and metric of each epoch (tabular)"),
    File("curves", "learning curves (PNG)"),
    File("layers", "layers with shapes and parameter counts (tabular)"),
    File("report", "report (HTML)"),
)
_PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "pandas")


@dataclasses.dataclass(frozen=True)
class ValidationOptions:
    """Where the validation part comes from when no validation data is given."""

    validation_fraction: float = option(
        0.15, "share of the training data to watch training by, if no validation data is given", kind="float", low=0.01, high=0.5
    )


@dataclasses.dataclass(frozen=True)
class Part:
    """Samples of one part, encoded, with coded targets."""

    x: Any
    y: Any


def train(
    family: str,
    kind: Any,
    hidden: Callable[[Any, Any], Any],
    data: Dataset,
    options: Any,
    inputs: dict[str, str | None],
    outputs: Outputs,
) -> None:
    """Train a network and write the outputs named in ``OUTPUTS``.

    Args:
        family: name of the network family, for the model file.
        kind: module of the data kind.
        hidden: builds the family's layers from the encoded tensor and ``options``.
        data: samples to learn from, as the data kind read them.
        options: of the family, of :class:`FitOptions`, :class:`ValidationOptions`, and ``task``, ``positive_class``,
            ``label_separator`` of the data kind.
        inputs: ``data`` and, if given, ``validation``: paths.
        outputs: where to write.
    """
    for note in data.notes:
        print(note)
    task = find_task(data.target, data.where, options.task, options.positive_class, options.label_separator)
    training, validation, encoding, task = _parts(kind, data, task, options, inputs.get("validation"))
    runtime.check_memory(len(data), encoding.width, data.where)
    print(_summary(task, len(training), len(validation), encoding.width), flush=True)

    runtime.start(options.seed)
    devices = runtime.devices()
    print(f"Training on {', '.join(devices)} with {runtime.slots()} cores", flush=True)
    with runtime.strategy(devices):
        network = assemble(*encoding.layers(), functools.partial(hidden, options=options), task)
        history = fit(
            network.trainable,
            task,
            options,
            *(_encoded(network, encoding, part, task) for part in (training, validation)),
            log=functools.partial(print, flush=True),
        )
    findings = verdicts(history, task, len(training))
    for _, sentence in findings:
        print(sentence)
    metadata = {
        "kind": kind.NAME,
        "family": family,
        "task": task.to_json(),
        "features": encoding.to_json(),
        "inputs": encoding.inputs,
        "training": _provenance(options, inputs, history, len(training), len(validation)),
    }
    modelfile.save(network.model, metadata, outputs["model"])
    _write_reports(outputs, network, history, task, options, data, findings, (len(training), len(validation)))


def _parts(kind, data: Dataset, task: Task, options, validation_path: str | None):
    """Training and validation samples, the encoding and the task fitted to the training part alone."""
    import numpy as np

    y = task.encode(data.target, data.where)
    if validation_path:
        task = task.fit(y)
        encoding = data.fit_encoding()
        validation = kind.read_for(validation_path, encoding, task)
        shared = int(np.isin(validation.row_hashes(), data.row_hashes()).sum())
        if shared:
            note = Note("", f"{shared} of {len(validation)} validation samples are also in the training data: early stopping is misled")
            data.notes.append(note)
            print(note)
        return data, validation, encoding, task
    fractions = (1 - options.validation_fraction, options.validation_fraction)
    parts = partition(fractions, strata_of(task, y, len(data)), data.identical(), options.seed)
    refuse_missing_classes(parts, ("training", "validation"), (0,), task, y)
    if not (parts == 1).any():
        raise InputError(
            f"The {data.where} is too small to set validation rows aside ({len(data)} usable rows): add rows or give validation data."
        )
    training = data.take(np.flatnonzero(parts == 0))
    return training, data.take(np.flatnonzero(parts == 1)), training.fit_encoding(), task.fit(y[parts == 0])


def _encoded(network: Network, encoding, data: Dataset, task: Task):
    return run_model(network.encoder, encoding.raw(data)), task.encode(data.target, data.where)


def _summary(task: Task, training: int, validation: int, width: int) -> str:
    what = f"{len(task.classes)} classes" if task.classes else "a number"
    return f"Task: {task.kind}, {what} from {width} values; {training} samples to train and {validation} to validate"


def _provenance(options, inputs, history: History, training: int, validation: int) -> dict[str, Any]:
    """The fingerprint of a training: what it takes to repeat it, and how it ended."""
    versions = {"biodl": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "data_sha256": {name: fingerprint(path) for name, path in inputs.items() if path},
        "samples": {"training": training, "validation": validation},
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


def _write_reports(
    outputs: Outputs, network: Network, history: History, task: Task, options: FitOptions, data: Dataset, findings, sizes
) -> None:
    import pandas as pd

    from .data.table import write_table

    layers = layer_table(network.model)
    if "history" in outputs:
        write_table(pd.DataFrame(history.rows), outputs["history"])
    if "layers" in outputs:
        write_table(pd.DataFrame(layers), outputs["layers"])
    if "curves" in outputs or "report" in outputs:
        plots.figure(plots.learning_curves(history.rows, head_of(task).metric, history.best_epoch), outputs["curves"])
    if "report" in outputs:
        _page(outputs, layers, history, task, options, data, findings, sizes).save(outputs["report"])


def _page(outputs: Outputs, layers, history: History, task: Task, options, data: Dataset, findings, sizes) -> report.Page:
    page = report.Page(f"Training of a network for {task.title}")
    page.heading("How training went")
    for keyword, sentence in findings:
        page.finding(keyword, sentence)
    page.image(outputs["curves"], "Learning curves")
    if task.kind == REGRESSION:
        page.text(f"The loss is the mean squared error of the standardised target (unit: {task.std:.4g}, its standard deviation).")
    page.text(
        "These numbers come from data that training has seen or was steered by. For an honest judgement, give the model "
        "and a test part that it never saw to 'Evaluate a network'."
    )
    page.heading("Task and data")
    page.text(_summary(task, *sizes, _width(layers)) + ".")
    if task.classes:
        page.table([{"class": name, "training_samples": count} for name, count in zip(task.classes, task.counts, strict=True)])
    if len(task.classes) == 2 and task.one_class_each:
        page.text(f"The positive class is {task.classes[1]}.")
    page.text(
        "The task was found from the target; it can be set in the form." if options.task == "auto" else "The task was chosen in the form."
    )
    if data.notes:
        page.heading("What was done to columns and rows")
        page.table([{"column": note.column, "note": note.text} for note in data.notes])
    page.heading("Network")
    page.table(layers)
    page.heading("Epochs")
    page.table([{"measure": name, "kept_epoch": history.best[name], "last_epoch": history.rows[-1][name]} for name in history.best])
    page.heading("Settings")
    chosen = {**dataclasses.asdict(options), "batch_size": options.batch_size or batch_size_for(sizes[0])}
    page.table([{"setting": name, "value": _shown(value)} for name, value in chosen.items()])
    return page


def _width(layers: list[dict[str, Any]]) -> int:
    from .network import ENCODED

    return int(next(row["output_shape"] for row in layers if row["layer"] == ENCODED).split(" x ")[-1])


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(getattr(item, "number", item)) for item in value)
    return str(value)
