"""Predict new samples with a trained network."""

from __future__ import annotations

import dataclasses

from .. import modelfile
from ..data.dataset import kind_named, values_in
from ..data.images import BrokenOptions
from ..data.samples import COLLECTION, DATA, files_of
from ..errors import InputError
from ..predictions import prediction_table
from ..program import runtime
from ..program.files import File, Outputs
from ..program.options import option
from ..task import Task

DESCRIPTION = "Predict new samples with a trained network: columns are matched by name, not by order."
INPUTS = (
    File("model", "the network, as a Train command wrote it", required=True),
    DATA,
    COLLECTION,
)
OUTPUTS = (File("predictions", "one row a sample (tabular)", required=True),)


@dataclasses.dataclass(frozen=True)
class Options(BrokenOptions):
    """Everything the form offers."""

    keep: tuple = option((), "columns to copy beside the predictions; those that the network does not use if not given", kind="columns")
    probabilities: bool = option(True, "add the probability of each class", kind="bool")


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Check, open, read, predict, write."""
    metadata = modelfile.check(inputs["model"])
    kind = kind_named(metadata["kind"])
    task = Task.from_json(metadata["task"])
    encoding = kind.encoding_from(metadata["features"])
    files = files_of(inputs, options)
    data = kind.read_for(files, encoding, None)
    kept = kind.beside(files, data, encoding, task, options.keep)
    raw = encoding.raw(data)
    for note in (*data.notes, *encoding.notes(data)):
        print(note)
    if not encoding.streams:
        runtime.check_memory(len(data), values_in(encoding.shape), data.where)
    runtime.start(seed=0)
    from ..data.table import write_table
    from ..metrics import scores_of
    from ..network import run_model

    model = modelfile.open_model(inputs["model"]).model
    scores = scores_of(task, run_model(model, raw))
    if not (scores == scores).all():
        raise InputError(f"The network gives no number for some rows of {data.where}: check them for extreme values.")
    table = prediction_table(task, scores, options.probabilities)
    table.index = kept.index
    clash = [name for name in kept.columns if name in table.columns]
    write_table(kept.drop(columns=clash).join(table), outputs["predictions"])
    print(f"Predicted {len(table)} samples: {task.kind}, target {task.title}")
