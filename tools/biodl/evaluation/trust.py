"""How far predictions may be trusted: is the network too sure, which coverage do its sets reach, which samples are unlike training?"""

from __future__ import annotations

import dataclasses
from typing import Any

from ..networks.likeness import on_likeness
from ..networks.opened import Seen
from ..tasks.measures import share_interval
from .compare import HeldOut


@dataclasses.dataclass(frozen=True)
class Trust:
    """What Evaluate adds to metrics.

    Attributes:
        columns: to stand beside predictions, one value a sample.
        sentences: for people.
        found: for machines, by name.
    """

    columns: dict[str, Any]
    sentences: list[str]
    found: dict[str, Any]


def trust(held: HeldOut, seen: Seen) -> Trust:
    """Judge what a network says beside its predictions."""
    calibrated = held.task.on_calibration(held.y, seen.scores)
    sentences = list(filter(None, [calibrated]))
    found: dict[str, Any] = {"calibration": calibrated}
    if held.network.sets:
        said, found["coverage"] = _coverage(held, seen)
        sentences.append(said)
    if seen.unlike is not None:
        count = int(seen.unlike.sum())
        found["unlike_training"] = count
        sentences += filter(None, [on_likeness(count, len(seen.unlike), seen.outside)])
    sentences += filter(None, [held.network.on_unchecked(seen.ranged)])
    return Trust(seen.columns, sentences, found)


def _coverage(held: HeldOut, seen: Seen) -> tuple[str, dict[str, Any]]:
    """The coverage that was reached, with its interval; of several outputs that of each alone."""
    sets, task, samples = held.network.sets, held.task, len(held.y)
    assert sets is not None
    inside = sets.held(task.nonconformity(held.y, seen.scores)).sum(axis=0)
    reached = [(int(hits) / samples, *share_interval(int(hits), samples)) for hits in inside]
    if len(reached) == 1:
        share, low, high = reached[0]
        did = f"held it for {share:.1%} ({int(inside[0])} of {samples}; 95 % interval {low:.1%} to {high:.1%})"
    else:
        did = f"held it for {min(reached)[0]:.1%} to {max(reached)[0]:.1%} of {samples}"
    told = [{"reached": share, "ci95_low": low, "ci95_high": high} for share, low, high in reached]
    said = f"{task.set_called(sets)} {did}; {task.on_sets(seen.scores, sets)}. {sets.guarantee()}"
    return said, {"wished": sets.coverage, "calibration_samples": sets.samples, "outputs": told}
