"""Rows of a table as samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...cells import MISSING, as_text, as_times, split_numbers
from ...errors import InputError, counted, shorten
from ...program.options import Columns, option
from ...program.search import OneOf
from ...reporting.findings import NO_TARGET, NOTE, OK, STOP, WARNING, Finding
from ...tasks import Task
from ..files.table import Header, columns_beside, copy_records, read_header, read_table, read_table_pieces
from ..fingerprints import fingerprint
from ..kind import BaseDataset, Files, Note
from ..targets import (
    GroupOptions,
    TargetOptions,
    empty_words,
    group_of,
    groups_as_one,
    missing_words,
    need_target,
    refuse_predictions,
    target_table,
    with_target,
)
from .columns import CATEGORICAL, NUMERIC, Roles, assign_roles, column_type, feature_types, names_rows
from .encoding import AUTO, MOST_IN_PIECES, MOST_TRIED, PIECEWISE, STANDARDISED, TableFeatures, numbers_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..kind import PartFiles
    from ..split import SplitOptions

_SKETCHED = 200
"""Columns by which rows are compared roughly; wide tables are thinned out to so many."""


@dataclasses.dataclass(frozen=True)
class TableOptions(TargetOptions):
    """Which columns are what."""

    features: Columns = option((), "columns to learn from; all others but the target if not given", type="columns")
    exclude: Columns = option((), "columns to leave out", type="columns")
    categorical: Columns = option((), "columns of numbers that stand for categories", type="columns")


@dataclasses.dataclass(frozen=True)
class TrainTableOptions(TableOptions, GroupOptions):
    """The same for training."""

    numeric_encoding: str = option(
        AUTO,
        f"how hidden layers see numbers: {STANDARDISED}, or {PIECEWISE} linear as well (pieces between quantiles of a column); {AUTO}: "
        f"the second if its validation loss is clearly lower, tried with at most {MOST_IN_PIECES} columns of numbers and {MOST_TRIED} "
        "training rows",
        type="choice",
        choices=(AUTO, STANDARDISED, PIECEWISE),
        search=OneOf((AUTO, STANDARDISED, PIECEWISE)),
    )


@dataclasses.dataclass(frozen=True)
class RowsOptions:
    """Which columns steer a division of rows."""

    target: Columns = ()
    group: Columns = ()
    time: Columns = ()
    ignore: Columns = ()
    missing: tuple[str, ...] = MISSING


@dataclasses.dataclass(frozen=True)
class TableDataset(BaseDataset):
    """Rows of a table; see :class:`biodl.data.kind.Dataset`.

    Attributes:
        types: type of each feature.
        compared: type of each column by which rows are compared; the features if not given.
        dresses: how numbers are written, by column, where not plainly.
        missing: cells that count as missing.
        times: of rows that follow each other.
        left_out: rows without a target.
        roles: what the columns are.
    """

    types: dict[str, str]
    compared: dict[str, str] | None = None
    dresses: Mapping[str, str] = dataclasses.field(default_factory=dict)
    missing: tuple[str, ...] = MISSING
    times: pd.Series | None = None
    left_out: pd.DataFrame | None = None
    roles: Roles | None = None

    @property
    def whole(self) -> pd.DataFrame:
        """All rows, those without a target as well, in their order."""
        import pandas as pd

        return self.frame if self.left_out is None or self.left_out.empty else pd.concat([self.frame, self.left_out]).sort_index()

    def take(self, rows: np.ndarray) -> TableDataset:
        taken = super().take(rows)
        return taken if self.times is None else dataclasses.replace(taken, times=self.times.iloc[rows])

    def order(self) -> np.ndarray | None:
        return None if self.times is None else self.times.to_numpy()

    def row_hashes(self) -> np.ndarray:
        compared = self.types if self.compared is None else self.compared
        return hash_rows(self.frame, compared) if compared else self.frame.index.to_numpy().astype("uint64")

    def fit_encoding(self, options: TrainTableOptions) -> TableFeatures:
        """Fitted to the columns by which rows are compared."""
        types = self.types if self.compared is None else self.compared
        if not types:
            raise InputError(f"No column of {self.where} tells rows apart: give columns that do.")
        return TableFeatures.fit(self.frame, types, self.dresses, self.missing, options.numeric_encoding)

    def sketch(self, without: Sequence[str] = ()) -> np.ndarray | None:
        """Numbers by their rank, categories as 0 and 1; each column weighs the same."""
        import numpy as np
        import pandas as pd

        usable = [name for name in self.types if name not in without]
        names = usable[:: max(1, len(usable) // _SKETCHED)]
        columns: list[np.ndarray] = []
        for name in names:
            if self.types[name] == NUMERIC:
                rank = split_numbers(self.frame[name])[0].rank(pct=True).reindex(self.frame.index).fillna(0.5)
                columns.append(rank.to_numpy("float32"))
            else:
                shown = pd.get_dummies(as_text(self.frame[name]), dtype="float32").to_numpy()
                columns += list(shown.T[:20] / 2**0.5)
        return np.stack(columns, axis=1) if columns else None

    def unused(self, told: Sequence[str]) -> list[str]:
        """Columns that are no feature, and categories: a patient's name is one."""
        return [name for name in self.frame.columns if name not in told and self.types.get(name) != NUMERIC]


