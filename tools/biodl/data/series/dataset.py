"""Series as training data: a row a sample and a column a time point, or a row a time point and a column a channel."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError, listing, shorten
from ...program.options import Columns, option
from ...reporting.findings import Finding
from ...stored import demand
from ...tasks import Task
from ..files.foreign import refuse_foreign
from ..files.table import Header, columns_beside, copy_records, read_header, read_table
from ..fingerprints import fingerprint, hash_arrays
from ..kind import BaseDataset, Files, Note
from ..reading import Choice
from ..table.columns import NUMERIC, names_rows
from ..targets import GroupOptions, TargetOptions, group_of, missing_words, need_target, refuse_predictions, with_target
from ..tokens import LengthOptions
from .clock import breaks, find_clock, read_times
from .encoding import SeriesEncoding
from .points import Points, chosen_points, find_points, refuse_spoilt, series_numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..kind import PartFiles
    from ..split import SplitOptions

WIDE_CHANNEL = "value"
"""Name of the only channel where a row is a sample."""
MAX_LENGTH = 5000
_SKETCH = 32


@dataclasses.dataclass(frozen=True)
class SeriesColumns:
    """Which columns are what."""

    points: Columns = option((), "columns of the time points in order (a row a sample); all of numbers if not given", type="columns")
    sample_column: Columns = option((), "column that tells samples or series apart (a row a time point)", type="columns")
    time_column: Columns = option((), "column of times, numbers or dates (a row a time point)", type="columns")
    channels: Columns = option((), "columns measured at each time (a row a time point); all others of numbers if not given", type="columns")


@dataclasses.dataclass(frozen=True)
class SeriesSource(SeriesColumns, TargetOptions):
    """What it takes to read series; ``kind`` is the choice in a form, which tells how they are laid out."""

    kind: str = "series"


@dataclasses.dataclass(frozen=True)
class TrainSeriesOptions(LengthOptions, SeriesSource, GroupOptions):
    """What it takes to read series to learn from, and to encode them."""


@dataclasses.dataclass(frozen=True)
class SeriesDataset(BaseDataset):
    """Series; see :class:`biodl.data.kind.Dataset`.

    Attributes:
        values: float32 [samples, steps, channels], NaN where there is nothing.
        columns: what :class:`SeriesEncoding` says of names.
        lines: for each sample the numbers of its lines in the file.
    """

    values: np.ndarray
    columns: dict[str, Any]
    lines: list[np.ndarray]

    def take(self, rows: np.ndarray) -> SeriesDataset:
        taken = super().take(rows)
        return dataclasses.replace(taken, values=self.values[rows], lines=[self.lines[row] for row in rows])

    @property
    def naming(self) -> tuple[str, ...]:
        return (self.columns["sample"],) if self.columns.get("sample") else ()

    def lengths(self) -> np.ndarray:
        """int [samples]: steps up to the last that holds something."""
        import numpy as np

        present = ~np.isnan(self.values).all(axis=2)
        return self.values.shape[1] - present[:, ::-1].argmax(axis=1)

    def sketch(self, without: Sequence[str] = ()) -> np.ndarray | None:
        """Each channel at some times of the series, by standard deviations."""
        import numpy as np

        steps = np.unique(np.linspace(0, self.values.shape[1] - 1, _SKETCH).astype(int))
        plain = np.nan_to_num((self.values - np.nanmean(self.values, axis=(0, 1))) / (np.nanstd(self.values, axis=(0, 1)) + 1e-12))
        return plain[:, steps].reshape(len(self), -1).astype("float32")

    def unused(self, told: Sequence[str]) -> list[str]:
        read = self.columns.get("points") or (self.columns["sample"], self.columns["time"], *self.columns["channels"])
        return super().unused((*told, *read))

    def row_hashes(self) -> np.ndarray:
        return hash_arrays(series[:length] for series, length in zip(self.values, self.lengths(), strict=True))

    def fit_encoding(self, options: TrainSeriesOptions) -> SeriesEncoding:
        lengths = self.lengths()
        length = min(int(lengths.max()), options.max_length or MAX_LENGTH)
        return SeriesEncoding.fit(self.values[:, :length], variable=bool((lengths < length).any()), **self.columns)


def read_training(files: Files, options: TrainSeriesOptions) -> SeriesDataset:
    """Read series to learn from; those without a target are left out with a note."""
    need_target(options.target)
    data = read_samples(files, options, options.group)
    refuse_predictions([str(name) for name in data.frame.columns], data.columns.get("points") or data.columns["channels"], data.where)
    return data


def read_samples(files: Files, options: SeriesSource, group: Columns = ()) -> SeriesDataset:
    """Read series, with targets if a target was chosen, and with groups.

    Raises:
        InputError: when a column is missing or holds text, a series has one point, or two rows are of one time.
    """
    refuse_foreign(files.main)
    header = read_header(files.main, missing_words(options.missing))
    target, groups = header.resolve(options.target, "target"), header.resolve(group, "group")
    if options.kind == "series_long":
        sample, time = (
            _one(header.resolve(columns, role), role)
            for columns, role in ((options.sample_column, "sample column"), (options.time_column, "time column"))
        )
        frame = read_table(header, {*target, sample, *groups})
        chosen = header.resolve(options.channels, "channel")
        channels, choices = chosen, [Choice("channels", listing(chosen), "chosen in the form")]
        if not chosen:
            channels, choices = _number_columns(frame, sample, {*target, sample, time, *groups}, header.where)
        return _long(header, frame, sample, time, channels, target, groups, choices)
    frame = read_table(header, {*target, *groups})
    chosen = header.resolve(options.points, "time point")
    points = chosen_points(chosen) if chosen else find_points(frame, {*target, *groups}, header.where)
    return _wide(header, frame, points, target, groups)


def read_to_split(files: Files, options: SplitOptions) -> SeriesDataset:
    """Read series with what Split was told of them."""
    source = SeriesSource(
        points=options.points,
        sample_column=options.sample_column,
        time_column=options.time_column,
        channels=options.channels,
        target=options.target,
        kind=options.kind,
        missing=options.missing,
    )
    return read_samples(files, source, options.group)


def read_to_inspect(files: Files, options: SeriesSource) -> tuple[SeriesDataset, list[Finding]]:
    """Read series as they are."""
    return read_samples(files, options), []


def read_for(files: Files, encoding: SeriesEncoding, task: Task | None) -> SeriesDataset:
    """Read series for a trained model, with targets when ``task`` is given."""
    refuse_foreign(files.main)
    wanted = task.target if task else ()
    header = read_header(files.main, encoding.missing).known_as(encoding.names + wanted)
    header.need(encoding.names + wanted, wanted)
    if encoding.points:
        points = Points(encoding.points, [Choice("time points", f"{len(encoding.points)}", "as in training")])
        return _wide(header, read_table(header, wanted, dresses=encoding.read), points, wanted, ())
    channels = [Choice("channels", listing(encoding.channels), "as in training")]
    frame = read_table(header, {*wanted, encoding.sample}, dresses=encoding.read)
    return _long(header, frame, encoding.sample, encoding.time, encoding.channels, wanted, (), channels)


def encoding_from(stored: Any) -> SeriesEncoding:
    """The encoding that a model file holds."""
    encoding = SeriesEncoding.from_json(stored)
    demand(not encoding.horizon, "its series are classified, but it speaks of steps to forecast")
    return encoding


def columns_to_copy(files: Files, data: SeriesDataset, encoding: SeriesEncoding, task: Task, keep: Columns) -> pd.DataFrame:
    """Those wished, else those that the network does not use; a sample's name among them."""
    return columns_beside(data.frame, files.main, ({*encoding.names} - {encoding.sample}) | {*task.target}, keep)


