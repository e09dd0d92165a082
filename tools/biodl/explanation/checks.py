"""Can an explanation be believed? Each check has a control, a number and a sentence that says whether it passed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import counted
from ..reporting.tables import four_digits
from ..tasks.measures import mean_interval
from .attribution import CALLED, PERMUTATION, Attributions
from .deletion import Deletion
from .likewise import LEAST_PARTS

if TYPE_CHECKING:
    import numpy as np

ALIKE = 0.5
"""Mean rank correlation from which an explanation counts as that of its control, or of another member."""
LEAST_SAMPLES = 5
"""An interval of the mean over fewer samples is none."""
_LEAST_NETWORKS = 3
"""Nor is one over fewer networks, of which each gives one number."""
AT_RANDOM, SHUFFLED = "with weights at random", "trained on shuffled targets"
"""Controls, in words after "a network"."""
TAKEN_OUT, MEMBERS = "parts taken out at random", "members of the ensemble"
_SHOWN = (
    ((AT_RANDOM, SHUFFLED), "depend on what was learned"),
    ((TAKEN_OUT,), "point to what the network uses"),
    ((MEMBERS,), "are shared by the members of the ensemble"),
)
"""What is shown when all checks with some controls are passed; the first two every explanation should be checked for."""


@dataclasses.dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes:
        method: whose explanations were checked.
        control: what they were compared with, in a word or two.
        passed: whether they passed; None where that cannot be told.
        value: mean of the number by which it was judged.
        low, high: its 95 % interval, NaN where there is none.
        sentence: what was found, for people.
        also: further numbers by name.
    """

    method: str
    control: str
    passed: bool | None
    value: float
    low: float
    high: float
    sentence: str
    also: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return {True: "passed", False: "failed", None: "cannot be told"}[self.passed]


def of_likeness(
    method: str,
    control: str,
    alike: Sequence[np.ndarray],
    sizes: Sequence[np.ndarray],
    constant: bool,
    fails: str,
    also: dict[str, float],
) -> Check:
    """Whether explanations differ from those of a network that knows nothing.

    Args:
        method: of the explanations.
        control: the network that knows nothing, in words after "a network".
        alike: of each such network, float64 [samples] as :func:`.likewise.likeness` gives it; NaN where there is none to tell. Signs
            count, since all that is drawn has them (Adebayo et al. 2018 compare with and without).
        sizes: the same of attributions without their signs. They follow what a sample holds as well as what was learned, so that they
            decide nothing; where they are alike, this is said.
        constant: whether the explained network itself gives all parts the same.
        fails: what it means if they do not differ.
        also: further numbers.
    """
    import numpy as np

    nan = float("nan")
    called = CALLED.get(method, method)
    if constant:
        sentence = f"Explanations by {called} give every part of a sample the same: {fails}."
        return Check(method, control, False, nan, nan, nan, sentence, also)
    rows = np.stack(alike)
    known = ~np.isnan(rows).all(axis=0)  # samples without enough parts say nothing of the others
    if not known.any():
        sentence = f"Explanations by {called} have too few parts to be compared with those of a network {control}."
        return Check(method, control, None, nan, nan, nan, sentence, also)
    value, low, high = spread(rows[:, known])
    size = float(np.nanmean(np.stack(sizes)[:, known])) if np.isfinite(np.stack(sizes)[:, known]).any() else nan
    numbers = f"rank correlation {four_digits(round(value, 3))}"
    unsure = _unsure(value, high, int(known.sum()))
    if value >= ALIKE:
        sentence = f"Explanations by {called} hardly differ from those of a network {control} ({numbers}): {fails}."
    elif unsure:
        sentence = f"Explanations by {called} may differ from those of a network {control} ({numbers}), but {unsure}."
    else:
        alike_in_size = f"; without signs they are alike ({four_digits(round(size, 3))}), so trust their signs more than their sizes"
        sentence = f"Explanations by {called} differ from those of a network {control} ({numbers}), as they should" + (
            f"{alike_in_size if size >= ALIKE else ''}."
        )
    passed = False if value >= ALIKE else None if unsure else True
    return Check(method, control, passed, value, low, high, sentence, {**also, "rank_correlation_of_sizes": size})


