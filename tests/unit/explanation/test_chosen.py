"""Which samples are explained, and what is said of the choice."""

import numpy as np
import pytest

from biodl.errors import InputError
from biodl.explanation.chosen import FIRST, MISTAKES, choose
from biodl.tasks.classes import Binary, Multiclass
from biodl.tasks.number import Number

SCORES = np.array([[0.9, 0.1], [0.3, 0.7], [0.05, 0.95], [0.6, 0.4]])
TASK = Binary(("y",), classes=("a", "b"), counts=(2, 2))


def test_the_most_confident_mistakes_come_first():
    found = choose(TASK, SCORES, np.array([1, 0, 0, 0]), MISTAKES, 2)
    assert found.rows.tolist() == [2, 0]
    assert found.told == "2 samples are explained one by one: the most confident mistakes (of 3, the first 2)."


def test_numbers_by_their_errors():
    found = choose(Number(("y",), 0.0, 2.0), np.array([1.0, 5, 2]), np.array([1.5, 1, 0]), MISTAKES, 5)
    assert found.rows.tolist() == [1, 2, 0]
    assert found.told == "3 samples are explained one by one: those with the largest errors."


def test_without_mistakes_or_truth_the_first():
    told = choose(TASK, SCORES, np.array([0, 1, 1, 0]), MISTAKES, 3)
    assert told.rows.tolist() == [0, 1, 2]
    assert told.told == "3 samples are explained one by one: the first of 4, since no prediction is wrong."
    assert choose(TASK, SCORES, None, FIRST, 1).told == "1 sample is explained one by one: the first of 4."
    assert "the truth that would tell mistakes is not known" in choose(TASK, SCORES, None, MISTAKES, 9).told


def test_those_that_are_wanted():
    found = choose(TASK, SCORES, None, MISTAKES, 9, (3, 1, 3))
    assert (found.rows.tolist(), found.told) == ([2, 0], "2 samples are explained one by one: those chosen.")
    with pytest.raises(InputError, match="There is no sample 0, 7 to explain, since there are 4: choose from 1 to 4"):
        choose(TASK, SCORES, None, FIRST, 9, (0, 2, 7))


def test_multiclass_by_the_probability_of_the_wrong_class():
    task = Multiclass(("y",), classes=("a", "b", "c"), counts=(1, 1, 1))
    scores = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3]])
    assert choose(task, scores, np.array([1, 0, 0]), MISTAKES, 9).rows.tolist() == [1, 0, 2]
