"""What is told of a training as it goes on: shares and lowest losses, of whatever is trained, and it ends when it is told to."""

import pytest
from samples import FORMS

from biodl.commands import train_feedforward
from biodl.data.kinds import table
from biodl.networks.families import feedforward
from biodl.training.prepare import prepare
from biodl.training.train import train_on
from biodl.training.watching import Reached, with_others

QUICK = {"epochs": 6, "hidden_layers": (4,), "learning_rate": 0.05, "batch_size": 16}


class Enough(Exception):  # noqa: N818 (no error)
    """Ends a training."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Options for some rows of a table, and the parts of these."""
    write, _, columns = FORMS["table"]
    files = write(tmp_path_factory.mktemp("table"))

    def of(**changes):
        options = train_feedforward.OPTIONS(**{**columns, **QUICK, "numeric_encoding": "standardised", **changes})
        return prepare(table.KIND, files, None, options, say=lambda line: None), options

    return of


def lowest(history):
    """The lowest validation loss by each epoch."""
    losses = history.column("val_loss")
    return [min(losses[: place + 1]) for place in range(len(losses))]


def mean_of_members(found):
    return [sum(by) / 3 for by in zip(*map(lowest, found.history.members), strict=True)]


CASES = {
    "a network alone": ({}, lambda found: lowest(found.history)),
    "members together: their mean": ({"members": 3}, mean_of_members),
    "members one after another: the first": (
        {"members": 2, "schedule": "plateau", "epochs": 4},
        lambda found: lowest(found.history.members[0]),
    ),
    "two encodings: the last": ({"numeric_encoding": "auto", "epochs": 4}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_training_is_told_ends_when_it_is_told_to_and_the_next_is_as_ever(case, prepared):
    changes, wanted = CASES[case]
    (parts, options), ended, told = prepared(**changes), [], []

    def enough(reached):
        ended.append(reached)
        if reached.share >= 0.5:
            raise Enough

    with pytest.raises(Enough):
        train_on(parts, feedforward.FAMILY, options, watch=enough)
    found = train_on(parts, feedforward.FAMILY, options, watch=told.append)
    assert ended == told[: options.epochs // 2]
    assert [reached.share for reached in told] == [(epoch + 1) / options.epochs for epoch in range(options.epochs)] + [1]
    assert told[-1].loss == pytest.approx(told[-2].loss)
    if wanted:
        assert [reached.loss for reached in told[:-1]] == pytest.approx(wanted(found))
    if case == "a network alone":
        assert train_on(parts, feedforward.FAMILY, options).history == found.history


def test_a_training_that_ends_early_is_told_as_over(prepared):
    (parts, options), told = prepared(epochs=200, patience=2, learning_rate=0.5), []
    history = train_on(parts, feedforward.FAMILY, options, watch=told.append).history
    assert history.stopped_early
    assert len(told) == len(history.rows) + 1
    assert told[-2].share == len(history.rows) / 200
    assert told[-1] == Reached(1, told[-2].loss)


def test_others_count_with_what_they_had_by_the_same_share():
    told = []
    watch = with_others(told.append, [Reached(0.25, 0.5), Reached(0.5, 0.3), Reached(1.0, 0.1)])
    for share, loss in ((0.2, 0.9), (0.25, 0.8), (0.75, 0.2), (1.0, 0.2)):
        watch(Reached(share, loss))
    assert told == [(0.2, 0.9), (0.25, 0.5), (0.75, 0.2), (1.0, 0.1)]
