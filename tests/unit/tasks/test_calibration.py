"""Confidences beside the share that is right: bins, intervals, and the sentence that is right nineteen times of twenty."""

import itertools
import tracemalloc

import numpy as np
import pytest
from scipy.stats import binomtest
from test_measures import plain_error

from biodl.reporting import plots
from biodl.tasks import Binary, Labels, Number, measures
from biodl.tasks.calibration import panels, sentence, top_label


def drawn(samples, power=1.0, seed=1):
    """Confidences from 0.5 to 1, and hits of which each comes with the confidence to a power (1: as sure as right)."""
    random = np.random.default_rng(seed)
    confidence = random.uniform(0.5, 1, samples)
    return confidence, random.random(samples) < confidence**power


def test_the_error_is_that_of_ten_bins_of_many_samples():
    confidence, hits = drawn(500, 2.0)
    confidence = confidence.round(2)  # many are equal
    weights = np.random.default_rng(2).multinomial(500, [1 / 500] * 500, size=3)
    found = measures.calibration_error(confidence, hits, weights)
    expected = [plain_error(np.repeat(confidence, times), np.repeat(hits, times)) for times in weights]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    bins = measures.calibration_bins(confidence)
    assert len(bins) == 10
    assert sorted(np.concatenate(bins).tolist()) == list(range(500))
    assert all(confidence[one].max() < confidence[two].min() for one, two in itertools.pairwise(bins))
    assert max(map(len, bins)) < 75


def test_many_samples_take_little_memory():
    confidence, hits = drawn(150_000)
    tracemalloc.start()
    said = sentence(confidence, hits, len(hits))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said.startswith("The network is well calibrated")
    assert most < 100 * 2**20


def test_a_known_error():
    confidence = np.repeat([0.6, 0.9], 100)
    hits = np.r_[np.arange(100) < 50, np.arange(100) < 95]  # 0.1 too sure, then 0.05 too unsure
    assert measures.calibration_error(confidence, hits, np.ones((1, 200)))[0] == pytest.approx(0.075)


@pytest.mark.parametrize(("power", "word"), [(3.0, "over-confident"), (0.3, "under-confident"), (1.0, "well calibrated as far as 2000")])
def test_the_sentence(power, word):
    confidence, hits = drawn(2000, power)
    said = sentence(confidence, hits, 2000)
    assert word in said
    assert f"it is {confidence.mean():.1%} sure, and right in {hits.mean():.1%}" in said


def test_right_on_average_and_wrong_in_each_range():
    confidence = np.repeat([0.6, 0.9], 500)
    hits = np.arange(1000) % 4 < 3  # 0.75 everywhere
    assert "too sure in some ranges and too unsure in others" in sentence(confidence, hits, 1000)


def test_what_chance_gives_is_rarely_blamed():
    """Two looks, each wrong once in 20 times: no more than one in 10 networks that are as sure as right, less three standard errors."""
    blamed = sum("well calibrated" not in sentence(*drawn(120, seed=seed), 120) for seed in range(100))
    assert blamed <= 10 + 3 * 3


def test_no_mistake_is_not_called_under_confident_too_soon():
    assert "well calibrated as far as 100" in sentence(np.full(100, 0.99), np.ones(100, bool), 100)


def test_labels_and_numbers():
    random = np.random.default_rng(4)
    scores = random.random((300, 2))
    y = (random.random((300, 2)) < scores).astype("float32")
    assert "well calibrated as far as 300 samples" in Labels(("a", "b"), ("a", "b"), (1, 1)).on_calibration(y, scores)
    assert Number(("y",)).on_calibration(y[:, 0], scores[:, 0]) == ""


def test_the_diagram_shows_bins_with_intervals(tmp_path):
    confidence, hits = drawn(200, 2.0)
    diagram, spread = panels(confidence, hits, "probability of the likeliest class", "share right")
    bins = measures.calibration_bins(confidence)
    first, last = (f"{hits[one].mean():.3g} where it is {confidence[one].mean():.3g} sure" for one in (bins[0], bins[-1]))
    assert diagram.says.startswith("share right ")
    with plots.sheet.styled():
        axes = plots.sheet.drawn([diagram, spread]).axes[0]
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    spans = [line.get_ydata() for line in axes.lines if line.get_marker() == "_"]
    for one, mark, span in zip(bins, marks, spans, strict=True):
        assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (pytest.approx(confidence[one].mean()), pytest.approx(hits[one].mean()))
        known = binomtest(int(hits[one].sum()), len(one)).proportion_ci(method="wilson")
        assert tuple(span) == (pytest.approx(known.low, abs=1e-4), pytest.approx(known.high, abs=1e-4))
    assert first.split()[0].rstrip("0") in diagram.says
    assert last.split()[0].rstrip("0") in diagram.says


def test_the_top_label_is_the_likeliest_class():
    task, y = Binary(("y",), ("no", "yes")), np.array([0, 1, 1])
    scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    confidence, hits = top_label(y, scores)
    assert confidence.tolist() == [0.9, 0.6, 0.8]
    assert hits.tolist() == [True, False, True]
    assert "top label" in task.on_metrics()
