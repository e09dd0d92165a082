"""Times of rows: how far apart they usually stand, and where they do not."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from ...cells import as_times
from ...errors import InputError, shorten

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

COUNT, DATES, MONTHS, WEEKDAYS, SECONDS = "count", "yyyymmdd", "months", "weekdays", "seconds"
UNITS = (COUNT, DATES, MONTHS, WEEKDAYS, SECONDS)
_OFFSET = re.compile(r".*\d(Z|[+-]\d{2}:?\d{2})\s*")
_MOSTLY = 0.6
"""Share of steps that must be nearly alike for there to be a usual one."""
_NEARLY = 0.1
_LONGER, _SHORTER = 1.5, 0.5
"""How many usual steps make a gap, or stand too close."""
_DAY = 86400.0


@dataclasses.dataclass(frozen=True)
class Clock:
    """What a step is: in which ``unit`` (one of this module's names), and how many of it are the ``usual`` step, 0 where there is none."""

    unit: str
    usual: float

    @property
    def words(self) -> str:
        """The usual step in words."""
        if not self.usual:
            return "no usual step"
        if self.unit != SECONDS:
            called = {COUNT: "", DATES: " day", MONTHS: " month", WEEKDAYS: " weekday"}[self.unit]
            return f"{self.usual:g}{called}" + ("s" if called and self.usual != 1 else "")
        size, called = next(
            ((size, name) for size, name in ((_DAY, "day"), (3600.0, "hour"), (60.0, "minute")) if self.usual >= size), (1.0, "second")
        )
        return f"{self.usual / size:.4g} {called}" + ("s" if self.usual != size else "")


def read_times(column: pd.Series, where: str) -> pd.Series:
    """Times as numbers or dates that can be compared.

    Raises:
        InputError: for a cell that is neither, and where some tell their distance from UTC and others do not.
    """
    import pandas as pd

    times = as_times(column, where)
    if pd.api.types.is_datetime64_any_dtype(times):
        told = column.astype(str).str.fullmatch(_OFFSET.pattern)
        if told.any() and not told.all():
            line = column.index[~told.astype(bool)][0]
            raise InputError(
                f"The time column {shorten(column.name)} of {where} holds {shorten(column[line])} in line {line}, which does not tell its "
                "distance from UTC as others do: write all times alike."
            )
    return times


def ticks(times: pd.Series, unit: str) -> np.ndarray:
    """float64 [rows]: times counted in a unit."""
    import numpy as np
    import pandas as pd

    if unit == COUNT:
        return times.to_numpy("float64")
    if unit in (DATES, MONTHS) and times.dtype.kind in "iuf":
        times = pd.to_datetime(times.astype("int64").astype(str).map(lambda text: text if unit == DATES else text + "01"), format="%Y%m%d")
    dates = pd.DatetimeIndex(times)
    dates = dates if dates.tz is None else dates.tz_convert(None)
    if unit == MONTHS:
        return (dates.year * 12 + dates.month).to_numpy("float64")
    if unit == WEEKDAYS:
        return np.busday_count(np.datetime64("1970-01-01"), dates.to_numpy("datetime64[D]")).astype("float64")
    seconds = ((dates - pd.Timestamp(0)) / pd.Timedelta(seconds=1)).to_numpy("float64")
    return seconds / _DAY if unit == DATES else seconds


def fits(times: pd.Series, unit: str) -> bool:
    """Whether times can be counted in a unit."""
    number = times.dtype.kind in "iuf"
    if number and unit in (DATES, MONTHS):
        return _digits(times, unit, several=False)
    return number == (unit == COUNT)


def find_clock(times: pd.Series, same: np.ndarray) -> Clock:
    """The unit that suits times, and their usual step.

    Args:
        times: of rows, those of a series in order.
        same: bool [rows - 1]: whether a row and the next are of one series.
    """
    unit = _unit(times)
    return Clock(unit, _usual(steps(times, unit)[same]))


def steps(times: pd.Series, unit: str) -> np.ndarray:
    """float64 [rows - 1]: from each row to the next."""
    import numpy as np

    return np.diff(np.asarray(ticks(times, unit), dtype="float64"))


def breaks(times: pd.Series, clock: Clock) -> np.ndarray:
    """bool [rows - 1]: whether the next row follows later or sooner than at the usual step; nowhere if there is none."""
    import numpy as np

    if not clock.usual:
        return np.zeros(max(0, len(times) - 1), dtype=bool)
    found = steps(times, clock.unit)
    return (found > _LONGER * clock.usual) | (found < _SHORTER * clock.usual)


def _usual(found: np.ndarray) -> float:
    """The step that most are nearly alike to, or 0."""
    import numpy as np

    if not len(found):
        return 0.0
    middle = float(np.median(found))
    alike = np.abs(found - middle) <= _NEARLY * middle
    return middle if middle > 0 and alike.mean() >= _MOSTLY else 0.0


def _unit(times: pd.Series) -> str:
    """What times count: months and weekdays are not equally long, and dates may be written as numbers."""
    import pandas as pd

    if times.dtype.kind in "iuf":
        return next((unit for unit in (DATES, MONTHS) if _digits(times, unit)), COUNT)
    dates = pd.DatetimeIndex(times.drop_duplicates())
    if (dates != dates.normalize()).any() or len(dates) < 3:
        return SECONDS
    if (dates.day == 1).all() or dates.is_month_end.all():
        return MONTHS
    span = (dates.max() - dates.min()).days
    return WEEKDAYS if span > 7 and (dates.dayofweek < 5).all() and len(set(dates.dayofweek)) == 5 else SECONDS


def _digits(times: pd.Series, unit: str, several: bool = True) -> bool:
    """Whether numbers are dates like 20260131, or months like 202601: of ``several`` years, since any number up to 12 ends a month."""
    import pandas as pd

    whole = times.drop_duplicates()
    if (whole != whole.round()).any() or whole.min() < 190001 or whole.max() > 21001231:
        return False
    text = whole.astype("int64").astype(str)
    if unit == DATES:
        return bool((text.str.len() == 8).all()) and bool(pd.to_datetime(text, format="%Y%m%d", errors="coerce").notna().all())
    months = bool((text.str.len() == 6).all()) and bool(text.str[4:].astype(int).between(1, 12).all())
    return months and (not several or text.str[:4].nunique() > 1)
