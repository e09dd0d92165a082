"""Trials of a study: the same whatever the number of slots, unbroken or gone on with; rules against numpy, scipy and Optuna."""

import dataclasses
import math
import random

import numpy as np
import pytest

from biodl.commands import train_convolutional, train_feedforward
from biodl.data.kinds import image, sequence, table
from biodl.errors import InputError
from biodl.model_selection.rungs import Hopeless, Rungs
from biodl.model_selection.space import defaults_in, settings_known, space_of
from biodl.model_selection.trials import (
    AT_RANDOM,
    COMPLETE,
    FAILED,
    KNOWN_TO_STOP,
    LAG,
    STOPPED,
    Plan,
    Trial,
    best_of,
    hopeless,
    importances,
    known_to,
    mean,
    plan,
    study_of,
)
from biodl.model_selection.tune import Search, search, told
from biodl.networks.families import convolutional, feedforward
from biodl.training.watching import Reached

OPTIONS = train_feedforward.OPTIONS()
SPACE = space_of(OPTIONS, feedforward.FAMILY, table.KIND, ())
DEFAULTS = defaults_in(SPACE, OPTIONS)
FOLDS = 3


def value_of(settings: dict, fold: int) -> float:
    """A made-up metric: best at a learning rate of 0.003, a little noise."""
    noise = random.Random(f"{sorted(settings.items())} {fold}").gauss(0, 0.003)
    return 0.9 - 0.05 * abs(math.log10(settings["learning_rate"] / 0.003)) - 0.02 * settings["dropout"] + noise


def work(asked: Plan) -> Trial:
    values: list[float] = []
    for fold in range(FOLDS):
        values.append(value_of(asked.settings, fold))
        if len(values) < FOLDS and hopeless(values, asked.limits, True):
            return Trial(asked.number, asked.settings, tuple(values), STOPPED)
    if asked.number % 7 == 0:
        return Trial(asked.number, asked.settings, (), FAILED, "a network like this cannot be built.")
    return Trial(asked.number, asked.settings, tuple(values))


def work_on_one_part(asked: Plan) -> Trial:
    """The same with one validation part: a training of 8 epochs, or of 12 with small batches, whose loss falls to 1 less the metric."""
    rungs = Rungs(asked.loss_limits)
    epochs, value = (12 if asked.settings["batch_size"] == 16 else 8), value_of(asked.settings, 0)
    try:
        for epoch in range(1, epochs + 1):
            rungs(Reached(epoch / epochs, 1 - value + 0.05 * (epochs - epoch) / epochs * asked.settings["dropout"]))
    except Hopeless:
        return Trial(asked.number, asked.settings, (), STOPPED, losses=tuple(rungs.losses))
    if asked.number % 7 == 0:
        return Trial(asked.number, asked.settings, (), FAILED, "a network like this cannot be built.")
    return Trial(asked.number, asked.settings, (value,), losses=tuple(rungs.losses))


def slots(count: int, seed: int = 0, most: int = 10**6):
    """Does pieces as so many processes might: which of those that run ends first is drawn; ends after ``most``, as if it were killed."""
    draw = random.Random(seed)

    def beside(work, pieces, at_once, begin_until):
        coming, running, begun, done = iter(pieces), [], 0, 0
        while True:
            while len(running) < min(count, at_once) and (piece := next(coming, None)) is not None:
                running.append((begun, piece))
                begun += 1
            if not running or done == most:
                return
            done += 1
            place, piece = running.pop(draw.randrange(len(running)))
            yield place, work(piece)

    return beside


def study(count: int, slots_of, known=(), seed: int = 1, folds: int = FOLDS) -> dict[int, Trial]:
    wanted = Search(DEFAULTS, SPACE, folds, "balanced_accuracy", count, seed)
    one = work if folds > 1 else work_on_one_part
    return search(wanted, one, dict(known), LAG, math.inf, lambda done: None, lambda line: None, slots_of)


