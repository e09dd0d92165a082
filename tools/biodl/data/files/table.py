"""Read tables: tab- or comma-separated text with a header line."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...cells import MISSING, is_number
from ...errors import InputError, listing, shorten
from ...program.options import ColumnNumber, Columns

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE_LINES = 200
_SAMPLE_CHARACTERS = 2_000_000
_PIECE = 2**20
PIECE_ROWS = 50_000
"""Rows that are read at a time where not all need be held."""


@dataclasses.dataclass(frozen=True)
class Header:
    """The first line of a table: the file's ``path``, its ``delimiter`` and its column ``names``."""

    path: str
    delimiter: str
    names: tuple[str, ...]

    def resolve(self, columns: Iterable[str | ColumnNumber], role: str) -> tuple[str, ...]:
        """Turn column references into names, in the order given.

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
            raise InputError(
                f"The {self.where} lacks {len(absent)} of the {len(wanted)} columns that the network needs, first the "
                f"{what} {listing(absent, 3)}: add them or rename yours."
            )

    @property
    def where(self) -> str:
        return f"table {shorten(Path(self.path).name)}"


def read_header(path: str) -> Header:
    """Check the outside of a table and read its column names; needs only the standard library.

    Raises:
        InputError: for a file that is missing, empty, binary, without data rows, without a header line,
            or whose column names are empty, repeated or hold a tab or line break.
    """
    where = f"table {shorten(Path(path).name)}"
    lines = _sample(path, where)
    if not lines:
        raise InputError(f"The {where} is empty: give a table with a header line and rows of data.")
    delimiter = "\t" if "\t" in lines[0] or "," not in lines[0] else ","
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, strict=False) if row]
    except csv.Error as error:
        raise InputError(f"The {where} cannot be split into columns: {error}.") from None
    names = [name.strip() for name in rows[0]]
    names[0] = names[0].removeprefix("#").strip()
    _check_names(names, where, rows[1:])
    return Header(path, delimiter, tuple(names))


def _sample(path: str, where: str) -> list[str]:
    """The first lines of the file, without line ends; the last may be cut by no more than the sample's size."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as handle:
            lines: list[str] = []
            size = 0
            for line in handle:
                if "\0" in line:
                    raise InputError(f"The {where} is not text: give a tab- or comma-separated table.")
                if line.strip() or lines:
                    lines.append(line.rstrip("\r\n"))
                    size += len(line)
                if len(lines) > _SAMPLE_LINES or (size > _SAMPLE_CHARACTERS and len(lines) > 2):
                    break
    except UnicodeDecodeError:
        raise InputError(f"The {where} is not UTF-8 text: give a tab- or comma-separated table as UTF-8.") from None
    except OSError as error:
        raise InputError(f"The {where} cannot be read: {error.strerror}.") from None
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _check_names(names: list[str], where: str, rows: list[list[str]]) -> None:
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
    wide = next((row for row in rows if len(row) > len(names)), None)
    if wide:
        raise InputError(
            f"The header line of {where} names {len(names)} columns, but the row that starts with "
            f"{listing(wide, 3)} has {len(wide)} cells: name every column."
        )
    if not rows:
        raise InputError(f"The {where} has a header line but no rows of data: add rows.")


def _looks_like_data(names: list[str], rows: list[list[str]]) -> bool:
    """Whether the first line is a row of data.

    It is when every number stands in a column of numbers and at least one word recurs in its column (or there
    are no words). A header of wavelengths or time points is all numbers too, but its 'class' does not recur.
    """
    if not any(is_number(name) for name in names):
        return False
    recurs, words = False, False
    for column, name in enumerate(names):
        cells = [row[column] for row in rows if column < len(row) and row[column] not in MISSING]
        numeric = bool(cells) and all(is_number(cell) for cell in cells)
        if numeric:
            if not is_number(name):
                return False
        elif cells:
            words = True
            recurs = recurs or name in cells
    return recurs or not words


def read_table(header: Header, text_columns: Iterable[str] = (), only: Iterable[str] | None = None) -> pd.DataFrame:
    """Read the rows of a table.

    Args:
        header: what :func:`read_header` found.
        text_columns: columns kept as text even where they hold numbers (class names, categories).
        only: the columns to read, all without it.

    Returns:
        A frame whose index is the line number in the file (the header is line 1), so that messages can name it.
        Missing cells are NaN; rows without any value are left out.

    Raises:
        InputError: when rows have more cells than the header has names, or the text is malformed.
    """
    above = _header_line(header.path)
    frame = _read(header, above, only=only, dtype=dict.fromkeys(set(text_columns) & set(header.names), str))
    frame.index = _lines_of_rows(header, above, len(frame))
    frame = frame.dropna(how="all")
    if frame.empty:
        raise InputError(f"The {header.where} has no values below its header line: add rows.")
    return frame if only is None else frame[list(only)]


