"""Predict new samples with a trained network."""

from __future__ import annotations

import dataclasses

from ..data import reading
from ..data.forms import COLLECTION, DATA, files_of
from ..data.image.read import BrokenOptions
from ..errors import listing
from ..networks.likeness import on_likeness
from ..networks.opened import open_network
from ..program import runtime
from ..program.files import File, Outputs
from ..program.options import Columns, option
from ..program.streams import print_first
from ..reporting.tables import write_table

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

    keep: Columns = option((), "columns to copy beside the predictions; those that the network does not use if not given", type="columns")
    probabilities: bool = option(True, "add the probability of each class", type="bool")


OPTIONS = Options


def run(options: Options, inputs: dict[str, str], outputs: Outputs) -> None:
    """Check, read, open, predict and write, a piece of the samples at a time."""
    network = open_network(inputs["model"])
    kind, encoding, task = network.kind, network.encoding, network.task
    files = files_of(inputs, options.broken)
    model, done = None, 0
    unlike = 0
    outside: dict[str, None] = {}
    ranged: dict[str, bool] = {}
    told: set[str] = set()
    with network.reading(files):
        for data in kind.read_pieces(files, encoding):
            copied = kind.columns_to_copy(files, data, encoding, task, options.keep)
            raw = encoding.raw(data)
            read = [] if done else reading.described(data.where, data.choices)
            for note in map(str, (*read, *data.notes, *encoding.notes(data))):
                if note not in told:
                    print(note)
                told.add(note)
            if not encoding.streams:
                runtime.check_memory(len(data), encoding.shape, data.where)
            if model is None:
                runtime.start(seed=0)
                model = network.eyes(network.model())
            seen = network.look(model, raw, data.where)
            unlike += 0 if seen.unlike is None else int(seen.unlike.sum())
            outside |= dict.fromkeys(seen.outside)
            ranged |= seen.ranged
            table = task.prediction_table(seen.scores, options.probabilities).assign(**seen.columns)
            table.index = copied.index
            clash = [name for name in copied.columns if name in table.columns]
            if clash and not done:
                print(f"Columns of the samples that bear the name of a prediction were left out: {listing(clash)}")
            write_table(copied.drop(columns=clash).join(table), outputs["predictions"], header=not done, append=bool(done))
            done += len(table)
    warned = on_likeness(unlike, done, list(outside))
    for sentence in (task.on_decision(), network.on_sets(), warned, network.on_unchecked(ranged)):
        if sentence:
            print(sentence)
    print_first([f"Predicted {done} samples: {task.name}, target {task.title}"])