def of_importance(alike: np.ndarray, groups: int, sure: bool) -> Check:
    """Whether permutation importance differs from that of networks with weights at random.

    Args:
        alike: float64 [networks compared], the rank correlation over groups of columns, NaN where the trained network has none; empty where
            nothing can be compared.
        groups: of columns that were shuffled.
        sure: whether shuffling any of them lowers the metric for sure.
    """
    import numpy as np

    nan = float("nan")
    that = f"that of networks {AT_RANDOM}"
    why = ""
    if groups < LEAST_PARTS:
        why = f"is that of {counted(groups, 'group')} of columns, too few"
    elif not sure:
        why = "is above 0 for sure for no column"
    elif np.isnan(alike).any():
        why = "is the same for all columns"
    if why:
        nothing = f"Permutation importance {why}, so that it cannot be compared with {that}."
        return Check(PERMUTATION, AT_RANDOM, None, nan, nan, nan, nothing)
    value, (low, high) = float(alike.mean()), mean_interval(alike)
    numbers = f"rank correlation over {groups} groups of columns {four_digits(round(value, 3))}"
    few = len(alike) < _LEAST_NETWORKS
    if few or value < ALIKE <= high:
        why = f"{counted(len(alike), 'network')} {'is' if len(alike) == 1 else 'are'} too few to tell" if few else _reaches()
        passed, sentence = None, f"Permutation importance may differ from {that} ({numbers}), but {why}."
    elif value >= ALIKE:
        fails = "it does not tell of what was learned, so do not believe it"
        passed, sentence = False, f"Permutation importance hardly differs from {that} ({numbers}): {fails}."
    else:
        passed, sentence = True, f"Permutation importance differs from {that} ({numbers}), as it should."
    return Check(PERMUTATION, AT_RANDOM, passed, value, low, high, sentence)


def spread(rows: np.ndarray) -> tuple[float, float, float]:
    """Mean and 95 % interval of likenesses, float64 [networks, samples]: over the samples or over the networks, whichever is wider."""
    import numpy as np

    value, spans = float(rows.mean()), [mean_interval(rows.mean(axis=0)), mean_interval(rows.mean(axis=1))]
    low, high = max(spans, key=lambda span: np.nan_to_num(span[1] - span[0], nan=-1.0))
    return value, low, high


def _unsure(value: float, high: float, samples: int) -> str:
    """Why a likeness below the bound decides nothing, after "but"; empty where it decides."""
    if samples < LEAST_SAMPLES:
        return _too_few(samples)
    return _reaches() if high >= ALIKE else ""


def _reaches() -> str:
    return f"its 95 % interval reaches {ALIKE}, from which on they are too much alike: this cannot be told"


def of_deletion(found: Deletion, method: str, called: str, seed: int) -> Check:
    """Whether taking out what is said to matter moves the prediction further than chance; ``called``: what parts are, in the plural."""
    nan = float("nan")
    control, name = TAKEN_OUT, CALLED.get(method, method)
    if not len(found.gains) and found.unmoved:
        nothing = f"The network says the same whatever {called} are taken out"
        sentence = f"{nothing}: there is nothing to explain, and explanations by {name} must not be believed."
        return Check(method, control, False, nan, nan, nan, sentence, {"unmoved": found.unmoved})
    if len(found.gains) < LEAST_SAMPLES <= found.unmoved:
        most = f"Of {found.unmoved} of {len(found.gains) + found.unmoved} samples the network says the same whatever {called} are taken out"
        sentence = f"{most}: explanations by {name} must not be believed."
        return Check(method, control, False, nan, nan, nan, sentence, {"unmoved": found.unmoved})
    if len(found.gains) < LEAST_SAMPLES:
        few = f"{counted(len(found.gains), 'sample')} of several {called}: too few to tell whether those that matter by {name} do matter"
        return Check(method, control, None, nan, nan, nan, f"Taking out {called} was tried on {few}.", {"unmoved": found.unmoved})
    value, (low, high) = float(found.gains.mean()), found.interval(seed)
    passed = low > 0
    area, least, most = (four_digits(round(number, 3)) for number in (value, low, high))
    numbers = f"area between the curves {area}, 95 % interval {least} to {most}"
    if passed:
        sentence = f"Taking out the {called} that matter by {name} changes predictions faster than taking out others at random ({numbers})."
    else:
        sentence = (
            f"Taking out the {called} that matter by {name} changes predictions no faster than taking out others at random ({numbers}): "
            "do not believe that they matter."
        )
    return Check(method, control, passed, value, low, high, sentence, {"unmoved": found.unmoved})


