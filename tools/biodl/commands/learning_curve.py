"""Would more data help? Train on parts of growing size."""

from __future__ import annotations

import dataclasses
import functools

from ..data.forms import COLLECTION, DATA, LABELS
from ..model_selection.crossvalidate import Work, cross_validate
from ..model_selection.curve_report import OUTPUTS, curve_of, write_all
from ..model_selection.learning_curve import LearningCurveOptions, growing_folds
from ..program.files import Outputs
from ..training.prepare import divide, read
from .any_family import AnyNetworkOptions, asked

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Train a network on parts of growing size, and say what more samples would bring."
INPUTS = (DATA, LABELS, COLLECTION)


@dataclasses.dataclass(frozen=True)
class Options(LearningCurveOptions, AnyNetworkOptions):
    """Everything the form offers."""


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Read, train at each size, draw, write."""
    say = functools.partial(print, flush=True)
    kind, family, training, files = asked(options, inputs)
    samples = read(kind, files, None, training)
    folds, left_out = growing_folds(samples, options, options.seed)
    parts = divide(samples, kind, None, training, say=lambda sentence: None)  # what cannot be encoded is found before any training
    for sentence in left_out:
        say(sentence)
    work = Work(samples, kind.name, family.name, training, None, options.simple_models, "Learning curve")
    done = cross_validate(work, folds, parts.encoding, options.minutes, say, "training")
    write_all(curve_of(done, folds, options.seed), left_out, samples.read, outputs)
