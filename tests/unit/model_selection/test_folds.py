"""Folds: every sample is predicted once, classes are shared out, what belongs together stays together, and time runs one way."""

import contextlib
import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodl.data.fingerprints import hash_arrays
from biodl.data.kind import BaseDataset
from biodl.errors import InputError
from biodl.model_selection.corrected import bounded, over_folds
from biodl.model_selection.folds import CrossValidationOptions, folds_of
from biodl.tasks import TASKS, Forecast, find_task
from biodl.tasks.measures import range_of
from biodl.training.prepare import Samples, TrainOptions, _set_aside


@dataclasses.dataclass(frozen=True)
class Made(BaseDataset):
    """Samples of one number each, in time order if there are ``times``."""

    times: np.ndarray | None = None

    def row_hashes(self):
        return hash_arrays(self.frame["x"].to_numpy()[:, None])

    def order(self):
        return self.times


def samples(classes, x=None, group=None, times=None):
    """Samples of classes (numbers that stand for names, at least two of them), or a forecast if there are times."""
    frame = pd.DataFrame({"x": np.arange(len(classes)) if x is None else x})
    where = "table 'made.tsv'"
    groups = None if group is None else pd.Series([f"p{code}" for code in group], name="patient")
    if times is not None:
        target = pd.DataFrame({"+1": np.arange(len(classes), dtype=float), "+2": np.arange(len(classes), dtype=float)})
        task = Forecast(("level",), horizon=2)
    else:
        target = pd.DataFrame({"class": [f"c{code}" for code in classes]})
        task = find_task(target, where, "multiclass")
    data = Made(where, "", frame, target, [], groups, times=None if times is None else np.asarray(times))
    return Samples(data, task, task.encode(target, where), [], [], [])


def options(folds=0, **others):
    return CrossValidationOptions(folds=folds, **others)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(1, 3), st.data())
def test_every_sample_is_predicted_once_a_repeat_and_never_learned_from_then(count, repeats, draw):
    sizes = draw.draw(st.lists(st.integers(count, 15), min_size=2, max_size=4))
    classes = np.repeat(np.arange(len(sizes)), sizes)
    made = samples(classes)
    found = folds_of(made, options(count, repeats=repeats), seed=draw.draw(st.integers(0, 99)))
    assert len(found) == count * repeats
    for repeat in range(1, repeats + 1):
        held = np.concatenate([fold.held for fold in found if fold.repeat == repeat])
        assert sorted(held.tolist()) == list(range(len(classes)))
    for fold in found:
        assert sorted([*fold.learn.tolist(), *fold.held.tolist()]) == list(range(len(classes)))
        per_class = np.bincount(classes[fold.held], minlength=len(sizes))
        assert (np.abs(per_class - np.array(sizes) / count) < 1 + 1e-9).all()  # as even as whole numbers allow


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 4), st.data())
def test_groups_and_copies_never_stand_on_both_sides(count, draw):
    rows = 60
    group = draw.draw(st.lists(st.integers(0, 11), min_size=rows, max_size=rows).filter(lambda codes: len(set(codes)) >= 8))
    x = np.array(draw.draw(st.lists(st.integers(0, 40), min_size=rows, max_size=rows)))
    made = samples([row % 2 for row in range(rows)], x=x + 1000 * np.array(group), group=group)
    found = []
    with contextlib.suppress(InputError):  # where a class lies in one group alone, which is refused
        found = folds_of(made, options(count), seed=1)
    for fold in found:
        assert not {group[row] for row in fold.learn} & {group[row] for row in fold.held}
        assert not {made.data.row_hashes()[row] for row in fold.learn} & {made.data.row_hashes()[row] for row in fold.held}


def test_one_group_at_a_time_is_left_out_and_gives_the_fold_its_name():
    group = [0, 1, 2] * 8
    found = folds_of(samples([row % 2 for row in range(24)], group=group), options(leave_one_group_out=True), seed=1)
    assert [(fold.name, fold.called, fold.held.tolist()) for fold in found] == [
        (f"p{code}", f"group 'p{code}'", list(range(code, 24, 3))) for code in range(3)
    ]