def how_read(header: Header, names: Iterable[object]) -> dict[str, Any]:
    """What :class:`SeriesEncoding` says of the way in which columns were read."""
    read = {name for name in names if isinstance(name, str)}.union(*(name for name in names if isinstance(name, tuple)))
    return {"dresses": {name: dress for name, dress in header.dresses.items() if name in read}, "missing": header.missing}


def _one(columns: tuple[str, ...], role: str) -> str:
    if len(columns) != 1:
        raise InputError(f"Series with a row a time point need one {role}: choose it.")
    return columns[0]


def _number_columns(frame: pd.DataFrame, sample: str, skip: set[str], where: str) -> tuple[tuple[str, ...], list[Choice]]:
    """Columns of numbers that were measured in time, and what is said of them.

    What counts rows, or never changes within a sample (an age), is none.

    Raises:
        InputError: when there is none, or numbers stand among the text of one.
    """
    numeric, left = [], {}
    for name in frame.columns:
        column = frame[name]
        if name in skip:
            continue
        numbers = refuse_spoilt(column, where)
        present = column.dropna()
        if not numbers:
            left[name] = "no numbers"
        elif len(present) and names_rows(present, NUMERIC, present.nunique()):
            left[name] = "it counts the rows"
        else:
            numeric.append(name)
    if not numeric:
        raise InputError(f"No column of {where} holds numbers to take for a series: choose the columns.")
    samples = frame.groupby(sample, sort=False)
    still = [name for name in numeric if (samples[name].nunique() <= 1).all()]
    found = [name for name in numeric if name not in still] or numeric
    choices = [Choice("channels", listing(found), "columns of numbers")]
    close = ""
    if found != numeric:
        left |= dict.fromkeys(still, "it never changes within a sample")
        close = (
            f"Column {listing(still, 3)} was left out of the channels, since it never changes within a sample. Choose the channels if not"
        )
    if left:
        shown = ", ".join(f"{shorten(name)}: {why}" for name, why in list(left.items())[:5])
        choices.append(Choice("columns left out", listing(left), shown, close))
    return tuple(found), choices


