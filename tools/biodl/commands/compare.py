"""Compare networks that were evaluated on the same test part."""

from __future__ import annotations

import dataclasses

from ..evaluation.record import read_evaluation
from ..evaluation.several import check_comparable, compared
from ..evaluation.several_report import OUTPUTS, write_all
from ..program.files import File, Outputs, all_of
from ..program.options import option

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Compare networks on the same test part: which is better, by how much, and whether chance could explain it."
INPUTS = (File("evaluations", "one evaluation, as Evaluate wrote it; give two or more", required=True, several=True),)


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything the form offers."""

    simpler: bool = option(True, "compare with the best of the simpler models, too", type="bool")
    resamples: int = option(10000, "bootstrap resamples, at the least", type="int", low=1000, high=100000)
    seed: int = option(1, "of the bootstrap", type="int", low=0, high=2**31 - 1)


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Read, check, compare, write."""
    evaluations = [read_evaluation(path) for path in all_of("evaluations", inputs)]
    check_comparable(evaluations)
    write_all(compared(evaluations, options.simpler, options.resamples, options.seed), outputs)
