"""The task follows from the target."""

import numpy as np
import pandas as pd
import pytest

from biodl.errors import InputError
from biodl.tasks import find_task


def target(*values, name="y"):
    return pd.DataFrame({name: [str(value) for value in values]}, index=range(2, len(values) + 2))


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        (["sick", "well"] * 3, "binary", ("sick", "well")),
        ([1, 0, 1, 0], "binary", ("0", "1")),
        ([10, 9, 10, 9], "binary", ("9", "10")),
        (["a", "b", "c"] * 2, "multiclass", ("a", "b", "c")),
        ([1, 2, 3, 4] * 2, "multiclass", ("1", "2", "3", "4")),
        ([0.5, 1.5, 2.5, 3.5], "regression", ()),
        (list(range(30)), "regression", ()),
    ],
)
def test_found_from_the_target(values, kind, classes):
    task = find_task(target(*values), "t")
    assert (task.name, getattr(task, "classes", ())) == (kind, classes)


def test_positive_class_is_last_or_chosen():
    values = target("case", "control", "case", "control")
    assert find_task(values, "t").classes == ("case", "control")
    assert find_task(values, "t", positive="case").classes == ("control", "case")
    with pytest.raises(InputError, match="The positive class 'ill' is not in t: choose 'case', 'control'"):
        find_task(values, "t", positive="ill")


@pytest.mark.parametrize(
    ("values", "wanted", "sentence"),
    [
        (["a"] * 3, "auto", "has the same value ('a') in all 3 rows: there is nothing to learn"),
        (["a", "a", "b"], "auto", "Class 'b' of the target column 'y' of t has only one row (line 4), too few to learn from"),
        (["a", "b", "c"] * 2, "binary", "A binary task needs two classes, but the target column 'y' of t has 3 ('a', 'b', 'c')"),
        (
            ["1", "x", "2", "3"],
            "regression",
            "must hold numbers for regression, but holds text among numbers in 1 of 4 rows (first 'x' in line 3)",
        ),
        (["1", "inf", "2", "3"], "regression", "is infinite in line 3: correct it"),
        ([f"id{n}" for n in range(40)], "auto", "has 40 different values in 40 rows, so it looks like an identifier or text"),
    ],
)
def test_faulty_targets(values, wanted, sentence):
    with pytest.raises(InputError) as caught:
        find_task(target(*values), "t", wanted)
    assert sentence in str(caught.value)


def test_regression_by_choice_on_few_whole_numbers():
    task = find_task(target(1, 2, 3, 1, 2, 3), "t", "regression")
    assert task.fit(task.encode(target(1, 2, 3), "t")).mean == 2


def test_multilabel_from_columns():
    labels = pd.DataFrame({"nucleus": ["1", "0", "1"], "membrane": ["0", "0", "1"]}, index=[2, 3, 4])
    task = find_task(labels, "t")
    assert task.name == "multilabel"
    np.testing.assert_array_equal(task.encode(labels, "t"), [[1, 0], [0, 0], [1, 1]])
    labels.loc[3, "membrane"] = "2"
    with pytest.raises(InputError, match="Label column 'membrane' of t must hold 0 or 1, but holds '2' in line 3"):
        find_task(labels, "t")


def test_multilabel_from_one_column():
    cells = target("nucleus;membrane", "nucleus", "cytosol", name="place")
    task = find_task(cells, "t", "multilabel")
    assert task.classes == ("cytosol", "membrane", "nucleus")
    np.testing.assert_array_equal(task.encode(cells, "t"), [[0, 1, 1], [0, 0, 1], [1, 0, 0]])
    with pytest.raises(InputError, match="No cell of the target column 'y' of t holds a separator of labels"):
        find_task(target("a", "a", "a"), "t", "multilabel")


def test_label_in_every_row():
    labels = pd.DataFrame({"a": ["1", "1"], "b": ["0", "1"]}, index=[2, 3])
    with pytest.raises(InputError, match="Label 'a' of t is set in every row"):
        find_task(labels, "t")


def test_unknown_class_later():
    task = find_task(target("a", "b", "a", "b"), "t")
    with pytest.raises(InputError, match="holds 'c' in line 3, which is none of the known classes \\('a', 'b'\\)"):
        task.encode(target("a", "c"), "held-out")
