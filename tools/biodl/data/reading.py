"""What was chosen while a file was read, so that no automatic choice goes unseen."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..reporting.findings import WARNING, Finding

if TYPE_CHECKING:
    from .kind import Dataset


@dataclasses.dataclass(frozen=True)
class Choice:
    """One choice, made by a tool or in the form.

    Attributes:
        what: that was chosen, in the singular: ``separator``, ``alphabet``.
        chosen: in words.
        why: the reason, in words; empty where the choice says all.
        close: a sentence where it was a close one: what else it could be, and where to set it.
        beside: a sentence for those who inspect a file before it is divided, of what is ordinary in a part of it.
    """

    what: str
    chosen: str
    why: str = ""
    close: str = ""
    beside: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.chosen}" + (f" ({self.why})" if self.why else "")


def choices_of(data: Dataset) -> list[Choice]:
    """All that was chosen when samples were read, and how many they are."""
    return [*data.choices, Choice("samples", str(len(data)))]


def told(data: Dataset) -> list[str]:
    """The choices in a line, and a line for each that was close."""
    return described(data.where, choices_of(data))


def described(where: str, choices: Sequence[Choice]) -> list[str]:
    """The same of some choices; ``where``: the file in words."""
    return [f"How {where} was read: {'; '.join(map(str, choices))}", *(choice.close for choice in choices if choice.close)]


def table_of(data: Dataset) -> list[dict[str, str]]:
    """One row a choice, for reports."""
    return [{"what": choice.what, "taken": choice.chosen, "because": choice.why} for choice in choices_of(data)]


def close_ones(choices: Sequence[Choice]) -> list[Finding]:
    """A finding for each choice that was close."""
    found = []
    for choice in choices:
        finding, _, advice = choice.close.partition(". ")
        if finding:
            found.append(Finding(WARNING, choice.what, f"{finding.rstrip('.')}.", f"{advice.rstrip('.')}." if advice else ""))
    return found
