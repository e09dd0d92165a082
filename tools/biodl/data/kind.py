"""What every kind of data offers: the whole contract, once.

A kind is a folder of this room whose package registers a :class:`Kind`. Its dataset holds samples as they were read; its encoding,
fitted to the training part, turns them into what a network takes, inside the network. Nothing outside the folder knows the kind.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeAlias, TypeVar, cast

from ..errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..program.options import Columns
    from ..reporting.findings import Finding, Inspection
    from ..tasks import Task
    from .reading import Choice
    from .split import SplitOptions

KindOptions: TypeAlias = Any
"""Options of a form, of which a kind takes those that its modules name; Any, since which kind it is shows when a job runs."""


@dataclasses.dataclass(frozen=True)
class Note:
    """Something done to, or seen in, a column, for the log and the report."""

    column: str
    text: str

    def __str__(self) -> str:
        return f"{self.column}: {self.text}" if self.column else self.text


@dataclasses.dataclass(frozen=True)
class Files:
    """Paths of what a user handed in for one part.

    Attributes:
        data: a table, a FASTA file or a ZIP of images.
        labels: a table that names sequences or images and their targets.
        collection: Galaxy's description (JSON) of a collection of images, in the place of ``data``.
        broken: what to do with images that cannot be read: ``stop`` or ``skip``.
        field: of the form in which the collection was chosen, where its description holds several.
    """

    data: str | None
    labels: str | None = None
    collection: str | None = None
    broken: str = "stop"
    field: str = "collection"

    @property
    def main(self) -> str:
        """The file with the samples.

        Raises:
            InputError: when there is none.
        """
        if self.data:
            return self.data
        raise InputError("No data was given: choose the file with the samples.")

    def paths(self, name: str) -> dict[str, str]:
        """The files by name, for a fingerprint; ``name`` says which part this is."""
        named = {name: self.data, "labels": self.labels, "collection": self.collection}
        return {key: path for key, path in named.items() if path}


class Dataset(Protocol):
    """Samples of one kind, with their targets where these are known."""

    @property
    def where(self) -> str:
        """The source in words, for messages."""

    @property
    def sha256(self) -> str:
        """Fingerprint of the source."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row a sample: its cells, or its name and labels; the index locates the sample in its file."""

    @property
    def target(self) -> pd.DataFrame | None:
        """Target cells as text, none missing, one row a sample; numbers of the future for forecasts."""

    @property
    def notes(self) -> list[Note]:
        """What was found or done while reading."""

    @property
    def choices(self) -> list[Choice]:
        """What was chosen while reading, by the tool or in the form."""

    @property
    def group(self) -> pd.Series | None:
        """Cells of the group column, if one was named: samples with equal ones (a patient's) belong together."""

    @property
    def near(self) -> np.ndarray | None:
        """int [samples]: near copies that stay together share a number; nothing where there are none, or that was not wished."""

    @property
    def naming(self) -> tuple[str, ...]:
        """Columns of ``frame`` that name the samples, beside their place in the file."""

    def __len__(self) -> int: ...

    def take(self, rows: np.ndarray) -> Self:
        """The samples at positions ``rows``."""

    def task(self) -> Task | None:
        """The task where it follows from the data rather than from target cells."""

    def fit_encoding(self, options: KindOptions) -> Encoding:
        """Preprocessing fitted to these samples."""

    def augmented(self, options: KindOptions) -> Self:
        """These samples and changed copies of them, for the training part alone."""

    def row_hashes(self) -> np.ndarray:
        """uint64 [samples]: equal for equal features, in whatever file."""

    def near_copies(self, *others: Self) -> np.ndarray | None:
        """int [samples of this and then of others]: near copies share a number; nothing where that has no meaning."""

    def keeping(self, near: np.ndarray, *notes: Note) -> Self:
        """These samples, of which near copies (int [samples], sharing a number) stay together from now on, and words on it."""

    def order(self) -> np.ndarray | None:
        """[samples] of times where samples follow each other and may not be shuffled between parts."""

    def last(self) -> np.ndarray:
        """float64 [samples]: the last value seen of what is forecast, NaN where there is none."""

    def pictures(self, rows: np.ndarray) -> np.ndarray | None:
        """float32 [rows, height, width, channels] to look at, where samples can be looked at."""

    def sketch(self, without: Sequence[str] = ()) -> np.ndarray | None:
        """float32 [samples, values]: a rough description by which samples can be compared, made without a network and some columns."""

    def unused(self, told: Sequence[str]) -> list[str]:
        """Columns of ``frame`` that say something of samples beside what the network learns from; ``told``: to leave out."""


