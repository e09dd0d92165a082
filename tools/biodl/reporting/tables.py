"""Tables as text, for people and for other tools."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_DIGITS = 4
_BREAKS = str.maketrans({"\t": " ", "\r": " ", "\n": " ", "\0": " "})


def four_digits(value: float) -> str:
    """A number for people: four significant digits, whole numbers whole, an exponent only where zeros would be many; empty for NaN."""
    if value != value:
        return ""
    if 10**_DIGITS - 0.5 <= abs(value) < 1e15:
        return f"{value:.0f}"
    return f"{value or 0.0:.{_DIGITS}g}"


def between(low: float, high: float) -> str:
    """An interval for people; empty where it is not known."""
    return "" if low != low else f"{four_digits(low)} to {four_digits(high)}"


def roughly(value: float) -> str:
    """A difference for people, which is never so well known that a third digit would tell."""
    return four_digits(float(f"{value:.2g}"))


def roughly_between(low: float, high: float) -> str:
    """The interval of a difference for people."""
    return between(float(f"{low:.2g}"), float(f"{high:.2g}")) or "unknown"


def write_readable(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a frame that people read: as :func:`write_table` does, with four significant digits."""
    shown = frame.copy()
    for position, dtype in enumerate(frame.dtypes):
        if dtype.kind == "f":
            shown.isetitem(position, frame.iloc[:, position].map(four_digits).tolist())
    write_table(shown, path)


def write_table(frame: pd.DataFrame, path: str | Path, header: bool = True, append: bool = False) -> None:
    """Write a frame as tab-separated text with a header line; numbers keep ten significant digits.

    Galaxy's tables know no quoting: quotation marks stand as they are, and tabs and line breaks in names become blanks.
    """
    mode: Literal["a", "w"] = "a" if append else "w"
    if len(frame.columns) == 1:
        _write_column(frame.iloc[:, 0], path, header, mode)
        return
    plain = frame.rename(columns=_plain)
    for position, dtype in enumerate(frame.dtypes):
        if dtype.kind not in "biuf":
            plain.isetitem(position, frame.iloc[:, position].map(_plain).tolist())
    plain.to_csv(
        path,
        sep="\t",
        index=False,
        header=header,
        mode=mode,
        float_format="%.10g",
        lineterminator="\n",
        quoting=csv.QUOTE_NONE,
        errors="backslashreplace",
    )


def _write_column(column: pd.Series, path: str | Path, header: bool, mode: Literal["a", "w"]) -> None:
    """The csv module refuses lines without any cell unless it may quote."""
    shown = column.map(
        lambda value: "" if value != value or value is None else f"{value:.10g}" if column.dtype.kind == "f" else _plain(value)
    )
    with open(path, mode, encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.writelines(f"{cell}\n" for cell in ([_plain(column.name)] if header else []) + shown.tolist())


def _plain(value: Any) -> Any:
    return value.translate(_BREAKS) if isinstance(value, str) else value


def yes_no(values: np.ndarray) -> list[str]:
    """Booleans [samples] as words."""
    return ["yes" if value else "no" for value in values]
