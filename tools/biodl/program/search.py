"""What values of an option are worth a try: declared beside its default, for whoever searches good settings."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypeAlias

Needs: TypeAlias = "tuple[str, tuple[Any, ...]]"
"""An option counts only where another has one of some values; no values: it always does."""
_ALWAYS: Needs = ("", ())


@dataclasses.dataclass(frozen=True)
class Linear:
    """Any number from ``low`` to ``high``."""

    low: float
    high: float
    needs: Needs = _ALWAYS

    def known(self, stored: Any) -> float:
        """The value that JSON holds.

        Raises:
            ValueError: when it is none of those to try.
        """
        if isinstance(stored, bool) or not isinstance(stored, int | float) or not self.low <= stored <= self.high:
            raise ValueError(f"{stored} does not lie between {self.low} and {self.high}")
        return float(stored)

    def said(self) -> str:
        """For people, and to tell whether two searches are the same."""
        return f"{self.low:g} to {self.high:g}"


@dataclasses.dataclass(frozen=True)
class Log(Linear):
    """The same, tried as often between 0.001 and 0.01 as between 0.01 and 0.1."""

    def said(self) -> str:
        return f"{super().said()}, by powers of ten"


@dataclasses.dataclass(frozen=True)
class Whole(Linear):
    """Any whole number from ``low`` to ``high``."""

    def known(self, stored: Any) -> int:
        if not float(super().known(stored)).is_integer():
            raise ValueError(f"{stored} is no whole number")
        return int(stored)

    def said(self) -> str:
        return f"whole numbers, {super().said()}"


@dataclasses.dataclass(frozen=True)
class OneOf:
    """One of some values: words, numbers, yes and no, or lists of numbers (tuples)."""

    values: tuple[Any, ...]
    needs: Needs = _ALWAYS

    def known(self, stored: Any) -> Any:
        """As :meth:`Linear.known`."""
        wanted = tuple(stored) if isinstance(stored, list) else stored
        for value in self.values:
            if type(value) is type(wanted) and value == wanted:
                return value
        raise ValueError(f"{stored} is none of {self.said()}")

    def said(self) -> str:
        return " | ".join(map(as_text, self.values))


Search: TypeAlias = Linear | OneOf


def applies(search: Search, settings: dict[str, Any]) -> bool:
    """Whether the option counts where others are set so; an option that is not among them asks for nothing."""
    name, values = search.needs
    return name not in settings or settings[name] in values


def as_text(value: Any) -> str:
    """A setting for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.4g}"
    return str(value)
