"""Read tables: text whose lines are rows, in whatever dialect, with a header line."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...cells import MISSING, clean, is_number
from ...dress import COMMA, EUROPEAN, Survey, doubtful_points
from ...errors import InputError, UnlikeError, listing, shorten
from ...program.options import ColumnNumber, Columns
from ..reading import Choice
from .layout import Layout, find_layout
from .lines import count_lines, scan
from .plain import plain, refuse_other_formats
from .settled import Settled

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE_LINES = 200
_LOOKED_AT = 20
_CODE = re.compile("0[0-9]+")
_SAMPLE_CHARACTERS = 2_000_000
_TOTAL = re.compile(r"(grand )?totals?|sums?|means?|average|avg|median|summe|gesamt|mittel(wert)?|somme|moyenne")
_BESIDE_TOTAL = re.compile(
    r"s\.?d|st(an)?d\.?[ -]?(dev(iation)?)?|st\. dev|stabw|standardabweichung|écart-type|s\.?e(\.?m)?|standard error|%? ?(cv|rsd) ?%?|"
    r"var(iance|ianz)?|min(imum)?|max(imum)?|n|count|range|q[1-3]"
)
"""What may stand beside a mean: by itself each could name a sample, or a country."""
_MOST_SUMMARIES = 20
_DIGITS = re.compile("[0-9]+")
_ENOUGH_NAMES = 10
PIECE_ROWS = 50_000
"""Rows that are read at a time where not all need be held."""


@dataclasses.dataclass(frozen=True)
class Header:
    """The first line of a table, and how the lines below it are read.

    Attributes:
        path: the user's file.
        delimiter: what separates cells.
        names: of the columns.
        text: the file as plain UTF-8, where ``path`` is compressed or in another encoding.
        line: number of the header line.
        spare: number of columns without a name at the end, which must hold nothing.
        skipped: numbers of lines below the header that are no rows.
        literal: whether quotation marks are letters like others.
        broken: whether cells reach over several lines.
        words: columns that hold words among the first rows.
        zeros: columns that hold numbers like 0123 among the first rows, and the first of these.
        index: the column that names rows, if it has no name in the file.
        missing: cells that count as missing.
        choices: what was chosen; reading the rows adds to it.
        dresses: how numbers are written, by column, where not plainly; reading the rows adds to it.
    """

    path: str
    delimiter: str
    names: tuple[str, ...]
    text: str = ""
    line: int = 1
    spare: int = 0
    skipped: frozenset[int] = frozenset()
    literal: bool = False
    broken: bool = False
    words: frozenset[str] = frozenset()
    zeros: dict[str, str] = dataclasses.field(default_factory=dict)
    index: str = ""
    missing: tuple[str, ...] = MISSING
    choices: list[Choice] = dataclasses.field(default_factory=list)
    dresses: dict[str, str] = dataclasses.field(default_factory=dict)

    def resolve(self, columns: Iterable[str | ColumnNumber], role: str) -> tuple[str, ...]:
        """Turn column references into names, in the order given. Text that names no column, but is a number, is the column's number.

        Raises:
            InputError: when a column does not exist or is named twice.
        """
        found = []
        for column in columns:
            if isinstance(column, ColumnNumber):
                if not 1 <= column.number <= len(self.names):
                    raise InputError(
                        f"Column {column.number} was chosen as {role}, but {self.where} has "
                        f"{len(self.names)} columns: choose one of 1 to {len(self.names)}."
                    )
                found.append(self.names[column.number - 1])
            elif column in self.names:
                found.append(column)
            elif clean(column) in self.names:
                found.append(clean(column))
            elif re.fullmatch("[0-9]{1,9}", column.strip()) and 1 <= int(column) <= len(self.names):  # workflows ask for either
                found.append(self.names[int(column) - 1])
            elif len(self.names) == 1 and any(mark in self.names[0] for mark in ",;|\t "):
                raise InputError(
                    f"The lines of {self.where} could not be divided into cells: each is taken for one cell, the first for "
                    f"{shorten(self.names[0])}. Separate cells by tabs, and put quotation marks around cells alone."
                )
            else:
                raise InputError(
                    f"Column {shorten(column)}, chosen as {role}, is not in {self.where}, which has "
                    f"{listing(self.names)}: choose one of these."
                )
        repeated = [name for name, count in Counter(found).items() if count > 1]
        if repeated:
            raise InputError(f"Column {shorten(repeated[0])} is chosen twice as {role}: choose it once.")
        return tuple(found)

    def need(self, wanted: tuple[str, ...], target: tuple[str, ...]) -> None:
        """Raise InputError when columns that a trained network needs are not there; ``target``: those of them that it predicts."""
        absent = [name for name in wanted if name not in self.names]
        if absent:
            what = "target column" if absent[0] in target else "column"
            sentence = (
                f"The {self.where} lacks {len(absent)} of the {len(wanted)} columns that the network needs, first the "
                f"{what} {listing(absent, 3)}: add them or rename yours."
            )
            features = {*wanted} - {*target}
            if features and not features - {*absent}:
                raise UnlikeError(sentence, f"{self.where} has none of them (its first column is {shorten(self.names[0])})")
            raise InputError(sentence)

    def known_as(self, wanted: Iterable[str]) -> Header:
        """The same with the names by which a trained network knows the columns, where these differ in blanks or composed letters."""
        former = {clean(name): name for name in wanted if name not in self.names}
        return dataclasses.replace(self, names=tuple(former.get(name, name) for name in self.names)) if former else self

    @property
    def where(self) -> str:
        return f"table {shorten(Path(self.path).name)}"


def read_header(path: str, missing: tuple[str, ...] = MISSING) -> Header:
    """Find out how a table is laid out, and read its column names; needs only the standard library.

    Args:
        path: the file.
        missing: cells that count as missing.

    Raises:
        InputError: for a file that is missing, empty, of another format, without data rows, without a header line, whose column names
            are empty, repeated or hold a tab or line break, or whose lines cannot be told apart.
    """
    where = f"table {shorten(Path(path).name)}"
    text, done = plain(path, where)
    refuse_other_formats(text, where)
    lines, first = _sample(text)
    if not lines:
        raise InputError(f"The {where} is empty: give a table with a header line and rows of data.")
    csv.field_size_limit(2**31 - 1)
    try:
        layout = find_layout(lines, first)
    except csv.Error as error:
        raise InputError(f"The {where} cannot be split into columns: {error}.") from None
    names = list(layout.names)
    while len(names) > 1 and not names[-1] and not any("".join(cells[len(names) - 1 :]).strip() for cells in layout.rows):
        names.pop()
    _check_names(names, where, layout)
    choices = [Choice("encoding", done)] if done else []
    lines_found = scan(text, layout.separator, layout.line, len(layout.names), where)
    if lines_found.literal and any(choice.what == "row names" and choice.close for choice in layout.choices):
        raise InputError(
            f"The {where} cannot be divided into cells: its rows have one cell more than the header line has names, and quotation marks do "
            "not close in their cells: double quotation marks inside cells, or write the table with tabs."
        )
    skipped = lines_found.skipped | ({layout.units} if layout.units else set())
    words = {name for position, name in enumerate(names) if _holds_words(layout.rows, position)}
    return Header(
        path,
        layout.separator,
        tuple(names),
        text,
        layout.line,
        spare=len(layout.names) - len(names),
        skipped=frozenset(skipped),
        literal=lines_found.literal,
        broken=lines_found.broken,
        words=frozenset(words),
        zeros={name: cell for position, name in enumerate(names) if (cell := _code(layout.rows, position))},
        index=layout.index,
        missing=missing,
        choices=[*choices, *layout.choices, *lines_found.choices],
    )


def _sample(path: str) -> tuple[list[str], int]:
    """The first lines of the file from the first that is not blank, without line ends, and its number."""
    with open(path, encoding="utf-8-sig", newline="") as handle:
        lines: list[str] = []
        size = first = 0
        for number, line in enumerate(handle, start=1):
            if line.strip() or lines:
                first = first or number
                lines.append(line.rstrip("\r\n"))
                size += len(line)
            if len(lines) > _SAMPLE_LINES or (size > _SAMPLE_CHARACTERS and len(lines) > 2):
                break
    while lines and not lines[-1].strip():
        lines.pop()
    return lines, first


def _holds_words(rows: list[list[str]], column: int) -> bool:
    """Whether a column's cells in the sample are mostly words."""
    cells = [row[column] for row in rows[:_LOOKED_AT] if column < len(row)]
    words = [cell for cell in cells if not is_number(cell) and clean(cell) not in MISSING]
    return 3 * len(words) > len(cells)