def _wide(header: Header, frame: pd.DataFrame, found: Points, target: tuple[str, ...], groups: tuple[str, ...]) -> SeriesDataset:
    import numpy as np

    where, points = header.where, found.names
    if len(points) < 2:
        raise InputError(
            f"The series in {where} have one time point ({shorten(points[0])}): a series needs two or more columns of numbers."
        )
    frame, wanted, notes = with_target(frame, target, where) if target else (frame, None, [])
    values = np.empty((len(frame), len(points), 1), dtype="float32")
    for position, name in enumerate(points):
        values[:, position, 0] = series_numbers(frame[name], where)
    data = SeriesDataset(
        where,
        fingerprint(header.path),
        frame,
        wanted,
        notes,
        group_of(frame, groups, where),
        values,
        {"channels": (WIDE_CHANNEL,), "points": points, **how_read(header, points)},
        [np.array([line]) for line in frame.index],
        choices=[*header.choices, *found.choices],
    )
    return _checked(data)


def _long(
    header: Header,
    frame: pd.DataFrame,
    sample: str,
    time: str,
    channels: tuple[str, ...],
    target: tuple[str, ...],
    groups: tuple[str, ...],
    choices: list[Choice],
) -> SeriesDataset:
    import numpy as np

    where = header.where
    unnamed = frame.index[frame[sample].isna()]
    if len(unnamed):
        raise InputError(f"The sample column {shorten(sample)} of {where} is empty in line {unnamed[0]}: name every row's sample.")
    frame, times, order = _in_order(frame, sample, time, where)
    same = (frame[sample].to_numpy()[1:] == frame[sample].to_numpy()[:-1]).astype(bool)
    twice = np.r_[False, same & (times.to_numpy()[1:] == times.to_numpy()[:-1])]
    if twice.any():
        line = frame.index[twice][0]
        raise InputError(f"Sample {shorten(frame[sample][line])} of {where} has two rows of the same time (line {line}): keep one.")
    plain = {name: series_numbers(frame[name], where) for name in channels}
    codes, positions = frame[sample].factorize()[0], frame.groupby(sample, sort=False).cumcount().to_numpy()
    values = np.full((codes.max() + 1, positions.max() + 1, len(channels)), np.nan, dtype="float32")
    for position, name in enumerate(channels):
        values[codes, positions, position] = plain[name]
    first = positions == 0
    heads = frame[first]
    _refuse_changing(frame, sample, target, "target", where)
    _refuse_changing(frame, sample, groups, "group", where)
    edges = np.flatnonzero(first)
    lines = [frame.index[start:end].to_numpy() for start, end in zip(edges, [*edges[1:], len(frame)], strict=True)]
    kept, wanted, notes = with_target(heads, target, where, "samples") if target else (heads, None, [])
    rows = heads.index.get_indexer(kept.index)
    columns = {"channels": channels, "sample": sample, "time": time, **how_read(header, (*channels, time))}
    group = group_of(kept, groups, where)
    kept_lines = [lines[row] for row in rows]
    choices = [*header.choices, *choices, *order, _steps(frame[sample], times, same, where)]
    data = SeriesDataset(where, fingerprint(header.path), kept, wanted, notes, group, values[rows], columns, kept_lines, choices=choices)
    return _checked(data)


