"""Table features: fitted on the training part, kept in the model as Keras layers.

The model takes raw columns in two inputs, ``numeric`` (float32, NaN where missing) and ``categorical`` (strings,
'' where missing). What was fitted (means, standard deviations, categories) lies in the layers, so a model file
needs nothing else to predict from raw data.

Hidden layers may start from pieces of numbers as well: piecewise linear encoding (Gorishniy et al. 2022), which lets one layer
bend at quantiles of a column, as trees do.
"""

from __future__ import annotations

import dataclasses
import itertools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...cells import MISSING, as_text, refuse_infinite, split_numbers, word
from ...dress import DRESSES, PLAIN, mixed
from ...errors import InputError, listing, shorten
from ...stored import check_distinct, check_fields, demand, several, text
from ..kind import BaseEncoding, Encoding, KindOptions
from .columns import CATEGORICAL, NUMERIC

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from .dataset import TableDataset

MAX_CATEGORIES = 100
"""More categories than this in one column: the rarest count as unknown."""
MAX_VOCABULARIES = 500
AUTO, STANDARDISED, PIECEWISE = "auto", "standardised", "piecewise"
"""How hidden layers see numbers; the last: standardised, and in pieces."""
PIECES = 8
"""Pieces of a column, between quantiles of the training part."""
MOST_IN_PIECES, MOST_TRIED = 100, 10_000
"""With more columns of numbers, or more training rows, pieces are not tried unless that is asked for: it takes long, or gains nothing."""
_SAID = {True: "also in pieces", False: "not in pieces"}
"""How numbers reach hidden layers, in words, by whether any column is divided."""
_WEIGHT = 0.5
"""Of a piece beside the number itself, which has a standard deviation of 1."""
_NARROWEST, _PRECISE = 1e-3, 1e-5
"""Least width of a piece: of the range between the first and the last edge but one, and of the numbers themselves, which are float32."""
_PLACED, _CENTRED = "pieces_placed", "pieces_centred"
"""Names of layers that say what was fitted: numbers brought to each piece, and the same less their means."""
_TINY, _HUGE = 1e-5, 1e15
"""Keras floors a standard deviation at 1e-7 and squares it in float32: other scales are brought to 1 first."""


@dataclasses.dataclass(frozen=True)
class Feature:
    """One column: its ``name`` and ``type``, what was fitted to it, and how its cells are read.

    Attributes:
        mean, std: of a numeric column.
        edges: of its pieces, ascending and in its unit; none where it is not divided.
        piece_means: of each piece, from 0 (all below) to 1 (all above), over the training part.
        categories: of a categorical one.
        read: how the cells are read, by new data as well; files before format 2 do not say.
    """

    name: str
    type: str
    mean: float = 0.0
    std: float = 1.0
    edges: tuple[float, ...] = ()
    piece_means: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    read: Read | None = None


@dataclasses.dataclass(frozen=True)
class Read:
    """How the cells of a column are read.

    Attributes:
        holds: ``number``, ``category`` or ``boolean``.
        dress: how numbers are written, if not plainly; a name of :data:`biodl.dress.DRESSES`.
        missing: cells that count as missing.
    """

    holds: str
    dress: str = ""
    missing: tuple[str, ...] = MISSING

    @classmethod
    def of(cls, feature: Feature, dress: str, missing: tuple[str, ...]) -> Read:
        """What there is to say of a fitted feature."""
        if feature.type == NUMERIC:
            return cls("number", dress, missing)
        boolean = bool(feature.categories) and set(feature.categories) <= {"True", "False", ""}
        return cls("boolean" if boolean else "category", "", missing)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Read:
        return cls(stored["as"], stored.get("dress", ""), tuple(stored.get("missing", MISSING)))

    def to_json(self) -> dict[str, Any]:
        """What a model file holds; the usual words for missing values go without saying."""
        said: dict[str, Any] = {"as": self.holds}
        if self.dress:
            said["dress"] = self.dress
        if self.missing != MISSING:
            said["missing"] = self.missing
        return said