def _code(rows: list[list[str]], column: int) -> str:
    """A number of the sample that begins with 0 as codes do (0123), or nothing."""
    return next((row[column] for row in rows[:_LOOKED_AT] if column < len(row) and _CODE.fullmatch(row[column])), "")


def _told_codes(frame: pd.DataFrame, header: Header) -> list[Choice]:
    """A choice for columns that were read as numbers and look like codes."""
    found = {name: cell for name, cell in header.zeros.items() if name in frame and frame[name].dtype.kind in "iuf"}
    if not found:
        return []
    name, cell = next(iter(found.items()))
    close = (
        f"Column {shorten(name)} was read as numbers, but holds {shorten(cell)}, as codes do. "
        "If it holds codes, name it among the numbers that stand for categories, or leave it out"
    )
    return [Choice("leading zeros", f"as numbers in {listing(found, 3)}", "", close)]


def _check_names(names: list[str], where: str, layout: Layout) -> None:
    rows = layout.rows
    others = [row for row in rows if [clean(cell) for cell in row] != names]
    if len(others) < len(rows) and others and not _looks_like_data(names, others):
        raise InputError(f"The {where} repeats its header line below, as files put together do: remove the further header lines.")
    if rows and _looks_like_data(names, rows):
        raise InputError(
            f"The first line of {where} looks like data, not column names (it starts with {listing(names, 3)}): add a header line."
        )
    for number, name in enumerate(names, start=1):
        if not name:
            raise InputError(f"Column {number} of {where} has no name in the header line: give it one.")
        if re.search(r"[\t\r\n]", name):
            raise InputError(f"The name of column {number} of {where} holds a tab or line break: rename it.")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"The {where} has more than one column named {listing(repeated)}: rename or remove the copies.")
    wide = next((row for row in rows if len(row) > len(layout.names)), None)
    if wide:
        raise InputError(
            f"The header line of {where} names {len(names)} columns, but the row that starts with "
            f"{listing(wide, 3)} has {len(wide)} cells: name every column."
        )
    if not rows:
        raise InputError(f"The {where} has a header line but no rows of data: add rows.")


