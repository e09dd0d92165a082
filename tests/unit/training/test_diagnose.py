"""What is said of a training run."""

import pytest

from biodl.tasks import Binary, Labels, Number
from biodl.training.diagnose import verdicts
from biodl.training.fit import History, batch_size_for

TASK = Binary(("y",), ("a", "b"), counts=(50, 50))


def run(losses, validation, planned=None):
    rows = [{"epoch": n, "loss": a, "val_loss": b} for n, (a, b) in enumerate(zip(losses, validation, strict=True), start=1)]
    best = min(range(len(rows)), key=lambda n: rows[n]["val_loss"]) + 1
    return [keyword for keyword, _ in verdicts(History(rows, best, planned or len(rows)), TASK, 100)]


@pytest.mark.parametrize(
    ("losses", "validation", "planned", "expected"),
    [
        ([0.69, 0.68, 0.68], [0.69, 0.69, 0.69], 3, "underfitting"),
        ([0.6, 0.3, 0.1], [0.69, 0.7, 0.9], 3, "overfitting"),
        ([0.5, 0.3, 0.1, 0.02], [0.5, 0.4, 0.5, 0.9], 4, "overfitting"),
        ([0.5, 0.3, 0.2, 0.15], [0.5, 0.35, 0.25, 0.2], 4, "good fit"),
    ],
)
def test_fit(losses, validation, planned, expected):
    assert run(losses, validation, planned)[0] == expected


def test_ending():
    assert run([0.5, 0.3, 0.2], [0.5, 0.3, 0.2], 3)[-1] == "still improving"
    assert run([0.5, 0.3, 0.2], [0.3, 0.31, 0.32], 50)[-1] == "stopped early"
    assert run([0.5, 0.3, 0.2], [0.3, 0.2, 0.22], 3)[-1] == "ran to the end"


def test_guessing():
    assert TASK.guessing_loss(100) == pytest.approx(0.6931, abs=1e-4)
    assert Number(("y",)).guessing_loss(100) == 1
    assert Labels(("y",), ("a", "b"), (50, 50), ";").guessing_loss(100) == pytest.approx(0.6931, abs=1e-4)


def test_batch_size_grows_with_the_data():
    assert [batch_size_for(samples) for samples in (100, 299, 300, 6400, 6500, 50_000, 10**7)] == [16, 16, 32, 32, 64, 256, 512]