@pytest.mark.parametrize("groups", [3, 4, 5])
@pytest.mark.parametrize("chosen", [options(leave_one_group_out=True), options(3)])
def test_a_fold_of_few_groups_has_one_to_validate_with(groups, chosen):
    made = samples([row % 2 for row in range(20 * groups)], group=[row // 20 for row in range(20 * groups)])
    for fold in folds_of(made, chosen, seed=1):
        kept = made.take(fold.learn)
        inside = _set_aside(kept.data, kept.task, kept.y, TrainOptions(), tell=[].append)
        assert (inside == 1).sum() == 20
        assert not set(kept.data.group[inside == 0]) & set(kept.data.group[inside == 1])


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6), st.integers(30, 80), st.integers(0, 5))
def test_in_time_order_nothing_of_what_is_predicted_is_known_before(count, rows, seed):
    times = np.random.default_rng(seed).permutation(rows)
    made = samples([0] * rows, times=times)
    found = folds_of(made, options(count), seed=1)
    assert len(found) == count
    for fold in found:
        assert times[fold.learn].max() + 2 <= times[fold.held].min()  # a window's two future steps end before the first that is predicted
    assert [fold.held.size for fold in found] == pytest.approx([rows / (count + 1)] * count, abs=1.01)


def test_repeats_divide_otherwise_and_the_same_seed_divides_the_same_way():
    made = samples([row % 2 for row in range(40)])
    told = [[fold.held.tolist() for fold in folds_of(made, options(4, repeats=2), seed)] for seed in (3, 3, 4)]
    assert told[0] == told[1]
    assert told[0][:4] != told[0][4:]
    assert told[0][4:] == told[2][:4]


@pytest.mark.parametrize(
    ("made", "chosen", "sentence"),
    [
        (
            samples([0] * 9 + [1] * 3),
            options(5),
            "There are 5 folds, but fewer samples of class 'c1' in the table 'made.tsv' (the fewest: 3): choose 3 folds or fewer, or merge "
            "rare classes.",
        ),
        (
            samples([0, 1] * 6, group=[0, 1, 2] * 4),
            options(4),
            "There are 4 folds, but the group column 'patient' of the table 'made.tsv' has only 3 groups: choose 3 folds or fewer.",
        ),
        (
            samples([0, 1] * 6, group=[3] * 12),
            options(2),
            "There are 2 folds, but the group column 'patient' of the table 'made.tsv' has only one group: choose another column, or none.",
        ),
        (samples([0, 1] * 6), options(20), "There are 20 folds, but only 12 samples in the table 'made.tsv': choose fewer folds."),
        (samples([0, 1] * 6), options(1), "Cross-validation needs at least 2 folds: set folds to 5 or 10, or to 0 for none."),
        (
            samples([0, 1] * 6),
            options(leave_one_group_out=True),
            "One group at a time was to be left out, but no group column was chosen: choose the group column, or a number of folds.",
        ),
        (
            samples([0, 1] * 6, group=[3] * 12),
            options(leave_one_group_out=True),
            "The group column 'patient' of the table 'made.tsv' has one group only: choose another column.",
        ),
        (
            samples([0, 1] * 6, group=[0, 1] * 6),
            options(leave_one_group_out=True),
            "A network for group 'p0' would learn from no sample of class 'c0', since all of them stand together: choose other folds or "
            "another group column, or merge rare classes.",
        ),
        (
            samples([0, 0, 0, 0, 1, 1, 1, 1], group=[0, 0, 1, 1, 0, 0, 1, 1]),
            options(leave_one_group_out=True),
            "A network for group 'p0' could set no group aside to validate with, since it learns from one group alone: choose other folds "
            "or another group column, or add samples of other groups.",
        ),
        (
            samples([0, 1, 0, 0, 1, 1], group=[0, 0, 1, 1, 2, 2]),
            options(leave_one_group_out=True),
            "A network for group 'p0' could set no group aside to validate with, since the others would lack a class: choose other folds "
            "or another group column, or add samples of other groups.",
        ),
        (
            samples([0, 1] * 6, x=[0] * 12, group=[0, 1, 2] * 4),
            options(leave_one_group_out=True),
            "Samples of different groups of column 'patient' of the table 'made.tsv' are copies of each other, so that no group can be "
            "left out for itself: remove copies, or choose a number of folds, which keeps them together.",
        ),
        (
            samples([0, 1] * 6, group=[0, 1, 2] * 4),
            options(leave_one_group_out=True, repeats=2),
            "Leaving one group out gives the same parts each time: set repeats to 1.",
        ),
        (
            samples([0] * 12, times=range(12)),
            options(3, repeats=2),
            "Samples in time order can be divided in one way only: set repeats to 1.",
        ),
        (
            samples([0] * 4, times=range(4)),
            options(3),
            "The table 'made.tsv' is too short for 3 folds in time order (4 usable windows): choose fewer folds.",
        ),
    ],
)
def test_what_cannot_be_divided_is_refused_in_a_sentence(made, chosen, sentence):
    with pytest.raises(InputError) as refusal:
        folds_of(made, chosen, seed=1)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("near", "sentence"),
    [
        ([0] * 12, "Fold 1 would learn from no sample, since so many samples of the table 'made.tsv' stand together"),
        ([0, 1, 2] * 4, "would predict no sample, since so many samples of the table 'made.tsv' stand together: choose fewer folds."),
    ],
)
def test_folds_without_samples_are_refused_and_near_copies_named(near, sentence):
    """Fewer sets of near copies than folds; numbers have no class that a fold could lack."""
    made = samples([0, 1] * 6)
    task = find_task(made.data.target.assign(**{"class": np.arange(12) + 0.5}).astype(str), "table 'made.tsv'", "regression")
    made = dataclasses.replace(made, task=task, y=np.arange(12.0) + 0.5, data=made.data.keeping(np.array(near)))
    with pytest.raises(InputError) as refused:
        folds_of(made, options(5), seed=1)
    assert sentence in str(refused.value)
    assert "turn 'Keep near copies together' off to see" in str(refused.value)


