"""Text as training data: a column of a table, split into words."""

from __future__ import annotations

import dataclasses
import itertools
import re
import string
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError, shorten
from ...program.options import Columns, option
from ...program.search import OneOf
from ...reporting.findings import Finding
from ...stored import demand
from ...tasks import Task
from ..files.foreign import refuse_foreign
from ..files.table import Header, columns_beside, copy_records, read_header, read_table
from ..fingerprints import fingerprint
from ..kind import Files, Note
from ..reading import Choice
from ..targets import GroupOptions, TargetOptions, group_of, missing_words, need_target, with_target
from ..tokens import WORDS, EmbeddingOptions, LengthOptions, TextEncoding, TextSamples
from ..word_pairs import LEAST

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..kind import PartFiles
    from ..split import SplitOptions

_MAX_LENGTH = 500
_SKETCH = 509
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")
_WITHOUT_BLANKS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Letters of Thai, Lao, Burmese, Khmer, Japanese and Chinese, which stand without blanks between words."""
_SEVERAL = 1.5
"""Words a cell, on average, from which on a column is text."""


@dataclasses.dataclass(frozen=True)
class TextColumns:
    """Where the text stands."""

    text_column: Columns = option((), "column of text in a table; the one with the most words if not given", type="columns")


@dataclasses.dataclass(frozen=True)
class TextOptions:
    """How words become numbers."""

    max_words: int = option(
        10000,
        "words in the vocabulary, the commonest of the training part, and at most as many pairs of neighbouring words",
        type="int",
        low=10,
        high=1000000,
        search=OneOf((1000, 3000, 10000, 30000)),
    )


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
        """Words, pairs of neighbours and length from these texts."""
        import numpy as np

        counts: Counter[str] = Counter()
        neighbours: Counter[tuple[str, str]] = Counter()
        for text in self.texts:
            found = words(text)
            counts.update(found)
            neighbours.update(itertools.pairwise(found))
        often = {" ".join(pair): count for pair, count in neighbours.items() if count >= LEAST}
        vocabulary, pairs = (_commonest(many, options.max_words) for many in (counts, often))
        lengths = self.lengths()
        length = min(int(lengths.max()), options.max_length or _MAX_LENGTH)
        variable = bool((lengths.clip(max=length) < length).any())
        usual = int(np.median(lengths.clip(max=length))) if pairs else 0
        return TextEncoding(
            self.column, WORDS, vocabulary, length, variable=variable, missing=self.missing, pairs=pairs, usual_length=usual
        )


def _commonest(counts: Mapping[str, int], most: int) -> tuple[str, ...]:
    """Names by falling counts, equal ones by the alphabet."""
    return tuple(sorted(counts, key=lambda name: (-counts[name], name))[:most])


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
    refuse_foreign(files.main)
    header = read_header(files.main, missing_words(options.missing))
    columns, groups = header.resolve(options.target, "target"), header.resolve(group, "group")
    chosen = header.resolve(options.text_column, "text column")
    frame = read_table(header, {*columns, *chosen, *groups})
    if chosen:
        column, choice = chosen[0], Choice("column of text", shorten(chosen[0]), "chosen in the form")
    else:
        column, choice = _find_column(frame, columns + groups, header.where)
    return _dataset(header, frame, column, columns, groups, choice)


def read_to_split(files: Files, options: SplitOptions) -> TextDataset:
    """Read texts with what Split was told of them."""
    source = TextSource(text_column=options.text_column, target=options.target, missing=options.missing)
    return read_samples(files, source, options.group)


def read_to_inspect(files: Files, options: TextSource) -> tuple[TextDataset, list[Finding]]:
    """Read texts as they are."""
    return read_samples(files, options), []


def read_for(files: Files, encoding: TextEncoding, task: Task | None) -> TextDataset:
    """Read texts for a trained model, with targets when ``task`` is given."""
    refuse_foreign(files.main)
    wanted = task.target if task else ()
    header = read_header(files.main, encoding.missing).known_as((encoding.column, *wanted))
    header.need((encoding.column, *wanted), wanted)
    choice = Choice("column of text", shorten(encoding.column), "as in training")
    return _dataset(header, read_table(header, {encoding.column, *wanted}), encoding.column, wanted, (), choice)


def encoding_from(stored: Any) -> TextEncoding:
    """The encoding that a model file holds."""
    encoding = TextEncoding.from_json(stored)
    demand(encoding.encoding == WORDS, "its text is not made of words")
    return encoding


def columns_to_copy(files: Files, data: TextDataset, encoding: TextEncoding, task: Task, keep: Columns) -> pd.DataFrame:
    """Those wished, else those that the network does not use."""
    return columns_beside(data.frame, files.main, {*encoding.names, *task.target}, keep)


def _dataset(
    header: Header, frame: pd.DataFrame, column: str, columns: tuple[str, ...], groups: tuple[str, ...], choice: Choice
) -> TextDataset:
    where, target = header.where, None
    notes: list[Note] = []
    if columns:
        frame, target, notes = with_target(frame, columns, where)
    empty = [line for line, text in frame[column].items() if not isinstance(text, str) or not words(text)]
    if empty:
        raise InputError(f"Column {shorten(column)} of {where} has no words in line {empty[0]}: add text or remove the row.")
    _refuse_without_blanks(frame[column], where)
    choices = [*header.choices, choice]
    group = group_of(frame, groups, where)
    return TextDataset(where, fingerprint(header.path), frame, target, notes, group, column, missing=header.missing, choices=choices)


def _refuse_without_blanks(column: pd.Series, where: str) -> None:
    """Raise InputError for text of languages that are written without blanks, when it stands so: each sentence would be one word."""
    for line, text in column.items():
        found = len(_WITHOUT_BLANKS.findall(text))
        if found >= 6 and found > len(text) / 2 and found > 4 * len(text.split()):
            raise InputError(
                f"Column {shorten(column.name)} of {where} holds text without blanks between words ({shorten(text, 20)} in line {line}), "
                "of which each sentence would be one word: put a blank between words or characters first."
            )


def _find_column(frame: pd.DataFrame, target: tuple[str, ...], where: str) -> tuple[str, Choice]:
    """The column with the most words a row, and what is said of the choice.

    Raises:
        InputError: when no column holds several words a row.
    """
    cells = {
        str(name): frame[name].dropna().astype(str) for name in frame.columns if name not in target and frame[name].dtype.kind not in "iufb"
    }
    counts = {name: float(text.str.split().str.len().mean()) for name, text in cells.items() if len(text)}
    ranked = sorted(counts, key=lambda name: -counts[name])
    if not ranked or counts[ranked[0]] < _SEVERAL:
        for name in cells:
            _refuse_without_blanks(cells[name], where)
        raise InputError(f"No column of {where} holds text of several words: choose the column.")
    found, *others = ranked
    why, close = f"{counts[found]:.3g} words a row, the most", ""
    if others:
        why += f"; {shorten(others[0])} has {counts[others[0]]:.3g}"
        if counts[others[0]] >= _SEVERAL and cells[others[0]].nunique() > len(cells[others[0]]) / 2:
            close = (
                f"Column {shorten(found)} was taken for the text, since it has the most words a row ({counts[found]:.3g}), but "
                f"{shorten(others[0])} holds text as well ({counts[others[0]]:.3g} words). Choose the text column if that one is meant"
            )
    return found, Choice("column of text", shorten(found), why, close)


def write_parts(files: Files, data: TextDataset, parts: PartFiles) -> None:
    """Copy the lines of samples, those at which a mask is true, into one table a part."""
    copy_records(read_header(files.main), [(data.frame.index[inside], path) for inside, path in parts])
