"""Gradient boosting beside a network: scikit-learn's own where that is quick, within a bound of work where it is not."""

import numpy as np
import pandas as pd
import pytest

from biodl.evaluation import baselines
from biodl.evaluation.baselines import Bound, bounded, most_telling, on_boosting
from biodl.tasks import Binary, Forecast, Multiclass, Number
from conftest import write_rows


class Wide:
    """An encoding of so many columns."""

    def __init__(self, width):
        self.shape = (width,)

    def reduced(self, encoded):
        return encoded

    def as_rows(self, reduced):
        return reduced


def test_small_work_is_done_as_scikit_learn_does_it():
    assert bounded(30, 1) == Bound(30, 100, 255)
    assert bounded(240, 3) == Bound(240, 100, 255)


@pytest.mark.parametrize(("columns", "outputs"), [(3_001, 1), (20_001, 3), (768, 10), (5_000, 100), (10**6, 1)])
def test_work_is_bounded(columns, outputs):
    bound = bounded(columns, outputs)
    assert bound.columns * bound.rounds * outputs <= 300_000
    assert bound.columns == columns or bound.rounds == 50
    assert 50 <= bound.rounds <= 100


def test_hundreds_of_outputs_are_left_out():
    assert bounded(2, 101) is None
    said = on_boosting(Wide(5), Multiclass(("c",), tuple(map(str, range(101)))))
    assert said == "Gradient boosting was left out: with 101 outputs it would take too long."


def test_a_bound_is_told():
    assert on_boosting(Wide(30), Binary(("c",), ("a", "b"))) == ""
    said = on_boosting(Wide(4000), Number(("c",)))
    assert said == "Gradient boosting was kept to 75 rounds, since more would take too long: it might do a little better than shown."
    said = on_boosting(Wide(20_000), Multiclass(("c",), ("a", "b", "c")))
    assert "50 rounds and the 2000 of 20000 columns that go most with the target, since" in said


@pytest.mark.parametrize("outputs", [1, 3])
def test_columns_are_chosen_by_correlation(outputs):
    draw = np.random.default_rng(1)
    y = draw.integers(0, 3, 80)
    x = draw.normal(size=(80, 40)) + np.outer(y == 2, draw.normal(size=40))
    x[:, 7] *= 1e-3
    goals = [y == code for code in range(3)] if outputs == 3 else [y]
    strength = np.max([np.abs(np.nan_to_num([np.corrcoef(column, goal)[0, 1] for column in x.T])) for goal in goals], axis=0)
    assert most_telling(x, y, outputs, 10).tolist() == sorted(np.argsort(-strength)[:10].tolist())
    assert most_telling(x, y, outputs, 40).tolist() == list(range(40))


def test_several_outputs_are_models_of_their_own():
    draw = np.random.default_rng(1)
    x = draw.normal(size=(60, 2))
    y = np.stack([x[:, 0], -3 * x[:, 1]], axis=1)
    task = Forecast(("level",), horizon=2)
    model = task.traditional(1, 1)[task.boosting_name].fit(x, y)
    found = task.scores_of_model(model, x)
    alone = [Number(("level",)).traditional(1, 1)[task.boosting_name].fit(x, y[:, step]).predict(x) for step in range(2)]
    np.testing.assert_array_equal(found, np.stack(alone, axis=1))


def test_evaluate_says_what_it_bounded(biodl, tmp_path, monkeypatch):
    """A table of more columns than boosting takes in its time, here a tenth of the usual, and few rows."""
    monkeypatch.setattr(baselines, "_WORK", 30_000)
    draw = np.random.default_rng(1)
    x = draw.normal(size=(40, 310)).round(3)
    rows = [[*(f"g{place}" for place in range(310)), "state"], *([*row, "ab"[int(row[5] > 0)]] for row in x)]
    data, model = write_rows(tmp_path / "wide.tsv", rows), tmp_path / "m.keras"
    assert biodl("train-feedforward", data=data, target="state", epochs=1, model=model).code == 0
    result = biodl("evaluate", model=model, data=data, training=data, resamples=100, comparison=tmp_path / "c.tsv")
    assert result.code == 0, result.err
    assert "Gradient boosting was kept to 96 rounds, since more would take too long" in result.out
    assert pd.read_csv(tmp_path / "c.tsv", sep="\t").set_index("metric").loc["accuracy", "gradient boosting"] > 0.9
