"""What every network family offers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Options = TypeVar("Options")


@dataclasses.dataclass(frozen=True)
class Family(Generic[Options]):
    """A way to build hidden layers; heads, training and reports are shared.

    Attributes:
        name: as model files hold it.
        options: dataclass of the shape of the network between input and head.
        hidden: from a tensor, a mask of what holds something (or None) and options to features [samples, features]; raises
            InputError when a layer cannot work on what reaches it.
        title: its name in sentences, if that is another.
        together: the same for all members of an ensemble at once, from [samples, members, values] to [samples, members, features], with
            weights stacked by member in the order of those of ``hidden``; None where members are trained one after another.
        chosen: of a network that was built, and its options: those that were left to the samples, and what they became.
    """

    name: str
    options: type[Options]
    hidden: Callable[[Any, Any, Options], Any]
    title: str = ""
    together: Callable[[Any, Options], Any] | None = None
    chosen: Callable[[Any, Options], dict[str, tuple[int, ...]]] = lambda network, options: {}

    @property
    def called(self) -> str:
        """Its name in sentences."""
        return self.title or self.name


FAMILIES: dict[str, Family] = {}
"""Families by the name that model files hold."""


def register(family: Family[Options]) -> Family[Options]:
    """Enter a family."""
    FAMILIES[family.name] = family
    return family