def read_training(files: Files, options: TrainTableOptions) -> TableDataset:
    """Read rows to learn from; those without a target are left out with a note.

    Raises:
        InputError: see :func:`biodl.data.table.columns.feature_types`.
    """
    need_target(options.target)
    header = read_header(files.main, missing_words(options.missing))
    roles = assign_roles(header, options.target, options.features, options.exclude, options.categorical, options.group)
    refuse_predictions(header.names, (*roles.features, *roles.target), header.where)
    empty = empty_words(options, roles.target)
    frame, target, notes = with_target(read_table(header, roles.text, with_empty=empty), roles.target, header.where)
    types, found = feature_types(frame, roles, header.where)
    found += groups_as_one(frame, roles.group)
    group = group_of(frame, roles.group, header.where)
    return TableDataset(
        header.where,
        fingerprint(header.path),
        frame,
        target,
        notes + found,
        group,
        types,
        dresses=header.dresses,
        missing=header.missing,
        choices=header.choices,
    )


def read_for(files: Files, encoding: TableFeatures, task: Task | None) -> TableDataset:
    """Read rows for a trained model: its columns by name, with targets when ``task`` is given.

    Raises:
        InputError: when columns or targets are missing.
    """
    wanted = task.target if task else ()
    header = read_header(files.main, encoding.missing).known_as(encoding.names + wanted)
    header.need(encoding.names + wanted, wanted)
    empty = wanted if task and task.empty_is_none and len(wanted) == 1 else ()
    frame = read_table(header, _text_columns(encoding) | set(wanted), dresses=encoding.dresses, with_empty=empty)
    notes = _guessed(encoding)
    target = None
    if task:
        frame, target, found = with_target(frame, wanted, header.where)
        notes += found
    notes += _empty(frame, encoding)
    notes += _gaps(encoding, frame[list(encoding.names)].isna().sum(), len(frame))
    return _for_model(header, fingerprint(header.path), frame, target, encoding, notes)


def read_pieces(files: Files, encoding: TableFeatures) -> Iterator[TableDataset]:
    """Read rows for a trained model, some thousands at a time; notes on all of them come with the last.

    Raises:
        InputError: when columns are missing.
    """
    header = read_header(files.main, encoding.missing).known_as(encoding.names)
    header.need(encoding.names, ())
    sha256 = fingerprint(header.path)
    missing: Any = None
    rows, waiting = 0, None
    empty: list[Note] = []

    def check(names: list[str]) -> None:
        for item in encoding.of_type(NUMERIC):
            if item.name in names:
                numbers_of(read_table(header, only=[item.name], dresses=encoding.dresses)[item.name], header.where)

    for frame in read_table_pieces(header, _text_columns(encoding), check, dresses=encoding.dresses):
        if waiting is not None:
            yield waiting
        empty = empty or _empty(frame, encoding)
        gaps = frame[list(encoding.names)].isna().sum()
        missing, rows = gaps if missing is None else missing + gaps, rows + len(frame)
        waiting = _for_model(header, sha256, frame, None, encoding, [])
    if waiting is not None:
        yield dataclasses.replace(waiting, notes=[*_guessed(encoding), *empty, *_gaps(encoding, missing, rows)])