def _shape(cell: str) -> str:
    """A cell with each number as 9, if it has one: ``s12`` and ``s3`` are alike."""
    return _DIGITS.sub("9", cell) if _DIGITS.search(cell) else ""


def _looks_like_data(names: list[str], rows: list[list[str]]) -> bool:
    """Whether the first line is a row of data.

    It is when every number stands in a column of numbers and at least one word recurs in its column (or there
    are no words). A header of wavelengths or time points is all numbers too, but its 'class' does not recur.
    Without any number, it is when every word recurs in its column, or is written as the names of rows are in a column of such.
    """
    like_cells: list[bool] = []
    recurs, words, numbers = [], False, any(is_number(name) for name in names)
    for column, name in enumerate(names):
        cells = [cell for row in rows if column < len(row) and (cell := clean(row[column])) not in MISSING]
        if bool(cells) and all(is_number(cell) for cell in cells):
            if not is_number(name):
                return False
        elif cells:
            words = True
            recurs.append(name in cells)
            like_cells.append(
                name in cells or (len(set(cells)) == len(cells) >= _ENOUGH_NAMES and _shape(name) in {*map(_shape, cells)} - {""})
            )
    if not numbers and any(recurs) and len(recurs) == len(names) and all(like_cells):
        return True
    return (any(recurs) or not words) if numbers else len(recurs) == len(names) and all(recurs)


