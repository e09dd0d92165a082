"""Held-out samples that are copies, or near copies, of training samples: how many, and how good the network is without them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..data.groups import Known, known_among
from ..errors import InputError
from ..reporting.tables import between, four_digits
from ..tasks.measures import called, in_a_sentence
from .compare import SMALL, Comparison, HeldOut, compare

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class Near:
    """What training samples give away of the held-out ones.

    Attributes:
        known: those that are near a training sample.
        others: the network on the rest; nothing where there is too little left to judge.
    """

    known: Known
    others: Comparison | None

    @property
    def left(self) -> int:
        """How many are not near."""
        return len(self.known.inside) - self.known.count


def near_training(held: HeldOut, comparison: Comparison, seed: int) -> Near | None:
    """Compare held-out samples with those of training; nothing where these are not given, or no held-out sample is near one."""
    if held.training is None:
        return None
    known = known_among(held.data, held.training)
    return Near(known, _without(held, comparison, ~known.inside, seed)) if known.count else None


def _without(held: HeldOut, comparison: Comparison, rest: np.ndarray, seed: int) -> Comparison | None:
    y, task = held.y[rest], held.task
    if len(y) < 2:
        return None
    try:
        task.check_held_out(y, held.data.where)
    except InputError:
        return None
    if task.absent(y) != task.absent(held.y):
        return None
    return compare(task, y, {comparison.network: comparison.scores[comparison.network][rest]}, comparison.resamples, seed)


def on_near(held: HeldOut, comparison: Comparison, near: Near) -> str:
    """How many are near, and what the metric is without them."""
    known, kept = near.known, near.known.kept
    found = known.said("training sample")
    if near.others is None:
        return f"{found}, and what is left without them is too little to judge: hold out others ('Split data' keeps {kept} together)."
    primary = held.task.primary
    now, then = (four_digits(item.values[comparison.network][primary]) or "unknown" for item in (comparison, near.others))
    span = between(*near.others.intervals[primary])
    sure = f" (95 % interval {span})" if span else ""
    few = ", but these are few" if near.left < SMALL else ""
    return (
        f"{found}{known.alike}: {in_a_sentence(primary)} is {then}{sure} on the {near.left} others{few}, "
        f"and {now} on all. Believe the number on the others; 'Split data' keeps {kept} together."
    )


def near_rows(held: HeldOut, comparison: Comparison, near: Near) -> list[dict[str, Any]]:
    """Headline metrics on all held-out samples beside those without near ones, for people."""
    if near.others is None:
        return []
    return [
        {
            "metric": called(name),
            f"all {len(near.known.inside)} samples": comparison.values[comparison.network][name],
            "95 % interval": between(*comparison.intervals[name]),
            f"the {near.left} that are not near": near.others.values[comparison.network][name],
            "its 95 % interval": between(*near.others.intervals[name]),
        }
        for name in held.task.headline
    ]


def near_found(near: Near) -> dict[str, Any]:
    """The same for machines."""
    others = near.others
    return {
        "samples": near.known.count,
        "metrics_without": others and others.values[others.network],
        "confidence_intervals_95_without": others and others.intervals,
    }
