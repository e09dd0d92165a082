"""Columns of numbers in pieces between quantiles: exact, fitted to the training part, kept in the model file, refused where made up."""

import copy
import re

import numpy as np
import pandas as pd
import pytest
from beside import in_turn
from test_columns import dataset, encoded, frame_of

from biodl.data.table.columns import CATEGORICAL, NUMERIC
from biodl.data.table.encoding import AUTO, MOST_IN_PIECES, MOST_TRIED, PIECES, PIECEWISE, STANDARDISED, TableFeatures, check_stored
from biodl.errors import InputError
from biodl.model_selection import crossvalidate
from biodl.networks.opened import open_network
from biodl.networks.running import run_model
from biodl.stored import UnfitError
from biodl.training import train
from conftest import write_rows


def fitted(frame, how=PIECEWISE, categorical=()):
    return TableFeatures.fit(frame, {name: CATEGORICAL if name in categorical else NUMERIC for name in frame}, numeric_encoding=how)


def embedded(features, frame):
    """What hidden layers start from, [rows, encoded values and pieces]."""
    import keras

    inputs, tensor = features.layers()
    types = {item.name: item.type for item in features.features}
    return run_model(keras.Model(inputs, features.embed(tensor, None)[0]), features.raw(dataset(frame, types)))


def pieces_of(features, frame):
    """float [rows, columns in pieces, pieces], from 0 to 1."""
    found = embedded(features, frame)[:, features.width :]
    found = found.reshape(len(found), -1, len(features.divided)).transpose(0, 2, 1)
    means = np.zeros(found.shape[1:])
    for row, item in zip(means, features.divided, strict=True):
        row[: len(item.piece_means)] = item.piece_means
    return 2 * found + means  # they weigh half


@pytest.mark.parametrize("unit", [1.0, 1e-12, 1e20, -3.0])
@pytest.mark.parametrize("shift", [0.0, 1000.0])
def test_pieces_add_up_to_an_interpolation_between_quantiles(unit, shift):
    draw = np.random.default_rng(1)
    training, other = (frame_of(a=(draw.lognormal(size=count) + shift) * unit) for count in (200, 50))
    features = fitted(training)
    edges = np.percentile(training["a"], np.linspace(0, 100, PIECES + 1))
    np.testing.assert_allclose(features.features[0].edges, edges, rtol=1e-9)
    for frame in (training, other):
        found = pieces_of(features, frame)
        np.testing.assert_allclose(found.sum(axis=2)[:, 0], np.interp(frame["a"], edges, range(PIECES + 1)), atol=5e-3 if shift else 1e-4)
        assert (found > -1e-5).all()
        assert (found < 1 + 1e-5).all()
        np.testing.assert_array_equal(embedded(features, frame)[:, :1], encoded(features, frame))
    np.testing.assert_allclose(features.features[0].piece_means, pieces_of(features, training).mean(axis=0)[0], atol=1e-3)


def test_only_columns_in_which_there_is_something_to_bend_are_divided():
    frame = frame_of(
        sex=[0.0, 1.0] * 20,
        constant=[3.0] * 40,
        grade=[1.0, 2.0, 3.0, 4.0] * 10,
        empty=[np.nan] * 40,
        tissue=["liver", "lung"] * 20,
        height=np.arange(40.0),
        mostly=[0.0] * 38 + [1.0, 2.0],
    )
    features = fitted(frame, categorical=("tissue",))
    assert features.names == ("sex", "constant", "grade", "empty", "height", "mostly", "tissue")  # as they stand in the table
    assert features.sized() == "8 values (2 of 6 columns of numbers also in pieces)"
    assert [item.name for item in features.divided] == ["grade", "height"]
    grade, height = features.divided
    assert len(grade.piece_means) < len(height.piece_means) == PIECES  # quantiles of four values coincide
    assert embedded(features, frame).shape == (40, features.width + 2 * PIECES)
    found = pieces_of(features, frame)[:, 0]
    np.testing.assert_allclose(found.sum(axis=1), np.interp(frame["grade"], grade.edges, range(len(grade.edges))), atol=1e-5)
    assert not found[:, len(grade.piece_means) :].any()  # filled up