@dataclasses.dataclass(frozen=True)
class TableFeatures(BaseEncoding):
    """The fitted features of a table, numeric ones first, then categorical ones grouped by equal categories.

    Attributes:
        features: of the columns.
        undecided: whether training is to find out if pieces of numbers help; no part of what is kept.
    """

    features: tuple[Feature, ...]
    undecided: bool = dataclasses.field(default=False, compare=False)

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        types: dict[str, str],
        dresses: Mapping[str, str] | None = None,
        missing: tuple[str, ...] = MISSING,
        numeric_encoding: str = STANDARDISED,
    ) -> TableFeatures:
        """Fit to the rows of ``frame``, which must be those of the training part alone.

        Args:
            frame: the rows.
            types: of the columns.
            dresses, missing: how they were read.
            numeric_encoding: how hidden layers see numbers.
        """
        names = [name for name, type_ in types.items() if type_ == NUMERIC]
        tried = numeric_encoding == AUTO and len(names) <= MOST_IN_PIECES and len(frame) <= MOST_TRIED
        divided = tried or numeric_encoding == PIECEWISE
        numeric = [_fit_numeric(frame[name], PIECES if divided else 0) for name in names]
        categorical = [_fit_categorical(frame[name]) for name, type_ in types.items() if type_ == CATEGORICAL]
        categorical.sort(key=lambda feature: feature.categories)
        vocabularies = len({feature.categories for feature in categorical})
        if vocabularies > MAX_VOCABULARIES:
            raise InputError(
                f"The table has {vocabularies} text columns with categories of their own, more than "
                f"{MAX_VOCABULARIES}: leave some out or code them as numbers."
            )
        found = (*numeric, *categorical)
        read = tuple(dataclasses.replace(item, read=Read.of(item, (dresses or {}).get(item.name, ""), missing)) for item in found)
        return cls(read, tried and any(item.edges for item in read))

    @classmethod
    def from_json(cls, stored: list[dict[str, Any]]) -> TableFeatures:
        check_stored(stored)
        return cls(tuple(_feature(**item) for item in stored))

    def to_json(self) -> list[dict[str, Any]]:
        return [
            {"name": item.name, "kind": item.type, "mean": item.mean, "std": item.std, "categories": item.categories}
            | ({"edges": item.edges, "piece_means": item.piece_means} if item.edges else {})
            | ({"read": item.read.to_json()} if item.read else {})
            for item in self.features
        ]

    def stated(self) -> dict[str, dict[str, Any]]:
        numeric, categorical = self.of_type(NUMERIC), self.of_type(CATEGORICAL)
        inputs = ((NUMERIC, numeric, "float32"), (CATEGORICAL, categorical, "string"))
        said: dict[str, dict[str, Any]] = {name: {"batch_shape": [None, len(own)], "dtype": dtype} for name, own, dtype in inputs if own}
        if numeric:
            scale, mean, variance = _unit_mean_variance(numeric)
            said["standardise"] = {"mean": mean, "variance": variance}
            if any(factor != 1.0 for factor in scale):
                said["unit"] = {"scale": scale}
            if self.divided:
                said[_PLACED], said[_CENTRED] = _place_in_pieces(self.divided), _centre_pieces(self.divided)
        for number, (words, _) in enumerate(itertools.groupby(categorical, lambda item: item.categories)):
            said[f"categories_{number}"] = {"vocabulary": words}
        return said

    def described(self) -> str:
        return f"tables with the column{'s' if len(self.names) > 1 else ''} {listing(self.names, 3)}"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def dresses(self) -> dict[str, str]:
        """How numbers are written, by column; ``plain`` where the file says so."""
        return {item.name: item.read.dress or PLAIN.name for item in self.features if item.read and item.type == NUMERIC}

    @property
    def missing(self) -> tuple[str, ...]:
        """Cells that count as missing."""
        return next((item.read.missing for item in self.features if item.read), MISSING)

    @property
    def divided(self) -> list[Feature]:
        """Columns of numbers that hidden layers see in pieces as well."""
        return [feature for feature in self.features if feature.edges]

    def sized(self) -> str:
        if not self.of_type(NUMERIC):
            return super().sized()
        count, of = len(self.divided), len(self.of_type(NUMERIC))
        some = "numbers" if count in (0, of) else f"{count} of {of} columns of numbers"
        words = "in pieces or not, as the validation loss decides" if self.undecided else _SAID[count > 0]
        return f"{super().sized()} ({some} {words})"

    def of_type(self, type_: str) -> list[Feature]:
        return [feature for feature in self.features if feature.type == type_]

    @property
    def inputs(self) -> dict[str, list[str]]:
        """The model's inputs, and the columns of each in order."""
        named = {type_: [feature.name for feature in self.of_type(type_)] for type_ in (NUMERIC, CATEGORICAL)}
        return {type_: names for type_, names in named.items() if names}

    @property
    def width(self) -> int:
        """Number of values each row has once encoded."""
        return sum(len(feature.categories) or 1 for feature in self.features)

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.width,)

    def notes(self, data: TableDataset) -> list[str]:
        """What training never saw in ``data``: categories that count as none of the known, or as one that is written otherwise."""
        if not self.of_type(CATEGORICAL):
            return []
        return [
            *(f"{item.name}: {said}" for item in self.of_type(CATEGORICAL) for said in Vocabulary(item).respelled(data.frame[item.name])),
            *self._unknown_notes(data),
        ]

    def _unknown_notes(self, data: TableDataset) -> list[str]:
        return [
            f"{column}: {len(words)} categories that training never saw count as none of the known (first: {words[0]})"
            for column, words in self.unknown(self.raw(data)).items()
        ]

    def raw(self, data: TableDataset) -> dict[str, np.ndarray]:
        """The model's inputs for the rows of ``data``: columns found by name, in the model's order.

        Returns:
            ``numeric``, float32 [rows, numeric columns], and ``categorical``, str [rows, categorical columns];
            either is absent when the model has none.

        Raises:
            InputError: when a column holds text or infinite values where the model wants numbers.
        """
        import numpy as np

        frame, where = data.frame, data.where
        inputs = {}
        numeric, categorical = self.of_type(NUMERIC), self.of_type(CATEGORICAL)
        if numeric:
            inputs["numeric"] = np.empty((len(frame), len(numeric)), dtype="float32")
            for position, feature in enumerate(numeric):
                inputs["numeric"][:, position] = numbers_of(frame[feature.name], where)
        if categorical:
            inputs["categorical"] = np.stack([Vocabulary(feature).words(frame[feature.name]) for feature in categorical], 1)
        return inputs

    def ranges(self, raw: dict[str, np.ndarray]) -> dict[str, tuple[float, float]]:
        """Lowest and highest known number of each numeric column."""
        import numpy as np

        named = {feature.name: raw["numeric"][:, position] for position, feature in enumerate(self.of_type(NUMERIC))}
        known = {name: values[np.isfinite(values)] for name, values in named.items()}
        return {name: (float(values.min()), float(values.max())) for name, values in known.items() if len(values)}

    def unknown(self, raw: dict[str, np.ndarray]) -> dict[str, list[str]]:
        """Categories in ``raw`` that training never saw, by column; they enter the network as 'none of the known'."""
        found = {}
        for position, feature in enumerate(self.of_type(CATEGORICAL)):
            new = sorted(set(raw["categorical"][:, position]) - set(feature.categories) - {""})
            if new:
                found[feature.name] = new
        return found

    def layers(self) -> tuple[dict[str, Any], Any]:
        """Build the Keras part that turns raw columns into the network's input.

        Returns:
            The inputs by name, and one float32 tensor [rows, width].
        """
        import keras

        inputs, parts = {}, []
        numeric, categorical = self.of_type(NUMERIC), self.of_type(CATEGORICAL)
        if numeric:
            inputs["numeric"] = keras.Input((len(numeric),), dtype="float32", name="numeric")
            parts.append(_standardise(inputs["numeric"], numeric))
        if categorical:
            text = keras.Input((len(categorical),), dtype="string", name="categorical")
            inputs["categorical"] = text
            start = 0
            for number, (words, group) in enumerate(itertools.groupby(categorical, lambda item: item.categories)):
                size = len(list(group))
                lookup = keras.layers.StringLookup(vocabulary=list(words), name=f"categories_{number}")
                codes = lookup(text[:, start : start + size])
                # code 0 is 'unknown': dropping it leaves zeros, rather than a weight that training never touched
                one_hot = keras.ops.one_hot(codes - 1, len(words))
                parts.append(keras.layers.Reshape((size * len(words),), name=f"indicators_{number}")(one_hot))
                start += size
        return inputs, parts[0] if len(parts) == 1 else keras.layers.Concatenate(name="features")(parts)

    def embed(self, encoded: Any, options: KindOptions) -> tuple[Any, Any]:
        """Encoded rows, and beside them the pieces of numbers: how far each value has come through each, less the mean of that."""
        import keras

        if not self.divided:
            return encoded, None
        numbers = self._divided_of(encoded)
        each = keras.layers.RepeatVector(_most_pieces(self.divided), name="pieces_apart")(numbers)
        placed = keras.layers.Rescaling(**_place_in_pieces(self.divided), name=_PLACED)(keras.layers.Flatten(name="pieces_flat")(each))
        inside = keras.layers.ReLU(max_value=1.0, name="pieces_bounded")(placed)
        centred = keras.layers.Rescaling(**_centre_pieces(self.divided), name=_CENTRED)(inside)
        return keras.layers.Concatenate(name="pieces_and_numbers")([encoded, centred]), None

    def _divided_of(self, encoded: Any) -> Any:
        """The columns of :attr:`divided`, side by side."""
        import keras

        places = [place for place, item in enumerate(self.features) if item.edges]
        starts = [place for place in places if place - 1 not in places]
        ends = [place + 1 for place in places if place + 1 not in places]
        if (starts, ends) == ([0], [self.width]):
            return encoded
        runs = [encoded[:, start:end] for start, end in zip(starts, ends, strict=True)]
        return runs[0] if len(runs) == 1 else keras.layers.Concatenate(name="pieces_of")(runs)

    def alternatives(self) -> dict[str, Encoding]:
        whole = tuple(dataclasses.replace(item, edges=(), piece_means=()) for item in self.features)
        both = {False: TableFeatures(whole), True: TableFeatures(self.features)}
        return {f"numbers {_SAID[divided]}": encoding for divided, encoding in both.items()} if self.undecided else {}


