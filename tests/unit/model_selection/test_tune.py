"""Tuning as users run it: in this process, with trainings of an epoch or two; and whether it was worth it, against scipy."""

import dataclasses
import json
import math
import subprocess
import sys
import zipfile
from unittest.mock import ANY

import numpy as np
import pandas as pd
import pytest
from samples import FORMS
from scipy import stats
from test_trials import DEFAULTS, FOLDS, SPACE, slots, work

from biodl.commands import train_feedforward
from biodl.data.kinds import kind_of_form, table
from biodl.errors import InputError, shorten
from biodl.model_selection import tune, worth
from biodl.model_selection.alone import alone_with
from biodl.model_selection.crossvalidate import train_fold
from biodl.model_selection.folds import Fold
from biodl.model_selection.trials import AT_RANDOM, COMPLETE, FAILED, STOPPED, Plan, Trial, plan
from biodl.model_selection.tune import Search, TrialWork, TuneOptions, fingerprint_of, scoring_folds, search
from biodl.model_selection.tune_report import Tuned, _panels, _settings, _worth_line, trial_rows, was_it_worth_it, what_was_tried
from biodl.model_selection.worth import compare_on, new_folds
from biodl.program.search import OneOf
from biodl.training.prepare import read
from conftest import ROOT, write_rows


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Rows of a table, read to learn from."""
    write, _, columns = FORMS["table"]
    options = train_feedforward.OPTIONS(**columns, epochs=1)
    return read(table.KIND, write(tmp_path_factory.mktemp("table")), None, options, say=lambda line: None), options


def folds_like(count: int, held: int = 30, learn: int = 60) -> list[Fold]:
    return [Fold(1, number, str(number), f"fold {number}", np.arange(learn), np.arange(held)) for number in range(1, count + 1)]


class TestWorth:
    def test_the_gain_is_judged_by_the_corrected_resampled_t(self):
        draw = np.random.default_rng(5)
        pairs = draw.normal([0.8, 0.84], 0.02, (9, 2))
        found = compare_on(folds_like(9), lambda fold: tuple(pairs[fold.number - 1]), "f1", 2, math.inf, print, slots(2, 3))
        gain = pairs[:, 1] - pairs[:, 0]
        half = stats.t.ppf(0.975, 8) * math.sqrt((1 / 9 + 30 / 60) * gain.var(ddof=1))  # Nadeau and Bengio 2003
        assert sorted(found.best) == pytest.approx(sorted(pairs[:, 1]))
        assert (found.gain.mean, found.gain.low, found.gain.high) == pytest.approx((gain.mean(), gain.mean() - half, gain.mean() + half))

    def test_less_of_an_error_is_a_gain(self):
        found = compare_on(folds_like(4), lambda fold: (2.0 + fold.number / 10, 1.0), "rmse", 1, math.inf, print, slots(1))
        assert found.gain.mean == pytest.approx(1.25)

    def test_new_folds_are_none_of_the_search(self, samples):
        old = [set(fold.held) for fold in scoring_folds(samples[0], 3, 1)]
        new = new_folds(samples[0], 3, 3, 1)
        assert len(new) == 9
        assert all(set(fold.held) not in old for fold in new)
        for repeat in (1, 2, 3):  # each sample is predicted once a repeat
            assert sorted(np.concatenate([fold.held for fold in new if fold.repeat == repeat])) == list(range(len(samples[0].data)))

    def test_folds_that_the_search_had_are_told(self):
        few = folds_like(4)
        found = compare_on(few, lambda fold: (0.8, 0.9 + fold.number / 100), "f1", 1, math.inf, print, slots(1), few[:1])
        assert found.seen == 4  # all of these hold the same samples
        said = was_it_worth_it(tuned(list(TestWords.TRIALS), found))
        assert said[2].startswith("4 of the new folds are folds of the search once more, since groups or copies leave few ways to divide")

    def test_samples_in_time_order_are_cut_at_other_places(self, tmp_path):
        write, command, columns = FORMS["forecast"]
        options = __import__(f"biodl.commands.{command}", fromlist=["OPTIONS"]).OPTIONS(kind="forecast", **columns)
        found = read(kind_of_form("forecast"), write(tmp_path), None, options, say=lambda line: None)
        search_folds, others = scoring_folds(found, 3, 1), new_folds(found, 3, 3, 1)
        assert (len(search_folds), len(others)) == (3, 5)
        starts = {fold.held.min() for fold in search_folds}
        assert len(starts & {fold.held.min() for fold in others}) < 3
        one = scoring_folds(found, 0, 1)
        assert [fold.name for fold in one] == ["validation part"]
        assert one[0].learn.max() < one[0].held.min()


def tuned(trials, compared=None, why="", wanted=20) -> Tuned:
    return Tuned(
        Search(DEFAULTS, SPACE, FOLDS, "f1_macro", wanted, 1), trials, compared, why, {name: item.said() for name, item in SPACE.items()}
    )


class TestWords:
    TRIALS = (
        Trial(1, DEFAULTS, (0.9, 0.9, 0.9)),
        Trial(2, {**DEFAULTS, "dropout": 0.25, "hidden_layers": (64, 32)}, (0.95, 0.93, 0.94)),
        Trial(3, DEFAULTS, (0.5,), STOPPED),
        Trial(4, DEFAULTS, (), FAILED, "No."),
    )

    def compared(self, shift: float):
        wave = (0.0, 0.01, -0.01, 0.005)
        return compare_on(folds_like(4), lambda fold: (0.9, 0.9 + shift + wave[fold.number - 1]), "f1_macro", 1, math.inf, print, slots(1))

    def test_what_was_tried(self):
        assert what_was_tried(tuned(list(self.TRIALS), wanted=6)) == [
            "4 trials of 8 settings, each scored by cross-validation (3 folds) by its macro F1; the first trial has the defaults. "
            "Of these 1 stopped after the first folds, since half of the others had done better by then; 1 failed, since such a network "
            "cannot be trained on these samples.",
            "The best was trial 2 with macro F1 0.94; the defaults had 0.9. It differs in dropout 0.25 (default 0.3), hidden layers 64, 32 "
            "(default 128).",
            "The time given for tuning ended before trials 5 to 6 of 6: give the study to a later run to go on.",
        ]
        assert what_was_tried(tuned([self.TRIALS[0]], wanted=1))[1] == "No trial was better than the defaults (macro F1 0.9)."

    def test_what_was_tried_on_one_validation_part(self):
        trials = [
            Trial(1, DEFAULTS, (0.9,), losses=(0.5, 0.4)),
            Trial(2, {**DEFAULTS, "dropout": 0.25}, (0.95,), losses=(0.4, 0.3)),
            Trial(3, DEFAULTS, (), STOPPED, losses=(0.6,)),
            Trial(4, DEFAULTS, (), STOPPED, losses=(0.5, 0.45)),
            Trial(5, DEFAULTS, (), FAILED, "No."),
        ]
        found = dataclasses.replace(tuned(trials, wanted=5), wanted=Search(DEFAULTS, SPACE, 1, "f1_macro", 5, 1))
        assert what_was_tried(found)[0] == (
            "5 trials of 8 settings, each scored on one validation part that no network learned from by its macro F1; the first trial has "
            "the defaults. Of these 2 stopped after a quarter or half of their training, since half of the others had a lower validation "
            "loss by then; 1 failed, since such a network cannot be trained on these samples."
        )
        one = what_was_tried(dataclasses.replace(found, trials=[*trials[:3], trials[4]]))[0]
        assert "Of these 1 stopped after a quarter or half of its training, since" in one
        (picture, *_) = _panels(found, {})
        assert picture.says == "5 trials, the first 0.900, the best 0.950; 3 ended without a value"
        rows = trial_rows(found)
        states = ["whole training", "whole training", "stopped after a quarter", "stopped after half", "failed"]
        assert [row["state"] for row in rows] == states
        names = ("f1_macro", "fold_1", "validation_loss_after_a_quarter", "validation_loss_after_half")
        assert repr([tuple(row[name] for name in names) for row in rows[1:4]]) == repr(
            [(0.95, 0.95, 0.4, 0.3), (math.nan, math.nan, 0.6, math.nan), (math.nan, math.nan, 0.5, 0.45)]
        )
        assert list(rows[0])[-4:] == ["seconds", "validation_loss_after_a_quarter", "validation_loss_after_half", "why"]
        assert not any("loss" in name for name in trial_rows(tuned(list(self.TRIALS)))[0])

    def test_worth_it(self):
        good = tuned(list(self.TRIALS), self.compared(0.1))
        assert was_it_worth_it(good) == [
            "Yes: the best settings beat the defaults by more than chance explains. On 4 new folds: macro F1 1.001 against 0.9; 95 % "
            "interval of the gain 0.07772 to 0.1248.",
            "In the search the best trial had 0.94: the best of many is flattered by having been chosen, so the new folds count.",
            "The network was trained with the settings of trial 2.",
        ]
        assert good.chosen == self.TRIALS[1].settings
        assert str(_worth_line(good)) == "Worth it: yes, by more than chance; 4 new folds: 1.001 against 0.9."
        assert str(_worth_line(tuned([self.TRIALS[0]], wanted=1))) == "Worth it: no, no trial was better than the defaults."

    def test_not_shown_and_worse(self):
        plain = tuned(list(self.TRIALS), self.compared(0.002))
        assert was_it_worth_it(plain)[0].startswith("Not shown: chance alone could explain the difference")
        assert plain.chosen == self.TRIALS[1].settings
        worse = tuned(list(self.TRIALS), self.compared(-0.1))
        assert was_it_worth_it(worse)[0].startswith("No: the defaults beat the best settings by more than chance explains.")
        assert was_it_worth_it(worse)[2] == "So the network was trained with the defaults."
        assert worse.chosen == DEFAULTS
        assert str(_worth_line(plain)) == "Worth it: not shown, it may be chance; 4 new folds: 0.9032 against 0.9."
        assert str(_worth_line(worse)).startswith("Worth it: no, the defaults are better; ")

    def test_time_that_was_up(self):
        few = compare_on(folds_like(9), lambda fold: (0.8, 0.9), "f1_macro", 1, math.inf, print, slots(1, most=1))
        found = was_it_worth_it(tuned(list(self.TRIALS), few))[0]
        assert found == (
            "It cannot be told whether tuning was worth it. On 1 new fold (of 9, since time was up): macro F1 0.9 against 0.8; too few "
            "folds for an interval."
        )


def with_strangers(found, held):
    """The samples, those at places ``held`` with numbers far away, a new category and the other class."""
    frame, target, y = found.data.frame.copy(), found.data.target.copy(), found.y.copy()
    for column, (name, type_) in enumerate(found.data.types.items()):
        assert frame.columns[column] == name
        frame.iloc[held, column] = 1e5 - 900 * frame.iloc[held, column] if type_ == "numeric" else "spleen"
    y[held] = 1 - y[held]
    target.iloc[held, 0] = np.array(found.task.classes)[y[held]]
    return dataclasses.replace(found, data=dataclasses.replace(found.data, frame=frame, target=target), y=y)


class TestLeakage:
    def test_held_out_rows_change_no_trial_but_in_what_it_scores(self, samples, monkeypatch):
        """A search with strangers in the place of what the fold leaves out tries the same, and its networks are the same."""
        found, options = samples
        fold = scoring_folds(found, 3, 1)[0]
        options = dataclasses.replace(options, hidden_layers=(4,), numeric_encoding="piecewise")
        names = ("learning_rate", "batch_size", "dropout")
        wanted = Search(*({name: of[name] for name in names} for of in (DEFAULTS, SPACE)), 1, found.task.primary, 2, 1)
        trained = []

        def watched(*arguments):
            parts, network = train_fold(*arguments)
            weights = b"".join(weight.tobytes() for weight in network.network.model.get_weights())
            trained.append((json.dumps(parts.encoding.to_json()), parts.task, network.history, weights))
            return parts, network

        monkeypatch.setattr(tune, "train_fold", watched)
        tried = []
        for each in (found, with_strangers(found, fold.held)):
            trials = search(wanted, TrialWork(each, [fold], "table", "feedforward", options), {}, 1, math.inf, list, len, slots(1))
            tried.append([trials[number] for number in (1, 2)])
        assert [trial.settings for trial in tried[0]] == [trial.settings for trial in tried[1]]
        assert all(one.values != other.values for one, other in zip(*tried, strict=True))
        assert [trial.losses for trial in tried[0]] == [trial.losses for trial in tried[1]]  # by which trials may be stopped
        assert trained[:2] == trained[2:]
        assert trained[0] != trained[1]

    def test_what_held_out_rows_score_is_seen_by_no_trial_that_is_drawn_at_random(self):
        """Two studies whose scores are opposite try the same, until trials learn from scores."""

        def opposite(asked):
            trial = work(asked)
            return dataclasses.replace(trial, values=tuple(1 - value for value in trial.values))

        studies = []
        for scores in (work, opposite):
            trials = search(Search(DEFAULTS, SPACE, FOLDS, "f1", 14, 1), scores, {}, 1, math.inf, list, len, slots(1))
            studies.append([trials[number].settings for number in sorted(trials)])
        assert [one == other for one, other in zip(*studies, strict=True)] == [True] * (1 + AT_RANDOM) + [False] * (13 - AT_RANDOM)

    def test_a_fingerprint_is_that_of_the_samples(self, samples):
        found, _ = samples
        rows = np.arange(len(found.data))
        assert fingerprint_of(found.take(rows)) == fingerprint_of(found)
        assert fingerprint_of(found.take(rows[::-1])) != fingerprint_of(found)
        assert fingerprint_of(dataclasses.replace(found, y=1 - found.y)) != fingerprint_of(found)


def test_a_0_that_leaves_the_choice_to_samples_is_no_number():
    space = {"batch_size": OneOf((0, 16)), "filters": OneOf(((0,), (32, 32))), "rotation": OneOf((0.0, 15.0))}
    first = {"batch_size": 0, "filters": (0,), "rotation": 0.0}
    trials = [Trial(1, first, (0.8,)), Trial(2, {"batch_size": 16, "filters": (32, 32), "rotation": 15.0}, (0.9,))]
    found = Tuned(Search(first, space, 1, "f1_macro", 2, 1), trials, None, "", {name: search.said() for name, search in space.items()})
    assert "batch size 16 (default automatic), filters 32, 32 (default automatic), rotation 15 (default 0)." in what_was_tried(found)[1]
    assert [trial_rows(found)[0][name] for name in space] == ["automatic", "automatic", "0"]
    assert [row["tried"] for row in _settings(found)] == ["automatic | 16", "automatic | 32, 32", "0 | 15"]


class TestStopped:
    def plan_of(self, *limits, number=9, **settings):
        return Plan(number, {"learning_rate": 0.01, **settings}, (), limits)

    def work(self, samples, **changes):
        found, options = samples
        options = dataclasses.replace(options, **{"hidden_layers": (4,), "epochs": 8, **changes})
        return TrialWork(found, scoring_folds(found, 0, 1), "table", "feedforward", options)

    def test_a_trial_on_one_part_is_stopped_as_it_trains(self, samples, monkeypatch):
        """By its own losses, which are those of its history; what is trained after it in the same process is as it was."""
        work, trained = self.work(samples, numeric_encoding="standardised"), []

        def noted(*arguments):
            trained.append(train_fold(*arguments))
            return trained[-1]

        monkeypatch.setattr(tune, "train_fold", noted)
        free = work(self.plan_of(math.nan, math.nan))
        history = trained[-1][1].history.column("val_loss")
        assert (free.state, len(history)) == (COMPLETE, 8)
        assert free.losses == (min(history[:2]), min(history[:4]))
        for limits in ((0.0, math.nan), (math.nan, 0.0)):
            stopped = work(self.plan_of(*limits))
            count = 1 if limits[0] == 0 else 2
            assert (stopped.state, stopped.values, stopped.losses) == (STOPPED, (), free.losses[:count])
        assert len(trained) == 1  # the others came to no end
        assert work(self.plan_of(*free.losses)) == dataclasses.replace(free, seconds=ANY)  # at its limits it goes on

    def test_of_two_encodings_that_are_tried_the_lower_loss_counts(self, samples):
        both, one, other = (
            self.work(samples, numeric_encoding=encoding)(self.plan_of()).losses for encoding in ("auto", "standardised", "piecewise")
        )
        assert one != other
        assert both == tuple(map(min, one, other))

    def test_one_that_breaks_down_has_reached_what_the_other_did(self, samples, monkeypatch):
        """The second encoding comes past a quarter of its training, and no further."""
        made = []

        def breaking(planned, log):
            made.append(planned)
            second = len(made) == 2

            def tell(row):
                if second and row["epoch"] == 4:
                    raise InputError("it broke down")

            return tell

        work = self.work(samples, numeric_encoding="auto")
        first = self.work(samples, numeric_encoding="standardised")(self.plan_of())
        monkeypatch.setattr("biodl.training.fit.teller", breaking)
        broken = work(self.plan_of())
        assert (broken.state, len(broken.losses), broken.losses[1]) == (COMPLETE, 2, first.losses[1])
        assert broken.losses[0] <= first.losses[0]
        assert (
            plan(10, [dataclasses.replace(broken, number=one) for one in range(1, 10)], {}, SPACE, 1, True, 1).loss_limits == broken.losses
        )

    def test_an_earlier_study_without_losses_stops_nothing(self, samples):
        work = self.work(samples, numeric_encoding="standardised", epochs=1)
        known = [Trial(number, {"learning_rate": 0.01}, (0.9,)) for number in range(1, 7)]
        asked = plan(10, known, {}, {"learning_rate": SPACE["learning_rate"]}, 1, True, 1)
        assert work(asked).state == COMPLETE


class TestTime:
    def test_what_is_complete_is_kept(self):
        kept, said = [], []
        wanted = Search(DEFAULTS, SPACE, FOLDS, "f1", 9, 1)
        found = search(wanted, work, {}, 1, 0.0, kept.extend, said.append, slots(1, most=3))
        assert sorted(found) == [trial.number for trial in kept] == [1, 2, 3]
        assert said[-1].startswith("trial 3 of 9: f1 ")
        assert said[-1].endswith(" s left")
        assert tuned(list(found.values()), wanted=9).missing == [4, 5, 6, 7, 8, 9]

    def test_the_search_leaves_time_for_the_comparison(self):
        options = TuneOptions(tuning_minutes=10.0)
        assert options.ends(1.0) - options.ends() == pytest.approx(180, abs=1)
        assert TuneOptions().ends() == math.inf


@pytest.fixture
def run(biodl, monkeypatch, mixed, tmp_path):
    """Tune on the mixed table, all in this process: a validation part, an epoch."""
    monkeypatch.setattr(tune, "side_by_side", slots(1))
    monkeypatch.setattr(worth, "side_by_side", slots(1))

    def run(**flags):
        fields = {"data": mixed, "target": "outcome", "trials": 2, "scoring_folds": 0, "comparisons": 0, "most_epochs": 1, **flags}
        return biodl("tune", model=tmp_path / "m.keras", study=tmp_path / "s.txt", trial_table=tmp_path / "t.tsv", **fields)

    return run


def made_by(model) -> dict:
    with zipfile.ZipFile(model) as archive:
        return json.loads(archive.read("biodl.json"))["training"]["parameters"]


class TestCommand:
    def test_ends_in_the_best_network_and_is_gone_on_with(self, run, tmp_path):
        first = run(study_file=tmp_path / "kept.txt", report=tmp_path / "r.html", verdict=tmp_path / "v.txt")
        assert (first.code, first.err) == (0, "")
        assert "Tuning a feed-forward network: 8 settings, 2 trials (0 done before)" in first.out
        trials = pd.read_csv(tmp_path / "t.tsv", sep="\t")
        best = trials.sort_values("balanced_accuracy", ascending=False, kind="stable").iloc[0]
        settings = made_by(tmp_path / "m.keras")
        assert settings["learning_rate"] == pytest.approx(best["learning_rate"])
        assert ", ".join(map(str, settings["hidden_layers"])) == str(best["hidden_layers"])
        assert settings["epochs"] == 1
        assert trials["balanced_accuracy"].tolist() == trials["fold_1"].tolist()
        report = (tmp_path / "r.html").read_text()
        assert "Tuning: what was tried, and what was best" in report
        assert report.index("Was tuning worth it?") > 0
        assert "Tuning: 2 trials; " in (tmp_path / "v.txt").read_text()
        model, study = (tmp_path / "m.keras").read_bytes(), (tmp_path / "s.txt").read_text()
        assert (tmp_path / "kept.txt").read_text() == study
        again = run(study_file=tmp_path / "kept.txt")
        assert "2 trials (2 done before)" in again.out
        assert "trial 1 of 2" not in again.out
        assert (tmp_path / "m.keras").read_bytes() == model
        (tmp_path / "before.txt").write_text(study)
        other = run(study_before=tmp_path / "before.txt", seed=2)
        assert other.err == (
            "Error: The study 'before.txt' is made with seed '1', not 2: give the study of this search, or start without one.\n"
        )

    def test_a_study_that_a_form_gives_is_gone_on_with_as_if_it_had_not_ended(self, run, monkeypatch, tmp_path):
        """The study is an output of a run that ended, and an input of the next: two trials and one equal three. Scores are made up."""
        monkeypatch.setattr(tune, "value_of", lambda work, fold, settings, *_: 1 - 10 * abs(settings["learning_rate"] - 0.01))

        def of_run():
            trials = pd.read_csv(tmp_path / "t.tsv", sep="\t").drop(columns="seconds")
            lines = [json.loads(line) for line in (tmp_path / "s.txt").read_text().splitlines()]
            return trials, [{**line, "seconds": 0} for line in lines], made_by(tmp_path / "m.keras")

        quick = {"numeric_encoding": "standardised"}  # in pieces the network of the end is trained twice
        whole = run(trials=3, **quick)
        assert "3 trials (0 done before)" in whole.out
        wanted = of_run()
        assert wanted[0]["trial"].tolist() == [1, 2, 3]
        assert run(trials=2, **quick).code == 0
        given = (tmp_path / "s.txt").rename(tmp_path / "before.txt")
        before = given.read_text()
        later = run(trials=3, study_before=given, verdict=tmp_path / "v.txt", **quick)
        assert (later.code, later.err) == (0, "")
        assert " settings, 3 trials (2 done before)" in later.out
        assert [line.split(":")[0] for line in later.out.splitlines() if line.startswith("trial ")] == ["trial 3 of 3"]
        assert given.read_text() == before  # an input is never written to
        assert (tmp_path / "s.txt").read_text().startswith(before)
        assert "Tuning: 3 trials; " in (tmp_path / "v.txt").read_text()
        found = of_run()
        pd.testing.assert_frame_equal(found[0], wanted[0])
        assert found[1:] == wanted[1:]

    def test_one_of_a_kind_is_said_as_one(self, run, monkeypatch):
        monkeypatch.setattr(tune, "value_of", lambda *_: 0.8)
        assert "1 trial (0 done before)" in run(trials=1).out

    def test_a_study_file_that_another_run_uses_is_refused_before_anything_is_read(self, run, tmp_path):
        """The other run is a process of its own; the file is free when that is dead, though it was killed."""
        path = tmp_path / "kept.txt"
        script = (
            "import sys, time; sys.path.insert(0, sys.argv[1])\n"
            "from biodl.model_selection.alone import alone_with\n"
            "with alone_with(sys.argv[2], print): print(flush=True); time.sleep(60)\n"
        )
        other = subprocess.Popen([sys.executable, "-c", script, str(ROOT / "tools"), str(path)], stdout=subprocess.PIPE)
        try:
            other.stdout.readline()
            refused = run(study_file=path, data="no such file")
            assert (refused.code, refused.out) == (1, "")
            assert refused.err == (
                f"Error: The study file {shorten(str(path))} is in use by another run: wait until it has ended, or give another path.\n"
            )
        finally:
            other.kill()
            other.wait()
            other.stdout.close()
        assert (tmp_path / "kept.txt.lock").exists()  # what a killed run leaves keeps nobody out
        said = []
        held = alone_with(str(path), said.append)
        with held, pytest.raises(InputError, match="in use by another run"), alone_with(str(path), said.append):
            pass
        assert (said, list(tmp_path.iterdir())) == ([], [])
        refused = run(study_file=tmp_path / "no" / "kept.txt")
        assert refused.err.endswith("cannot be written: No such file or directory; give another path.\n")

    @pytest.mark.parametrize(
        ("flags", "sentence"),
        [
            ({"trials": 0}, "Option --trials is 0, but must lie between 1 and 10000."),
            ({"scoring_folds": 1}, "Cross-validation needs at least 2 folds: set folds to 5 or 10, or to 0 for none."),
            ({"scoring_folds": 20}, ""),
            (
                {"search_network": "false", "search_training": "false", "search_encoding": "false"},
                "Nothing is to be searched: choose network, training or encoding.",
            ),
            (
                {"search_network": "false", "search_training": "false", "numeric_encoding": "standardised"},
                "There is nothing to search: the encoding of a feed-forward network on a table has no setting to try that you left at its "
                "default; choose more parts of the network to search.",
            ),
            (
                {"family": "convolutional"},
                "A convolutional network does not learn from samples of kind table, only from image, image_collection, sequence, fasta, "
                "series, series_long, forecast, text: choose another network, or let the tool choose.",
            ),
        ],
    )
    def test_bad_input(self, flags, sentence, run, tmp_path):
        if not sentence:
            small = write_rows(tmp_path / "small.tsv", [["x", "y"], *([number % 5, "ab"[number % 2]] for number in range(12))])
            flags, sentence = {**flags, "data": small, "target": "y"}, "There are 20 folds, but only 12 samples in the table 'small.tsv': "
        result = run(**flags)
        assert result.code == 1
        assert result.err.startswith(f"Error: {sentence}")
        assert not (tmp_path / "m.keras").exists()

    def test_a_study_of_another_data_set(self, run, tmp_path):
        (tmp_path / "other.txt").write_text('{"biodl_study": 1, "samples": "0"}\n')
        assert run(study_before=tmp_path / "other.txt").err == (
            "Error: The study 'other.txt' is of another data set, or of other columns or another target: give the study of this search, or "
            "start without one.\n"
        )

    def test_defaults_that_cannot_be_trained_end_it(self, samples):
        found, options = samples
        broken = tune.TrialWork(found, scoring_folds(found, 2, 1), "table", "feedforward", dataclasses.replace(options, learning_rate=10.0))

        def refuse(*_):
            raise InputError("No.")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tune, "value_of", refuse)
            with pytest.raises(InputError, match=r"^No\.$"):
                broken(plan(1, [], DEFAULTS, SPACE, 2, True, 1))
            assert broken(plan(2, [], DEFAULTS, SPACE, 2, True, 1)).state == FAILED
            patch.setattr(tune, "value_of", lambda *_: [][0])
            with pytest.raises(IndexError):  # a fault of ours is none of the settings
                broken(plan(2, [], DEFAULTS, SPACE, 2, True, 1))