def test_edges_that_all_but_coincide_are_one():
    steps = np.repeat(np.arange(5.0), 20) + np.tile(np.arange(20) * 1e-9, 5)
    (item,) = fitted(frame_of(a=steps)).divided
    assert len(item.piece_means) <= 5
    assert np.diff(item.edges).min() > 1e-3


def test_a_mistake_in_the_file_takes_no_pieces_from_its_column():
    values = np.r_[np.linspace(0, 10, 99), 1e6]
    (item,) = fitted(frame_of(a=values)).divided
    assert len(item.piece_means) == PIECES
    found = pieces_of(fitted(frame_of(a=values)), frame_of(a=[2.0, 5.0, 8.0]))
    np.testing.assert_allclose(found.sum(axis=2)[:, 0], np.interp([2, 5, 8], item.edges, range(PIECES + 1)), atol=0.02)


def test_a_missing_number_is_the_mean():
    frame = frame_of(a=[0.0, 1.0, 2.0, 3.0, None, 9.0])
    features = fitted(frame)
    mean = frame_of(a=[frame["a"].mean()])
    np.testing.assert_allclose(embedded(features, frame)[4], embedded(features, mean)[0], atol=1e-6)


@pytest.mark.parametrize(
    ("columns", "rows", "tried"),
    [(MOST_IN_PIECES, 30, True), (MOST_IN_PIECES + 1, 30, False), (2, MOST_TRIED, True), (2, MOST_TRIED + 1, False)],
)
def test_what_is_tried_by_itself(columns, rows, tried):
    frame = pd.DataFrame(np.random.default_rng(2).normal(size=(rows, columns))).rename(columns="c{}".format)
    one, other, asked = fitted(frame, AUTO), fitted(frame, STANDARDISED), fitted(frame, PIECEWISE)
    words = "in pieces or not, as the validation loss decides" if tried else "not in pieces"
    assert one.sized() == f"{columns} values (numbers {words})"
    assert list(one.alternatives().values()) == ([other, asked] if tried else [])
    assert other.alternatives() == asked.alternatives() == {}
    assert other.sized() == f"{columns} values (numbers not in pieces)"
    assert asked.sized() == f"{columns} values (numbers also in pieces)"
    assert not other.divided
    assert len(asked.divided) == columns


def test_numbers_of_two_values_leave_nothing_to_try():
    assert fitted(frame_of(a=[0.0, 1.0] * 9), AUTO).alternatives() == {}