class Encoding(Protocol):
    """Preprocessing fitted to a training part; ``data`` are always samples of its own kind."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one encoded sample."""

    @property
    def streams(self) -> bool:
        """Whether samples stay on disk, so that memory does not grow with their number."""

    @property
    def inputs(self) -> dict[str, list[str]]:
        """Names of the model's inputs, and what each holds in order."""

    def raw(self, data: Any) -> dict[str, Any]:
        """The model's inputs; arrays, or objects that give arrays for slices."""

    def layers(self) -> tuple[dict[str, Any], Any]:
        """Keras inputs and the encoded tensor."""

    def pinned(self, options: KindOptions) -> KindOptions:
        """Options of training with what a network to start from has decided already."""

    def for_columns_of(self, data: Any) -> Encoding:
        """This encoding for data of another file, whose columns may have other names.

        Raises:
            InputError: when the data is of another shape.
        """

    def embed(self, encoded: Any, options: KindOptions) -> tuple[Any, Any]:
        """What hidden layers start from: a float tensor, and [samples, steps, 1] of 1 where a sample has something (or None)."""

    def alternatives(self) -> dict[str, Encoding]:
        """Encodings that training is to decide between by validation loss, in words, the simplest first; nothing where one was chosen."""

    def beside(self, encoded: Any, options: KindOptions) -> Any | None:
        """Features [samples, features] that go to the head beside those of the hidden layers, if a kind has any."""

    def sized(self) -> str:
        """How much one encoded sample holds, in words."""

    def augmentation(self, options: KindOptions, seed: int) -> list[Any]:
        """Keras layers that change samples at random in training."""

    def reduced(self, encoded: np.ndarray) -> np.ndarray:
        """Encoded samples as small as models that want tables need them."""

    def as_rows(self, reduced: np.ndarray) -> np.ndarray:
        """Reduced samples as [samples, values], for models that want tables."""

    def for_linear(self, train: np.ndarray, test: np.ndarray) -> tuple[Any, Any]:
        """Reduced samples as rows that a linear model likes, fitted to ``train`` alone; arrays or sparse matrices."""

    def notes(self, data: Any) -> list[str]:
        """What this encoding cannot take in of ``data``, in sentences."""

    def ranges(self, raw: dict[str, Any]) -> dict[str, tuple[float, float]]:
        """Lowest and highest number of each numeric column in raw inputs; nothing where there are no columns."""

    def described(self) -> str:
        """The samples that it was fitted to, in words and in the plural: ``DNA sequences of 60 letters``."""

    def to_json(self) -> Any:
        """What a model file holds of it."""

    def stated(self) -> dict[str, dict[str, Any]]:
        """Settings by name of layers of :meth:`layers`, by which a network is known to be the one of this encoding."""


class BaseEncoding:
    """What most encodings share."""

    streams = False

    def pinned(self, options: KindOptions) -> KindOptions:
        return options

    def for_columns_of(self, data: Any) -> Self:
        return self

    def embed(self, encoded: Any, options: KindOptions) -> tuple[Any, Any]:
        return encoded, None

    def alternatives(self) -> dict[str, Encoding]:
        return {}

    def beside(self, encoded: Any, options: KindOptions) -> Any | None:
        return None

    def sized(self: Encoding) -> str:
        return f"{' x '.join(map(str, self.shape))} values"

    def augmentation(self, options: KindOptions, seed: int) -> list[Any]:
        return []

    def reduced(self, encoded: np.ndarray) -> np.ndarray:
        return encoded

    def as_rows(self, reduced: np.ndarray) -> np.ndarray:
        return reduced.reshape(len(reduced), -1)

    def for_linear(self, train: np.ndarray, test: np.ndarray) -> tuple[Any, Any]:
        return self.as_rows(train), self.as_rows(test)

    def notes(self, data: Any) -> list[str]:
        return []

    def ranges(self, raw: dict[str, Any]) -> dict[str, tuple[float, float]]:
        return {}

    def stated(self) -> dict[str, dict[str, Any]]:
        return {}


