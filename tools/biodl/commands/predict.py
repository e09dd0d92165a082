"""Predict new samples with a trained network."""

from __future__ import annotations

import dataclasses

from .. import modelfile, runtime
from ..cli import File, Outputs
from ..data.dataset import kind_named
from ..errors import InputError
from ..options import option
from ..predictions import prediction_table
from ..task import Task

DESCRIPTION = "Predict new samples with a trained network: columns are matched by name, not by order."
INPUTS = (
    File("model", "the network, as a Train command wrote it", required=True),
    File("data", "samples of the kind that the network was trained on; a target is not needed", required=True),
)
OUTPUTS = (File("predictions", "one row a sample (tabular)", required=True),)


@dataclasses.dataclass(frozen=True)
class Options:
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
    data = kind.read_for(inputs["data"], encoding, None)
    kept = kind.columns_beside(inputs["data"], data, encoding, task, options.keep)
    raw = encoding.raw(data)
    for note in data.notes:
        print(note)
    for column, words in encoding.unknown(raw).items():
        print(f"{column}: {len(words)} categories that training never saw count as none of the known (first: {words[0]})")
    runtime.check_memory(len(data), encoding.width, data.where)
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