@pytest.fixture(scope="module", params=[FOLDS, 1], ids=["folds", "one part"])
def folds(request) -> int:
    return request.param


@pytest.fixture(scope="module")
def unbroken(folds) -> dict[int, Trial]:
    return study(24, slots(1), folds=folds)


def test_the_number_of_slots_changes_nothing(unbroken, folds):
    for count, seed in ((2, 1), (2, 2), (3, 3), (9, 4)):
        assert study(24, slots(count, seed), folds=folds) == unbroken


@pytest.mark.parametrize("after", [1, 5, 11, 23])
def test_an_interrupted_study_ends_as_an_unbroken_one(after, unbroken, folds):
    first = study(24, slots(3, after, most=after), folds=folds)
    assert len(first) == after
    resumed = study(24, slots(2, after), first, folds=folds)
    assert resumed == unbroken
    assert best_of(resumed.values(), True) == best_of(unbroken.values(), True)


def test_a_longer_study_begins_as_a_shorter_one(unbroken, folds):
    assert study(12, slots(2), folds=folds) == {number: unbroken[number] for number in range(1, 13)}


def test_hopeless_trials_are_stopped_and_none_of_them_is_best(unbroken, folds):
    """Between folds, or as they train: after a quarter and after half."""
    stopped = [trial for trial in unbroken.values() if trial.state == STOPPED]
    assert {len(trial.values if folds > 1 else trial.losses) for trial in stopped} == {1, 2}
    assert min(trial.number for trial in stopped) > KNOWN_TO_STOP + LAG - 1
    assert best_of(unbroken.values(), True).state == COMPLETE
    for trial in stopped:  # each by the trials that it may know, and by no other
        asked = plan(trial.number, [unbroken[number] for number in range(1, trial.number - LAG + 1)], DEFAULTS, SPACE, folds, True, 1)
        if folds > 1:
            assert trial.values[-1] != trial.values[-1] or mean(trial.values) < asked.limits[len(trial.values) - 1]
        else:
            assert trial.losses[-1] > asked.loss_limits[len(trial.losses) - 1]
            assert trial.value != trial.value  # it has no metric


def test_another_seed_draws_others(unbroken, folds):
    other = study(12, slots(1), seed=2, folds=folds)
    assert other[1] == unbroken[1]
    assert all(other[number].settings != unbroken[number].settings for number in range(2, 13))


def test_the_first_trial_has_the_defaults_and_the_next_look_at_no_result(unbroken):
    assert unbroken[1].settings == DEFAULTS
    assert {name: getattr(OPTIONS, name) for name in SPACE} == DEFAULTS
    for number in range(2, 2 + AT_RANDOM):
        known = [dataclasses.replace(unbroken[other], values=(0.5, 0.1, 0.9)) for other in range(1, max(1, number - LAG + 1))]
        assert plan(number, known, DEFAULTS, SPACE, FOLDS, True, 1).settings == unbroken[number].settings


def test_later_trials_learn_from_earlier_ones(unbroken):
    at_random = np.mean([unbroken[number].value for number in range(2, 2 + AT_RANDOM) if unbroken[number].values])
    later = np.mean([unbroken[number].value for number in range(2 + AT_RANDOM, 25) if unbroken[number].state == COMPLETE])
    assert later > at_random + 0.01
    assert abs(math.log10(best_of(unbroken.values(), True).settings["learning_rate"] / 0.003)) < 0.3


def test_every_trial_lies_in_the_space(unbroken):
    assert all(settings_known(SPACE, trial.settings) == trial.settings for trial in unbroken.values())


def test_a_trial_waits_for_those_it_may_know():
    trials = {number: Trial(number, DEFAULTS, (0.5,)) for number in (1, 2, 4)}
    assert known_to(4, {}) == []
    assert [trial.number for trial in known_to(6, trials)] == [1, 2]
    assert known_to(7, trials) is None  # trial 3 is missing


