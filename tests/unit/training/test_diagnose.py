"""What is said of a training run."""

import dataclasses
import re

import numpy as np
import pytest

from biodl.tasks import Binary, Labels, Number
from biodl.training.diagnose import EPOCHS, fell_at_the_end, in_lines, verdicts
from biodl.training.fit import History, batch_size_for, of_members
from biodl.training.kept import Kept

TASK = Binary(("y",), ("a", "b"), counts=(50, 50))
GUESS = 0.6931
GOOD = Kept(0.2, 0.25, GUESS, GUESS, 0.03, 0.03, 100, "balanced_accuracy", 0.95, 0.91, 0.98)


def history(losses, validation, planned=None):
    rows = [{"epoch": n, "loss": a, "val_loss": b} for n, (a, b) in enumerate(zip(losses, validation, strict=True), start=1)]
    best = min(range(len(rows)), key=lambda n: rows[n]["val_loss"]) + 1
    return History(rows, best, planned or len(rows))


EVEN = history([0.5, 0.3, 0.2, 0.2], [0.5, 0.3, 0.25, 0.25])


def said(kept, run=EVEN, raised_by=()):
    return dict(verdicts(run, kept, raised_by))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "good fit"),
        ({"loss": 0.68, "val_loss": 0.69, "gain_error": 0.01}, "underfitting"),
        ({"loss": 0.68, "val_loss": 0.6}, "underfitting"),  # the validation part gains by chance what the training part does not
        ({"loss": 0.1, "val_loss": 0.7}, "overfitting"),
        ({"loss": 0.5, "val_loss": 0.55, "gain_error": 0.1}, "unsure"),
        ({"loss": 0.5, "val_loss": 0.55, "gain_error": 0.04}, "good fit"),
        ({"loss": 0.5, "val_loss": 0.55, "gain_error": 0.054, "samples": 18}, "unsure"),  # 2.65 errors, of few samples
        ({"loss": 0.1, "val_loss": 0.4, "error": 0.05}, "overfitting"),
        ({"loss": 0.1, "val_loss": 0.4, "error": 0.2}, "good fit"),  # a gap that chance gives
        ({"loss": 0.01, "val_loss": 0.06, "error": 0.001}, "good fit"),  # a gap of no weight
        ({"val_loss": 0.2, "gain_error": float("inf"), "samples": 1}, "unsure"),
    ],
)
def test_fit(changes, expected):
    assert verdicts(EVEN, dataclasses.replace(GOOD, **changes))[0][0] == expected


def test_validation_targets_that_are_all_what_is_guessed():
    """A guess without a loss: nothing can be better, and nothing is divided by it."""
    none = dataclasses.replace(GOOD, val_guess=0.0, val_loss=0.1)
    assert said(none)["overfitting"].startswith(
        "The network overfits: its loss is 0.2 on the training part, but 0.1 on the validation part, above"
    )
    assert verdicts(EVEN, dataclasses.replace(none, guess=0.0))[0][0] == "underfitting"


def test_what_to_do_next_stands_alone():
    """Lines before it may be left out of the text file."""
    late = history([0.5, 0.3, 0.1, 0.02], [0.5, 0.25, 0.5, 0.9], 4)
    for run, kept, then in (
        (late, GOOD, "give this network and the test part"),
        (EVEN, dataclasses.replace(GOOD, loss=0.1, val_loss=0.7), "against overfitting, get more data, or try more dropout"),
        (EVEN, dataclasses.replace(GOOD, loss=0.68, val_loss=0.69, gain_error=0.01), "try a larger network"),
    ):
        assert in_lines(run, kept, verdicts(run, kept))[-1].text.startswith(then)


