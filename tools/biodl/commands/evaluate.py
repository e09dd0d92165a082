"""Evaluate a trained network on data it has not seen."""

from __future__ import annotations

import dataclasses

from .. import modelfile
from ..data.dataset import kind_named, values_in
from ..data.images import BrokenOptions
from ..data.samples import COLLECTION, DATA, LABELS, files_of
from ..errors import InputError
from ..evaluation import Evaluation, compare, write_all
from ..program import runtime
from ..program.files import File, Outputs
from ..program.options import option
from ..task import Task

DESCRIPTION = "Evaluate a network on held-out data: metrics with confidence intervals, beside a baseline and traditional models."
INPUTS = (
    File("model", "the network, as a Train command wrote it", required=True),
    DATA,
    LABELS,
    COLLECTION,
    File("training", "the samples that the network was trained on, to train traditional models for comparison"),
)
OUTPUTS = (
    File("metrics", "headline metrics with confidence intervals (tabular)"),
    File("metrics_json", "all metrics (JSON)"),
    File("comparison", "network, baseline and traditional models side by side (tabular)"),
    File("classes", "metrics of each class (tabular)"),
    File("predictions", "one row a sample (tabular)"),
    File("plots", "plots (PNG)"),
    File("report", "report (HTML)"),
)


@dataclasses.dataclass(frozen=True)
class Options(BrokenOptions):
    """Everything the form offers."""

    resamples: int = option(1000, "bootstrap resamples for confidence intervals", kind="int", low=100, high=100000)
    seed: int = option(1, "of the bootstrap and the random forest", kind="int", low=0, high=2**31 - 1)


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Check, open, read, predict, compare, write."""
    metadata = modelfile.check(inputs["model"])
    kind = kind_named(metadata["kind"])
    task = Task.from_json(metadata["task"])
    encoding = kind.encoding_from(metadata["features"])
    data = kind.read_for(files_of(inputs, options), encoding, task)
    training = kind.read_for(files_of(inputs, options, "training"), encoding, task) if inputs["training"] else None
    for note in (*data.notes, *encoding.notes(data)):
        print(note)
    y = task.encode(data.target, data.where)
    if task.is_classification and task.one_class_each and len(set(y.tolist())) < 2:
        raise InputError(f"All {len(data)} rows of {data.where} are of class '{task.classes[y[0]]}': give held-out data with all classes.")
    if len(data) < 2:
        raise InputError(f"The {data.where} has one usable row: give more, since one row says nothing of a network.")
    for part in (data, training):
        if part is not None and not encoding.streams:
            runtime.check_memory(len(part), values_in(encoding.shape), part.where)
    runtime.start(options.seed)
    from ..network import encoder_of, run_model

    model = modelfile.open_model(inputs["model"]).model
    raw = encoding.raw(data)
    network = run_model(model, raw)
    if training is None:
        train = None
    else:
        encoder = encoder_of(model)
        train = (
            run_model(encoder, encoding.raw(training), encoding.flat),
            task.encode(training.target, training.where),
            run_model(encoder, raw, encoding.flat),
        )
    evaluation = Evaluation(task, metadata["training"], data, training, options.resamples, options.seed)
    write_all(evaluation, compare(evaluation, y, network, train), outputs)