def test_a_trial_is_stopped_below_the_median_of_the_running_means():
    values = np.random.default_rng(3).normal(0.8, 0.05, (7, FOLDS))
    known = [Trial(number, DEFAULTS, tuple(row)) for number, row in enumerate(values, start=1)]
    known += [Trial(8, DEFAULTS, (0.99,), STOPPED), Trial(9, DEFAULTS, (), FAILED)]
    limits = plan(13, known, DEFAULTS, SPACE, FOLDS, True, 1).limits
    assert limits == pytest.approx([np.median(values[:, :count].mean(axis=1)) for count in (1, 2)])
    assert all(math.isnan(limit) for limit in plan(9, known[:4], DEFAULTS, SPACE, FOLDS, True, 1).limits)
    assert hopeless([limits[0] - 0.001], limits, higher=True)
    assert not hopeless([limits[0] + 0.001], limits, higher=True)
    assert hopeless([limits[0] + 0.001], limits, higher=False)
    assert not hopeless([0.0], (math.nan,), higher=True)
    assert not hopeless([math.nan], limits, higher=True)
    assert not hopeless([0.0] * FOLDS, limits, higher=True)


def test_on_one_part_a_trial_is_stopped_above_the_median_of_the_losses_by_the_same_share():
    losses = np.random.default_rng(3).uniform(0.3, 0.6, (7, 2))
    known = [Trial(number, DEFAULTS, (0.8,), losses=tuple(row)) for number, row in enumerate(losses, start=1)]
    known += [Trial(8, DEFAULTS, (), STOPPED, losses=(9.0,)), Trial(9, DEFAULTS, (), FAILED)]
    asked = plan(13, known, DEFAULTS, SPACE, 1, True, 1)
    assert (asked.limits, asked.loss_limits) == ((), pytest.approx(np.median(losses, axis=0)))
    assert plan(13, known, DEFAULTS, SPACE, 1, False, 1).loss_limits == asked.loss_limits  # a loss is a loss, whatever the metric
    assert plan(13, known, DEFAULTS, SPACE, FOLDS, True, 1).loss_limits == ()
    few = [*known[:4], *(dataclasses.replace(trial, losses=()) for trial in known[4:7])]  # of an earlier version
    assert np.isnan(plan(13, few, DEFAULTS, SPACE, 1, True, 1).loss_limits).all()