def test_overfitting_that_set_in_does_not_harm_what_is_kept():
    run = history([0.5, 0.3, 0.1, 0.02], [0.5, 0.25, 0.5, 0.9], 4)
    assert said(GOOD, run)["overfitting"] == (
        "Overfitting set in after epoch 2: the validation loss rose from 0.25 to 0.9. "
        "The weights of epoch 2 were kept, so the saved network is not harmed."
    )
    assert said(dataclasses.replace(GOOD, gain_error=0.2), run)["overfitting"].endswith(
        "The weights of epoch 2 were kept, but nothing shows that these are better than guessing."
    )


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        ({}, None),
        ({"low": 0.85}, "0.07"),  # a wide interval of many samples
        ({"samples": 99}, "0.04"),
        ({"samples": 40, "low": 0.84}, "0.09"),  # that of 40 samples without a mistake is wider than the interval
        ({"samples": 40, "low": 0.64}, "0.2"),
        ({"samples": 20, "value": 1.0, "low": 1.0, "high": 1.0}, "0.2"),
        ({"value": 1.0, "low": 1.0, "high": 1.0}, None),
    ],
)
def test_a_small_validation_part_says_what_it_cannot_tell(changes, least):
    kept = dataclasses.replace(GOOD, **changes)
    told = said(kept).get("small validation part")
    sentence = f"{kept.samples} validation samples are too few to tell networks apart whose balanced accuracy differs by less than about "
    assert told == (None if least is None else f"{sentence}{least}.")


def test_what_is_not_known_or_perfect():
    unknown = dataclasses.replace(GOOD, samples=5, low=float("nan"), high=float("nan"))
    assert said(unknown)["small validation part"] == "5 validation samples are too few to tell how good the network is."
    assert str(in_lines(EVEN, unknown, verdicts(EVEN, unknown))[0]).endswith("on 5 validation samples.")
    perfect = dataclasses.replace(GOOD, value=1.0, low=1.0, high=1.0)
    assert str(in_lines(EVEN, perfect, verdicts(EVEN, perfect))[0]).endswith("on 100 validation samples, without a mistake.")


def test_what_acts_in_training_alone_explains_a_training_loss_above_that_of_validation():
    run = history([0.5, 0.4], [0.5, 0.25])
    assert said(GOOD, run, ["dropout", "augmentation"])["training curve"] == (
        "The curve of the training loss (0.4 at the kept epoch) lies above that of the validation loss, since dropout and augmentation act "
        "in training alone; without them it is 0.2."
    )
    assert "since dropout acts in training alone; without it it is 0.2." in said(GOOD, run, ["dropout"])["training curve"]
    assert "training curve" not in said(GOOD, run)  # nothing raises it
    assert "training curve" not in said(GOOD, history([0.5, 0.2], [0.5, 0.25]), ["dropout"])  # it lies below
    assert "training curve" not in said(dataclasses.replace(GOOD, loss=0.45), run, ["dropout"])  # the clean one is no lower
    # calibration or averaging may lower the loss of what is kept: only the loss of what was recorded counts
    assert "training curve" not in dict(verdicts(run, GOOD, ["dropout"], plain=0.45))
    assert "without it it is 0.35." in dict(verdicts(run, GOOD, ["dropout"], plain=0.35))["training curve"]


def falling(epochs, until, rate, noise=0.0, seed=0):
    """Losses that fall from the guess to ``until``, so fast that ``rate`` of the way is left after each tenth of the epochs."""
    left = rate ** (np.arange(1, epochs + 1) * 10 / epochs)
    return (until + (GUESS - until) * left + np.random.default_rng(seed).normal(0, noise, epochs)).tolist()


@pytest.mark.parametrize(
    ("losses", "fell"),
    [
        (falling(200, 0.1, 0.9), True),
        (falling(200, 0.1, 0.9, 0.005), True),
        (falling(200, 0.1, 0.4), False),  # all of it fell before
        (falling(200, 0.1, 0.4, 0.02), False),
        (falling(200, 0.1, 0.9, 0.3), False),  # nobody can tell
        ([0.3 - 0.00005 * epoch for epoch in range(200)], False),  # a fall of no weight
        ([0.5, 0.4, 0.3], True),
        ([0.5, 0.3, 0.3], False),
        ([0.6, 0.5, 0.4, 0.1, 0.3, 0.4, 0.5, 0.4, 0.3], False),  # the best was long before
        ([0.5], True),
        ([0.69], False),
        ([0.5, 0.4, 0.3, 0.31, 0.32, 0.33, 0.34, 0.33, 0.35, 0.36], False),
    ],
)
def test_still_falling(losses, fell):
    assert fell_at_the_end(losses, GUESS) == fell


def test_noise_alone_hardly_ever_looks_like_a_fall():
    found = [fell_at_the_end((0.3 + np.random.default_rng(seed).normal(0, 0.05, 100)).tolist(), GUESS) for seed in range(300)]
    assert sum(found) <= 6, sum(found)


