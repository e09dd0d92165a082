"""Series as training data: a row a sample and a column a time point, or a row a time point and a column a channel."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..errors import InputError, shorten
from ..program.options import option
from ..task import Task
from . import dataset
from .columns import NUMERIC, Note, column_kind, names_rows, refuse_infinite, split_numbers
from .dataset import Files, Independent, fingerprint, hash_arrays, lacking, with_target
from .steps import SeriesEncoding
from .table import Header, copy_records, read_header, read_table
from .tabular import need_target

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

NAME = "series"
WIDE_CHANNEL = "value"
"""Name of the only channel where a row is a sample."""
MAX_LENGTH = 5000


@dataclasses.dataclass(frozen=True)
class SeriesColumns:
    """Which columns are what."""

    points: tuple = option((), "columns of the time points in order (a row a sample); all of numbers if not given", kind="columns")
    sample_column: tuple = option((), "column that tells samples or series apart (a row a time point)", kind="columns")
    time_column: tuple = option((), "column of times, numbers or dates (a row a time point)", kind="columns")
    channels: tuple = option((), "columns measured at each time (a row a time point); all others of numbers if not given", kind="columns")


@dataclasses.dataclass(frozen=True)
class SeriesDataset(Independent):
    """Series; see :class:`biodl.data.dataset.Dataset`.

    Attributes:
        values: float32 [samples, steps, channels], NaN where there is nothing.
        columns: what :class:`SeriesEncoding` says of names.
        lines: for each sample the numbers of its lines in the file.
    """

    where: str
    sha256: str
    frame: pd.DataFrame
    values: np.ndarray
    columns: dict[str, Any]
    lines: list[np.ndarray]
    target: pd.DataFrame | None
    notes: list[Note]

    def take(self, rows: np.ndarray) -> SeriesDataset:
        taken = super().take(rows)
        return dataclasses.replace(taken, values=self.values[rows], lines=[self.lines[row] for row in rows])

    @property
    def naming(self) -> tuple[str, ...]:
        return (self.columns["sample"],) if self.columns.get("sample") else ()

    @property
    def lengths(self) -> np.ndarray:
        """int [samples]: steps up to the last that holds something."""
        import numpy as np

        present = ~np.isnan(self.values).all(axis=2)
        return self.values.shape[1] - present[:, ::-1].argmax(axis=1)

    def row_hashes(self) -> np.ndarray:
        return hash_arrays(series[:length] for series, length in zip(self.values, self.lengths, strict=True))

    def fit_encoding(self, options: Any) -> SeriesEncoding:
        lengths = self.lengths
        length = min(int(lengths.max()), options.max_length or MAX_LENGTH)
        return SeriesEncoding.fit(self.values[:, :length], variable=bool((lengths < length).any()), **self.columns)


def read_training(files: Files, options: Any) -> SeriesDataset:
    """Read series to learn from; those without a target are left out with a note."""
    need_target(options.target)
    return read_samples(files, options)


def read_samples(files: Files, options: Any) -> SeriesDataset:
    """Read series, with targets if a target was chosen.

    Raises:
        InputError: when a column is missing or holds text, a series has one point, or two rows are of one time.
    """
    header = read_header(files.main)
    target = header.resolve(options.target, "target")
    if options.kind == "series_long":
        sample, time = (
            _one(header.resolve(columns, role), role)
            for columns, role in ((options.sample_column, "sample column"), (options.time_column, "time column"))
        )
        frame = read_table(header, {*target, sample})
        channels = header.resolve(options.channels, "channel") or _number_columns(frame, {*target, sample, time}, header.where)
        return _long(files, header, frame, sample, time, channels, target)
    frame = read_table(header, target)
    points = header.resolve(options.points, "time point") or _number_columns(frame, set(target), header.where)
    return _wide(files, header, frame, points, target)


def read_for(files: Files, encoding: SeriesEncoding, task: Task | None) -> SeriesDataset:
    """Read series for a trained model, with targets when ``task`` is given."""
    header = read_header(files.main)
    wanted = task.target if task else ()
    refusal = lacking(header, encoding.names + wanted, wanted)
    if refusal:
        raise refusal
    if encoding.points:
        return _wide(files, header, read_table(header, wanted), encoding.points, wanted)
    frame = read_table(header, {*wanted, encoding.sample})
    return _long(files, header, frame, encoding.sample, encoding.time, encoding.channels, wanted)


def encoding_from(stored: Any) -> SeriesEncoding:
    """The encoding that a model file holds."""
    return SeriesEncoding.from_json(stored)


def beside(files: Files, data: SeriesDataset, encoding: SeriesEncoding, task: Task, keep: tuple) -> pd.DataFrame:
    """Columns to copy beside predictions; a sample's name among them."""
    return dataset.beside(files.main, data, ({*encoding.names} - {encoding.sample}) | {*task.target}, keep)


def _one(columns: tuple[str, ...], role: str) -> str:
    if len(columns) != 1:
        raise InputError(f"Series with a row a time point need one {role}: choose it.")
    return columns[0]


def _number_columns(frame: pd.DataFrame, skip: set[str], where: str) -> tuple[str, ...]:
    """Columns that hold numbers and do not just count the rows."""
    found = []
    for name in frame.columns:
        column = frame[name]
        if name in skip or (column.dtype.kind not in "iuf" and column_kind(column, where) != NUMERIC):
            continue
        present = column.dropna()
        if len(present) == 0 or not names_rows(present, NUMERIC, present.nunique()):
            found.append(name)
    if not found:
        raise InputError(f"No column of {where} holds numbers to take for a series: choose the columns.")
    return tuple(found)


