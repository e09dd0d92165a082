"""The verdict of an explanation in a few lines: failed checks first, then what matters, and what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import counted, listed
from ..reporting.tables import roughly
from ..reporting.verdict import Line, verdict
from ..tasks.measures import in_a_sentence
from .budget import Budget
from .checks import Check, summary
from .explain import Explanation
from .overall import Averages

if TYPE_CHECKING:
    import numpy as np

_BEST, _OF_CLASS, _CLASSES = 3, 3, 4
"""Columns, parts of each class, and classes that are named in the verdict."""


def in_lines(found: Explanation, budget: Budget) -> list[Line]:
    """The verdict."""
    failed = [check for check in found.checks if check.passed is False]
    return verdict(
        [
            *(Line("Caution", check.sentence) for check in failed[:2]),
            Line("What matters", what_matters(found)),
            Line("Can it be believed", summary(found.checks)),
            Line("Left out", _left_out(budget.left_out)) if budget.left_out else None,
        ],
        Line("Next", _then(failed, nothing_known(found))),
    )


def _left_out(sentences: Sequence[str]) -> str:
    """The first of these, and how many others the report has."""
    rest = len(sentences) - 1
    return sentences[0] if not rest else f"{sentences[0].rstrip('.')}; {counted(rest, 'more thing', 'is', 'are')} named in the report."


def nothing_known(found: Explanation) -> bool:
    """Whether the minutes sufficed for nothing by which anyone could tell what matters."""
    return not (found.single or found.many is not None or found.importances or found.dependences)


def what_matters(found: Explanation) -> str:
    """The columns that cost most when shuffled, or the parts with the strongest attributions."""
    if found.importances:
        best = [item for item in found.importances if item.interval[0] > 0][:_BEST]
        metric = in_a_sentence(found.held.task.primary)
        if all(math.isnan(item.mean) for item in found.importances):
            return f"{metric} is unknown on {counted(len(found.held.data), 'sample')}, so that no column's part in it can be told."
        if not best:
            return f"shuffling no column lowers the {metric} for sure: the network leans on many columns a little, or on none."
        return listed([f"{item.name} (shuffled: {metric} falls by {roughly(item.mean)})" for item in best], _BEST) + "."
    by_class = class_leaders(found)
    if by_class:
        told = [f"{name}: {', '.join(leaders) or 'nothing'}" for name, leaders in list(by_class.items())[:_CLASSES]]
        rest = len(by_class) - len(told)
        others = "the other class" if rest == 1 else f"{rest} other classes"
        said = "; ".join(told) + (f"; for {others} see the table of averages" if rest > 0 else "")
        return said + (f"; wherever they stand: {_motifs(found)}" if found.motifs else "") + "."
    if found.motifs:
        return f"{_motifs(found)}."
    if found.single:
        return "see the pictures of single samples."
    if found.by_place or found.dependences:
        return "see the picture of what matters."
    if nothing_known(found):
        return "this is not known, since the minutes were spent: give more minutes."
    return "nothing is common to the samples that were averaged, and none was explained by itself, since the minutes were spent."


def _motifs(found: Explanation) -> str:
    assert found.many is not None
    letters = "".join(found.many.axes["letters"])
    return "motifs " + listed([f"{item.name} {item.clear(letters)} ({item.sites} places)" for item in found.motifs], _BEST)


def class_leaders(found: Explanation) -> dict[str, list[str]]:
    """By class, the parts that speak most for it on average, of a number those that move it most; nothing where parts do not mean the same
    in all samples."""
    import numpy as np

    names = part_names(found)
    if found.averages is None or names is None:
        return {}
    return {
        name: [names[place] for place in np.argsort(-values, kind="stable")[:_OF_CLASS] if values[place] > 0]
        for name, values in means_of(found, found.averages).items()
    }


def means_of(found: Explanation, averages: Averages) -> dict[str, np.ndarray]:
    """Float64 [parts] by class; of a number, whose parts on average add nothing to its mean, the sizes without signs."""
    return dict.fromkeys(averages.by_class, averages.strength) if found.held.task.explained_as == "prediction" else averages.by_class


def part_names(found: Explanation) -> list[str] | None:
    """What the parts are called that attributions are averaged over; None where they do not mean the same in all samples."""
    return None if found.averages is None else found.averages.parts


def _then(failed: Sequence[Check], nothing: bool) -> str:
    if failed:
        return "do not publish these explanations before you know why a check failed: look at 'Can it be believed?' in the report."
    if nothing:
        return "explain again with more minutes (under Advanced)."
    return "compare what matters with what is known of the biology; what matters to a network need not cause anything."
