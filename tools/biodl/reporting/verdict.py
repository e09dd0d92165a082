"""The verdict: what was found, in a few lines that stand first wherever people look."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..program.files import File, Outputs
from ..program.streams import print_first

OUTPUT = File("verdict", "what was found, in words (text)")
MOST_LINES, MOST_SIGNS = 5, 239


@dataclasses.dataclass(frozen=True)
class Line:
    """What is said of one topic, in a sentence or two."""

    topic: str
    text: str

    def __str__(self) -> str:
        whole = " ".join(f"{self.topic}: {self.text}".split()).encode(errors="backslashreplace").decode()
        return whole if len(whole) <= MOST_SIGNS else whole[: MOST_SIGNS - 1].rpartition(" ")[0].rstrip(" ,;:.") + "…"


def verdict(found: Sequence[Line | None], then: Line) -> list[Line]:
    """The most important of what was found (None is nothing), in its order, and last what to do then."""
    return [*[line for line in found if line][: MOST_LINES - 1], then]


def publish(lines: Sequence[Line], outputs: Outputs) -> None:
    """Put the lines first on standard output, and write them if asked for."""
    print_first(map(str, lines))
    if OUTPUT.name in outputs:
        outputs[OUTPUT.name].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