def _guessed(encoding: TableFeatures) -> list[Note]:
    """What must be said of a model file that does not hold how its columns were read."""
    if all(item.read for item in encoding.features):
        return []
    return [Note("", "The model file is of an earlier version and does not say how its columns were read: they are read by what they hold")]


def _text_columns(encoding: TableFeatures) -> set[str]:
    return {item.name for item in encoding.of_type(CATEGORICAL)}


def _for_model(
    header: Header, sha256: str, frame: pd.DataFrame, target: pd.DataFrame | None, encoding: TableFeatures, notes: list[Note]
) -> TableDataset:
    types = {item.name: item.type for item in encoding.features}
    return TableDataset(header.where, sha256, frame, target, notes, None, types, choices=header.choices)


def _empty(frame: pd.DataFrame, encoding: TableFeatures) -> list[Note]:
    """A note on rows, such as remarks below a table, that hold nothing of what the network uses."""
    lines = frame.index[frame[list(encoding.names)].isna().all(axis=1)]
    said = f"{len(lines)} rows hold no value in any column that the network uses (first in line {lines[0]})" if len(lines) else ""
    return [Note("", f"{said}: what is said of them is a guess")] if said else []


def _gaps(encoding: TableFeatures, missing: pd.Series, rows: int) -> list[Note]:
    return [Note(str(name), f"{count} missing of {rows} values, replaced as in training") for name, count in missing.items() if count]


def encoding_from(stored: Any) -> TableFeatures:
    """The encoding that a model file holds."""
    return TableFeatures.from_json(stored)


def hash_rows(frame: pd.DataFrame, types: dict[str, str]) -> np.ndarray:
    """uint64 [rows]: equal for rows with equal values in the columns of ``types``, in whatever file and order."""
    import pandas as pd

    plain = {name: frame[name].astype("float64") if type_ == NUMERIC else as_text(frame[name]) for name, type_ in sorted(types.items())}
    return pd.util.hash_pandas_object(pd.DataFrame(plain), index=False, categorize=False).to_numpy()


def columns_to_copy(files: Files, data: TableDataset, encoding: TableFeatures, task: Task, keep: Columns) -> pd.DataFrame:
    """Those wished, else those that the network does not use."""
    return columns_beside(data.frame, files.main, {*encoding.names, *task.target}, keep)


def read_rows(files: Files, options: RowsOptions, method: str) -> TableDataset:
    """Read rows as they are, to divide them: all columns count when they are compared, but those that steer or name the rows.

    Args:
        files: the table.
        options: which columns steer; rows without a target are left out.
        method: of Split; it says whether rows follow each other by the time column.

    Raises:
        InputError: when a steering column is missing or has gaps.
    """
    header = read_header(files.main, options.missing)
    columns = {
        name: header.resolve(getattr(options, name), role)
        for name, role in (("target", "target"), ("group", "group"), ("time", "time"), ("ignore", "column to ignore"))
    }
    frame = read_table(header, {*columns["target"], *columns["group"]})
    target = None
    notes: list[Note] = []
    if columns["target"]:
        frame, target, notes = with_target(frame, columns["target"], header.where)
    compared = _compared(frame, {*columns["target"], *columns["group"], *columns["ignore"]})
    notes += groups_as_one(frame, columns["group"])
    times = as_times(frame[columns["time"][0]], header.where) if method == "time" else None
    group = group_of(frame, columns["group"], header.where) if columns["group"] else None
    return TableDataset(
        header.where, fingerprint(header.path), frame, target, notes, group, compared, compared, times=times, choices=header.choices
    )