def read_table_pieces(
    header: Header,
    text_columns: Iterable[str] = (),
    check: Callable[[list[str]], None] = lambda names: None,
    rows: int = PIECE_ROWS,
) -> Iterator[pd.DataFrame]:
    """The same in pieces of so many rows, none of which is held when the next is read.

    A first reading finds what type each column has over all of its rows, so that a cell means the same in every piece.

    Args:
        header, text_columns: as in :func:`read_table`.
        check: is told which columns hold something that is no number, before the first piece is given.
        rows: of a piece.
    """
    above = _header_line(header.path)
    if _count_lines(header.path) - above <= rows:
        yield read_table(header, text_columns)
        return
    text = dict.fromkeys(set(text_columns) & set(header.names), str)
    types: dict[str, set[str]] = {name: set() for name in header.names}
    total = 0
    for piece in _read(header, above, dtype=text, chunksize=rows):
        total += len(piece)
        for name, column in piece.items():
            types[name].add(_type_of(column))
    check([name for name, found in types.items() if found & {"O", "b"}])
    lines = _lines_of_rows(header, above, total)
    found, start = False, 0
    for piece in _read(header, above, dtype={**_common_types(types), **text}, chunksize=rows):
        piece.index = lines[start : start + len(piece)]
        start += len(piece)
        piece = piece.dropna(how="all")
        if len(piece):
            found = True
            yield piece
    if not found:
        raise InputError(f"The {header.where} has no values below its header line: add rows.")


def _type_of(column: pd.Series) -> str:
    """What pandas took a piece of a column for: ``i``, ``u``, ``f``, ``b`` or ``O``; nothing where it holds nothing."""
    if column.isna().all():
        return ""
    if column.dtype == object and column.dropna().map(lambda value: isinstance(value, bool)).all():
        return "b"
    return column.dtype.kind


def _common_types(types: dict[str, set[str]]) -> dict[str, type]:
    """The type of each column as pandas would find it in one reading; those that every piece agrees on are left to it."""
    common: dict[str, type] = {}
    for name, found in types.items():
        present = found - {""}
        if "O" in present or ("b" in present and len(present) > 1):
            common[name] = str
        elif present and "b" not in present and found != {"i"} and found != {"u"}:
            common[name] = float
    return common


def _read(header: Header, above: int, **options: Any) -> Any:
    """A frame, or an iterator of frames where ``options`` have a ``chunksize``."""
    import pandas as pd

    only = options.pop("only", None)
    try:
        found = pd.read_csv(
            header.path,
            sep=header.delimiter,
            header=None,
            skiprows=above,
            names=list(header.names),
            usecols=None if only is None else list(only),
            index_col=False,
            keep_default_na=False,
            na_values=list(MISSING),
            skip_blank_lines=False,
            encoding="utf-8-sig",
            low_memory=False,
            on_bad_lines="error",
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
    return InputError(f"The {header.where} is malformed: {_parser_words(error, header)}.")


def _header_line(path: str) -> int:
    """The number of the header's line; blank lines may stand above it."""
    with open(path, encoding="utf-8-sig") as handle:
        for number, line in enumerate(handle, start=1):
            if line.strip():
                return number
    return 1


def _parser_words(error: Exception, header: Header) -> str:
    expected = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
    if expected:
        wanted, line, seen = expected.groups()
        return f"line {line} has {seen} cells where {wanted} are expected, so remove or quote the extra ones"
    if "EOF inside string" in str(error):
        return "a quotation mark that opens a cell is never closed, so close or remove it"
    return str(error).strip().split("\n")[0].rstrip(".")


def _lines_of_rows(header: Header, above: int, rows: int) -> Sequence[int]:
    """The number of the line at which each row begins; a cell in quotation marks may reach over several lines.

    Raises:
        InputError: when it cannot be told where rows begin.
    """
    if _count_lines(header.path) - above == rows:
        return range(above + 1, above + 1 + rows)
    begins = _begins(header)[above:]
    if len(begins) != rows:
        raise InputError(f"The {header.where} cannot be divided into rows: close quotation marks, and remove line breaks inside cells.")
    return begins


def _count_lines(path: str) -> int:
    with open(path, "rb") as handle:
        count, last = 0, b"\n"
        while piece := handle.read(_PIECE):
            count, last = count + piece.count(b"\n"), piece[-1:]
    return count + (last != b"\n")


def _begins(header: Header) -> list[int]:
    """The number of the line at which each record of a table begins, blank lines counted as records."""
    csv.field_size_limit(2**31 - 1)
    begins = [1]
    with open(header.path, encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle, delimiter=header.delimiter)
        try:
            begins += [reader.line_num + 1 for _ in reader]
        except csv.Error as error:
            raise InputError(f"The {header.where} cannot be divided into rows: {error}.") from None
    return begins[:-1]


def _has_quotes(path: str) -> bool:
    with open(path, "rb") as handle:
        return any(b'"' in piece for piece in iter(lambda: handle.read(_PIECE), b""))


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
        above = _header_line(header.path)
        begins = set(_begins(header)) if _has_quotes(header.path) else None  # without quotation marks each line is a record
        with open(header.path, encoding="utf-8-sig", newline="") as source:
            into: list[Any] = []
            for number, line in enumerate(source, start=1):
                if begins is None or number in begins:
                    into = handles if number == above else [place[number]] if number in place else []
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
