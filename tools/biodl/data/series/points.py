"""Which columns of a wide table are time points: those that belong together, neither identifiers nor what else was measured of a sample."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...cells import as_numbers, refuse_infinite, split_numbers
from ...dress import look_of, mixed
from ...errors import InputError, listing, shorten
from ..reading import Choice

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_OF_A_SAMPLE = re.compile(
    r"id|ids|identifiers?|uid|pid|code|patients?|subjects?|samples?|animals?|persons?|participants?|donors?|mouse|mice|case|ages?|sex|gender|"
    r"weight|height|bmi|batch|plate|well|slide|site|cent(er|re)|visit|row|index|no|nr|num|number|dose|cohort|group|replicates?|rep|birth(year)?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(.*?)([-+]?\d+(?:\.\d+)?)(\D*)")
_FEWEST_LIKE = 3
_FAR = 5.0
"""Ranges of the other columns that the middle of a column must lie away from theirs to be of another scale."""
_RANGES = 10.0
"""How many times wider than the others a column must spread to be of another scale."""
_ENOUGH_ROWS = 10


@dataclasses.dataclass(frozen=True)
class Points:
    """The columns of time points in order, and what there is to say of them."""

    names: tuple[str, ...]
    choices: list[Choice]


def chosen_points(names: tuple[str, ...]) -> Points:
    """Time points that the form says, in its order."""
    close = ""
    numbers = _numbers(names)
    if numbers and numbers != sorted(numbers) and numbers != sorted(numbers, reverse=True):
        close = _not_in_order(_first_disorder(names, numbers))
    return Points(names, [_choice(names, "chosen in the form", close)])


def _not_in_order(disorder: str) -> str:
    return (
        f"The columns of the time points do not stand in the order of their numbers ({disorder}). They are read in the order given: "
        "if another is meant, put the columns of the table in order"
    )


def find_points(frame: pd.DataFrame, skip: set[str], where: str) -> Points:
    """Columns of numbers that are time points of one series, in the order of the numbers in their names where all have one.

    What identifies samples, or was measured of a sample but not in time (an age), is left out and said.

    Args:
        frame: rows of samples.
        skip: columns that have another part.
        where: the table in words.

    Raises:
        InputError: when no column holds numbers, or text stands among the numbers of a time point.
    """
    import numpy as np

    numeric, left = _numeric(frame, skip, where)
    if not numeric:
        raise InputError(f"No column of {where} holds numbers to take for a series: choose the columns.")
    like = _alike(numeric)
    shapes = {name: _shape(split_numbers(frame[name])[0].to_numpy()) for name in numeric}
    columns, alike = np.array([name for name in (like or numeric) if shapes[name].middle == shapes[name].middle], dtype=object), set(like)
    middles, spreads, whole = (
        np.array([getattr(shapes[name], what) for name in columns], dtype="float64") for what in ("middle", "spread", "whole")
    )
    points, doubtful = [], []
    for name in numeric:
        others = _Shapes(*(values[columns != name] for values in (middles, spreads, whole)))
        sure, reasons = _strange(name, shapes[name], others, name in alike, bool(like) and name not in alike)
        if sure:
            left[name] = " and ".join(reasons)
        else:
            points.append(name)
            if reasons:
                doubtful.append(f"{shorten(name)} ({' and '.join(reasons)})")
    if len(points) < 2:
        points, doubtful = numeric, []
        left = {name: why for name, why in left.items() if name not in numeric}
    ordered, disorder, put = _in_order(points)
    return Points(ordered, _told(ordered, left, doubtful, disorder, put))


def _told(points: tuple[str, ...], left: dict[str, str], doubtful: list[str], disorder: str, put: bool) -> list[Choice]:
    close = ""
    if doubtful:
        close = f"Column {', '.join(doubtful[:3])} was taken for a time point. Choose the columns of the time points if it is none"
    choices = [_choice(points, "columns of numbers", close)]
    if disorder and put:
        order = f"The columns of the time points stood in another order than their numbers ({disorder}) and were put in order"
        close = f"{order}. Choose them if another order is meant"
        choices.append(Choice("order of time points", "that of the numbers in their names", disorder, close))
    elif disorder:
        choices.append(Choice("order of time points", "that of the table", "", _not_in_order(disorder)))
    if left:
        shown = ", ".join(f"{shorten(name)}: {why}" for name, why in list(left.items())[:5])
        more = f" and {len(left) - 5} more" if len(left) > 5 else ""
        guessed = [name for name, why in left.items() if why not in (_NO_NUMBERS, _COUNTS_ROWS) and _NAME not in why]
        close = ""
        if guessed:
            close = (
                f"{'Column' if len(guessed) == 1 else 'Columns'} {listing(guessed, 3)} {'was' if len(guessed) == 1 else 'were'} left out "
                f"of the time points ({shown}). Choose the columns of the time points if that is wrong"
            )
        choices.append(Choice("columns left out", listing(left), shown + more, close))
    return choices


def _choice(points: tuple[str, ...], why: str, close: str) -> Choice:
    shown = f"{len(points)}: {shorten(points[0])} to {shorten(points[-1])}"
    return Choice("time points", shown, why, close)


_NO_NUMBERS = "no numbers"
_COUNTS_ROWS = "it counts the rows"


def _numeric(frame: pd.DataFrame, skip: set[str], where: str) -> tuple[list[str], dict[str, str]]:
    """Columns of numbers that do not just count the rows; and why others are left out.

    Raises:
        InputError: where text stands among the numbers of a column that may be a time point.
    """
    numeric, left = [], {}
    wordy = [name for name in frame.columns if name not in skip and len(split_numbers(frame[name])[1])]
    like = _alike([name for name in frame.columns if name not in skip and name not in wordy] + wordy)
    for name in frame.columns:
        if name in skip:
            continue
        if name in wordy and like and name not in like:
            spoilt = mixed(*split_numbers(frame[name]))  # a code such as 12a stands beside points of another name
            left[name] = "a name unlike the others, and numbers beside words" if spoilt else _NO_NUMBERS
        elif not refuse_spoilt(frame[name], where, name in like):
            left[name] = _NO_NUMBERS
        elif len(present := frame[name].dropna()) >= _ENOUGH_ROWS and (present.diff().iloc[1:] == 1).all():
            left[name] = _COUNTS_ROWS
        else:
            numeric.append(name)
    return numeric, left


def refuse_spoilt(column: pd.Series, where: str, expected: bool = False) -> bool:
    """Whether a column holds numbers.

    Args:
        column: of a table.
        where: the table in words.
        expected: whether its name is that of a time point, so that one number makes it one.

    Raises:
        InputError: for one that should, but holds words or numbers in another dress as well; for infinite numbers.
    """
    numbers, text = split_numbers(column)
    fault = mixed(numbers, text)
    if not fault and expected and len(text) and (len(numbers) or look_of(text.unique())[0]):
        line, cell = next(iter(text.items()))
        look, advice = look_of(text.unique())
        fault = f"holds {look or 'text among numbers'} (first {shorten(cell)} in line {line}): {advice or 'correct it'}"
    if fault:
        raise InputError(f"Column {shorten(column.name)} of {where} {fault}, or choose the columns to read.")
    refuse_infinite(numbers, column.name, where)
    return not len(text)


def series_numbers(column: pd.Series, where: str) -> np.ndarray:
    """A column of a series as float32, NaN where it is empty.

    Raises:
        InputError: for text, numbers in another dress or infinite ones.
    """
    fault = mixed(*split_numbers(column))
    if fault and not fault.startswith("holds text"):  # which has words of its own below
        raise InputError(f"Column {shorten(column.name)} of {where} {fault}.")
    return as_numbers(column, where)


def _alike(names: Sequence[str]) -> list[str]:
    """Names that differ in their number alone, if they are three or more, and a third of all; or names that are numbers."""
    stems = Counter(stem for name in names if (stem := _stem(name)) is not None)
    if not stems:
        return []
    stem, count = stems.most_common(1)[0]
    return [name for name in names if _stem(name) == stem] if count >= _FEWEST_LIKE and count >= len(names) / 3 else []


def _stem(name: str) -> tuple[str, str] | None:
    found = _NUMBERED.fullmatch(name.strip())
    return (found[1].strip(" _-").lower(), found[3].strip().lower()) if found else None


def _numbers(names: Sequence[str]) -> list[float]:
    """The number in each name, if all are of one stem and all numbers differ; else nothing."""
    stems = {_stem(name) for name in names}
    if len(stems) != 1 or None in stems:
        return []
    found = [float(match[2]) for name in names if (match := _NUMBERED.fullmatch(name.strip()))]
    if any(number < 0 for number in found) and _stem(names[0]) != ("", ""):
        found = [abs(number) for number in found]  # 't-1' is the first, not one before the start
    return found if len(set(found)) == len(found) else []


def _in_order(points: list[str]) -> tuple[tuple[str, ...], str, bool]:
    """Time points, where they do not stand in the order of their numbers, and whether they were put in it.

    They are where they stand sorted as words (t1, t10, t2), which no one means.
    """
    numbers = _numbers(points)
    if not numbers or numbers == sorted(numbers) or numbers == sorted(numbers, reverse=True):
        return tuple(points), "", False
    disorder = _first_disorder(points, numbers)
    if points != sorted(points):
        return tuple(points), disorder, False
    return tuple(name for _, name in sorted(zip(numbers, points, strict=True))), disorder, True


def _first_disorder(names: Sequence[str], numbers: Sequence[float]) -> str:
    place = next(place for place in range(1, len(numbers)) if numbers[place] < numbers[place - 1])
    return f"{shorten(names[place - 1])} before {shorten(names[place])}"


@dataclasses.dataclass(frozen=True)
class _Shape:
    """A column of numbers in short: its ``middle``, its ``spread`` without extremes, and whether numbers are ``whole``,
    ``distinct`` and ``rising``."""

    middle: float
    spread: float
    whole: bool
    distinct: bool
    rising: bool


@dataclasses.dataclass(frozen=True)
class _Shapes:
    """The same of several columns, as arrays of numbers."""

    middles: np.ndarray
    spreads: np.ndarray
    whole: np.ndarray


def _shape(values: np.ndarray) -> _Shape:
    import numpy as np

    if not len(values):
        return _Shape(float("nan"), float("nan"), False, False, False)
    low, middle, high = np.percentile(values, (10, 50, 90))
    distinct = len(values) >= _ENOUGH_ROWS and len(np.unique(values)) == len(values)
    return _Shape(float(middle), float(high - low), bool((values == np.round(values)).all()), distinct, bool((np.diff(values) > 0).all()))


def _strange(name: str, own: _Shape, others: _Shapes, alike: bool, unlike: bool) -> tuple[bool, list[str]]:
    """Whether a column surely is no time point like the others, and what speaks against its being one, in words.

    Args:
        name: of the column.
        own: what it looks like.
        others: what other columns look like: those of names alike, if there are such.
        alike, unlike: whether its name is like theirs, or they are alike and it is not.
    """
    identifies = own.whole and own.distinct
    if len(others.whole) < 2 or (alike and not identifies):
        return False, []
    real = float(others.whole.mean()) < 0.5
    far = _of_another_scale(own, others)
    if alike:  # one of t0, t1, …: only what is clearly an identifier is none
        return (True, [_FAR_WORDS, _OWN_WORDS]) if far else (False, [])
    words = [word for word in re.split(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])", name) if word]
    called = bool(words) and bool(_OF_A_SAMPLE.fullmatch(words[-1]) or _OF_A_SAMPLE.fullmatch(words[0]))
    odd = own.whole and real
    reasons = [
        *([_NAME] if called else ["a name unlike the others"] if unlike else []),
        *([_FAR_WORDS] if far else []),
        *([_OWN_WORDS] if identifies and (real or far or own.rising) else ["whole numbers beside others"] if odd else []),
    ]
    sure = called or (identifies and (real or own.rising)) or (far and (odd or identifies)) or (unlike and (far or odd))
    return sure, reasons


_NAME, _FAR_WORDS, _OWN_WORDS = "its name", "another scale by far", "a whole number of its own in each row"


def _of_another_scale(own: _Shape, others: _Shapes) -> bool:
    """Whether the middle or the spread of a column is far beyond those of all other columns."""
    import numpy as np

    middles, spreads = others.middles, others.spreads
    width = max(float(np.nanmax(middles + spreads) - np.nanmin(middles - spreads)), 1e-12)
    return abs(own.middle - float(np.nanmedian(middles))) > _FAR * width or own.spread > _RANGES * width
