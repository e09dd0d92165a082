"""What a model file says, held against what a class wants: the types of JSON values, and words that must not repeat."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import shorten

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_MOST = 2**53
MALFORMED = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError)
"""What reading a stranger's JSON may raise where no check named the fault."""


class UnfitError(Exception):
    """What makes a model file one that this suite did not write; its text follows "because"."""


def text(value: Any) -> bool:
    """Whether a value is text that can be written: without halves of characters."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole(value: Any) -> bool:
    """Whether a value is a whole number of a usual size."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST


def number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return whole(value) or (isinstance(value, float) and math.isfinite(value))


def several(one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a value is a list of which each item is right."""
    return lambda value: isinstance(value, list | tuple) and all(map(one, value))


_RIGHT: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (text, "text"),
    "int": (whole, "a whole number"),
    "float": (number, "a number"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "tuple[str, ...]": (several(text), "a list of texts"),
    "tuple[int, ...]": (several(whole), "a list of whole numbers"),
    "tuple[float, ...]": (several(number), "a list of numbers"),
    "dict[str, str]": (
        lambda value: isinstance(value, dict) and all(text(item) for pair in value.items() for item in pair),
        "texts by name",
    ),
    "tuple[tuple[float, ...], ...]": (several(several(number)), "a list of lists of numbers"),
}
"""By the annotation of a field: what its value must be in JSON, as a function and in words."""


def demand(right: bool, reason: str) -> None:
    """Raise :class:`UnfitError` with a reason unless something is right."""
    if not right:
        raise UnfitError(reason)


def check_fields(cls: type[DataclassInstance], stored: Any, what: str, called: Mapping[str, str] | None = None) -> None:
    """Hold a JSON object against the fields of a dataclass.

    Args:
        cls: its fields without a default must be there; those of types that are not known here are left to their owner.
        stored: what a file holds; what the class does not know may come from a newer version.
        what: is stored, in words.
        called: names in the file of fields that have another there.

    Raises:
        UnfitError: when a value is missing or of another type.
    """
    demand(isinstance(stored, Mapping), f"{what} is not a JSON object")
    for field in dataclasses.fields(cls):
        name = (called or {}).get(field.name, field.name)
        if name not in stored:
            needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            demand(not needed, f"{what} lacks {shorten(name)}")
            continue
        right, words = _RIGHT.get(str(field.type), (lambda value: True, ""))
        demand(right(stored[name]), f"{what} has a {shorten(name)} that is not {words}")


def known_fields(cls: type[DataclassInstance], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Of a JSON object what a dataclass knows: a newer version may say more."""
    return {field.name: stored[field.name] for field in dataclasses.fields(cls) if field.name in stored}


def check_distinct(names: Iterable[str], what: str) -> None:
    """Raise UnfitError when a name is empty or stands there twice; ``what``: names one of them."""
    seen: set[str] = set()
    for name in names:
        demand(bool(name.strip()), f"its description has a {what} without a name")
        demand(name not in seen, f"its description has the {what} {shorten(name)} twice")
        seen.add(name)