def _feature(
    name: str,
    kind: str,
    categories: Sequence[str] = (),
    read: dict[str, Any] | None = None,
    edges: Sequence[float] = (),
    piece_means: Sequence[float] = (),
    **numbers: float,
) -> Feature:
    """A feature as model files hold it."""
    words = Read.from_json(read) if read else None
    return Feature(name, kind, categories=tuple(categories), read=words, edges=tuple(edges), piece_means=tuple(piece_means), **numbers)


class Vocabulary:
    """Finds the categories that a trained network knows among words that may be written otherwise."""

    def __init__(self, feature: Feature):
        self._known = set(feature.categories)
        self._spelled = {word(name): name for name in feature.categories}
        folded: dict[str, list[str]] = {}
        for name in feature.categories:
            folded.setdefault(word(name).casefold(), []).append(name)
        self._folded = {key: names[0] for key, names in folded.items() if len(names) == 1 and key}
        self._boolean = feature.read is not None and feature.read.holds == "boolean"

    def words(self, column: pd.Series) -> np.ndarray:
        """object [rows]: the known category that each cell means, else its own word; '' where it is missing."""
        text = as_text(column)
        told = self._told(text)
        return text.map(told).to_numpy(dtype=object)

    def respelled(self, column: pd.Series) -> list[str]:
        """Sentences on words that count as a category written in another case, or as a boolean."""
        text = as_text(column)
        other = {cell: name for cell, name in self._told(text).items() if word(cell) != word(name)}
        if not other:
            return []
        count = int(text.isin(list(other)).sum())
        cell, name = min(other.items())
        return [f"{count} cells are written otherwise than in training and count as known categories (first: {cell} as {name})"]

    def _told(self, text: pd.Series) -> dict[str, str]:
        distinct = [str(cell) for cell in text.unique()]
        if self._boolean and {cell for cell in distinct if cell} <= {"0", "1"}:
            return {cell: {"0": "False", "1": "True"}.get(cell, cell) for cell in distinct}
        return {cell: self._meant(cell) for cell in distinct}

    def _meant(self, cell: str) -> str:
        if cell in self._known:
            return cell
        spelled = word(cell)
        return self._spelled.get(spelled) or self._folded.get(spelled.casefold(), cell)