def _in_order(frame: pd.DataFrame, sample: str, time: str, where: str) -> tuple[pd.DataFrame, pd.Series, list[Choice]]:
    """Rows by sample and time, their times, and a word where they stood otherwise."""
    times = read_times(frame[time], where)
    rows = frame[[sample]].assign(when=times).sort_values([sample, "when"], kind="stable").index
    within = times.groupby(frame[sample], sort=False).is_monotonic_increasing
    told = (
        [] if within.all() else [Choice("order of rows", "by time", f"those of sample {shorten(within.index[~within][0])} stood otherwise")]
    )
    return frame.loc[rows], times.loc[rows], told


def _steps(samples: pd.Series, times: pd.Series, same: np.ndarray, where: str) -> Choice:
    """What is said of the steps from row to row, which a network takes for equal."""
    import numpy as np

    clock = find_clock(times, same)
    at = np.flatnonzero(breaks(times, clock) & same)
    close = ""
    if len(at):
        torn = samples.iloc[at].unique()
        close = (
            f"In {len(torn)} samples of {where} the next row does not follow at the usual step of {clock.words} "
            f"(first in sample {shorten(torn[0])} after line {samples.index[at[0]]}). Rows are read as if steps were equal: add the "
            "missing rows (cells may stay empty), or leave such samples out"
        )
    elif not clock.usual and same.any():
        close = f"The times of {where} stand at no usual step. Rows are read as if they followed each other at equal steps: give such rows"
    return Choice("step from row to row", clock.words, "that of most rows" if clock.usual else "", close)


def _refuse_changing(frame: pd.DataFrame, sample: str, columns: tuple[str, ...], role: str, where: str) -> None:
    """Raise InputError when a column that says something of a whole sample changes within one."""
    for name in columns:
        changing = frame.groupby(sample, sort=False)[name].nunique(dropna=False)
        if (changing > 1).any():
            raise InputError(
                f"The {role} column {shorten(name)} of {where} changes within sample {shorten(changing.index[changing > 1][0])}: "
                f"give each sample one {role}."
            )


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
    lengths = data.lengths()
    inside = np.arange(data.values.shape[1]) < lengths[:, None]
    holes = missing[inside]
    if holes.any():
        data.notes.append(Note("", f"{int(holes.sum())} of {holes.size} values inside series are missing, replaced by the training mean"))
    if lengths.min() < lengths.max():
        data.notes.append(
            Note("", f"Series have {lengths.min()} to {lengths.max()} points; shorter ones are padded and the padding is ignored")
        )
    return data


def write_parts(files: Files, data: SeriesDataset, parts: PartFiles) -> None:
    """Copy the lines of samples, those at which a mask is true, into one table a part."""
    import numpy as np

    lines = [(np.concatenate([data.lines[row] for row in np.flatnonzero(inside)]), path) for inside, path in parts]
    copy_records(read_header(files.main), lines)
