"""How a table is laid out: what separates its cells, where its header line stands, which lines are none of its rows."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections import Counter
from collections.abc import Sequence

from ...cells import MISSING, clean, is_number
from ...dress import looks_missing
from ..reading import Choice

SEPARATORS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "vertical bar", " ": "blanks"}
"""What may stand between cells, the likeliest first, and its name."""
INDEX = "row_name"
"""Name of a first column that has none: R's row names, the index that pandas writes."""
_NAMED = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_DECIMAL = re.compile("(?<=[0-9]),(?=[0-9])")
_MOST_ABOVE = 50
_ENOUGH = 0.8
"""Share of rows that must have the same number of cells."""
_NEARLY_ALL = 0.9
_NUMBERED = re.compile("[A-Za-z]+ [0-9]+")
_UNIT = re.compile(r"[\[(]?[^\d\s][^\s]{0,11}( [^\s]{1,8})?[\])]?")

Row = tuple[int, list[str]]
"""A row of the sample: the number of its line, and its cells."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """What was found.

    Attributes:
        separator: one of :data:`SEPARATORS`.
        line: number of the header's line.
        names: of the columns, cleaned; ``INDEX`` for a first one without a name, '' for others without.
        rows: cells of the first rows below the header.
        index: the name of the column that has none in the file, or ''.
        units: number of the line with units below the header, or 0.
        choices: what was chosen.
    """

    separator: str
    line: int
    names: tuple[str, ...]
    rows: list[list[str]]
    index: str
    units: int
    choices: tuple[Choice, ...]


def find_layout(lines: Sequence[str], first: int) -> Layout:
    """Find the layout of a table.

    Args:
        lines: the first lines of the file without line ends; the first is not blank.
        first: its number.

    Raises:
        csv.Error: when the lines cannot be split.
    """
    choices: list[Choice] = []
    named = _NAMED.fullmatch(lines[0].strip(" "))
    if named and len(lines) > 1:
        lines, first = lines[1:], first + 1
        fits = [(named[1], *_header_row(split(lines, named[1], first)))]
        choices.append(Choice("separator", SEPARATORS.get(named[1], named[1]), "named in the first line"))
    else:
        fits = [(mark, *found) for mark in SEPARATORS if (found := _header_row(split(lines, mark, first)))[1] >= 2]
        if {",", ";"} <= {fit[0] for fit in fits} and _between_digits(lines):
            fits = [fit for fit in fits if fit[0] != ","]
    sure = {fit[0]: _sureness(fit, split(lines, fit[0], first)) for fit in fits}
    mark, start, width = max(fits, key=lambda fit: (sure[fit[0]], -fit[1], fit[2]), default=(_guess(lines[0]), 0, 0))
    rows = split(lines, mark, first)
    behind = next((sign for sign in ",;" if mark == "\t" and width and _all_end(rows[start:], sign)), "")
    if behind:
        mark = behind
        rows = split(lines, mark, first)
    if not named:
        others = [SEPARATORS[fit[0]] for fit in fits if fit[0] not in (mark, " ") and fit[1] == start and sure[fit[0]] == sure[mark]]
        close = f"The cells could be separated by {others[0]} as well. Write the table with tabs" if others and mark != "\t" else ""
        choices.append(Choice("separator", SEPARATORS[mark], f"{width} cells a line" if width else "", close))
    header = rows[start]
    below = [cells for _, cells in rows[start + 1 :]]
    if start:
        above = [cells for _, cells in rows[:start]]
        comments = all(cells[0].startswith("#") for cells in above)
        what = ("a comment" if start == 1 else "comments") if comments else "no part of the table"
        why = f"the line above is {what}" if start == 1 else f"the {start} lines above are {what}"
        choices.append(Choice("header", f"line {header[0]}", why))
    names = [clean(name) for name in header[1]]
    names[0] = clean(names[0].removeprefix("#"))
    index = close = ""
    if below and len(names) > 1 and not names[0] and any(names[1:]):
        names[0] = index = _free(INDEX, names)
    elif _one_more(below, len(names)):
        if all(not cells[-1].strip() for cells in below):
            names.append("")
        elif _all_differ([cells[0] for cells in below if any(cells)]):
            index = _free(INDEX, names)
            names.insert(0, index)
            close = (
                "The header line has one name fewer than rows have cells, so the first column was taken for names of rows. "
                "If another name is missing, add it"
            )
    if index:
        choices.append(Choice("row names", "the first column", "it has no name in the header line; it is no feature", close))
    units = 0
    if _names_units(below):
        units = rows[start + 1][0]
        choices.append(Choice("units", f"line {units} left out", "it holds units of the columns, no values"))
        below = below[1:]
    return Layout(mark, header[0], tuple(names), below, index, units, tuple(choices))


def _between_digits(lines: Sequence[str]) -> bool:
    """Whether nearly all commas stand between digits, as decimal ones do."""
    commas = sum(line.count(",") for line in lines)
    return sum(len(_DECIMAL.findall(line)) for line in lines) >= _NEARLY_ALL * commas


def _all_end(rows: list[Row], sign: str) -> bool:
    """Whether each cell but the last of its row ends in a sign: it separates cells, and blanks follow it."""
    return all(len(cells) > 1 and all(cell.rstrip().endswith(sign) for cell in cells[:-1]) for _, cells in rows)


def _sureness(fit: tuple[str, int, int], rows: list[Row]) -> int:
    """How sure a separator is by itself: best where the header names every cell, and not by blanks, which stand in words too."""
    mark, start, width = fit
    exact = len(rows[start][1]) == width
    if mark == "\t":
        return 5 if exact or width > 2 else 1
    if mark == " ":
        return 2 if exact else 1
    return 4 if exact else 3 if width > 2 else 0


def split(lines: Sequence[str], mark: str, first: int = 1) -> list[Row]:
    """The rows of lines, blank ones left out.

    Raises:
        csv.Error: for a cell that is too long.
    """
    ends = [f"{line.rstrip(' ') if mark == ' ' else line}\n" for line in lines]  # a line break inside a cell stays one
    reader = csv.reader(ends, delimiter=mark, skipinitialspace=True)
    rows, begins = [], first
    for cells in reader:
        if cells:
            rows.append((begins, cells))
        begins = first + reader.line_num
    return rows


def _guess(line: str) -> str:
    """The separator where no choice gives each line the same number of cells."""
    return next((mark for mark in SEPARATORS if mark in line and mark != " "), "\t")


def _header_row(rows: list[Row]) -> tuple[int, int]:
    """Position of the header among rows, and the number of cells of a row; (0, 0) where rows have nothing in common."""
    if not rows:
        return 0, 0
    counts = [len(cells) for _, cells in rows]
    width = Counter(counts[len(counts) // 4 :]).most_common(1)[0][0]
    if width < 2:
        return 0, 0
    comments = 0
    while comments < len(rows) and rows[comments][1][0].lstrip().startswith(("#", "!", "^")):
        comments += 1
    if comments == len(rows):
        return 0, 0
    start = comments
    if comments and counts[comments - 1] == width and not _heads(rows[comments:]):
        start = comments - 1
    elif not comments:
        start = _below_metadata(rows, 0, width)
    below = counts[start + 1 :]
    if not below:
        return (start, width) if counts[start] == width else (0, 0)
    if counts[start] not in (width, width - 1) or max(below) > width:
        return 0, 0
    alike = sum(count == width for count in below) / len(below)
    return (start, width) if alike >= (_ENOUGH if counts[start] == width else 1) else (0, 0)


def _below_metadata(rows: list[Row], start: int, width: int) -> int:
    """Position of the first row that names every column, where those above fill fewer cells: a title, what an instrument tells, groups."""
    cells = [[clean(cell) for cell in row] for _, row in rows]
    spare = min(
        (_empty_at_end(row) for row in cells[start:] if len(row) == width), default=0
    )  # columns of nothing, of which spreadsheets write separators
    width -= spare
    for position in range(start, min(len(rows) - 1, _MOST_ABOVE)):
        names = cells[position][:width]
        named = [name for name in names if name]
        if len(named) >= width - (not names[0]):
            if position == start:
                return start
            below = [row for row in cells[position + 1 :] if len(row) >= width]
            recur = any(name in column for name, column in zip(names, zip(*below, strict=False), strict=False) if name)
            sure = len(set(named)) == len(named) and len(names) == width and not {*named} & {*MISSING}
            return position if sure and not recur and (_heads(rows[position:]) or _word_over_numbers(names, below)) else start
        below_titles = position == start or (all(len(row) == 1 for row in cells[start:position]) and _heads(rows[position:]))
        if below_titles and len(names) == width - 1 == len(named) and all(len(row) == width for row in cells[position + 1 :]):
            return position  # the names of rows have none
    return start


def _word_over_numbers(names: list[str], below: list[list[str]]) -> bool:
    """Whether a name that is a word stands over a column of numbers, so that others may be numbers: years, wavelengths."""
    words = [column for column, name in enumerate(names) if name and not is_number(name) and not looks_missing(name)]
    return any(_mostly_numbers([row[column] for row in below]) for column in words)


def _empty_at_end(cells: list[str]) -> int:
    """How many of the last cells hold nothing."""
    return next((number for number, cell in enumerate(reversed(cells)) if cell), len(cells))


def _heads(rows: list[Row]) -> bool:
    """Whether the first row names the columns of the others: it holds no number, and they do."""
    if len(rows) < 2 or any(is_number(cell) for cell in rows[0][1]):
        return False
    return any(
        any(is_number(cells[column]) for _, cells in rows[1:] if column < len(cells)) and clean(name) not in MISSING
        for column, name in enumerate(rows[0][1])
    )


def _one_more(below: list[list[str]], names: int) -> bool:
    """Whether every row has one cell more than the header has names."""
    return len(below) > 1 and all(len(cells) == names + 1 for cells in below)


def _all_differ(cells: list[str]) -> bool:
    return len(set(cells)) == len(cells)


def _free(name: str, names: Sequence[str]) -> str:
    while name in names:
        name += "_"
    return name


def _names_units(below: list[list[str]]) -> bool:
    """Whether the first row says in which units the others are: in columns of numbers it alone holds words, and elsewhere hardly any."""
    if len(below) < 4:
        return False
    first, others = below[0], below[1:]
    if any(map(is_number, first)):
        return False
    words = 0
    numeric = [column for column in range(len(first)) if _mostly_numbers([cells[column] for cells in others if column < len(cells)])]
    for column in numeric:
        cell = clean(first[column])
        if cell and (is_number(cell) or cell in MISSING or looks_missing(cell) or not _UNIT.fullmatch(cell) or _NUMBERED.fullmatch(cell)):
            return False
        words += bool(cell)
    elsewhere = [clean(cell) for column, cell in enumerate(first) if column not in numeric]
    return words > 0 and 2 * words >= len(numeric) and not any(cell and cell.strip("-[]()") for cell in elsewhere)


def _mostly_numbers(cells: list[str]) -> bool:
    """Whether a column holds numbers, but for the odd comment or total."""
    present = [cell for cell in map(clean, cells) if cell not in MISSING]
    return bool(present) and sum(map(is_number, present)) >= _NEARLY_ALL * len(present)
