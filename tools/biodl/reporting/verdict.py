"""The verdict: what was found, in a few lines that stand first wherever people look."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Sequence

from ..program.files import File, Outputs
from ..program.streams import print_first

OUTPUT = File("verdict", "what was found, in words (text)")
MOST_LINES, MOST_SIGNS = 5, 239
WIDTH, MOST_ROWS = 68, 9
"""Of the text file: what Galaxy's workflow report shows of it in its box of fixed height, without a word cut off."""


@dataclasses.dataclass(frozen=True)
class Line:
    """What is said of one topic, in a sentence or two."""

    topic: str
    text: str

    def __str__(self) -> str:
        whole = " ".join(f"{self.topic}: {self.text}".split()).encode(errors="backslashreplace").decode()
        return whole if len(whole) <= MOST_SIGNS else whole[: MOST_SIGNS - 1].rpartition(" ")[0].rstrip(" ,;:.") + "…"


_MORE = Line("More", "in the report and on standard output.")


def verdict(found: Sequence[Line | None], then: Line) -> list[Line]:
    """The most important of what was found (None is nothing), in its order, and last what to do then."""
    return [*[line for line in found if line][: MOST_LINES - 1], then]


def publish(lines: Sequence[Line], outputs: Outputs) -> None:
    """Put the lines first on standard output, and write them if asked for."""
    print_first(map(str, lines))
    if OUTPUT.name in outputs:
        outputs[OUTPUT.name].write_text("".join(f"{row}\n" for row in laid_out(lines)), encoding="utf-8")


def laid_out(lines: Sequence[Line]) -> list[str]:
    """Rows of the text file: the lines wrapped, without the least important ones where they would not fit; the last line always stays."""
    for left_out in range(len(lines)):
        shown = [*lines[: len(lines) - 1 - left_out], *([_MORE] if left_out else []), lines[-1]]
        rows = [row for line in shown for row in textwrap.wrap(str(line), WIDTH, subsequent_indent="  ", break_on_hyphens=False)]
        if len(rows) <= MOST_ROWS:
            break
    return rows
