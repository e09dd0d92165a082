"""The minutes bound everything, of every kind of data, on made clocks: predictions too, and in the middle of what takes long."""

import dataclasses
import functools
import re

import numpy as np
import pytest
from explained import unoptimised, untrained

from biodl.errors import InputError
from biodl.explanation import attribution, checks, held, importance
from biodl.explanation import explain as explaining
from biodl.explanation.attribution import CALLED, PERMUTATION, Subject
from biodl.explanation.budget import SHARES, Budget, SpentError, at_random
from biodl.explanation.choose import choose, wished
from biodl.explanation.cut import Cut
from biodl.explanation.explain import Explanation, Wish, explain
from biodl.explanation.held import opened_on
from biodl.explanation.importance import Importance, affordable
from biodl.explanation.kinds.explainers import explainer_of
from biodl.explanation.pictures_of import overall_panels
from biodl.explanation.said import in_lines, what_matters

CASES = {
    "table": ("table", "feedforward", {"members": 2}),
    "sequence": ("sequence", "convolutional", {}),
    "series": ("series", "convolutional", {}),
    "forecast": ("forecast", "convolutional", {}),
    "text": ("text", "convolutional", {}),
    "image": ("image", "convolutional", {}),
}
SAMPLES, PIECE = 40, 4
PARTS = (0.0, 0.1, 0.35, 0.6, 0.8, 0.95)
"""Of all passes of a network, after which the time is over."""


