"""What a tutorial says, read from its Markdown: hands-on boxes with their settings, and numbers with the sources that stand behind them.

Standard library only: the tests in the browser, which have another environment, read tutorials as well. The marks are explained in
tutorials/README.md.
"""

import csv
import dataclasses
import functools
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tutorials"
DATA = ROOT / "test-data"
NAMES = tuple(sorted(path.parent.name for path in FOLDER.glob("*/tutorial.md")))
KINDS = ("data", "form", "run", "workflow", "code", "picture")
"""Where a number may come from."""

_HIDDEN = re.compile(
    r"\A---\n.*?\n---\n|```.*?```|`[^`\n]*`|\{%.*?%\}|\{:.*?\}|(?<=\])\([^)\n]*\)|!\[[^\]]*\]|<!-- (?!= ).*?-->|<[a-z/][^>\n]*>"
    r"|^[> ]*\d+\. (?=\S)",
    re.DOTALL | re.MULTILINE,
)
"""Where digits are no statement: front matter, code, Jekyll's tags, targets of links, notes, numbers of list items."""
_NUMBER = re.compile(r"(?<![\w.,])(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?P<percent> ?%)?(?: *<!-- = (?P<source>.*?) -->)?")
_SOURCE = re.compile(r"(?P<kind>\w+): (?P<places>.+?)(?: ± (?P<tolerance>[\d.]+))?$")
_BOX = re.compile(r"^((?:> ?)+)<hands-on-title>(.*?)</hands-on-title>(.*?)^\1?\{: \.hands_on\}", re.DOTALL | re.MULTILINE)
_RUN = re.compile(r"<!-- run (?P<name>[\w-]+) -->")
MENTION = re.compile(
    r"\{% tool \[(?P<tool>[^\]]*)\]\((?P<id>\w+)\) %\}"
    r'|\*"(?P<label>[^"\n]+)"\*(?P<colon>:?)'
    r'|_"(?P<dataset>[^"\n]+)"_'
    r"|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|`(?P<code>[^`\n]+)`"
)
"""Everything that a tutorial marks up, one kind of thing in one way."""


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a number comes from: a kind, places in it from wide to narrow, and how far the number may be off."""

    kind: str
    places: tuple[str, ...]
    tolerance: float


@dataclasses.dataclass(frozen=True)
class Number:
    """A number in the text; ``source`` is None where none stands behind it or it cannot be read."""

    line: int
    digits: str
    percent: bool
    source: Source | None

    @property
    def value(self) -> float:
        return float(self.digits.replace(",", "")) / (100 if self.percent else 1)

    def agrees(self, other: float) -> bool:
        """Whether it is ``other`` as it is printed here: half of its last digit, and the stated tolerance, are forgiven."""
        decimals = len(self.digits.partition(".")[2])
        last = 0.5 * 10.0**-decimals / (100 if self.percent else 1)
        return abs(self.value - other) <= last + (self.source.tolerance if self.source else 0) + 1e-9


@dataclasses.dataclass(frozen=True)
class Setting:
    """A field of a form, and what the reader puts into it: words to type or choose, or datasets."""

    line: int
    label: str
    values: tuple[str, ...]
    datasets: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Step:
    """A tool of a hands-on box (id without biodl_) with its settings."""

    tool: str
    settings: tuple[Setting, ...]


@dataclasses.dataclass(frozen=True)
class Box:
    """A hands-on box; ``run`` names it where the tests follow it, and numbers in the text come from it."""

    run: str
    steps: tuple[Step, ...]


@dataclasses.dataclass(frozen=True)
class Tutorial:
    """A tutorial's text, and the folder that it lies in."""

    folder: Path
    text: str

    def line_of(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1

    @functools.cached_property
    def plain(self) -> str:
        """The text with blanks where digits say nothing, so that places stay the same."""
        return _HIDDEN.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), self.text)

    @functools.cached_property
    def shown(self) -> str:
        """What is marked up: the text without front matter, notes and sources, places as they are."""
        hidden = re.compile(r"\A---\n.*?\n---\n|<!--.*?-->|```.*?```", re.DOTALL)
        return hidden.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), self.text)

    def numbers(self) -> list[Number]:
        found = []
        for match in _NUMBER.finditer(self.plain):
            if not self._in_source(match.start()):
                found.append(Number(self.line_of(match.start()), match["digits"], bool(match["percent"]), source_of(match["source"] or "")))
        return found

    def _in_source(self, place: int) -> bool:
        return self.plain.rfind("<!--", 0, place) > self.plain.rfind("-->", 0, place)

    def boxes(self) -> list[Box]:
        return [self._box(match) for match in _BOX.finditer(self.text)]

    def _box(self, match: re.Match) -> Box:
        run = _RUN.search(match[0])
        steps: list[Step] = []
        for mention in MENTION.finditer(self.shown, match.start(), match.end()):
            if mention["tool"]:
                steps.append(Step(mention["id"].removeprefix("biodl_"), ()))
            elif mention["label"] and mention["colon"] and steps:
                setting = self._setting(mention)
                steps[-1] = dataclasses.replace(steps[-1], settings=(*steps[-1].settings, setting))
        return Box(run["name"] if run else "", tuple(steps))

    def _setting(self, mention: re.Match) -> Setting:
        rest = self.shown[mention.end() : self.shown.index("\n", mention.end())]
        rest = re.split(r'\*"| \(|\. ', rest)[0]  # what follows is told about it
        found = list(MENTION.finditer(rest))
        values = tuple(item["code"] for item in found if item["code"])
        return Setting(self.line_of(mention.start()), mention["label"], values, tuple(item["dataset"] for item in found if item["dataset"]))

    def pictures(self) -> list[tuple[int, str, Path]]:
        """Line, alternative text and file of each picture."""
        return [
            (self.line_of(match.start()), match[1], (self.folder / match[2]).resolve())
            for match in re.finditer(r"!\[([^\]]*)\]\(([^) ]+)[^)]*\)", self.text)
        ]


