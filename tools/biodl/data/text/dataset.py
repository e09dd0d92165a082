"""Text as training data: a column of a table, split into words."""

from __future__ import annotations

import dataclasses
import re
import string
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError, shorten
from ...program.options import Columns, option
from ...reporting.findings import Finding
from ...stored import demand
from ...tasks import Task
from ..files.table import Header, columns_beside, copy_records, read_header, read_table
from ..fingerprints import fingerprint
from ..kind import Files, Note
from ..targets import GroupOptions, TargetOptions, group_of, need_target, with_target
from ..tokens import WORDS, EmbeddingOptions, LengthOptions, TextEncoding, TextSamples

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..kind import PartFiles
    from ..split import SplitOptions

_MAX_LENGTH = 500
_SKETCH = 509
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


@dataclasses.dataclass(frozen=True)
class TextColumns:
    """Where the text stands."""

    text_column: Columns = option((), "column of text in a table; the one with the most words if not given", type="columns")


@dataclasses.dataclass(frozen=True)
class TextOptions:
    """How words become numbers."""

    max_words: int = option(10000, "words in the vocabulary, the commonest of the training part", type="int", low=10, high=1000000)


@dataclasses.dataclass(frozen=True)
class TextSource(TextColumns, TargetOptions):
    """What it takes to read text."""


@dataclasses.dataclass(frozen=True)
class TrainTextOptions(TextOptions, LengthOptions, EmbeddingOptions, TextSource, GroupOptions):
    """What it takes to read text to learn from, and to encode it."""


@dataclasses.dataclass(frozen=True)
class TextDataset(TextSamples):
    """Texts, compared and measured by their words."""

    def lengths(self, encoding: TextEncoding | None = None) -> np.ndarray:
        """int [samples]: words of each text."""
        import numpy as np

        return np.array([len(words(text)) for text in self.texts])

    def row_hashes(self) -> np.ndarray:
        import numpy as np
        import pandas as pd

        return pd.util.hash_array(np.array([" ".join(words(text)) for text in self.texts], dtype=object), categorize=False)

    def sketch(self, without: Sequence[str] = ()) -> np.ndarray | None:
        """Shares of words, by their hash."""
        import numpy as np

        counts = np.zeros((len(self), _SKETCH), dtype="float32")
        for row, text in enumerate(self.texts):
            found = words(text)
            np.add.at(counts[row], [zlib.crc32(word.encode()) % _SKETCH for word in found], 1 / max(1, len(found)))
        return counts

    def fit_encoding(self, options: TrainTextOptions) -> TextEncoding:
        """Vocabulary and length from these texts."""
        counts = Counter(word for text in self.texts for word in words(text))
        vocabulary = tuple(word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: options.max_words])
        lengths = self.lengths()
        length = min(int(lengths.max()), options.max_length or _MAX_LENGTH)
        return TextEncoding(self.column, WORDS, vocabulary, length, variable=bool((lengths.clip(max=length) < length).any()))


def words(text: str) -> list[str]:
    """Words as Keras' TextVectorization splits them: without punctuation, and (as TensorFlow does) ASCII alone in lower case."""
    return [word.decode() for word in _PUNCTUATION.sub("", text).encode().lower().split()]


def read_training(files: Files, options: TrainTextOptions) -> TextDataset:
    """Read texts to learn from."""
    need_target(options.target)
    return read_samples(files, options, options.group)


def read_samples(files: Files, options: TextSource, group: Columns = ()) -> TextDataset:
    """Read texts, with targets if a target was chosen, and with groups.

    Raises:
        InputError: when no column holds text, or a row has none.
    """
    header = read_header(files.main)
    columns, groups = header.resolve(options.target, "target"), header.resolve(group, "group")
    chosen = header.resolve(options.text_column, "text column")
    frame = read_table(header, {*columns, *chosen, *groups})
    column = chosen[0] if chosen else _find_column(frame, columns + groups, header.where)
    return _dataset(header, frame, column, columns, groups)


def read_to_split(files: Files, options: SplitOptions) -> TextDataset:
    """Read texts with what Split was told of them."""
    source = TextSource(text_column=options.text_column, target=options.target)
    return read_samples(files, source, options.group if options.method == "grouped" else ())


def read_to_inspect(files: Files, options: TextSource) -> tuple[TextDataset, list[Finding]]:
    """Read texts as they are."""
    return read_samples(files, options), []


def read_for(files: Files, encoding: TextEncoding, task: Task | None) -> TextDataset:
    """Read texts for a trained model, with targets when ``task`` is given."""
    header = read_header(files.main)
    wanted = task.target if task else ()
    header.need((encoding.column, *wanted), wanted)
    return _dataset(header, read_table(header, {encoding.column, *wanted}), encoding.column, wanted, ())


def encoding_from(stored: Any) -> TextEncoding:
    """The encoding that a model file holds."""
    encoding = TextEncoding.from_json(stored)
    demand(encoding.encoding == WORDS, "its text is not made of words")
    return encoding


def columns_to_copy(files: Files, data: TextDataset, encoding: TextEncoding, task: Task, keep: Columns) -> pd.DataFrame:
    """Those wished, else those that the network does not use."""
    return columns_beside(data.frame, files.main, {*encoding.names, *task.target}, keep)


def _dataset(header: Header, frame: pd.DataFrame, column: str, columns: tuple[str, ...], groups: tuple[str, ...]) -> TextDataset:
    where, target = header.where, None
    notes: list[Note] = []
    if columns:
        frame, target, notes = with_target(frame, columns, where)
    empty = [line for line, text in frame[column].items() if not isinstance(text, str) or not words(text)]
    if empty:
        raise InputError(f"Column {shorten(column)} of {where} has no words in line {empty[0]}: add text or remove the row.")
    return TextDataset(where, fingerprint(header.path), frame, target, notes, group_of(frame, groups, where), column)


def _find_column(frame: pd.DataFrame, target: tuple[str, ...], where: str) -> str:
    """The column with the most words a row."""
    counts = {
        name: frame[name].dropna().astype(str).str.split().str.len().mean()
        for name in frame.columns
        if name not in target and frame[name].dtype.kind not in "iufb"
    }
    found = max(counts, key=lambda name: counts[name], default=None)
    if found is None or counts[found] < 1.5:
        raise InputError(f"No column of {where} holds text of several words: choose the column.")
    return found


def write_parts(files: Files, data: TextDataset, parts: PartFiles) -> None:
    """Copy the lines of samples, those at which a mask is true, into one table a part."""
    copy_records(read_header(files.main), [(data.frame.index[inside], path) for inside, path in parts])


def near_duplicates(data: TextDataset) -> np.ndarray | None:
    """Near duplicates are not looked for."""
    return None