def read_table(
    header: Header,
    text_columns: Iterable[str] = (),
    only: Iterable[str] | None = None,
    dresses: Mapping[str, str] | None = None,
    with_empty: Iterable[str] = (),
) -> pd.DataFrame:
    """Read the rows of a table.

    Args:
        header: what :func:`read_header` found.
        text_columns: columns kept as words even where they hold numbers (class names, categories).
        only: the columns to read, all without it.
        dresses: how numbers of a column were written in training, where that is known; see :class:`biodl.dress.Survey`.
        with_empty: text columns whose empty cells are not missing, but empty words.

    Returns:
        A frame whose index is the line number in the file, so that messages can name it. A column holds float or int, or words in the
        spelling of :func:`biodl.cells.word`. Missing cells are NaN; rows without any value are left out.

    Raises:
        InputError: when rows have more cells than the header has names, or the text is malformed.
    """
    text = set(text_columns) & set(header.names)
    wanted = set(header.names if only is None else only)
    words = text | ((set(header.words) | _pointed(dresses)) & wanted)
    frame = _read(header, only=only, text=words)
    frame.index = _lines_of_rows(header, len(frame))
    frame = _rows_alone(frame, header)
    settled = Settled(header)
    for name in _unsettled(frame):
        frame[name] = settled.column(name, frame[name], name in text, (dresses or {}).get(name, ""), name in with_empty)
    _refuse_doubtful_points(frame, header, any(dress in (COMMA.name, EUROPEAN.name) for dress in settled.dresses.values()))
    header.choices.extend([*settled.choices(), *_told_codes(frame, header)])
    header.dresses.update(settled.dresses)
    frame = frame.dropna(how="all")
    if frame.empty:
        raise InputError(f"The {header.where} has no values below its header line: add rows.")
    return frame if only is None else frame[list(only)]


def read_table_pieces(
    header: Header,
    text_columns: Iterable[str] = (),
    check: Callable[[list[str]], None] = lambda names: None,
    rows: int = PIECE_ROWS,
    dresses: Mapping[str, str] | None = None,
) -> Iterator[pd.DataFrame]:
    """The same in pieces of so many rows, none of which is held when the next is read.

    A first reading finds what type each column has over all of its rows, so that a cell means the same in every piece.

    Args:
        header, text_columns, dresses: as in :func:`read_table`.
        check: is told which columns hold something that is no number, before the first piece is given.
        rows: of a piece.
    """
    if count_lines(header.text) - header.line <= rows:
        yield read_table(header, text_columns, dresses=dresses)
        return
    text = set(text_columns) & set(header.names)
    settled = Settled(header)
    surveys = {name: Survey((dresses or {}).get(name, "")) for name in header.names if name not in text}
    odd: set[str] = set()
    total = 0
    for piece in _read(header, text=text | _pointed(dresses) & set(header.names), chunksize=rows):
        total += len(piece)
        for name in surveys:
            if piece[name].dtype.kind not in "iuf":
                odd.add(name)
            settled.look(surveys[name], piece[name])
    found_dress = {name: surveys[name].dress for name in odd}
    check([name for name, dress in found_dress.items() if dress is None])
    lines = _lines_of_rows(header, total)
    found, start = False, 0
    for piece in _read(header, text=text | odd, dtype=dict.fromkeys(surveys.keys() - odd, float), chunksize=rows):
        piece.index = lines[start : start + len(piece)]
        start += len(piece)
        piece = _rows_alone(piece, header, last=start == total)
        for name in _unsettled(piece):
            piece[name] = settled.as_found(name, piece[name], found_dress.get(name))
        piece = piece.dropna(how="all")
        if len(piece):
            if not found:
                header.choices.extend(settled.choices())
            found = True
            yield piece
    if not found:
        raise InputError(f"The {header.where} has no values below its header line: add rows.")


def _pointed(dresses: Mapping[str, str] | None) -> set[str]:
    """Columns whose points stood between thousands in training: a parser of numbers would take ``1.234`` for one and a bit."""
    return {name for name, dress in (dresses or {}).items() if dress == EUROPEAN.name}


def _without_points(names: Iterable[str], frame: pd.DataFrame, header: Header) -> list[str]:
    """Columns whose first whole number is written without a point: a look at single lines, since reading all again would cost."""
    import numpy as np

    first = {}
    for name in names:
        values = frame[name].to_numpy()
        whole = (values == np.floor(values)) & (values != 0)
        if whole.any():
            first[name] = int(frame.index[whole.argmax()])
    if header.broken or header.delimiter == " ":
        return list(first)
    lines, cells = set(first.values()), {}
    with open(header.text, encoding="utf-8-sig", newline="") as handle:
        for number, line in zip(range(1, max(lines, default=0) + 1), handle, strict=False):
            if number in lines:
                cells[number] = next(csv.reader([line], delimiter=header.delimiter))
    return [name for name, line in first.items() if "." not in cells[line][header.names.index(name)]]