class Ticking:
    """A clock that goes on by a second whenever it is looked at."""

    def __init__(self):
        self.looks = -1

    def __call__(self) -> float:
        self.looks += 1
        return float(self.looks)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A network as its file would be opened, and samples in the order of their targets, as files often stand."""

    def made(name):
        form, family, changes = CASES[name]
        subject, _, data = untrained(tmp_path_factory.mktemp("minutes"), form, family, samples=SAMPLES, **changes)
        if not subject.opened.kind.in_order:
            data = data.take(np.argsort(data.target.iloc[:, 0], kind="stable"))
        object.__setattr__(subject.opened, "model", lambda: subject.model)  # there is no file
        return subject.opened, data

    with unoptimised():
        yield functools.cache(made)


# predictions


@pytest.mark.parametrize("name", CASES)
def test_predictions_end_with_their_share_of_the_minutes(name, network, monkeypatch):
    """Three pieces of four samples, drawn from all of the file, and those that were asked for."""
    opened, data = network(name)
    monkeypatch.setattr(held, "piece_rows", lambda model, raw: PIECE)
    first = np.array([SAMPLES - 1, 0])
    whole = opened_on(opened, data, None, None, "")
    assert (len(whole.data), whole.unseen) == (SAMPLES, 0)
    budget = Budget(2.5 / SHARES["predicted"] / 60, clock=Ticking())
    found = opened_on(opened, data, None, None, "", budget=budget, first=first, seed=3)
    assert (len(found.data), found.given, found.unseen) == (2 + 3 * PIECE, SAMPLES, SAMPLES - 2 - 3 * PIECE)
    assert budget.left_out == [
        "26 of 40 held-out samples, drawn at random, were not predicted, and nothing here is of them: the minutes were spent."
    ]
    rows = [data.frame.index.get_loc(line) for line in found.data.frame.index]
    assert rows == sorted(set(rows))
    assert [rows[place] for place in found.first] == first.tolist()
    beyond = np.array(rows) >= SAMPLES // 2
    assert 4 <= beyond.sum() <= 10  # no first part of the file
    np.testing.assert_allclose(found.scores, whole.scores[rows], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found.y, whole.y[rows])
    assert found.names == [whole.names[row] for row in rows]
    spent = opened_on(opened, data, None, None, "", budget=Budget(1e-9, clock=Ticking()), seed=3)
    assert len(spent.data) == PIECE  # one piece at least
    assert opened_on(opened, data, None, None, "", budget=Budget(1e-9, clock=Ticking()), first=first).unseen == SAMPLES - 2 - PIECE


def test_what_users_ask_for_is_predicted_and_what_was_not_is_said(network, monkeypatch):
    opened, data = network("table")
    monkeypatch.setattr(held, "piece_rows", lambda model, raw: PIECE)

    def chosen(which: str, names: str, judged: bool = True):
        first = wished(opened, data, which, names, 3, judged)
        found = opened_on(opened, data, None, None, "" if judged else "no targets", budget=Budget(1e-9, clock=Ticking()), first=first)
        rows, said = choose(found, which, names, 3)
        return [found.names[row] for row in rows], said

    lines = [f"line {line}" for line in data.frame.index]
    named = ", ".join(lines[place] for place in (39, 5, 20, 8))
    assert chosen("chosen", named) == (
        [lines[39], lines[5], lines[20]],
        "Explained: 3 samples that you named; 1 more was left out, since 3 were asked for.",
    )
    assert chosen("first", "") == (lines[:3], "Explained: the first 3 samples.")
    assert chosen("mistakes", "", judged=False) == (lines[:3], "Explained: the first 3 samples.")
    assert chosen("mistakes", "")[1].endswith(" Only 4 of 40 samples were predicted: there may be worse ones.")
    with pytest.raises(InputError, match=r"No sample of table .* is called 'nobody'"):
        wished(opened, data, "chosen", "nobody", 3, True)


# the rest


@pytest.fixture
def passes(monkeypatch):
    """What was asked of any network so far, pass by pass, at the lowest level."""
    asked: list[str] = []

    def counting(name, call):
        return lambda *given: asked.append(name) or call(*given)

    usual = Cut.__init__

    def made(self, *given):
        usual(self, *given)
        for name in ("_run", "_climb", "_look"):
            setattr(self, name, counting(name, getattr(self, name)))

    monkeypatch.setattr(Cut, "__init__", made)
    for name in ("traced", "caller"):
        own = getattr(attribution, name)
        monkeypatch.setattr(attribution, name, lambda model, own=own, name=name: counting(name, own(model)))
    return asked


def trained_at_once(subject, training, options, seed, budget, share):
    """A network trained on shuffled targets, in no time, if any is left."""
    if budget.within(share):
        return subject
    budget.leave_out("The control by shuffled targets was not made: the minutes were spent.")
    return None


def parts_of(found: Explanation, whole: Explanation):
    """Of each part of the whole explanation, whether there is less of it, and a pattern of the sentence that says so then."""
    for method in whole.single:
        called, one = CALLED[method], found.single.get(method, ())
        without = [re.escape(found.held.names[row]) for row in found.chosen[len(one) :]]
        yield bool(without), f"{'.*'.join(without)}.* (has|have) no {called}:"
        made = found.checked is not None and method in found.checked.made
        yield found.checked is not None and not made, f"^Explanations by {called} were not checked"
        yield made and method not in found.deletions, f"^Deletion curves of {called} were not made"
        for control, named in ((checks.AT_RANDOM, "networks with weights at random"), (checks.SHUFFLED, "the network trained on shuffled")):
            lacking = made and not any((check.method, check.control) == (method, control) for check in found.checks)
            pattern = f"^Explanations by .*{called}.* were not compared with those of {named}"
            if lacking and control == checks.SHUFFLED:
                pattern += "|^The control by shuffled targets was not made"
            yield lacking, pattern
    averaged = found.many is not None
    yield not averaged, "^Nothing was averaged over many samples"
    yield averaged and len(found.rows) < len(whole.rows), "not among those averaged"
    if whole.stand is not None:
        yield not averaged, "no motif was looked for"
    yield found.checked is None, "no check was made"
    if whole.cascade:  # of few parts no rank correlation is known
        yield found.checked is not None and len(found.cascade) < len(whole.cascade), "put at random one by one"
    members = [sum(check.control == checks.MEMBERS for check in one.checks) for one in (found, whole)]
    yield averaged and members[0] < members[1], "members of the ensemble were not compared"
    yield len(found.importances) < len(whole.importances), "No column was shuffled|groups of columns (was|were) not shuffled"
    control = [any(check.method == PERMUTATION for check in one.checks) for one in (found, whole)]
    yield bool(found.importances) and control[1] and not control[0], "^Permutation importance was not compared"
    yield len(found.dependences) < len(whole.dependences), "[Pp]artial dependence .*was (not )?made"
    yield found.map is None, "The map of what the network has learned was not made"
    yield found.neighbours is None, "nearest training samples were not looked for"


def promises_nothing_else(found: Explanation, budget: Budget) -> None:
    """The verdict points to what is there alone."""
    lines = {line.topic: line.text for line in in_lines(found, budget)}
    matters = lines["What matters"]
    nothing = not (found.single or found.many or found.importances or found.dependences)
    assert (matters == "this is not known, since the minutes were spent: give more minutes.") == nothing
    assert ("more minutes" in lines["Next"]) == nothing
    assert found.single or "single samples" not in matters
    assert overall_panels(found) or "picture of what matters" not in matters
    assert found.averages or "table of averages" not in matters
    assert any(check.passed is not None for check in found.checks) == ("no check could be made" not in lines["Can it be believed"])
    assert lines.get("Left out", budget.left_out[0]).startswith(budget.left_out[0].rstrip("."))


@pytest.mark.parametrize("name", CASES)
def test_what_matters_points_to_what_is_there(name, network):
    """Where no sample was explained by itself: to the picture of all, where it has one; where that was not made either, to nothing."""
    opened, data = network(name)
    samples = opened_on(opened, data.take(np.arange(6)), None, None, "")
    found = Explanation(samples, explainer_of(samples.subject), np.arange(2), "")
    assert what_matters(found) == "this is not known, since the minutes were spent: give more minutes."
    explaining._many(found, 1, Budget(60))
    points = what_matters(found) == "see the picture of what matters."
    assert points == found.by_place == (name in ("series", "forecast", "image"))
    assert overall_panels(found) or not points
    before = what_matters(found)
    assert "this is not known" not in before
    assert "single samples" not in before
    explaining._singles(found, Budget(60))
    after = what_matters(found)
    assert (after == "see the pictures of single samples.") == (points or before.startswith("nothing is common to the samples"))
    assert after == before or points or name == "sequence"


def test_what_needs_the_training_samples_is_told_whatever_the_time(network):
    opened, data = network("table")
    asked = ", and the control by shuffled targets was not made: give the training samples as well."
    for training, sentences in (
        (
            None,
            [
                "The map of what the network has learned was not made: the minutes were spent.",
                f"The nearest training samples were not looked for{asked}",
            ],
        ),
        (
            data,
            [
                "The map of what the network has learned was not made, and the nearest training samples were not looked for: the minutes "
                "were spent."
            ],
        ),
    ):
        samples = opened_on(opened, data, training, None, "")
        found = Explanation(samples, explainer_of(samples.subject), np.arange(2), "")
        budget = Budget(1e-9, clock=Ticking())
        explaining._learned(found, 1, budget, shuffled_too=False)
        assert budget.left_out == sentences


@pytest.mark.parametrize("name", CASES)
def test_no_network_is_asked_once_the_minutes_are_spent(name, network, passes, monkeypatch):
    """After whatever pass that is: between two parts, or in the middle of one. What is left out is told, and the network is as before."""
    monkeypatch.setattr(explaining, "NETWORKS", 1)
    monkeypatch.setattr(explaining, "CHECKED", 4)
    opened, data = network(name)
    most = float("inf")
    budget = Budget(1, clock=lambda: 0.0 if len(passes) < most else 1e9)
    samples = opened_on(opened, data.take(np.arange(6)), data, None, "", budget=budget)
    samples = dataclasses.replace(samples, subject=samples.subject.roughly())  # exact sums take a thousand passes, one like another
    samples.subject.cut.rows = 192  # several passes for what takes long
    monkeypatch.setattr(explaining.shuffled, "trained_on_shuffled", trained_at_once)
    before, wish = samples.subject.model.get_weights(), Wish("first", "", 2, shuffled=True, seed=1)
    passes.clear()
    whole, count = explain(samples, wish, budget, lambda line: None), len(passes)
    assert budget.left_out == []
    assert set(passes) >= {"_run", "_climb", "caller"}
    assert whole.checks
    assert whole.map is not None
    assert whole.neighbours is not None
    assert not any(lacking for lacking, _ in parts_of(whole, whole))
    for part in PARTS:
        passes.clear()
        budget.left_out.clear()
        most, said = round(part * count), []
        found = explain(samples, wish, budget, said.append)
        assert len(passes) == most
        assert budget.left_out
        assert all("the minutes were spent" in sentence for sentence in budget.left_out), budget.left_out
        for lacking, named in parts_of(found, whole):
            assert lacking == any(re.search(named, sentence) for sentence in budget.left_out), (part, named, budget.left_out)
        assert (found.choice in said) == bool(found.single)
        promises_nothing_else(found, budget)
        most = float("inf")
        for new, old in zip(samples.subject.model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(new, old)


def test_as_many_samples_are_shuffled_as_let_one_group_be_shuffled_whole(network, monkeypatch):
    """Predicting all once may take a twenty-second part of the time that is left; which samples these are, is drawn."""
    opened, data = network("table")
    subject, raw = Subject.of(opened), opened.encoding.raw(data)
    monkeypatch.setattr(importance, "piece_rows", lambda model, raw: PIECE)
    np.testing.assert_array_equal(affordable(subject, raw, 1, Budget(60), 0.9), np.arange(SAMPLES))
    rows = affordable(subject, raw, 1, Budget(2.5 * 22 / 60, clock=Ticking()), 1.0)
    assert len(rows) == 2 * PIECE  # of a clock that is at 2, 3 and 4 when pieces end, and may be at 1 + 53 / 22
    assert (np.diff(rows) > 0).all()
    assert 0 < (rows >= SAMPLES // 2).sum() < 2 * PIECE
    few = affordable(subject, raw, 1, Budget(2.5 / 60, clock=Ticking()), 1.0)
    assert len(few) == PIECE  # one piece at least
    np.testing.assert_array_equal(np.setdiff1d(few, rows), [])


def test_which_samples_are_shuffled_is_told(network, monkeypatch):
    opened, data = network("table")
    samples, rows = opened_on(opened, data, None, None, ""), np.array([3, 8, 20, 33])
    raw, budget = opened.encoding.raw(data), Budget(60)
    found = Explanation(samples, explainer_of(samples.subject), np.arange(1), "")
    monkeypatch.setattr(explaining, "affordable", lambda *given: rows)
    asked = []
    monkeypatch.setattr(explaining, "importances", lambda subject, raw, y, *given: asked.append((raw, y)) or [Importance((), np.ones(2))])
    explaining._by_importance(found, np.arange(SAMPLES), raw, [], 1, budget)
    ((few, y),) = asked
    np.testing.assert_array_equal(few["numeric"], raw["numeric"][rows])
    np.testing.assert_array_equal(y, samples.y[rows])
    assert budget.left_out == [
        "Columns were shuffled among 4 of 40 samples, drawn at random: the minutes would not have sufficed for more."
    ]


def test_columns_that_are_not_compared_in_time_are_shuffled_one_by_one(network):
    opened, data = network("table")
    raw = opened.encoding.raw(data)
    twins = {**raw, "numeric": np.concatenate([raw["numeric"][:, :1]] * 2, axis=1)}
    columns = explaining.columns_of(opened.encoding.inputs, twins)
    samples = opened_on(opened, data, None, None, "")
    found = Explanation(samples, explainer_of(samples.subject), np.arange(1), "")
    assert [len(group) for group in explaining._grouped(found, columns, twins, Budget(60))] == [2, 1]
    budget = Budget(1.5 / 60 / SHARES["importance"], clock=Ticking())  # over at the second look, at the first of the columns
    assert [len(group) for group in explaining._grouped(found, columns, twins, budget)] == [1, 1, 1]
    assert budget.left_out == [
        "Columns that say nearly the same were not looked for, so that they are shuffled one by one, and may hide each other: the minutes "
        "were spent."
    ]


def test_looking_for_columns_that_say_the_same_leaves_time_to_shuffle_them(network, monkeypatch):
    """And where nothing will be shuffled, no sentence says that it is."""
    opened, data = network("table")
    raw = opened.encoding.raw(data)
    columns = explaining.columns_of(opened.encoding.inputs, raw)
    monkeypatch.setattr(explaining, "_twins", lambda columns, raw, look: [look() for _ in iter(int, 1)])  # never ends by itself
    samples = opened_on(opened, data, None, None, "")
    for y, sentences in ((samples.y, 1), (None, 0)):
        found = Explanation(dataclasses.replace(samples, y=y), explainer_of(samples.subject), np.arange(1), "")
        budget = Budget(100 / 60 / SHARES["importance"], clock=Ticking())
        assert [len(group) for group in explaining._grouped(found, columns, raw, budget)] == [1] * len(columns)
        assert len(budget.left_out) == sentences
        assert budget.within(0.6 * SHARES["importance"])


def test_a_look_ends_what_goes_on_where_that_was_asked_for_alone():
    clock = Ticking()
    budget = Budget(10 / 60, clock=clock)  # ten looks
    clock.looks = 5
    budget.look()
    assert budget.made(0.9, lambda: "made") == "made"
    with pytest.raises(SpentError), budget.until(0.5), budget.until(1.0):  # the sooner of both
        budget.look()
    budget.look()
    assert budget.made(0.5, lambda: "never asked") is None
    assert budget.made(1.0, lambda: [budget.look() for _ in range(9)]) is None


def test_pieces_at_random_hold_each_sample_once():
    pieces = at_random(11, 3, 1, np.array([10, 2]))
    assert [len(piece) for piece in pieces] == [5, 3, 3]
    assert {2, 10} <= set(pieces[0])
    assert sorted(np.concatenate(pieces).tolist()) == list(range(11))
    assert all((np.diff(piece) > 0).all() for piece in pieces)
    np.testing.assert_array_equal(at_random(5, 9, 1)[0], range(5))
    assert [len(piece) for piece in at_random(2, 3, 1, np.array([0, 1]))] == [2]