def test_ending():
    assert list(said(GOOD, history([0.5, 0.3, 0.2], [0.5, 0.3, 0.2], 3)))[-1] == "still improving"
    assert list(said(GOOD, history([0.5, 0.3, 0.2], [0.3, 0.31, 0.32], 50)))[-1] == "stopped early"
    assert list(said(GOOD, history([0.5, 0.3, 0.2], [0.3, 0.2, 0.22], 3)))[-1] == "ran to the end"
    assert said(GOOD, history([0.5], [0.4]))["still improving"] == (
        f"The validation loss was still falling when training ended after 1 epoch: allow more ({EPOCHS})."
    )


def test_the_verdict_has_few_short_lines():
    lines = in_lines(EVEN, GOOD, verdicts(EVEN, GOOD))
    assert [str(line) for line in lines] == [
        "Training: epoch 3 of 4 was kept; balanced accuracy 0.95 on 100 validation samples (95 % interval 0.91 to 0.98).",
        "Fit: No sign of over- or underfitting: the loss is 0.2 on the training part and 0.25 on the validation part (guessing: 0.693).",
        "Next: give this network and the test part to 'Evaluate a network'.",
    ]
    run = history([0.7, 0.6, 0.5], [0.7, 0.6, 0.5])
    worst = Kept(1234.5678, 1234567.8, 1234.9, 1234567.9, 1e6, 1e6, 12, "balanced_accuracy", 0.51234, 0.1, 0.9)
    for kept in (worst, dataclasses.replace(worst, loss=0.1), dataclasses.replace(worst, loss=0.1, val_loss=2.0, val_guess=2.4)):
        found = in_lines(run, kept, verdicts(run, kept, ["dropout", "augmentation"]), ["Something misleads", "More misleads"])
        assert len(found) == 5
        assert [line.topic for line in found] == ["Training", "Caution", "Fit", "Validation", "Next"]
        for line in found:
            assert len(str(line)) < 240
            assert re.search(r"[^…]\.$", str(line)), line


def test_stopped_early_in_the_verdict():
    run = history([0.5, 0.3, 0.2], [0.3, 0.31, 0.32], 50)
    assert str(in_lines(run, GOOD, verdicts(run, GOOD))[0]).startswith(
        "Training: stopped early after epoch 3 of 50; epoch 1 was kept; balanced accuracy 0.95 on 100 validation samples"
    )


def test_guessing():
    assert TASK.guessing_loss(100) == pytest.approx(0.6931, abs=1e-4)
    assert Number(("y",)).guessing_loss(100) == 1
    assert Labels(("y",), ("a", "b"), (50, 50), ";").guessing_loss(100) == pytest.approx(0.6931, abs=1e-4)


def test_batch_size_grows_with_the_data():
    assert [batch_size_for(samples) for samples in (100, 299, 300, 6400, 6500, 50_000, 10**7)] == [16, 16, 32, 32, 64, 256, 512]


def test_an_ensemble_is_told_of_as_one():
    """Each member has an epoch of its own, and no single epoch was kept."""
    members = [history([0.5, 0.3, 0.1, 0.02], [0.5, 0.25, 0.5, 0.9], 9), history([0.5, 0.4, 0.3, 0.2], [0.5, 0.4, 0.35, 0.9], 9)]
    run = of_members(members)
    found = dict(verdicts(run, GOOD))
    assert found["overfitting"] == (
        "Overfitting set in after epochs 2 to 3: the validation loss rose from 0.3 to 0.9. "
        "Each member kept the weights of its own best epoch (epochs 2 to 3), so the saved network is not harmed."
    )
    assert found["stopped early"] == (
        "Training stopped early, after epoch 4 of 9 for the last member: no validation loss of a member had improved since its own best "
        "epoch (epochs 2 to 3), whose weights were kept."
    )
    assert in_lines(run, GOOD, verdicts(run, GOOD))[0].text.startswith(
        "2 networks, averaged; stopped early after epoch 4 of 9; each kept its own best (epochs 2 to 3); balanced accuracy 0.95 on 100"
    )
    ended = of_members([dataclasses.replace(member, planned=4) for member in members])
    assert dict(verdicts(ended, GOOD))["ran to the end"] == (
        "Training ran through all 4 epochs; each member kept the weights of its own best epoch (epochs 2 to 3)."
    )
    assert in_lines(ended, GOOD, verdicts(ended, GOOD))[0].text.startswith(
        "2 networks, averaged; each kept its own best (epochs 2 to 3 of 4);"
    )
