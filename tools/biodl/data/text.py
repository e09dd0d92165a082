"""Text as training data: a column of a table, split into words."""

from __future__ import annotations

import dataclasses
import re
import string
from collections import Counter
from typing import TYPE_CHECKING, Any

from ..errors import InputError, shorten
from ..program.options import option
from ..task import Task
from . import dataset
from .dataset import Files, fingerprint, lacking, with_target
from .table import copy_records, read_header, read_table
from .tabular import need_target
from .tokens import WORDS, TextEncoding, TextSamples

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

NAME = "text"
_MAX_LENGTH = 500
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


@dataclasses.dataclass(frozen=True)
class TextColumns:
    """Where the text stands."""

    text_column: tuple = option((), "column of text in a table; the one with the most words if not given", kind="columns")


@dataclasses.dataclass(frozen=True)
class TextOptions:
    """How words become numbers."""

    max_words: int = option(10000, "words in the vocabulary, the commonest of the training part", kind="int", low=10, high=1000000)


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

    def fit_encoding(self, options: Any) -> TextEncoding:
        """Vocabulary and length from these texts."""
        counts = Counter(word for text in self.texts for word in words(text))
        vocabulary = tuple(word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: options.max_words])
        lengths = self.lengths()
        length = min(int(lengths.max()), options.max_length or _MAX_LENGTH)
        return TextEncoding(self.column, WORDS, vocabulary, length, variable=bool((lengths.clip(max=length) < length).any()))


def words(text: str) -> list[str]:
    """Words as Keras' TextVectorization splits them: without punctuation, and (as TensorFlow does) ASCII alone in lower case."""
    return [word.decode() for word in _PUNCTUATION.sub("", text).encode().lower().split()]


def read_training(files: Files, options: Any) -> TextDataset:
    """Read texts to learn from."""
    need_target(options.target)
    return read_samples(files, options)


def read_samples(files: Files, options: Any) -> TextDataset:
    """Read texts, with targets if a target was chosen.

    Raises:
        InputError: when no column holds text, or a row has none.
    """
    header = read_header(files.main)
    columns = header.resolve(options.target, "target")
    chosen = header.resolve(options.text_column, "text column")
    frame = read_table(header, {*columns, *chosen})
    column = chosen[0] if chosen else _find_column(frame, columns, header.where)
    return _dataset(files, frame, column, columns, header.where)


def read_for(files: Files, encoding: TextEncoding, task: Task | None) -> TextDataset:
    """Read texts for a trained model, with targets when ``task`` is given."""
    header = read_header(files.main)
    wanted = task.target if task else ()
    refusal = lacking(header, (encoding.column, *wanted), wanted)
    if refusal:
        raise refusal
    return _dataset(files, read_table(header, {encoding.column, *wanted}), encoding.column, wanted, header.where)


def encoding_from(stored: Any) -> TextEncoding:
    """The encoding that a model file holds."""
    return TextEncoding.from_json(stored)


def beside(files: Files, data: TextDataset, encoding: TextEncoding, task: Task, keep: tuple) -> pd.DataFrame:
    """Columns to copy beside predictions."""
    return dataset.beside(files.main, data, {*encoding.names, *task.target}, keep)


def _dataset(files: Files, frame: pd.DataFrame, column: str, columns: tuple[str, ...], where: str) -> TextDataset:
    target, notes = None, []
    if columns:
        frame, target, notes = with_target(frame, columns, where)
    empty = [line for line, text in frame[column].items() if not isinstance(text, str) or not words(text)]
    if empty:
        raise InputError(f"Column {shorten(column)} of {where} has no words in line {empty[0]}: add text or remove the row.")
    return TextDataset(where, fingerprint(files.main), frame, column, target, notes)


def _find_column(frame: pd.DataFrame, target: tuple[str, ...], where: str) -> str:
    """The column with the most words a row."""
    counts = {
        name: frame[name].dropna().astype(str).str.split().str.len().mean()
        for name in frame.columns
        if name not in target and frame[name].dtype.kind not in "iufb"
    }
    found = max(counts, key=counts.get, default=None)
    if found is None or counts[found] < 1.5:
        raise InputError(f"No column of {where} holds text of several words: choose the column.")
    return found


def write_parts(files: Files, data: TextDataset, parts: list[tuple[np.ndarray, Path]]) -> None:
    """Copy the lines of samples, those at which a mask is true, into one table a part."""
    copy_records(read_header(files.main), [(data.frame.index[inside], path) for inside, path in parts])


def alike(data: TextDataset) -> np.ndarray | None:
    """Near duplicates are not looked for."""
    return None