def read(name: str) -> Tutorial:
    """The tutorial in this folder of tutorials/."""
    return Tutorial(FOLDER / name, (FOLDER / name / "tutorial.md").read_text(encoding="utf-8"))


def source_of(text: str) -> Source | None:
    match = _SOURCE.match(text.strip())
    if not match or match["kind"] not in KINDS:
        return None
    return Source(match["kind"], tuple(part.strip() for part in match["places"].split("|")), float(match["tolerance"] or 0))


def numbers_of(kind: str) -> Iterator[tuple[str, Number]]:
    """Every number of all tutorials that comes from this kind of source, with the tutorial's name."""
    for name in NAMES:
        for number in read(name).numbers():
            if number.source and number.source.kind == kind:
                yield name, number


def looked_up(content: str, places: tuple[str, ...]) -> float:
    """The number at a place in the text of an output.

    Args:
        content: a table with a header line, or any text.
        places: ``("rows",)``; row and column, where the row is named by its first cell, or ``last``, or ``COLUMN=VALUE``;
            or ``("after WORDS",)``: the first number behind these words (line ends count as blanks).

    Raises:
        LookupError: there is no such place.
    """
    if places[0].startswith("after "):
        words = places[0].removeprefix("after ")
        found = re.search(re.escape(words) + r"[^\d-]{0,3}(-?\d+(?:\.\d+)?)", " ".join(content.split()))
        if not found:
            raise LookupError(f"no number after '{words}' in: {content[:2000]}")
        return float(found[1])
    header, *rows = csv.reader(io.StringIO(content), delimiter="\t")
    if places == ("rows",):
        return len(rows)
    column, _, value = places[0].rpartition("=")
    at = header.index(column) if column else 0
    chosen = rows[-1:] if places[0] == "last" else [row for row in rows if row[at] == value]
    if len(chosen) != 1 or places[1] not in header:
        raise LookupError(f"{len(chosen)} rows {places[0]}, columns {header}")
    return float(chosen[0][header.index(places[1])])


@functools.cache
def table(file: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a table of the test data."""
    header, *rows = csv.reader((DATA / file).read_text(encoding="utf-8").splitlines(), delimiter="\t")
    return header, rows


def of_data(places: tuple[str, ...]) -> float:
    """What the sample data give: FILE | rows, columns, records, letters, images or pixels, or count or share | COLUMN | VALUE."""
    file, what, *rest = places
    if what in ("records", "letters"):
        records = (DATA / file).read_text(encoding="utf-8").split(">")[1:]
        lengths = {len("".join(record.splitlines()[1:])) for record in records}
        return len(records) if what == "records" else only(lengths)
    if what in ("images", "pixels"):
        with zipfile.ZipFile(DATA / file) as archive:
            pictures = [name for name in archive.namelist() if name.endswith(".png")]
            # the header of a PNG: width and height in bytes 16 to 23
            sides = {int.from_bytes(archive.read(name)[at : at + 4], "big") for name in pictures for at in (16, 20)}
        return len(pictures) if what == "images" else only(sides)
    header, rows = table(file)
    if what in ("count", "share"):
        column, value = rest
        count = sum(row[header.index(column)] == value for row in rows)
        return count if what == "count" else count / len(rows)
    return {"rows": len(rows), "columns": len(header)}[what]


def only(values: set[int]) -> int:
    (value,) = values
    return value