class TestRungs:
    def test_what_is_reached_by_a_share_counts_whatever_the_number_of_epochs(self):
        for epochs in (1, 2, 3, 4, 7, 40):
            rungs = Rungs()
            for epoch in range(1, epochs + 1):
                rungs(Reached(epoch / epochs, 1 / epoch))
            firsts = [-(-epochs // 4), -(-epochs // 2)]  # the first epochs by which a quarter, and half, are over
            assert rungs.losses == [1 / first for first in firsts]

    def test_a_training_that_ended_early_has_reached_what_it_did_in_the_end(self):
        rungs = Rungs((0.5, 0.1))
        rungs(Reached(0.3, 0.4))
        rungs(Reached(0.4, 0.2))
        rungs(Reached(1.0, 0.2))  # worse than the limit, but nothing is saved by stopping now
        assert rungs.losses == [0.4, 0.2]

    @pytest.mark.parametrize(("limits", "losses"), [((0.3, 9), [0.4]), ((0.5, 0.3), [0.4, 0.35]), ((math.nan, 0.3), [0.4, 0.35])])
    def test_a_loss_above_its_limit_stops_at_once(self, limits, losses):
        def train(watch):
            for epoch, loss in enumerate((0.5, 0.4, 0.4, 0.35, 0.1), start=1):
                watch(Reached(epoch / 8, loss))

        rungs = Rungs(limits)
        with pytest.raises(Hopeless):
            train(rungs)
        assert rungs.losses == losses

    def test_equal_to_the_limit_and_no_number_go_on(self):
        for loss, known in ((0.4, [0.4, 0.4]), (math.nan, [math.nan] * 2), (math.inf, [math.nan] * 2)):
            rungs = Rungs((0.4, 0.4))
            rungs(Reached(0.5, loss))
            assert repr(rungs.losses) == repr(known)


def test_the_best_has_all_folds_and_is_the_first_of_equals():
    trials = [Trial(1, {}, (0.6, 0.8)), Trial(2, {}, (0.95,), STOPPED), Trial(3, {}, (0.8, 0.6)), Trial(4, {}, (math.nan, math.nan))]
    assert best_of(trials, True).number == 1
    assert best_of([*trials, Trial(5, {}, (0.9, math.nan))], True).number == 5
    assert best_of([*trials, Trial(5, {}, (0.1, 0.1))], False).number == 5
    assert best_of(trials[1:2], True) is None
    assert best_of([Trial(1, {}, (0.6,)), Trial(2, {}, (), STOPPED, losses=(0.001,))], True).number == 1


def test_importances_are_those_of_optuna_and_find_what_matters():
    import optuna

    draw = random.Random(4)
    trials = []
    for number in range(1, 26):
        settings = {**DEFAULTS, "dropout": draw.uniform(0, 0.7), "l2": 10 ** draw.uniform(-5, -1)}
        trials.append(Trial(number, settings, (1 - settings["dropout"],)))
    found = importances(trials, SPACE, True, 1)
    assert list(found) == ["dropout", "l2"]
    assert found["dropout"] > 0.9
    own = optuna.create_study(direction="maximize")
    space = {"dropout": optuna.distributions.FloatDistribution(0, 0.7), "l2": optuna.distributions.FloatDistribution(1e-5, 0.1, log=True)}
    for trial in trials:
        own.add_trial(
            optuna.trial.create_trial(params={name: trial.settings[name] for name in space}, distributions=space, value=trial.value)
        )
    theirs = optuna.importance.get_param_importances(own, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=1))
    assert found == pytest.approx(theirs)
    assert sum(found.values()) == pytest.approx(1)
    assert importances(trials[:4], SPACE, True, 1) == {}
    assert importances([dataclasses.replace(trial, values=(0.5,)) for trial in trials], SPACE, True, 1) == {}


def test_optuna_is_told_of_stopped_trials_and_not_of_failed_ones():
    trials = [Trial(1, DEFAULTS, (0.5, 0.7)), Trial(2, DEFAULTS, (0.4,), STOPPED), Trial(3, DEFAULTS, (), FAILED)]
    told_of = study_of(trials, SPACE, True).trials
    assert [(trial.state.name, trial.value, trial.intermediate_values) for trial in told_of] == [
        ("COMPLETE", 0.6, {}),
        ("PRUNED", None, {1: 0.4}),
    ]


@pytest.mark.parametrize("higher", [True, False])
def test_optuna_is_told_of_losses_in_the_direction_of_the_metric(higher):
    trials = [Trial(1, DEFAULTS, (0.5,), losses=(0.3, 0.2)), Trial(2, DEFAULTS, (), STOPPED, losses=(0.4, 0.35))]
    told_of = study_of(trials, SPACE, higher).trials
    assert [(trial.state.name, trial.value, trial.intermediate_values) for trial in told_of] == [
        ("COMPLETE", 0.5, {}),
        ("PRUNED", None, {2: -0.35 if higher else 0.35}),
    ]


def test_progress_is_told_in_words():
    wanted = Search(DEFAULTS, SPACE, 3, "f1_macro", 20, 1)
    trials = {1: Trial(1, DEFAULTS, (0.93, 0.93, 0.93)), 3: Trial(3, DEFAULTS, (0.91, 0.91, 0.91)), 4: Trial(4, DEFAULTS, (0.8,), STOPPED)}
    assert told(trials[3], trials, wanted) == "trial 3 of 20: macro F1 0.91 (best so far 0.93, trial 1)"
    assert told(trials[4], trials, wanted) == "trial 4 of 20: macro F1 0.8, stopped after 1 of 3 folds (best so far 0.93, trial 1)"
    one = Search(DEFAULTS, SPACE, 1, "f1_macro", 20, 1)
    early = Trial(4, DEFAULTS, (), STOPPED, losses=(0.51234,))
    assert told(early, trials, one) == (
        "trial 4 of 20: validation loss 0.5123, stopped after a quarter of its training (best so far 0.93, trial 1)"
    )
    half = dataclasses.replace(early, losses=(0.5, 0.4))
    assert told(half, {4: half}, one) == "trial 4 of 20: validation loss 0.4, stopped after half of its training"
    failed = Trial(2, DEFAULTS, (), FAILED, "No.")
    assert told(failed, {2: failed}, wanted) == "trial 2 of 20: failed ('No.')"


class TestSpace:
    def test_what_a_user_set_is_not_tried(self):
        options = train_feedforward.OPTIONS(hidden_layers=(8,), learning_rate=0.002)
        assert set(SPACE) - set(space_of(options, feedforward.FAMILY, table.KIND, ())) == {"hidden_layers", "learning_rate"}

    def test_parts(self):
        assert set(space_of(OPTIONS, feedforward.FAMILY, table.KIND, ("training",))) == {"learning_rate", "batch_size"}
        assert list(space_of(OPTIONS, feedforward.FAMILY, table.KIND, ("encoding",))) == ["numeric_encoding"]
        chosen = dataclasses.replace(OPTIONS, numeric_encoding="piecewise")
        with pytest.raises(
            InputError, match="There is nothing to search: the encoding of a feed-forward network on a table has no setting"
        ):
            space_of(chosen, feedforward.FAMILY, table.KIND, ("encoding",))

    def test_the_encoding_is_that_of_the_kind(self):
        options = train_convolutional.OPTIONS()
        assert set(space_of(options, convolutional.FAMILY, image.KIND, ("encoding",))) == {"rotation", "shift", "zoom"}
        found = space_of(options, convolutional.FAMILY, sequence.KIND, ("encoding",))
        assert list(found) == ["sequence_encoding", "embedding_dim", "kmer_size"]
        assert defaults_in(found, options) == {"sequence_encoding": "one_hot"}  # the others count with other encodings alone

    @pytest.mark.parametrize(("chosen", "tried"), [("kmer", ["embedding_dim", "kmer_size"]), ("embedding", ["embedding_dim"])])
    def test_a_setting_that_needs_another_one_as_it_was_set(self, chosen, tried):
        options = train_convolutional.OPTIONS(kind="sequence", sequence_encoding=chosen)
        assert list(space_of(options, convolutional.FAMILY, sequence.KIND, ("encoding",))) == tried

    def test_settings_of_a_file(self):
        space = space_of(train_convolutional.OPTIONS(), convolutional.FAMILY, sequence.KIND, ("encoding",))
        known = {"sequence_encoding": "kmer", "kmer_size": 4, "embedding_dim": 8}
        assert settings_known(space, known) == known
        assert settings_known(SPACE, {**DEFAULTS, "hidden_layers": [64, 32]})["hidden_layers"] == (64, 32)
        wrong = [
            {**known, "kmer_size": 9},
            {**known, "kmer_size": 4.5},
            {**known, "kmer_size": True},
            {**known, "embedding_dim": 8.0},
            {"sequence_encoding": "one_hot", "kmer_size": 4},
            {"sequence_encoding": "kmer", "kmer_size": 4},
            {**known, "units": 3},
            [],
        ]
        for settings in wrong:
            with pytest.raises(ValueError, match=r"."):
                settings_known(space, settings)
