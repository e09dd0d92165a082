"""The learning curve: parts grow and stay apart from what is predicted, the power law is found again, and the words follow from it."""

import csv
import dataclasses
import re

import numpy as np
import pytest
from beside import in_turn
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import table_rows
from test_folds import samples

from biodl.errors import InputError
from biodl.model_selection import crossvalidate
from biodl.model_selection.crossvalidate import NETWORK, CrossValidated, Predicted
from biodl.model_selection.curve_report import curve_of, write_all
from biodl.model_selection.learning_curve import LearningCurveOptions, PowerLaw, fit_power_law, growing_folds, look_ahead
from biodl.program.files import Outputs
from conftest import write_rows


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 6), st.integers(2, 5), st.integers(310, 400))
def test_parts_grow_from_a_tenth_to_all_and_never_hold_what_is_predicted(sizes, folds, rows):
    made = samples([row % 3 for row in range(rows)], group=[row // 2 for row in range(rows)])
    found, left_out = growing_folds(made, LearningCurveOptions(sizes=sizes, folds=folds), seed=3)
    assert left_out == []
    assert len(found) == sizes * folds
    for number in range(folds):
        of_fold = found[number * sizes : (number + 1) * sizes]
        assert len({tuple(fold.held.tolist()) for fold in of_fold}) == 1
        learn = [len(fold.learn) for fold in of_fold]
        whole = rows - len(of_fold[0].held)
        assert learn[0] == whole
        assert learn == pytest.approx((whole * np.geomspace(1, 0.1, sizes)).tolist(), abs=4)
        for fold in of_fold:
            assert not {row // 2 for row in fold.learn} & {row // 2 for row in fold.held}
            assert set(fold.learn.tolist()) <= set(of_fold[0].learn.tolist())
            assert {row % 3 for row in fold.learn} == {0, 1, 2}


def test_in_time_order_the_latest_windows_before_what_is_predicted_are_learned_from():
    made = samples([0] * 200, times=range(200))
    found, _ = growing_folds(made, LearningCurveOptions(sizes=3, folds=2), seed=3)
    for fold in found:
        assert fold.learn[-1] == fold.held[0] - 2
        assert (np.diff(fold.learn) == 1).all()
    assert [len(fold.learn) for fold in found] == [99, 39, 15] * 2


def test_sizes_that_lack_a_class_are_left_out_and_named():
    made = samples([0] * 380 + [1] * 20)
    found, left_out = growing_folds(made, LearningCurveOptions(sizes=5, folds=2), seed=3)
    assert left_out == ["10% of the samples (about 20) are too few to learn from, and were left out"]
    assert len(found) == 8
    with pytest.raises(InputError) as refusal:
        growing_folds(samples([0] * 16 + [1] * 4), LearningCurveOptions(sizes=5, folds=2), seed=3)
    assert str(refusal.value) == (
        "The table 'made.tsv' is too small for a learning curve (20 usable rows): each class needs samples in small parts of them; add rows"
        " or merge rare classes."
    )


@pytest.mark.parametrize("law", [PowerLaw(0.1, 1.5, 0.5), PowerLaw(0.0, 3.0, 1.0), PowerLaw(0.2, 0.9, 0.3)])
def test_a_power_law_without_noise_is_found_again(law):
    sizes = [50, 90, 160, 280, 500]
    metrics = np.array([[law.metric(size)] * 4 for size in sizes])
    found = fit_power_law(sizes, metrics)
    assert found.exponent == pytest.approx(law.exponent, abs=0.02)
    for samples_ in (50, 500, 1000, 2000):
        assert found.metric(samples_) == pytest.approx(law.metric(samples_), abs=0.002)
    ahead = look_ahead(sizes, metrics, 500, 1000, 0.25, seed=1)
    assert (ahead.metric, ahead.low, ahead.high) == pytest.approx([law.metric(1000)] * 3, abs=0.002)
    assert ahead.gain == pytest.approx(law.metric(1000) - law.metric(500), abs=0.002)


def test_a_flat_curve_promises_nothing():
    metrics = np.full((4, 5), 0.8)
    assert look_ahead([10, 20, 40, 80], metrics, 100, 200, 0.25, seed=1).gain == pytest.approx(0, abs=1e-9)


def test_what_lies_ahead_ends_where_the_metric_does():
    sizes, metrics = [20, 60, 200], np.array([[0.02, 0.95], [0.5, 0.97], [0.55, 0.99]])
    free = look_ahead(sizes, metrics, 200, 400, 1.0, seed=1)
    assert free.low < 0
    ahead = look_ahead(sizes, metrics, 200, 400, 1.0, 1, (0.0, 1.0))
    assert (ahead.metric, ahead.gain, ahead.low, ahead.high) == (free.metric, free.gain, 0, 1)
    assert ahead.gain_high <= 1 - (ahead.metric - ahead.gain) + 1e-9


def test_intervals_of_what_lies_ahead_hold_it_about_as_often_as_they_say():
    random, law, sizes = np.random.default_rng(0), PowerLaw(0.08, 1.5, 0.5), [80, 140, 250, 450, 800]
    hits, gains = 0, 0
    for draw in range(40):
        noisy = np.array([[law.metric(size) + random.normal(0, 0.02) for _ in range(5)] for size in sizes])
        ahead = look_ahead(sizes, noisy, 1000, 2000, 0.0, draw)  # of five folds each learns from 800 of 1000
        hits += ahead.low <= law.metric(2000) <= ahead.high
        gains += ahead.gain_low <= law.metric(2000) - law.metric(1000) <= ahead.gain_high
    assert hits >= 33
    assert gains >= 33


def test_what_lies_further_ahead_is_less_sure():
    random, law, sizes = np.random.default_rng(0), PowerLaw(0.08, 1.5, 0.5), [80, 140, 250, 450, 800]
    noisy = np.array([[law.metric(size) + random.normal(0, 0.02) for _ in range(5)] for size in sizes])
    found = [look_ahead(sizes, noisy, 1000, ahead, 0.0, 1) for ahead in (1000, 1600, 2000, 4000)]
    assert (np.diff([each.high - each.low for each in found]) > 0).all()
    assert (np.diff([each.gain_high - each.gain_low for each in found]) > 0).all()
    assert found[0].gain == 0


MADE = samples([row % 2 for row in range(400)])


def plan(made=MADE):
    return growing_folds(made, LearningCurveOptions(sizes=4, folds=4), seed=3)[0]


def planned(quality, missing=0):
    """Trainings whose share of right predictions is ``quality`` of their samples; the last ``missing`` were not done."""
    made = MADE
    folds = plan(made)
    random = np.random.default_rng(5)
    predicted = []
    for fold in folds:
        y = made.y[fold.held]
        right = random.permutation(len(y)) < round(quality(len(fold.learn)) * len(y))
        scores = np.eye(2)[np.where(right, y, 1 - y)]
        predicted.append(Predicted({NETWORK: scores, "majority": np.full((len(y), 2), 0.5)}, [], 1, 1, 1, made.task))
    done = len(folds) - missing
    return CrossValidated(made, folds[:done], predicted[:done], len(folds))


def said(done, tmp_path, capsys):
    """What is printed, and the curve."""
    curve = curve_of(done, plan(), seed=1)
    with Outputs({"curve": str(tmp_path / "c.png"), "curve_table": str(tmp_path / "c.tsv")}) as outputs:
        write_all(curve, [], [], outputs)
    return capsys.readouterr().out, curve


def test_words_follow_from_what_twice_the_samples_would_bring(tmp_path, capsys):
    rising, curve = said(planned(lambda n: 1 - 2 * n**-0.4), tmp_path, capsys)
    assert (curve.sizes[-1], curve.ahead.now, curve.ahead.samples) == (300, 400, 800)  # a fold learns from three quarters
    assert curve.ahead.gain == pytest.approx(curve.law.metric(800) - curve.law.metric(400))
    assert curve.ahead.metric == pytest.approx(1 - 2 * 800**-0.4, abs=0.03)
    assert "More samples would help: twice your 400 samples (800) should reach about 0.8" in rising
    assert re.search(r"a gain of 0\.\d+ \(95 % interval 0\.\d+ to 0\.\d+\) on all of yours\.", rising)
    with open(tmp_path / "c.tsv", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["model"] == NETWORK]
    assert [row["samples"] for row in rows] == ["30", "64", "140", "300"]
    assert [float(row["mean"]) for row in rows] == pytest.approx([1 - 2 * n**-0.4 for n in (30, 65, 139, 300)], abs=0.02)
    flat, _ = said(planned(lambda n: 0.9), tmp_path, capsys)
    assert "More samples of this kind would hardly help" in flat
    line = next(line for line in flat.splitlines() if line.startswith("More samples: "))
    assert line.endswith("Better labels or other features may.")  # a line of the verdict holds all of it


def test_what_time_did_not_suffice_for_is_named(tmp_path, capsys):
    printed, curve = said(planned(lambda n: 0.9, missing=3), tmp_path, capsys)
    assert curve.folds == 3
    assert "The time given ended after 13 of 16 trainings: 3 of the folds have every size." in printed
    printed, curve = said(planned(lambda n: 0.9, missing=9), tmp_path, capsys)
    assert curve.folds == 1
    assert "The time given ended after 7 of 16 trainings: 1 of the folds has every size." in printed


@pytest.mark.parametrize(("trainings", "sizes"), [(1, "size alone is"), (3, "3 of 4 sizes are")])
def test_where_time_ends_within_the_first_fold_none_has_every_size(trainings, sizes, tmp_path, capsys):
    printed, curve = said(planned(lambda n: 0.9, missing=16 - trainings), tmp_path, capsys)
    assert len(curve.sizes) == trainings
    told = f"The time given ended after {trainings} of 16 trainings: none of the folds has every size, and the largest {sizes} here."
    assert told in printed
    assert "Too little was measured to say what more samples would bring." in printed


def test_sizes_of_one_group_are_left_out_and_named():
    """Of ten groups the least parts hold one, which leaves nothing to validate by."""
    made = samples([row % 2 for row in range(200)], group=[row // 20 for row in range(200)])
    found, left_out = growing_folds(made, LearningCurveOptions(sizes=5, folds=5), seed=3)
    assert len(left_out) + len({len(fold.learn) for fold in found}) == 5
    assert [re.sub(r"about \d+", "about N", sentence) for sentence in left_out] == [
        f"{share}% of the samples (about N) are of one group, so that none can be set aside to validate by, and were left out"
        for share in (18, 10)
    ]
    assert all(len({row // 20 for row in fold.learn}) > 1 for fold in found)
    few = samples([row % 2 for row in range(80)], group=[row // 20 for row in range(80)])
    with pytest.raises(InputError) as refusal:
        growing_folds(few, LearningCurveOptions(sizes=5, folds=2), seed=3)
    assert str(refusal.value) == (
        "The table 'made.tsv' is too small for a learning curve (80 usable rows): two groups and samples of each class are needed in small "
        "parts of them; add rows or merge rare classes."
    )


def test_an_error_of_a_training_names_the_learning_curve(monkeypatch):
    """The command calls its work so, as its log shows."""

    def broken(*_):
        raise InputError("It broke down.")

    monkeypatch.setattr(crossvalidate, "train_fold", broken)
    work = crossvalidate.Work(MADE, "table", "feedforward", None, None, False, "Learning curve")
    with pytest.raises(InputError, match=r"^Learning curve, fold 1, 100% of its samples \(300\): It broke down\.$"):
        work(plan()[0])


def test_what_boosting_was_kept_to_is_told(tmp_path, capsys):
    done = planned(lambda n: 0.9)
    wide = [dataclasses.replace(item, columns=2000) for item in done.predicted]
    told = "Gradient boosting was kept to 75 rounds, since more would take too long: it might do a little better than shown."
    assert told in said(dataclasses.replace(done, predicted=wide), tmp_path, capsys)[0]
    assert "oosting" not in said(done, tmp_path, capsys)[0]


def test_what_each_network_kept_of_what_it_tried_is_told(tmp_path, capsys):
    done = planned(lambda n: 0.9)
    saw = ["numbers also in pieces", *["numbers not in pieces"] * (len(done.predicted) - 1)]
    predicted = [dataclasses.replace(item, saw=words) for item, words in zip(done.predicted, saw, strict=True)]
    curve = curve_of(dataclasses.replace(done, predicted=predicted), plan(), seed=1)
    with Outputs({"curve": str(tmp_path / "c.png"), "report": str(tmp_path / "r.html")}) as outputs:
        write_all(curve, [], [], outputs)
    told = "Each network chose by its own validation loss: numbers not in pieces (15 networks), numbers also in pieces (1 network)."
    assert told in capsys.readouterr().out
    assert told in (tmp_path / "r.html").read_text()
    assert "Each network chose" not in said(done, tmp_path, capsys)[0]


def test_the_command_trains_at_each_size(tmp_path, biodl, monkeypatch):
    monkeypatch.setattr(crossvalidate, "side_by_side", in_turn)
    table = write_rows(tmp_path / "samples.tsv", table_rows(120))
    paths = {"curve": tmp_path / "c.png", "trainings": tmp_path / "t.tsv", "verdict": tmp_path / "v.txt", "report": tmp_path / "r.html"}
    flags = {"target": "outcome", "sizes": 3, "folds": 2, "most_epochs": 5, "simple_models": "false", "numeric_encoding": "standardised"}
    result = biodl("learning-curve", data=table, **flags, **paths)
    assert (result.code, result.err) == (0, "")
    with open(paths["trainings"], newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["model"] == NETWORK]
    assert sorted(int(row["samples_learned_from"]) for row in rows) == [16, 16, 30, 30, 60, 60]
    assert "Learning curve: 6 trainings, 1 at once, with one core each" in result.out
    assert "Learning curve:" in paths["verdict"].read_text()


def test_a_network_that_does_not_fit_the_samples_is_refused(tmp_path, biodl):
    table = write_rows(tmp_path / "samples.tsv", table_rows(40))
    result = biodl("learning-curve", data=table, target="outcome", family="recurrent", curve=tmp_path / "c.png")
    assert result.code == 1
    assert result.err.startswith("Error: A recurrent network does not learn from samples of kind table, only from sequence, ")