def test_the_interval_is_that_of_nadeau_and_bengio():
    """By hand: variance 0.0002 / 3 + a quarter of it for overlap, t of 3 degrees of freedom 3.182446."""
    found = over_folds([0.90, 0.92, 0.94, 0.96], learn=75, held=25)
    variance = np.var([0.90, 0.92, 0.94, 0.96], ddof=1)
    half = 3.182446305 * (variance * (1 / 4 + 25 / 75)) ** 0.5
    assert (found.mean, found.deviation) == pytest.approx((0.93, variance**0.5))
    assert (found.low, found.high) == pytest.approx((0.93 - half, 0.93 + half))
    assert found.folds == 4


@pytest.mark.parametrize("metric", sorted({name for task in TASKS.values() for name in task.headline}))
def test_an_interval_ends_where_its_metric_does(metric):
    lowest, highest = range_of(metric)
    ends = [max(lowest, -3.0), min(highest, 3.0)]
    found = bounded(metric, over_folds(ends, learn=1, held=1))  # as far apart as can be
    assert found.low == lowest or lowest == -np.inf
    assert found.high == highest or highest == np.inf
    assert lowest <= found.low < found.mean < found.high <= highest
    narrow = over_folds([0.5, 0.51], learn=3, held=1)
    assert bounded(metric, narrow) == narrow
    assert np.isnan(bounded(metric, over_folds([0.5], 2, 1)).low)


def test_folds_that_cannot_tell_do_not_count():
    found = over_folds([0.5, float("nan"), 0.7], 2, 1)
    assert (found.mean, found.folds) == (pytest.approx(0.6), 2)
    alone = over_folds([0.5], 2, 1)
    assert alone.mean == 0.5
    assert np.isnan([alone.low, alone.high, alone.deviation]).all()
    assert np.isnan(over_folds([], 2, 1).mean)
