"""Text to numbers inside the model: letters, k-mers or words become tokens, and these one-hot vectors or learned ones.

The model takes one column of text. Its vocabulary lies in a ``TextVectorization`` layer, so the file predicts from raw text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..cells import MISSING
from ..errors import shorten
from ..program.options import option
from ..program.search import OneOf
from ..stored import check_distinct, check_fields, demand
from .kind import BaseDataset, BaseEncoding, KindOptions
from .word_pairs import count_pairs

if TYPE_CHECKING:
    import numpy as np

ONE_HOT, EMBEDDING, KMER, WORDS = "one_hot", "embedding", "kmer", "words"
TOKENS = "tokens"
"""Name of the layer that turns text into token numbers: 0 is padding, 1 an unknown token."""
PAIRS = "pairs"
"""Name of the layer that turns text into numbers of pairs of neighbouring words, likewise."""
TABLE_OF_PAIRS = "beside_pairs"
TABLES = ("embedding", "beside_words", TABLE_OF_PAIRS)
"""Names of the layers of learned vectors: of tokens in their order, and of words and pairs whose order does not count."""
_LEFT_OUT = 0.5
"""Share of the summed vectors silenced in training."""


@dataclasses.dataclass(frozen=True)
class LengthOptions:
    """How much of a sample counts."""

    max_length: int = option(
        0, "letters, k-mers or words that count of each sample, 0: as many as the longest has", type="int", low=0, high=100000
    )


@dataclasses.dataclass(frozen=True)
class EmbeddingOptions:
    """How tokens become vectors."""

    embedding_dim: int = option(
        32,
        "size of learned vectors for letters, k-mers or words",
        type="int",
        low=1,
        high=4096,
        search=OneOf((8, 32, 128), needs=("sequence_encoding", (EMBEDDING, KMER))),
    )


@dataclasses.dataclass(frozen=True)
class TextSamples(BaseDataset):
    """Samples that are one cell of text each; see :class:`biodl.data.kind.Dataset`.

    Attributes:
        column: names the cells in ``frame``.
        identifier: the column of a table of labels that names the samples, where they stand in FASTA.
        missing: cells that count as missing.
    """

    column: str
    identifier: str = dataclasses.field(default="", kw_only=True)
    missing: tuple[str, ...] = dataclasses.field(default=MISSING, kw_only=True)

    def unused(self, told: Sequence[str]) -> list[str]:
        return super().unused((*told, self.column))

    def lengths(self, encoding: TextEncoding) -> np.ndarray:
        """int [samples]: tokens of each sample."""
        raise NotImplementedError

    @property
    def texts(self) -> list[str]:
        return self.frame[self.column].tolist()


@dataclasses.dataclass(frozen=True)
class TextEncoding(BaseEncoding):
    """Fitted preprocessing of text.

    Attributes:
        column: name of the table's column.
        encoding: ``one_hot`` (letters, weights of the alphabet), ``embedding`` (letters), ``kmer`` or ``words``.
        vocabulary: tokens in order, without padding and unknown.
        length: number of tokens a sample is padded or cut to.
        kmer: letters in a token.
        variable: whether samples of the training part differed in length.
        alphabet: name of the alphabet; empty for words.
        weights: what each token is encoded as, [tokens][letters]; only for ``one_hot``.
        identifier: the column of a table of labels that named sequences in training.
        missing: cells that count as missing.
        pairs: of neighbouring words, in order, without padding and unknown; only for ``words``.
        usual_length: number of tokens of the middle sample of the training part, where there are pairs.
    """

    column: str
    encoding: str
    vocabulary: tuple[str, ...]
    length: int
    kmer: int = 1
    variable: bool = False
    alphabet: str = ""
    weights: tuple[tuple[float, ...], ...] = ()
    identifier: str = ""
    missing: tuple[str, ...] = MISSING
    pairs: tuple[str, ...] = ()
    usual_length: int = 0

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> TextEncoding:
        check_stored(stored)
        weights = tuple(tuple(row) for row in stored["weights"])
        missing = tuple(stored.get("missing", MISSING))
        words: dict[str, Any] = {name: tuple(stored.get(name, ())) for name in ("vocabulary", "pairs")}
        return cls(**{**stored, **words, "weights": weights, "missing": missing})

    def to_json(self) -> dict[str, Any]:
        """Without what later versions added and this encoding does not use, so that earlier ones open it."""
        usual = {"identifier": "", "missing": MISSING, "pairs": (), "usual_length": 0}
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in usual or value != usual[name]}

    def pinned(self, options: KindOptions) -> KindOptions:
        return dataclasses.replace(options, alphabet=self.alphabet) if self.alphabet else options

    def stated(self) -> dict[str, dict[str, Any]]:
        table = {"one_hot": {"output_dim": len(self.weights[0])}} if self.weights else {"embedding": {}}
        sums = zip(TABLES[1:], (self.vocabulary, self.pairs), strict=True) if self.pairs else ()
        return {
            "text": {"batch_shape": [None, 1], "dtype": "string"},
            **self._split(),
            **{name: {"input_dim": len(self.vocabulary) + 2, **settings} for name, settings in table.items()},
            **{name: {"input_dim": len(known) + 2} for name, known in sums},
        }

    def _split(self) -> dict[str, dict[str, Any]]:
        """Settings of the layers that turn text into numbers, by their names."""
        words = self.encoding == WORDS
        how = {
            "output_sequence_length": self.length,
            "split": "whitespace" if words else "character",
            "standardize": "lower_and_strip_punctuation" if words else "lower",
        }
        tokens = {TOKENS: {**how, "vocabulary": self.vocabulary, "ngrams": (self.kmer,) if self.kmer > 1 else None}}
        return {**tokens, PAIRS: {**how, "vocabulary": self.pairs, "ngrams": (2,)}} if self.pairs else tokens

    def described(self) -> str:
        letters = self.length + self.kmer - 1
        if not self.alphabet:
            return f"text in the column {shorten(self.column)}"
        return f"{self.called} sequences of {'up to ' if self.variable else ''}{letters} letters"

    @property
    def called(self) -> str:
        """The alphabet in words."""
        return self.alphabet if self.alphabet == "protein" else self.alphabet.upper()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one-hot letters [length, letters]; else numbers of tokens, and behind them those of as many pairs where there are pairs."""
        if self.weights:
            return (self.length, len(self.weights[0]))
        return (2 * self.length if self.pairs else self.length,)

    def sized(self) -> str:
        return f"{self.length} words and as many pairs of neighbours" if self.pairs else super().sized()

    @property
    def inputs(self) -> dict[str, list[str]]:
        return {"text": [self.column]}

    def raw(self, data: TextSamples) -> dict[str, np.ndarray]:
        """The model's input: ``text``, str [samples, 1]."""
        import numpy as np

        return {"text": np.array(data.texts, dtype=object).reshape(-1, 1)}

    def for_columns_of(self, data: TextSamples) -> TextEncoding:
        return dataclasses.replace(self, column=data.column, identifier=data.identifier, missing=data.missing)

    def layers(self) -> tuple[dict[str, Any], Any]:
        """Keras inputs, and one-hot letters (float32 [samples, length, letters]) or token numbers (int [samples, length])."""
        import keras
        import numpy as np

        text = keras.Input((1,), dtype="string", name="text")
        tokens, *pairs = (
            keras.layers.TextVectorization(**{**settings, "vocabulary": list(settings["vocabulary"])}, name=name)(text)
            for name, settings in self._split().items()
        )
        if pairs:
            tokens = keras.layers.Concatenate(name="tokens_and_pairs")([tokens, *pairs])
        if self.encoding != ONE_HOT:
            return {"text": text}, tokens
        letters = len(self.weights[0])
        fixed = np.zeros((len(self.vocabulary) + 2, letters), dtype="float32")
        fixed[2:] = self.weights
        table = keras.layers.Embedding(len(fixed), letters, name="one_hot", trainable=False)
        encoded = table(tokens)
        table.set_weights([fixed])
        return {"text": text}, encoded

    def embed(self, encoded: Any, options: EmbeddingOptions) -> tuple[Any, Any]:
        """Learned vectors where tokens are numbers; steps that hold no token count as missing."""
        import keras

        ops = keras.ops
        if self.encoding == ONE_HOT:
            valid = ops.max(ops.absolute(encoded), axis=-1, keepdims=True)
            return encoded, ops.cast(ops.greater(valid, 0), "float32") if self.variable else None
        tokens = encoded[:, : self.length] if self.pairs else encoded
        vectors = keras.layers.Embedding(len(self.vocabulary) + 2, options.embedding_dim, name=TABLES[0])(tokens)
        return _without_padding(vectors, tokens, "embedding_without_padding") if self.variable else (vectors, None)

    def beside(self, encoded: Any, options: EmbeddingOptions) -> Any | None:
        """Of words, sums of vectors of all words and of all pairs, wherever they stand (Joulin et al. 2017, fastText).

        Divided by the root of the number of words of a usual text, so that sums begin at the size of a vector.
        """
        import keras

        if not self.pairs:
            return None
        sums = []
        for place, (name, known) in enumerate(zip(TABLES[1:], (self.vocabulary, self.pairs), strict=True)):
            tokens = encoded[:, place * self.length : (place + 1) * self.length]
            vectors = keras.layers.Embedding(len(known) + 2, options.embedding_dim, name=name)(tokens)
            held, _ = _without_padding(vectors, tokens, f"{name}_without_padding")
            mean = keras.layers.GlobalAveragePooling1D(name=f"{name}_mean")(held)
            sums.append(keras.layers.Rescaling(self.length / self.usual_length**0.5, name=f"{name}_sum")(mean))
        return keras.layers.Dropout(_LEFT_OUT, name="beside_dropout")(keras.layers.Concatenate(name="beside_sums")(sums))

    def reduced(self, encoded: np.ndarray) -> np.ndarray:
        """Without pairs: models that know pairs count them for themselves."""
        return encoded[:, : self.length] if self.pairs else encoded

    def as_rows(self, reduced: np.ndarray) -> np.ndarray:
        """One-hot letters as they are; of other tokens, how often each occurs."""
        import numpy as np

        if self.encoding == ONE_HOT:
            return reduced.reshape(len(reduced), -1)
        counts = np.zeros((len(reduced), len(self.vocabulary) + 2), dtype="float32")
        np.add.at(counts, (np.arange(len(reduced))[:, None], reduced), 1)
        return counts[:, 1:]

    def for_linear(self, train: np.ndarray, test: np.ndarray) -> tuple[Any, Any]:
        """Of words, which occur and which pairs of neighbours; of other tokens, rows as every model sees them."""
        return count_pairs(train, test) if self.encoding == WORDS else super().for_linear(train, test)

    def notes(self, data: TextSamples) -> list[str]:
        lengths = data.lengths(self)
        long = int((lengths > self.length).sum())
        if not long:
            return []
        return [f"{long} of {len(data)} samples of {data.where} are longer than {self.length} and were cut at their end"]