def _refuse_doubtful_points(frame: pd.DataFrame, header: Header, commas: bool) -> None:
    """Raise InputError when points that were read as decimal signs stand where those between thousands would.

    Args:
        frame: as it was read.
        commas: whether other columns have decimal commas.
    """
    import numpy as np

    def could(values: np.ndarray) -> np.ndarray:
        """bool [columns]: whether all values are whole and below 1000, or have at most three decimals and are not below 1."""
        size = np.abs(values)
        fits = (size < 1000) & ((size >= 1) | (size == 0)) & (np.abs(size * 1000 - np.round(size * 1000)) < 1e-6)
        return (fits | np.isnan(values)).all(axis=0)

    numbers = [str(name) for name, dtype in frame.dtypes.items() if dtype.kind == "f" and name not in header.dresses]
    if not numbers:
        return
    head = could(frame[numbers].iloc[:_SAMPLE_LINES].to_numpy("float64"))
    maybe = [name for name, fits in zip(numbers, head, strict=True) if fits]
    maybe = maybe if commas else _without_points(maybe, frame, header)
    found = [name for name in maybe if could(frame[[name]].to_numpy()).all() and (frame[name].dropna() % 1).any()]
    if not found:
        return
    cells = _read(header, only=found, text=set(found))
    cells.index = _lines_of_rows(header, len(cells))
    for name in found:
        present = cells[name].loc[frame.index[frame[name].notna()]].map(clean)
        first = doubtful_points(present.unique(), commas)
        if first:
            why = ", and other columns have decimal commas" if commas else ""
            raise InputError(
                f"Column {shorten(name)} of {header.where} holds numbers whose points could be decimal signs or stand between thousands "
                f"(first {shorten(first)} in line {present.index[present == first][0]}{why}): write them without points between thousands."
            )


def _unsettled(frame: pd.DataFrame) -> list[str]:
    """Columns of which pandas could not make numbers."""
    return [str(name) for name, dtype in frame.dtypes.items() if dtype.kind not in "iuf"]


def _rows_alone(frame: pd.DataFrame, header: Header, last: bool = True) -> pd.DataFrame:
    """The frame without lines that are no rows, and without columns that have no name.

    Raises:
        InputError: when such a column holds something.
    """
    spare = [name for name in frame.columns[-header.spare :] if name.startswith("\0")] if header.spare else []
    for name in spare:
        held = frame[name].notna()
        if held.any():
            raise InputError(
                f"A column of {header.where} without a name in the header line holds values (line {frame.index[held][0]}): name it."
            )
    frame = frame.drop(columns=spare) if spare else frame
    if header.skipped and header.broken:
        frame = frame[~frame.index.isin(header.skipped)]
    lines = _sums(frame) if last and len(frame) else []
    if lines:
        several = len(lines) > 1
        said = f"lines {', '.join(map(str, lines))}" if several else f"line {lines[0]}"
        why = f"{'they hold' if several else 'it holds'} totals of the rows above"
        choice = Choice("last rows" if several else "last row", f"{said} left out", why)
        if choice not in header.choices:
            header.choices.append(choice)
        frame = frame[~frame.index.isin(lines)]
    return frame


def _sums(frame: pd.DataFrame) -> list[int]:
    """Lines of the last rows that sum up those above them: a cell of each says so, as no other of its column does."""
    tail = frame.iloc[-3 * _MOST_SUMMARIES :]
    words = tail[_unsettled(tail)]
    blank = (words.isna() | (words == "")).all(axis=1) & tail.drop(columns=words.columns).isna().all(axis=1)
    tail = tail[~blank].iloc[-_MOST_SUMMARIES:]
    best: list[int] = []
    for name in _unsettled(tail):
        said = [clean(cell).rstrip(":. ").casefold() if isinstance(cell, str) else "" for cell in tail[name]]
        count = 0
        while count < len(said) and (_TOTAL.fullmatch(said[-1 - count]) or _BESIDE_TOTAL.fullmatch(said[-1 - count])):
            count += 1
        lines = tail.index[len(tail) - count :].tolist()
        if count <= len(best) or 2 * count >= len(frame) or not any(map(_TOTAL.fullmatch, said[-count:])):
            continue
        if not frame.loc[~frame.index.isin(lines), name].isin(tail[name].iloc[-count:]).any():
            best = lines
    return best


