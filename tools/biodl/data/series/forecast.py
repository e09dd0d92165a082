"""Forecasts as training data: windows of a table in time order, and the values that follow each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import InputError, shorten
from ...program.options import Columns, option
from ...reporting.findings import Finding
from ...stored import demand
from ...tasks import Forecast, Task
from ..files.foreign import refuse_foreign
from ..files.table import Header, columns_beside, read_header, read_table
from ..fingerprints import fingerprint, hash_arrays
from ..kind import BaseDataset, Files, Note
from ..reading import Choice
from ..table.dataset import RowsOptions, TableDataset, read_rows
from ..targets import GroupOptions, TargetOptions, missing_words, need_target
from .clock import UNITS, Clock, breaks, find_clock, fits, read_times
from .dataset import SeriesColumns, how_read
from .encoding import SeriesEncoding
from .points import series_numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..split import SplitOptions


@dataclasses.dataclass(frozen=True)
class ForecastOptions:
    """How much is seen and how far is looked ahead."""

    window: int = option(24, "time points that a forecast is made from", type="int", low=2, high=5000)
    horizon: int = option(6, "time points to forecast", type="int", low=1, high=1000)


@dataclasses.dataclass(frozen=True)
class ForecastSource(ForecastOptions, SeriesColumns, TargetOptions):
    """What it takes to read windows."""


@dataclasses.dataclass(frozen=True)
class TrainForecastOptions(ForecastSource, GroupOptions):
    """What it takes to read windows to learn from."""


@dataclasses.dataclass(frozen=True)
class ForecastDataset(BaseDataset):
    """Windows; see :class:`biodl.data.kind.Dataset`.

    Attributes:
        values: float32 [samples, window, channels], NaN where a value is missing.
        target: float64 columns ``NAME +1`` to ``NAME +horizon``, or nothing where the future is unknown.
        starts: [samples], the rank of the first forecast time among all times.
        columns: what :class:`SeriesEncoding` says of names.
    """

    values: np.ndarray
    starts: np.ndarray
    columns: dict[str, Any]

    def take(self, rows: np.ndarray) -> ForecastDataset:
        return dataclasses.replace(super().take(rows), values=self.values[rows], starts=self.starts[rows])

    @property
    def naming(self) -> tuple[str, ...]:
        """Series, and time of the last row seen."""
        return tuple(self.columns[name] for name in ("sample", "time") if self.columns[name])

    def order(self) -> np.ndarray:
        return self.starts

    def row_hashes(self) -> np.ndarray:
        return hash_arrays(self.values)

    def last(self) -> np.ndarray:
        """float64 [samples]: the last value seen of what is forecast, the guess of persistence."""
        import numpy as np

        seen = self.values[:, :, self.columns["channels"].index(self.columns["value"])].astype("float64")
        known = ~np.isnan(seen)
        position = seen.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
        return seen[np.arange(len(seen)), position]

    def lengths(self) -> np.ndarray:
        """int [samples]: steps of each window."""
        import numpy as np

        return np.full(len(self), self.values.shape[1])

    def task(self) -> Forecast:
        """So many steps of one column."""
        return Forecast((self.columns["value"],), horizon=self.columns["horizon"])

    def fit_encoding(self, options: TrainForecastOptions) -> SeriesEncoding:
        names = {name: value for name, value in self.columns.items() if name != "value"}
        return SeriesEncoding.fit(self.values, **names)


def read_training(files: Files, options: TrainForecastOptions) -> ForecastDataset:
    """Read windows to learn from, each with the values that follow it."""
    if options.group:
        raise InputError("Forecasts are validated in time order, so that groups have no part in it: leave the group column empty.")
    return read_samples(files, options)


def read_samples(files: Files, options: ForecastSource) -> ForecastDataset:
    """Read windows with their future.

    Raises:
        InputError: when a column is missing or holds text, two rows are of one time, or no series is long enough.
    """
    refuse_foreign(files.main)
    header = read_header(files.main, missing_words(options.missing))
    need_target(options.target)
    target = header.resolve(options.target, "target")
    time = header.resolve(options.time_column, "time column")
    if len(target) != 1 or len(time) != 1:
        what = "one target column" if len(target) != 1 else "one time column"
        raise InputError(f"A forecast needs {what}: choose it.")
    sample = header.resolve(options.sample_column, "series column")
    others = header.resolve(options.channels, "channel")
    channels = (*target, *(name for name in others if name not in target))
    columns = {"channels": channels, "sample": sample[0] if sample else "", "time": time[0], "horizon": options.horizon, "value": target[0]}
    return _windows(header, columns, options.window, known_future=True)


def read_for(files: Files, encoding: SeriesEncoding, task: Task | None) -> ForecastDataset:
    """Windows for a trained model: all with a known future when ``task`` is given, else the latest of each series."""
    refuse_foreign(files.main)
    header = read_header(files.main, encoding.missing).known_as(encoding.names)
    header.need(encoding.names, task.target if task else ())
    columns = {
        "channels": encoding.channels,
        "sample": encoding.sample,
        "time": encoding.time,
        "horizon": encoding.horizon,
        "value": encoding.channels[0],
    }
    stored = Clock(encoding.unit, encoding.step) if encoding.step > 0 and encoding.unit in UNITS else None
    return _windows(header, columns, encoding.length, known_future=task is not None, stored=stored, dresses=encoding.read)


def encoding_from(stored: Any) -> SeriesEncoding:
    """The encoding that a model file holds."""
    encoding = SeriesEncoding.from_json(stored)
    demand(encoding.horizon > 0 and not encoding.points, "its forecast has no steps")
    return encoding


def columns_to_copy(files: Files, data: ForecastDataset, encoding: SeriesEncoding, task: Task, keep: Columns) -> pd.DataFrame:
    """Those wished, else the time of the last row seen, and the series where there are several."""
    names = [name for name in (encoding.sample, encoding.time) if name]
    return columns_beside(data.frame, files.main, set(), keep or tuple(names))


def read_to_split(files: Files, options: SplitOptions) -> TableDataset:
    """The rows of the table in time order: what is divided are rows, not windows."""
    return read_rows(
        files,
        RowsOptions(time=options.time_column, group=options.group, ignore=options.ignore, missing=missing_words(options.missing)),
        "time",
    )


def read_to_inspect(files: Files, options: ForecastSource) -> tuple[ForecastDataset, list[Finding]]:
    """Read windows as they are."""
    return read_samples(files, options), []


def _windows(
    header: Header,
    columns: dict[str, Any],
    window: int,
    known_future: bool,
    stored: Clock | None = None,
    dresses: Mapping[str, str] | None = None,
) -> ForecastDataset:
    """Windows that fit into their series and run across no gap in time.

    Args:
        header: of the table.
        columns: what :class:`SeriesEncoding` says of names.
        window: steps of each.
        known_future: whether each has the values that follow it, else it is the latest of its series.
        stored, dresses: the usual step and how numbers were written in training, if known.
    """
    import numpy as np
    import pandas as pd

    where, horizon = header.where, columns["horizon"]
    sample, time, value = columns["sample"], columns["time"], columns["value"]
    frame = read_table(header, {sample} if sample else (), dresses=dresses)
    order = read_times(frame[time], where)
    group = frame[sample].astype(str) if sample else pd.Series("", index=frame.index)
    ranks = order.rank(method="dense").astype(int).to_numpy()
    rows = np.lexsort((ranks, group.to_numpy(dtype=str)))
    choices = [Choice("order of rows", "by time", "they stood otherwise")] if (rows != np.arange(len(rows))).any() else []
    frame, group, ranks, order = frame.iloc[rows], group.iloc[rows], ranks[rows], order.iloc[rows]
    same = group.to_numpy()[1:] == group.to_numpy()[:-1]
    twice = np.flatnonzero(same & (ranks[1:] == ranks[:-1]))
    if len(twice):
        line = frame.index[twice[0] + 1]
        raise InputError(
            f"The {where} has two rows of the same time (line {line}): keep one, or choose the column that tells series apart."
        )
    clock = stored if stored and fits(order, stored.unit) else find_clock(order, same)
    choices.append(_choice(clock, same, where, stored))
    gaps = np.flatnonzero(breaks(order, clock) & same)
    plain = np.stack([series_numbers(frame[name], where) for name in columns["channels"]], axis=1)
    future = plain[:, columns["channels"].index(value)].astype("float64")
    ahead = horizon if known_future else 0
    fitting = _begins(group.to_numpy(), window + ahead, known_future)
    if not len(fitting):
        raise InputError(
            f"No series in {where} has {window + ahead} time points, the window ({window})"
            + (f" and the horizon ({horizon})" if known_future else "")
            + ": lower them or give longer series."
        )
    across = np.searchsorted(gaps, fitting + window + ahead - 1) > np.searchsorted(gaps, fitting)
    notes = []
    if across.any():
        place = gaps[np.searchsorted(gaps, fitting[across][0])]
        gap = (
            f"a gap in time (first after line {frame.index[place]}, from {frame[time].iloc[place]} to {frame[time].iloc[place + 1]}; "
            f"the usual step is {clock.words})"
        )
        if known_future and across.all():
            raise InputError(
                f"Every window of {where} runs across {gap}: add the missing rows (cells may stay empty), or lower the window and "
                "the horizon."
            )
        if not known_future and stored:
            raise InputError(f"The latest window of {where} runs across {gap}: add the missing rows (cells may stay empty).")
        if known_future:
            notes.append(Note(time, f"{int(across.sum())} of {len(across)} windows were left out, since they run across {gap}"))
        else:
            notes.append(Note(time, f"{int(across.sum())} of {len(across)} latest windows run across {gap}"))
    begins = fitting[~across] if known_future else fitting
    target = None
    ends = begins + window
    if known_future:
        steps = future[ends[:, None] + np.arange(horizon)]
        whole = ~np.isnan(steps).any(axis=1)
        if not whole.any():
            raise InputError(f"The target column {shorten(value)} of {where} has too many gaps to forecast {horizon} points: fill them.")
        if not whole.all():
            notes.append(Note(value, f"{int((~whole).sum())} of {len(whole)} windows were left out, since a value to forecast is missing"))
        begins, ends, steps = begins[whole], ends[whole], steps[whole]
        target = pd.DataFrame(steps, columns=step_names(value, horizon), index=frame.index[ends - 1])
    values = plain[begins[:, None] + np.arange(window)]
    missing = int(np.isnan(plain).sum())
    if missing:
        notes.append(Note("", f"{missing} of {plain.size} values are missing, replaced by the training mean"))
    starts = ranks[ends] if known_future else ranks[ends - 1] + 1
    about = {**columns, "step": clock.usual, "unit": clock.unit if clock.usual else "", **how_read(header, columns.values())}
    choices = [*header.choices, *choices]
    latest = frame.iloc[ends - 1]
    return ForecastDataset(where, fingerprint(header.path), latest, target, notes, None, values, starts, about, choices=choices)


def _choice(clock: Clock, same: np.ndarray, where: str, stored: Clock | None) -> Choice:
    """What is said of the usual step; where there is none, rows are taken one after the other."""
    close = ""
    if not clock.usual and same.any():
        close = f"The times of {where} stand at no usual step. Rows are read as if they followed each other at equal steps: give such rows"
    elif stored and clock is not stored:
        close = f"The times of {where} are written otherwise than in training. Check that its rows stand as far apart ({stored.words})"
    return Choice(
        "step from row to row", clock.words, "as in training" if clock is stored else "that of most rows" if clock.usual else "", close
    )


def step_names(value: str, horizon: int) -> list[str]:
    """Names of the forecast steps."""
    return [f"{value} +{step}" for step in range(1, horizon + 1)]


def _begins(group: np.ndarray, span: int, every: bool) -> np.ndarray:
    """Positions at which a window begins: every one that fits into its series, or the last of each series."""
    import numpy as np

    edges = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    ends = np.r_[edges[1:], len(group)]
    found = [
        np.arange(start if every else end - span, end - span + 1) for start, end in zip(edges, ends, strict=True) if end - start >= span
    ]
    return np.concatenate(found) if found else np.array([], dtype=int)