def _without_padding(vectors: Any, tokens: Any, name: str) -> tuple[Any, Any]:
    """Vectors, 0 at steps that hold no token, and float32 [samples, steps, 1] that tells these."""
    import keras

    valid = keras.ops.cast(keras.ops.greater(keras.ops.expand_dims(tokens, -1), 0), "float32")
    return keras.layers.Multiply(name=name)([vectors, valid]), valid


def check_stored(stored: Any) -> None:
    """Raise UnfitError when what a model file holds is no encoding of text."""
    check_fields(TextEncoding, stored, "its encoding of text")
    check_distinct((stored["column"],), "column")
    check_distinct(stored["vocabulary"], "token")
    encoding, weights, pairs = stored["encoding"], stored.get("weights", ()), stored.get("pairs", ())
    check_distinct(pairs, "pair of words")
    demand(encoding == WORDS or not pairs, "it knows pairs of words, but its samples are not made of words")
    demand(encoding in (ONE_HOT, EMBEDDING, KMER, WORDS), f"it encodes text in an unknown way ({shorten(encoding)})")
    demand(not pairs or stored.get("usual_length", 0) > 0, "its texts have no usual length")
    demand(stored["length"] > 0 and stored.get("kmer", 1) > 0, "its texts have no length")
    rows = len(weights) == len(stored["vocabulary"]) and len({len(row) for row in weights}) == 1
    demand(rows and bool(weights[0]) if encoding == ONE_HOT else not weights, "its weights of letters do not fit its letters")