def _fit_numeric(column: pd.Series, pieces: int) -> Feature:
    import numpy as np

    values = split_numbers(column)[0]
    mean = float(values.mean()) if len(values) else 0.0
    std = float(values.std(ddof=0)) if len(values) else 0.0
    fitted = Feature(str(column.name), NUMERIC, mean=mean, std=std if std > 0 else 1.0)
    if not pieces or values.nunique() <= 2:  # between two values there is nothing to bend
        return fitted
    numbers = values.to_numpy("float64")
    edges = _apart(np.quantile(numbers, np.linspace(0, 1, pieces + 1)), fitted.mean)
    if len(edges) < 3:
        return fitted
    through = np.clip((numbers[:, None] - edges[:-1]) / np.diff(edges), 0, 1)
    return dataclasses.replace(fitted, edges=tuple(edges.tolist()), piece_means=tuple(through.mean(axis=0).tolist()))


def _apart(edges: np.ndarray, mean: float) -> np.ndarray:
    """Edges without those that all but coincide with the one before: a piece between them would be as steep as rounding."""
    import numpy as np

    middle = (
        edges[-2] - edges[1]
    )  # not the whole range, nor the standard deviation: a single mistake in a file makes these as large as it likes
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] > max(_NARROWEST * middle, _PRECISE * max(abs(edge), abs(mean))):
            kept.append(edge)
    return np.array(kept)


