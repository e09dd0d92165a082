"""Held-out samples that are copies, or near copies, of training samples: how many, and how good the network is without them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..data.fingerprints import shared
from ..data.groups import near_in
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
        inside: bool [samples], those that are near a training sample.
        copies: how many of these are exact copies.
        others: the network on the rest; nothing where there is too little left to judge.
    """

    inside: np.ndarray
    copies: int
    others: Comparison | None

    @property
    def count(self) -> int:
        """How many are near."""
        return int(self.inside.sum())

    @property
    def left(self) -> int:
        """How many are not."""
        return len(self.inside) - self.count


def near_training(held: HeldOut, comparison: Comparison, seed: int) -> Near | None:
    """Compare held-out samples with those of training; nothing where these are not given, or no held-out sample is near one."""
    if held.training is None:
        return None
    inside = near_in(held.data, held.training)
    if not inside.any():
        return None
    return Near(inside, shared(held.data, held.training), _without(held, comparison, ~inside, seed))


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
    count, total, exact = near.count, len(near.inside), near.copies == near.count
    what, kept = ("copies of", "copies") if exact else ("near", "near copies")
    are = ("is", f"{'a copy of' if exact else what} a training sample") if count == 1 else ("are", f"{what} training samples")
    found = f"{count} of {total} held-out samples ({count / total:.1%}) {' '.join(are)}"
    if near.others is None:
        return f"{found}, and what is left without them is too little to judge: hold out others ('Split data' keeps {kept} together)."
    primary = held.task.primary
    now, then = (four_digits(item.values[comparison.network][primary]) for item in (comparison, near.others))
    span = between(*near.others.intervals[primary])
    sure = f" (95 % interval {span})" if span else ""
    alike = "" if exact else " (copies, alike in almost all, or linked to one by samples that are)"
    few = ", but these are few" if near.left < SMALL else ""
    return (
        f"{found}{alike}: {in_a_sentence(primary)} is {then}{sure} on the {near.left} others{few}, "
        f"and {now} on all. Believe the number on the others; 'Split data' keeps {kept} together."
    )


def near_rows(held: HeldOut, comparison: Comparison, near: Near) -> list[dict[str, Any]]:
    """Headline metrics on all held-out samples beside those without near ones, for people."""
    if near.others is None:
        return []
    return [
        {
            "metric": called(name),
            f"all {len(near.inside)} samples": comparison.values[comparison.network][name],
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
        "samples": near.count,
        "metrics_without": others and others.values[others.network],
        "confidence_intervals_95_without": others and others.intervals,
    }