def _read(header: Header, text: set[str], only: Iterable[str] | None = None, **options: Any) -> Any:
    """A frame, or an iterator of frames where ``options`` have a ``chunksize``; columns of ``text`` hold cells as they stand."""
    import pandas as pd

    words = [word for word in header.missing if word]
    names = [*header.names, *(f"\0{number}" for number in range(header.spare))]
    above: Any = header.line
    if header.skipped and not header.broken:
        above = [*range(header.line), *(line - 1 for line in sorted(header.skipped))]
    try:
        found = pd.read_csv(
            header.text,
            sep=r"\s+" if header.delimiter == " " else header.delimiter,
            header=None,
            skiprows=above,
            names=names,
            usecols=None if only is None else list(only),
            index_col=False,
            keep_default_na=False,
            na_values={name: ["", *words] for name in names if name not in text} if text else ["", *words],
            skip_blank_lines=False,
            skipinitialspace=True,
            encoding="utf-8-sig",
            low_memory=False,
            on_bad_lines="error",
            quoting=csv.QUOTE_NONE if header.literal else csv.QUOTE_MINIMAL,
            dtype={**options.pop("dtype", {}), **dict.fromkeys(text, str)},
            **options,
        )
    except (pd.errors.ParserError, ValueError, OverflowError) as error:
        raise _malformed(header, error) from None
    return found if isinstance(found, pd.DataFrame) else _pieces(found, header)


def _pieces(reader: Iterable[pd.DataFrame], header: Header) -> Iterator[pd.DataFrame]:
    import pandas as pd

    try:
        yield from reader
    except (pd.errors.ParserError, ValueError, OverflowError) as error:
        raise _malformed(header, error) from None


def _malformed(header: Header, error: Exception) -> InputError:
    if isinstance(error, OverflowError):
        return InputError(f"The {header.where} holds a number too large for any column: shorten it.")
    return InputError(f"The {header.where} is malformed: {str(error).strip().splitlines()[0].rstrip('.')}.")


def _lines_of_rows(header: Header, rows: int) -> Sequence[int]:
    """The number of the line at which each row begins; a cell in quotation marks may reach over several lines.

    Raises:
        InputError: when it cannot be told where rows begin.
    """
    if not header.broken:
        lines = range(header.line + 1, count_lines(header.text) + 1)
        begins = [line for line in lines if line not in header.skipped] if header.skipped else lines
    else:
        begins = [line for line in _begins(header) if line > header.line]
    if len(begins) != rows:
        raise InputError(f"The {header.where} cannot be divided into rows: close quotation marks, and remove line breaks inside cells.")
    return begins


def _begins(header: Header) -> list[int]:
    """The number of the line at which each record of a table begins, blank lines counted as records."""
    begins = [1]
    with open(header.text, encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle, delimiter=header.delimiter, skipinitialspace=True)
        try:
            begins += [reader.line_num + 1 for _ in reader]
        except csv.Error as error:
            raise InputError(f"The {header.where} cannot be divided into rows: {error}.") from None
    return begins[:-1]


def copy_records(header: Header, parts: Iterable[tuple[Iterable[int], str | Path]]) -> None:
    """Copy the header line, and records by the numbers of the lines at which they begin, as they are, into one file a part.

    Args:
        header: of the table.
        parts: pairs of line numbers, as :func:`read_table` gives them, and the file to write.
    """
    with contextlib.ExitStack() as stack:
        place: dict[int, Any] = {}
        handles = []
        for numbers, target in parts:
            handles.append(stack.enter_context(open(target, "w", encoding="utf-8", newline="")))
            place.update(dict.fromkeys((int(number) for number in numbers), handles[-1]))
        begins = set(_begins(header)) if header.broken else None  # else each line is a record
        with open(header.text, encoding="utf-8-sig", newline="") as source:
            into: list[Any] = []
            for number, line in enumerate(source, start=1):
                if begins is None or number in begins:
                    into = handles if number == header.line else [place[number]] if number in place else []
                ends = begins is None or number + 1 in begins or not line.endswith("\n")
                for handle in into:
                    handle.write(line.rstrip("\r\n") + "\n" if ends else line)


def columns_beside(frame: pd.DataFrame, path: str, used: set[str], keep: Columns) -> pd.DataFrame:
    """Columns of samples to copy beside predictions: those in ``keep``, else those that the network does not use.

    Without any, the number of the line in the file tells the samples apart.

    Raises:
        InputError: when a column of ``keep`` does not exist.
    """
    header = Header(path, "\t", tuple(frame.columns))
    names = header.resolve(keep, "column to keep") or tuple(name for name in header.names if name not in used)
    if names:
        return frame[list(names)]
    return frame[[]].assign(line=frame.index)