def of_agreement(method: str, agreed: np.ndarray, compared: int, members: int) -> Check:
    """Whether members of an ensemble explain alike; ``agreed``: float64 [samples]; ``compared``: how many of the ``members`` were."""
    import numpy as np

    known = agreed[~np.isnan(agreed)]
    nan = float("nan")
    if not len(known):
        return Check(method, MEMBERS, None, nan, nan, nan, "Members of the ensemble: too few parts to compare.")
    value, (low, high) = float(known.mean()), mean_interval(known)
    numbers = f"mean rank correlation of every two {four_digits(round(value, 3))}"
    some = f"Of the {members} members of the ensemble {compared} were compared, which"
    who = f"{f'The {members} members of the ensemble' if compared == members else some} explain"
    few = len(known) < LEAST_SAMPLES
    if few or low < ALIKE <= value:
        why = _too_few(len(known)) if few else f"its 95 % interval reaches below {ALIKE}, where they differ: this cannot be told"
        return Check(method, MEMBERS, None, value, low, high, f"{who} samples {_alike(value)} ({numbers}), but {why}.")
    sentence = f"{who} samples {_alike(value)} ({numbers})" + (
        "." if value >= ALIKE else ": they reach the same predictions in several ways, and what is shown is the average of them."
    )
    return Check(method, MEMBERS, value >= ALIKE, value, low, high, sentence)


def _alike(value: float) -> str:
    return "alike" if value >= ALIKE else "differently"


def _too_few(samples: int) -> str:
    return f"{counted(samples, 'sample')} {'is' if samples == 1 else 'are'} too few to tell"


def says_nothing(found: Attributions, units: np.ndarray, held: np.ndarray) -> bool:
    """Whether attributions give all parts the same, in at least half of the samples."""
    import numpy as np

    flat = [
        bool(np.ptp(row[inside]) <= 1e-9 * max(1.0, abs(output)))
        for row, inside, output in zip(units, held, found.outputs, strict=True)
        if inside.sum() >= LEAST_PARTS  # one part is like itself
    ]
    return bool(flat) and sum(flat) * 2 >= len(flat)


def summary(checks: Sequence[Check]) -> str:
    """How many checks were passed and what that shows, in a sentence: no more than was checked. The failed ones are told by themselves."""
    told = [check for check in checks if check.passed is not None]
    passed = sum(bool(check.passed) for check in told)
    untold = len(checks) - len(told)
    also = f" {counted(untold, 'check')} could not be decided." if untold else ""
    if not told:
        return "no check could be made, so that nobody knows whether the explanations can be believed."
    if passed == len(told):
        which = "the only check" if passed == 1 else f"all {passed} checks"
        controls = {check.control for check in told}
        shown = " and ".join(words for names, words in _SHOWN if controls & set(names))
        lacking = "".join(f" Whether they {words} was not checked." for names, words in _SHOWN[:2] if not controls & set(names))
        return f"passed {which}: explanations {shown}.{lacking}{also}"
    return f"passed {passed} of {counted(len(told), 'check')}: be careful with the explanations.{also}"
