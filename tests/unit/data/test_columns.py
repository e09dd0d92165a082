"""Kinds of columns, and features fitted to them."""

import numpy as np
import pandas as pd
import pytest

from biodl.cells import as_text
from biodl.data.table.columns import CATEGORICAL, NUMERIC, Roles, column_type, feature_types
from biodl.data.table.dataset import TableDataset
from biodl.data.table.encoding import MAX_CATEGORIES, TableFeatures
from biodl.errors import InputError
from biodl.networks.running import run_model


def frame_of(**columns):
    frame = pd.DataFrame(columns)
    frame.index = range(2, len(frame) + 2)
    return frame


def roles_of(frame, categorical=(), chosen=False):
    return Roles((), tuple(frame.columns), frozenset(categorical), chosen)


def dataset(frame, types):
    return TableDataset("the table", "", frame, None, [], None, types)


def encoded(features, frame):
    import keras

    inputs, tensor = features.layers()
    types = {item.name: item.type for item in features.features}
    return run_model(keras.Model(inputs, tensor), features.raw(dataset(frame, types)))


def test_kinds():
    frame = frame_of(a=[1, 2.5, None], b=["x", "y", None], c=[True, False, True], d=["1", "2", "3"])
    assert [column_type(frame[name], "t") for name in frame] == [NUMERIC, CATEGORICAL, CATEGORICAL, NUMERIC]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["1", "2", "oops", "4"], "Column 'x' of t holds text among numbers in 1 of 4 rows (first 'oops' in line 4)"),
        ([1.0, float("inf"), 2.0], "Column 'x' of t holds infinite or too large values in 1 rows (first in line 3)"),
        ([1.0, 1e35, 2.0], "Column 'x' of t holds infinite or too large values in 1 rows (first in line 3)"),
    ],
)
def test_faulty_columns(values, sentence):
    with pytest.raises(InputError) as caught:
        column_type(frame_of(x=values)["x"], "t")
    assert str(caught.value).startswith(sentence)


def test_useless_columns_are_left_out_with_a_note():
    frame = frame_of(
        key=[f"k{n}" for n in range(12)], row=range(1, 13), same=[7] * 12, x=[n * n % 7 for n in range(12)], gap=[None, 3, *range(0, 20, 2)]
    )
    kinds, notes = feature_types(frame, roles_of(frame), "t")
    assert kinds == {"x": NUMERIC, "gap": NUMERIC}
    assert [str(note) for note in notes] == [
        "key: left out, because it looks like an identifier (12 different values in 12 rows)",
        "row: left out, because it looks like an identifier (12 different values in 12 rows)",
        "same: left out, because it has the same value ('7') in every row",
        "gap: 1 missing of 12 values, replaced by the training mean",
    ]


def test_chosen_features_are_not_left_out_silently():
    frame = frame_of(same=[7, 7], x=[1, 2])
    with pytest.raises(InputError, match="Column 'same' of t was chosen as a feature, but it has the same value"):
        feature_types(frame, roles_of(frame, chosen=True), "t")


def test_empty_column():
    frame = frame_of(x=[1, 2], empty=[None, None])
    with pytest.raises(InputError, match="Column 'empty' of t has no values at all: fill it, remove it or leave it out"):
        feature_types(frame, roles_of(frame), "t")


def test_whole_numbers_with_gaps_keep_their_text():
    assert as_text(pd.Series([1.0, np.nan, 3.0])).tolist() == ["1", "", "3"]
    assert as_text(pd.Series([1.5, 2.0])).tolist() == ["1.5", "2"]
    assert as_text(pd.Series([True, None, " x "])).tolist() == ["True", "", "x"]


def test_numbers_are_standardised_and_gaps_become_the_mean():
    frame = frame_of(a=[1.0, 3.0, None, 5.0], tiny=[1e-9, 3e-9, 5e-9, 7e-9], huge=[1e20, 3e20, 5e20, 7e20])
    features = TableFeatures.fit(frame, dict.fromkeys(frame, NUMERIC))
    values = encoded(features, frame)
    assert values.shape == (4, 3)
    spread = np.array([-1.3416408, -0.4472136, 0.4472136, 1.3416408])
    np.testing.assert_allclose(values[:, 0], [-1.2247449, 0, 0, 1.2247449], atol=1e-5)
    np.testing.assert_allclose(values[:, 1], spread, atol=1e-4)
    np.testing.assert_allclose(values[:, 2], spread, atol=1e-4)


def test_categories_become_one_hot_and_unknown_ones_nothing():
    frame = frame_of(a=["x", "y", None, "x"], b=["y", "x", "x", "y"], c=["u", "v", "u", "v"])
    kinds = dict.fromkeys(frame, CATEGORICAL)
    features = TableFeatures.fit(frame, kinds)
    assert features.width == 7  # a has a category for 'missing'
    assert encoded(features, frame).sum(axis=1).tolist() == [3, 3, 3, 3]
    other = frame_of(a=["new", "x"], b=["x", "x"], c=["u", None])
    assert encoded(features, other).sum(axis=1).tolist() == [2, 2]
    assert features.unknown(features.raw(dataset(other, kinds))) == {"a": ["new"]}
    again = TableFeatures.from_json(features.to_json())
    assert again == features


def test_only_frequent_categories_count():
    words = [f"w{n}" for n in range(MAX_CATEGORIES + 20)] + ["w5"] * 9
    features = TableFeatures.fit(frame_of(x=words), {"x": CATEGORICAL})
    assert features.width == MAX_CATEGORIES
    assert "w5" in features.features[0].categories


def test_many_columns_make_few_layers():
    frame = pd.DataFrame({f"snp{n}": ["AA", "AG", "GG"] for n in range(3000)})
    features = TableFeatures.fit(frame, dict.fromkeys(frame, CATEGORICAL))
    assert encoded(features, frame).shape == (3, 9000)


def test_too_many_vocabularies():
    frame = pd.DataFrame({f"c{n}": [f"a{n}", f"b{n}"] for n in range(501)})
    with pytest.raises(InputError, match="The table has 501 text columns with categories of their own, more than 500"):
        TableFeatures.fit(frame, dict.fromkeys(frame, CATEGORICAL))