def _most_pieces(divided: Sequence[Feature]) -> int:
    return max(len(item.piece_means) for item in divided)


def _place_in_pieces(divided: Sequence[Feature]) -> dict[str, list[float]]:
    """Settings that bring a standardised number to 0 at the start of a piece and to 1 at its end: all columns' first pieces, then the next.

    A column that has fewer pieces than others fills up with pieces that stay 0.
    """
    placed = [(1 / (end - start), -start / (end - start)) if end > start else (0.0, 0.0) for start, end in _pieces(divided)]
    return {"scale": [scale for scale, _ in placed], "offset": [offset for _, offset in placed]}


def _centre_pieces(divided: Sequence[Feature]) -> dict[str, Any]:
    """Settings that take off the mean of each piece, and have pieces weigh less than numbers."""
    means = itertools.zip_longest(*(item.piece_means for item in divided), fillvalue=0.0)
    return {"scale": _WEIGHT, "offset": [-_WEIGHT * mean for each in means for mean in each]}


def _pieces(divided: Sequence[Feature]) -> Iterator[tuple[float, float]]:
    """Start and end of each piece, standardised; 0 and 0 where a column has no more."""
    for place in range(_most_pieces(divided)):
        for item in divided:
            standard = [(edge - item.mean) / item.std for edge in item.edges[place : place + 2]]
            yield (standard[0], standard[1]) if len(standard) == 2 else (0.0, 0.0)