def _wide(files: Files, header: Header, frame: pd.DataFrame, points: tuple[str, ...], target: tuple[str, ...]) -> SeriesDataset:
    import numpy as np

    where = header.where
    if len(points) < 2:
        raise InputError(
            f"The series in {where} have one time point ({shorten(points[0])}): a series needs two or more columns of numbers."
        )
    frame, wanted, notes = with_target(frame, target, where) if target else (frame, None, [])
    values = np.empty((len(frame), len(points), 1), dtype="float32")
    for position, name in enumerate(points):
        values[:, position, 0] = numbers(frame[name], where)
    data = SeriesDataset(
        where,
        fingerprint(files.main),
        frame,
        values,
        {"channels": (WIDE_CHANNEL,), "points": points},
        [np.array([line]) for line in frame.index],
        wanted,
        notes,
    )
    return _checked(data)


def _long(
    files, header: Header, frame: pd.DataFrame, sample: str, time: str, channels: tuple[str, ...], target: tuple[str, ...]
) -> SeriesDataset:
    import numpy as np

    where = header.where
    unnamed = frame.index[frame[sample].isna()]
    if len(unnamed):
        raise InputError(f"The sample column {shorten(sample)} of {where} is empty in line {unnamed[0]}: name every row's sample.")
    frame = frame.assign(**{time: times(frame[time], where)}).sort_values([sample, time], kind="stable")
    twice = frame.duplicated([sample, time])
    if twice.any():
        line = frame.index[twice][0]
        raise InputError(f"Sample {shorten(frame[sample][line])} of {where} has two rows of the same time (line {line}): keep one.")
    plain = {name: numbers(frame[name], where) for name in channels}
    codes, positions = frame[sample].factorize()[0], frame.groupby(sample, sort=False).cumcount().to_numpy()
    values = np.full((codes.max() + 1, positions.max() + 1, len(channels)), np.nan, dtype="float32")
    for position, name in enumerate(channels):
        values[codes, positions, position] = plain[name]
    first = positions == 0
    heads = frame[first]
    for name in target:
        changing = frame.groupby(sample, sort=False)[name].nunique(dropna=False)
        if (changing > 1).any():
            raise InputError(
                f"The target column {shorten(name)} of {where} changes within sample {shorten(changing.index[changing > 1][0])}: "
                "give each sample one target."
            )
    edges = np.flatnonzero(first)
    lines = [frame.index[start:end].to_numpy() for start, end in zip(edges, [*edges[1:], len(frame)], strict=True)]
    kept, wanted, notes = with_target(heads, target, where, "samples") if target else (heads, None, [])
    rows = heads.index.get_indexer(kept.index)
    columns = {"channels": channels, "sample": sample, "time": time}
    data = SeriesDataset(where, fingerprint(files.main), kept, values[rows], columns, [lines[row] for row in rows], wanted, notes)
    return _checked(data)


def _checked(data: SeriesDataset) -> SeriesDataset:
    """The data with notes on its holes, once it is sure that every sample is a series."""
    import numpy as np

    missing = np.isnan(data.values)
    short = np.flatnonzero((~missing).any(axis=2).sum(axis=1) < 2)
    if len(short):
        raise InputError(
            f"The series in line {data.frame.index[short[0]]} of {data.where} has fewer than two time points with values: "
            "add points or remove it."
        )
    lengths = data.lengths
    inside = np.arange(data.values.shape[1]) < lengths[:, None]
    holes = missing[inside]
    if holes.any():
        data.notes.append(Note("", f"{int(holes.sum())} of {holes.size} values inside series are missing, replaced by the training mean"))
    if lengths.min() < lengths.max():
        data.notes.append(
            Note("", f"Series have {lengths.min()} to {lengths.max()} points; shorter ones are padded and the padding is ignored")
        )
    return data


def numbers(column: pd.Series, where: str) -> np.ndarray:
    """A column as float32, NaN where it is empty.

    Raises:
        InputError: for text or infinite numbers.
    """
    found, text = split_numbers(column)
    if len(text):
        raise InputError(
            f"Column {shorten(column.name)} of {where} must hold numbers, but holds text (first {shorten(text.iloc[0])} in line "
            f"{text.index[0]}): correct it, or leave the cell empty if the value is missing."
        )
    refuse_infinite(found, column.name, where)
    return found.reindex(column.index).to_numpy("float32")


def times(column: pd.Series, where: str) -> pd.Series:
    """A column of times as numbers or dates that can be compared.

    Raises:
        InputError: for a cell that is neither.
    """
    import pandas as pd

    found, text = split_numbers(column)
    if len(text):
        found = pd.to_datetime(column, errors="coerce", format="ISO8601")
    whole = found.reindex(column.index)
    missing = whole.isna()
    if missing.any():
        line = column.index[missing][0]
        raise InputError(
            f"The time column {shorten(column.name)} of {where} holds {shorten(column[line])} in line {line}, "
            "which is neither a number nor a date like 2026-01-31: correct it."
        )
    return whole


def write_parts(files: Files, data: SeriesDataset, parts: list[tuple[np.ndarray, Path]]) -> None:
    """Copy the lines of samples, those at which a mask is true, into one table a part."""
    import numpy as np

    lines = [(np.concatenate([data.lines[row] for row in np.flatnonzero(inside)]), path) for inside, path in parts]
    copy_records(read_header(files.main), lines)


def alike(data: SeriesDataset) -> np.ndarray | None:
    """Near duplicates are not looked for."""
    return None