@dataclasses.dataclass(frozen=True)
class BaseDataset:
    """What most datasets share: samples without an order, a row of ``frame`` each."""

    where: str
    sha256: str
    frame: pd.DataFrame
    target: pd.DataFrame | None
    notes: list[Note]
    group: pd.Series | None
    choices: list[Choice] = dataclasses.field(default_factory=list, kw_only=True)
    near: np.ndarray | None = dataclasses.field(default=None, kw_only=True)

    @property
    def naming(self) -> tuple[str, ...]:
        return ()

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: np.ndarray) -> Self:
        target = None if self.target is None else self.target.iloc[rows]
        group = None if self.group is None else self.group.iloc[rows]
        near = None if self.near is None else self.near[rows]
        return dataclasses.replace(self, frame=self.frame.iloc[rows], target=target, group=group, near=near)

    def task(self) -> Task | None:
        return None

    def augmented(self, options: KindOptions) -> Self:
        return self

    def near_copies(self, *others: Self) -> np.ndarray | None:
        return None

    def keeping(self, near: np.ndarray, *notes: Note) -> Self:
        return dataclasses.replace(self, near=near, notes=[*self.notes, *notes])

    def order(self) -> np.ndarray | None:
        return None

    def last(self) -> np.ndarray:
        import numpy as np

        return np.full(len(self), np.nan)

    def pictures(self, rows: np.ndarray) -> np.ndarray | None:
        return None

    def sketch(self, without: Sequence[str] = ()) -> np.ndarray | None:
        return None

    def unused(self, told: Sequence[str]) -> list[str]:
        return [name for name in self.frame.columns if name not in told]


PartFiles = Sequence[tuple["np.ndarray", Path]]
"""Which samples (bool [samples]) go into which file."""


D = TypeVar("D", bound=Dataset)
R = TypeVar("R", bound=Dataset)
E = TypeVar("E", bound=Encoding)


@dataclasses.dataclass(frozen=True)
class Kind(Generic[D, R, E]):
    """A kind of data; each entry is what the kind's modules offer.

    ``D`` are its datasets, ``E`` its encodings, and ``R`` what Split divides: rows where samples are windows of them, else ``D``.

    Attributes:
        name: as model files hold it.
        forms: the choices in forms that mean this kind; they tell apart the files that samples come in.
        sorts: of files that samples come in; see :mod:`biodl.data.files.sorts`.
        called: what a sample is called in messages, in the singular: ``row`` or ``sample``.
        steps: whether samples are steps in order, for networks that read step by step.
        in_order: whether samples follow each other in time, so that they are divided in time order alone.
        options: dataclass of what it takes to read samples to learn from, and to encode them.
        read_training: read samples to learn from; options are those of a Train tool.
        read_for: read samples for a trained model, with targets when a task is given.
        read_pieces: the same without targets, a piece of the samples at a time, where they need not be held all at once.
        read_to_split: read samples as they are; options are those of Split.
        read_to_inspect: read samples as they are, lesser faults as findings; options are those of Inspect.
        encoding_from: the encoding that a model file holds.
        columns_to_copy: columns to stand beside predictions: those wished (the last argument), else a choice of the kind's.
        write_parts: copy samples as they stand in the user's files into one file a part.
        look: what Inspect finds that is particular to the kind.
        rank: where its choices stand in forms.
    """

    name: str
    forms: tuple[str, ...]
    sorts: tuple[str, ...]
    called: str
    steps: bool
    in_order: bool
    options: type[Any]
    read_training: Callable[[Files, KindOptions], D]
    read_for: Callable[[Files, E, Task | None], D]
    read_pieces: Callable[[Files, E], Iterator[D]]
    read_to_split: Callable[[Files, SplitOptions], R]
    read_to_inspect: Callable[[Files, KindOptions], tuple[D, list[Finding]]]
    encoding_from: Callable[[Any], E]
    columns_to_copy: Callable[[Files, D, E, Task, Columns], pd.DataFrame]
    write_parts: Callable[[Files, R, PartFiles], None]
    look: Callable[[D, Files, Task | None], Inspection]
    rank: int


AnyKind: TypeAlias = Kind[Dataset, Dataset, Encoding]
"""Any one kind: its datasets and encodings are known by their protocols alone, and may be handed to no other kind."""
KINDS: dict[str, AnyKind] = {}
"""Kinds by the name that model files hold."""


def register(kind: Kind[D, R, E]) -> AnyKind:
    """Enter a kind."""
    KINDS[kind.name] = entered = cast(AnyKind, kind)  # each is handed only what it gave itself
    return entered


def whole(read_for: Callable[[Files, E, Task | None], D]) -> Callable[[Files, E], Iterator[D]]:
    """``read_pieces`` of kinds whose samples are read as one piece."""

    def pieces(files: Files, encoding: E) -> Iterator[D]:
        yield read_for(files, encoding, None)

    return pieces
