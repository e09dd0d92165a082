"""Tables as text, for people and for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd


def write_table(frame: pd.DataFrame, path: str | Path, header: bool = True, append: bool = False) -> None:
    """Write a frame as tab-separated text with a header line; numbers keep ten significant digits."""
    mode: Literal["a", "w"] = "a" if append else "w"
    frame.to_csv(path, sep="\t", index=False, header=header, mode=mode, float_format="%.10g", lineterminator="\n")