def _fit_categorical(column: pd.Series) -> Feature:
    counts = as_text(column).value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    return Feature(str(column.name), CATEGORICAL, categories=tuple(sorted(counts.index[:MAX_CATEGORIES])))


def numbers_of(column: pd.Series, where: str) -> np.ndarray:
    """A column of new data as float32, NaN where a value is missing.

    Raises:
        InputError: for words, or infinite numbers.
    """
    if column.dtype.kind not in "iuf":  # else there are no words: not looked for, since tables have thousands of columns
        numbers, text = split_numbers(column)
        if len(text):
            fault = mixed(numbers, text) or f"holds text (first {shorten(text.iloc[0])} in line {text.index[0]}): correct it"
            raise InputError(f"Column {shorten(column.name)} of {where} must hold numbers, as in training, but {fault}.")
        column = column.astype("float64")
    refuse_infinite(column, column.name, where)
    return column.to_numpy("float32")


def _standardise(raw: Any, numeric: list[Feature]) -> Any:
    """(x - mean) / std, and 0, which is the training mean, where the value is missing."""
    import keras

    scale, mean, variance = _unit_mean_variance(numeric)
    if any(factor != 1.0 for factor in scale):
        raw = keras.layers.Rescaling(scale, name="unit")(raw)
    standard = keras.layers.Normalization(mean=mean, variance=variance, name="standardise")(raw)
    return keras.ops.nan_to_num(standard, nan=0.0, posinf=0.0, neginf=0.0)


def _unit_mean_variance(numeric: list[Feature]) -> tuple[list[float], list[float], list[float]]:
    """What numbers are multiplied by first, and their means and variances then."""
    scale = [1.0 if _TINY < item.std < _HUGE else 1.0 / item.std for item in numeric]
    means = [item.mean * factor for item, factor in zip(numeric, scale, strict=True)]
    return scale, means, [(item.std * factor) ** 2 for item, factor in zip(numeric, scale, strict=True)]


def check_stored(stored: Any) -> None:
    """Raise UnfitError when what a model file holds are no features of a table."""
    demand(isinstance(stored, list) and bool(stored), "its features are not a list")
    for item in stored:
        check_fields(Feature, item, "one of its features", {"type": "kind"})
        demand(item["kind"] in (NUMERIC, CATEGORICAL), f"its feature {shorten(item['name'])} is of an unknown kind")
        demand(item.get("std", 1.0) > 0, f"its feature {shorten(item['name'])} has no standard deviation")
        words = item.get("categories", [])
        plausible = len(set(words)) == len(words) and bool(words) == (item["kind"] == CATEGORICAL)
        demand(plausible, f"its feature {shorten(item['name'])} has categories that do not fit it")
        demand(_can_be_in_pieces(item), f"its feature {shorten(item['name'])} has pieces that do not fit it")
        read = item.get("read")
        demand(read is None or _can_be_read(read, item["kind"]), f"its feature {shorten(item['name'])} is read in an unknown way")
    check_distinct((item["name"] for item in stored), "feature")


def _can_be_in_pieces(item: Mapping[str, Any]) -> bool:
    """Whether a feature has no pieces, or such as could have been fitted."""
    edges, means = item.get("edges", ()), item.get("piece_means", ())
    if not edges and not means:
        return True
    ascending = all(itertools.starmap(operator.lt, itertools.pairwise(edges)))
    shares = all(0 <= mean <= 1 for mean in means)
    return item["kind"] == NUMERIC and len(edges) == len(means) + 1 > 1 and ascending and shares


def _can_be_read(read: Any, kind: str) -> bool:
    """Whether a model file says rightly how cells of a feature are read."""
    holds = ("number",) if kind == NUMERIC else ("category", "boolean")
    words = isinstance(read, dict) and read.get("as") in holds and read.get("dress", "") in ("", *DRESSES)
    return words and several(text)(read.get("missing", []))