def read_to_split(files: Files, options: SplitOptions) -> TableDataset:
    """Read rows with what Split was told of them."""
    return read_rows(
        files, RowsOptions(options.target, options.group, options.time, options.ignore, missing_words(options.missing)), options.method
    )


def read_to_inspect(files: Files, options: TableOptions) -> tuple[TableDataset, list[Finding]]:
    """Read rows as they are; faulty columns and targets become findings."""
    header = read_header(files.main, missing_words(options.missing))
    roles = assign_roles(header, options.target, options.features, options.exclude, options.categorical)
    frame = read_table(header, roles.text, with_empty=empty_words(options, roles.target))
    types, findings = _types(frame, roles, header.where)
    findings += _predictions(header, roles)
    used, target, left_out = frame, None, frame.iloc[:0]
    if roles.target:
        target, present, notes = target_table(frame, roles.target)
        findings += [Finding(WARNING, "target", f"{note}.") for note in notes]
        used, left_out = frame[present], frame[~present]
        if len(left_out):
            finding = f"{counted(len(left_out), 'row', 'has', 'have')} no target."
            findings.append(Finding(NOTE, "target", finding, "Training leaves them out."))
        if target.empty:
            findings.append(Finding(STOP, "target", "The target column has no values.", "Choose another."))
            used, left_out, target = frame, frame.iloc[:0], None
    else:
        findings.append(NO_TARGET)
    compared = {name: type_ for name, type_ in types.items() if not names_rows(frame[name].dropna(), type_, frame[name].nunique())}
    data = TableDataset(
        header.where,
        fingerprint(header.path),
        used,
        target,
        [],
        None,
        types,
        compared,
        dresses=header.dresses,
        missing=header.missing,
        left_out=left_out,
        roles=roles,
        choices=header.choices,
    )
    return data, findings


def _predictions(header: Header, roles: Roles) -> list[Finding]:
    """A finding where a tool of this suite wrote columns that would be learned from."""
    try:
        refuse_predictions(header.names, (*roles.features, *roles.target), header.where)
    except InputError as error:
        return [_stop("predictions", error)]
    return []


def _stop(check: str, error: InputError) -> Finding:
    """A refusal as a finding: what was found, and what to do."""
    finding, _, advice = str(error).rpartition(": ")
    return Finding(STOP, check, f"{finding}.", f"{advice[:1].upper()}{advice[1:]}")


def _types(frame: pd.DataFrame, roles: Roles, where: str) -> tuple[dict[str, str], list[Finding]]:
    """Type of each feature that can be used, and a finding for each fault."""
    types, findings = {}, []
    for name in roles.features:
        if frame[name].isna().all():
            findings.append(Finding(STOP, "values", f"Column {shorten(name)} has no values at all.", "Fill it, remove it or leave it out."))
            continue
        try:
            types[name] = CATEGORICAL if name in roles.categorical else column_type(frame[name], where)
        except InputError as error:
            findings.append(_stop("values", error))
    return types, findings or [Finding(OK, "values", "Every column holds finite numbers or categories.")]


def _compared(frame: pd.DataFrame, skip: set[str]) -> dict[str, str]:
    """Types of the columns by which rows are compared; identifiers do not count."""
    types = {}
    for name in frame.columns:
        if name in skip:
            continue
        type_ = NUMERIC if frame[name].dtype.kind in "iuf" else CATEGORICAL
        present = frame[name].dropna()
        if not names_rows(present, type_, present.nunique()):
            types[name] = type_
    return types


def write_parts(files: Files, data: TableDataset, parts: PartFiles) -> None:
    """Copy the records of rows into one table a part."""
    copy_records(read_header(files.main), [(data.frame.index[inside], path) for inside, path in parts])