class TestTraining:
    """Train tries both, keeps one, and says which: as if that had been chosen. The first column has two values, and no pieces."""

    @staticmethod
    def trained(biodl, folder, target, how, **more):
        """What was said, history, and predictions; of 300 numbers, whose target is a wave or a line."""
        draw = np.random.default_rng(3)
        x = draw.uniform(-3, 3, (300, 2)).round(3)
        y = {"wave": np.sin(3 * x[:, 0]), "line": x[:, 0]}[target] + draw.normal(0, 0.1 if target == "wave" else 3, 300)
        data = write_rows(folder / "d.tsv", [["sex", "a", "b", "y"], *np.column_stack([np.arange(300) % 2, x, y.round(4)]).tolist()])
        names = {name: folder / f"{how}.{name}" for name in ("model", "history", "report", "verdict")}
        result = biodl("train-feedforward", data=data, target="y", numeric_encoding=how, epochs=60, **more, **names)
        assert (result.code, result.err) == (0, "")
        return result.out, names

    @pytest.mark.parametrize("members", [1, 3])
    @pytest.mark.parametrize(("target", "kept", "words"), [("wave", PIECEWISE, "also in pieces"), ("line", STANDARDISED, "not in pieces")])
    def test_what_does_clearly_better_is_kept(self, target, kept, words, members, biodl, tmp_path):
        said, tried = self.trained(biodl, tmp_path, target, AUTO, members=members)
        _, chosen = self.trained(biodl, tmp_path, target, kept, members=members)
        assert "from 3 values (2 of 3 columns of numbers in pieces or not, as the validation loss decides)" in said
        mine, others = map(float, re.search(rf"Kept: numbers {words}; the validation loss is (\S+), and ([\d.]+) with", said).groups())
        assert others > 0.9 * mine if kept == STANDARDISED else mine < 0.9 * others
        assert ("a network that is kept only where its loss is lower by more than 10%" in said) == (others <= mine)
        assert f"Kept: numbers {words}; the validation loss is " in tried["report"].read_text()
        assert f"; numbers {words}." in tried["verdict"].read_text().replace("\n  ", " ")
        assert tried["history"].read_text() == chosen["history"].read_text()
        weights = [open_network(str(names["model"])).model().get_weights() for names in (tried, chosen)]
        for one, other in zip(*weights, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_what_cannot_be_trained_is_left_out_and_named(self, biodl, tmp_path, monkeypatch):
        whole = train._trained

        def broken(parts, *others):
            if not parts.encoding.divided:
                raise InputError("Training broke down.")
            return whole(parts, *others)

        monkeypatch.setattr(train, "_trained", broken)
        said, _ = self.trained(biodl, tmp_path, "wave", AUTO)
        assert "Left out, numbers not in pieces: Training broke down." in said
        assert "Kept: numbers also in pieces; nothing else could be trained" in said
        monkeypatch.setattr(train, "_trained", lambda parts, *others: (_ for _ in ()).throw(InputError("Training broke down.")))
        result = biodl("train-feedforward", data=tmp_path / "d.tsv", target="y", model=tmp_path / "m.keras")
        assert (result.code, result.err) == (1, "Error: Training broke down.\n")

    def test_folds_say_what_each_chose(self, biodl, tmp_path, monkeypatch):
        monkeypatch.setattr(crossvalidate, "side_by_side", in_turn)
        said, _ = self.trained(biodl, tmp_path, "wave", AUTO, folds=2, simple_models="false")
        assert "Each network chose by its own validation loss: numbers also in pieces (2 networks)." in said


def test_texts_alone_have_no_pieces():
    frame = frame_of(a=["x", "y"] * 5)
    features = fitted(frame, AUTO, categorical=("a",))
    assert features.sized() == "2 values"
    np.testing.assert_array_equal(embedded(features, frame), encoded(features, frame))


def test_a_model_file_holds_them():
    frame = frame_of(a=np.arange(30.0), b=[0.0, 1.0] * 15, c=["u", "v", "w"] * 10)
    features = fitted(frame, categorical=("c",))
    stored = features.to_json()
    again = TableFeatures.from_json(stored)
    assert again == features
    assert ["edges" in item for item in stored] == [True, False, False]
    np.testing.assert_array_equal(embedded(again, frame), embedded(features, frame))


WRONG = {
    "not ascending": {"edges": [0.0, 2.0, 1.0]},
    "twice": {"edges": [0.0, 1.0, 1.0]},
    "no number": {"edges": [0.0, float("nan"), 2.0]},
    "infinite": {"edges": [0.0, 1.0, float("inf")]},
    "words": {"edges": ["a", "b", "c"]},
    "text": {"edges": "abc"},
    "a mean too few": {"piece_means": [0.5]},
    "a mean beyond one": {"piece_means": [0.5, 1.5]},
    "means without edges": {"edges": []},
    "edges without means": {"piece_means": []},
    "of a category": {"kind": "categorical", "categories": ["x"]},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_pieces_that_cannot_be_are_refused(wrong):
    good = {"name": "a", "kind": "numeric", "mean": 0.0, "std": 1.0, "categories": [], "edges": [0.0, 1.0, 2.0], "piece_means": [0.4, 0.6]}
    check_stored([good])
    with pytest.raises(UnfitError, match=r"its feature 'a'|one of its features"):
        check_stored([{**copy.deepcopy(good), **wrong}])
