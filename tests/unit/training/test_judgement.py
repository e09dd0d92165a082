"""What is chosen on the validation part: from it alone, kept in the file, used by Predict and Evaluate, and checked in a file."""

import dataclasses
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from samples import sequence_rows

from biodl.commands import train_convolutional, training
from biodl.commands.train_feedforward import OPTIONS
from biodl.data.kind import Files
from biodl.data.kinds import sequence, table
from biodl.networks.families import feedforward
from biodl.networks.opened import open_network
from biodl.training import judgement
from biodl.training.judgement import judge
from biodl.training.prepare import prepare
from biodl.training.train import train_on
from conftest import ROOT, mixed_rows, write_rows


def options(**wished):
    return OPTIONS(target=("outcome",), epochs=15, validation_fraction=0.3, numeric_encoding="standardised", **wished)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network that tells sick from well, and its parts."""
    data = write_rows(tmp_path_factory.mktemp("judged") / "mixed.tsv", mixed_rows(160))
    parts = prepare(table.KIND, Files(str(data)), None, options(), say=lambda line: None)
    return train_on(parts, feedforward.FAMILY, options()), parts


def noisy(data, seed=1):
    """The same number of samples, with features and targets of chance."""
    random = np.random.default_rng(seed)
    frame = data.frame.copy()
    for name in frame.columns:
        frame[name] = frame[name].to_numpy()[random.permutation(len(frame))]
    target = data.target.iloc[random.permutation(len(frame))].set_axis(data.target.index)
    return dataclasses.replace(data, frame=frame, target=target)


WISHED = {"threshold_goal": "recall", "wished_recall": 0.9, "coverage": 0.8}


def test_choices_come_from_the_validation_part_alone(trained):
    """Noise in the place of training samples changes nothing that is chosen; in the place of validation samples it does."""
    network, parts = trained
    known = judge(network, parts, options(**WISHED))
    other = judge(network, dataclasses.replace(parts, training=noisy(parts.training)), options(**WISHED))
    assert other.task == known.task
    assert other.stored["sets"] == known.stored["sets"]
    changed = judge(network, dataclasses.replace(parts, validation=noisy(parts.validation)), options(**WISHED))
    assert changed.task.threshold != known.task.threshold
    assert changed.stored["sets"]["quantiles"] != known.stored["sets"]["quantiles"]
    assert known.task.threshold != 0.5
    assert known.stored["sets"]["samples"] == len(parts.validation)


def test_nothing_wished_leaves_the_task_as_it_was(trained):
    network, parts = trained
    known = judge(network, parts, options())
    assert known.task == network.task
    assert (list(known.stored), known.sentences) == (["likeness"], [])


def test_sets_say_whether_the_validation_part_steered_training(trained):
    network, parts = trained
    alone = judge(network, parts, options(coverage=0.8))
    assert "The validation part also chose the epoch, so the coverage is approximate." in alone.sentences[0]
    several = dataclasses.replace(network, history=dataclasses.replace(network.history, members=network.history.rows))
    assert "80% or more on average (split conformal)" in judge(several, parts, options(coverage=0.8)).sentences[0]


def test_a_validation_part_that_repeats_training_samples_promises_nothing(trained):
    """That its copies fit better than new samples do was a caution already; the guarantee was stated all the same."""
    network, parts = trained
    several = dataclasses.replace(network, history=dataclasses.replace(network.history, members=network.history.rows))
    mixed = parts.validation.take(np.arange(len(parts.validation)))
    mixed = dataclasses.replace(mixed, frame=mixed.frame.copy(), target=mixed.target.copy())
    mixed.frame.iloc[:5] = parts.training.frame.iloc[:5].to_numpy()
    known = judge(several, dataclasses.replace(parts, validation=mixed), options(coverage=0.8))
    assert known.stored["sets"]["repeated"] == 5
    assert "No coverage is promised: the network learned from 5 of the 48 samples" in known.sentences[0]
    assert "on average (split conformal)" not in known.sentences[0]
    assert judge(several, parts, options(coverage=0.8)).stored["sets"]["repeated"] == 0


def of_several(network):
    """The same network as if it were an ensemble, whose members were stopped by samples of their own."""
    return dataclasses.replace(network, history=dataclasses.replace(network.history, members=network.history.rows))


def test_groups_time_order_and_a_network_that_knows_the_samples_promise_nothing(trained, monkeypatch):
    """Train alone spoke of groups, behind a promise that Predict and Evaluate made as well; Predict was silent on time order."""
    network, parts = trained
    group = pd.Series("ward", index=parts.training.frame.index)
    grouped = dataclasses.replace(parts, training=dataclasses.replace(parts.training, group=group))
    for known, some, doubts in ((False, parts, ()), (False, grouped, ("groups",)), (True, parts, ("origin",))):
        judged = judge(of_several(network), some, options(coverage=0.8), known)
        assert judged.stored["sets"]["doubts"] == doubts
        assert ("No coverage is promised" in judged.sentences[0]) == bool(doubts)
    monkeypatch.setattr(type(parts.training), "order", lambda data: np.arange(len(data)))
    assert judge(of_several(network), parts, options(coverage=0.8)).stored["sets"]["doubts"] == ("order",)


def test_near_copies_in_the_validation_part_promise_nothing(trained, monkeypatch):
    """Exact copies did, near ones were a caution beside the promise."""
    network, parts = trained
    codes = np.arange(len(parts.validation) + len(parts.training))
    codes[:3] = codes[-3:]
    monkeypatch.setattr(type(parts.validation), "near_copies", lambda data, *others: codes)
    judged = judge(of_several(network), parts, options(coverage=0.8))
    assert judged.stored["sets"]["near"] == 3
    assert "No coverage is promised: 3 of the 48 samples" in judged.sentences[0]
    apart = dataclasses.replace(parts.validation, near=np.arange(len(parts.validation)))  # set aside with their near copies
    assert judge(of_several(network), dataclasses.replace(parts, validation=apart), options(coverage=0.8)).stored["sets"]["near"] == 0


@pytest.mark.parametrize("given", [True, False])
def test_near_copies_of_given_validation_samples_are_searched_once(given, tmp_path, monkeypatch):
    """A dear search, which was done again where a coverage is wished; a share that was set aside has none before it is asked for."""
    rows = sequence_rows(80)
    held = [rows[0], *([f"h{place}", row[1][:-1] + "A", row[2]] for place, row in enumerate(rows[1:16]))]
    files, other = (Files(str(write_rows(tmp_path / name, some))) for name, some in (("x.tsv", rows), ("h.tsv", held)))
    chosen = train_convolutional.OPTIONS(kind="sequence", target=("class",), near_together=False)
    searched, search = [], sequence.dataset.SequenceDataset.near_copies
    monkeypatch.setattr(
        sequence.dataset.SequenceDataset, "near_copies", lambda data, *others: searched.append(len(data)) or search(data, *others)
    )
    parts = prepare(sequence.KIND, files, other if given else None, chosen, say=lambda line: None)
    assert searched == ([15] if given else [])
    found = judgement._near(parts)
    assert searched == [len(parts.validation)]
    anew = dataclasses.replace(parts, known=None)
    assert judgement._near(anew) == found
    assert not given or found > 10


def test_what_is_not_held_against_training_is_said(trained, monkeypatch):
    """A column of the predictions was absent without a word."""
    network, parts = trained
    few = dataclasses.replace(parts, validation=parts.validation.take(np.arange(7)))
    judged = judge(network, few, options())
    assert judged.stored == {}
    assert "cannot tell whether new samples are unlike those of training: that takes 8" in judged.sentences[0]
    monkeypatch.setattr("biodl.networks.likeness._LETTERS", 40)
    (said,) = judge(network, parts, options()).sentences
    assert "are looked for in 1 of 3 numeric columns" in said
    monkeypatch.setattr("biodl.training.judgement.features_of", lambda model: None)
    assert "has more than 4000 values" in judge(network, parts, options()).sentences[0]


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A model file with all that can be chosen, the table it learned from, and what Train said."""
    from biodl.program import cli

    folder = tmp_path_factory.mktemp("judged_file")
    data = write_rows(folder / "mixed.tsv", mixed_rows(160))
    flags = {"target": "outcome", "epochs": 15, "validation_fraction": 0.3, "threshold_goal": "recall", "coverage": 0.8}
    words = [word for name, value in flags.items() for word in ("--" + name.replace("_", "-"), str(value))]
    assert cli.main(["train-feedforward", "--data", str(data), "--model", str(folder / "m.keras"), *words]) == 0
    return folder / "m.keras", data


def test_predict_and_evaluate_use_what_was_chosen(judged, biodl, tmp_path):
    model, data = judged
    network = open_network(str(model))
    assert network.metadata["format"] == 4
    frame = pd.read_csv(data, sep="\t")
    frame.loc[0, ["length", 'odd "name" µ']] = 1e6  # a sample like no other
    strange = tmp_path / "strange.tsv"
    frame.to_csv(strange, sep="\t", index=False)
    result = biodl("predict", model=model, data=strange, predictions=tmp_path / "p.tsv")
    assert (result.code, result.err) == (0, "")
    found = pd.read_csv(tmp_path / "p.tsv", sep="\t", keep_default_na=False)
    assert list(found)[-3:] == ["possible_outcome", "sure", "unlike_training"]
    said = np.where(found["probability_well"] > network.task.threshold, "well", "sick")
    assert found["predicted_outcome"].tolist() == said.tolist()
    limit = 1 - network.sets.quantiles[0]
    possible = found[["probability_sick", "probability_well"]].to_numpy() >= limit - 1e-9
    assert [";".join(np.array(["sick", "well"])[row]) for row in possible] == found["possible_outcome"].tolist()
    assert ((found["possible_outcome"] == found["predicted_outcome"]) == (found["sure"] == "yes")).all()
    assert found["unlike_training"][0] == "yes"
    assert (found["unlike_training"] == "yes").mean() < 0.05
    assert (
        "far from all that training saw: do not rely on what is predicted for them; numbers of 'length', 'odd \"name\" µ' lie" in result.out
    )
    assert "The network says well where its probability is above" in result.out
    assert "for 80% of samples were calibrated on 48 samples. The validation part also chose the epoch" in result.out
    names = ("metrics", "predictions", "metrics_json", "report", "classes")
    result = biodl("evaluate", model=model, data=data, resamples=100, **{name: tmp_path / name for name in names})
    assert (result.code, result.err) == (0, "")
    table_ = pd.read_csv(tmp_path / "predictions", sep="\t", keep_default_na=False)
    assert list(table_)[-3:] == ["possible_outcome", "sure", "unlike_training"]
    observed = table_["observed_outcome"]
    right = (observed == table_["predicted_outcome"]).mean()
    assert pd.read_csv(tmp_path / "metrics", sep="\t").set_index("metric").loc["accuracy", "value"] == float(
        f"{right:.4g}"
    )  # as people read it
    inside = np.mean([name in cell.split(";") for name, cell in zip(observed, table_["possible_outcome"], strict=True)])
    document = json.loads((tmp_path / "metrics_json").read_text())
    assert document["coverage"]["outputs"][0]["reached"] == pytest.approx(inside)
    assert document["unlike_training"] == (table_["unlike_training"] == "yes").sum()
    assert f"held it for {inside:.1%} (" in result.out
    assert "Models without a threshold of their own are judged at 0.5." in result.out
    assert "a set holds " in (tmp_path / "report").read_text()


def test_a_start_from_a_network_that_knows_the_validation_part_promises_nothing(judged, trained, monkeypatch, capsys, tmp_path):
    """With folds it was told; without them nothing was said, whichever samples the new seed set aside."""
    model, data = judged
    given = []
    monkeypatch.setattr(training, "train_on", lambda *asked: of_several(trained[0]))
    monkeypatch.setattr(training.report, "write_all", lambda *found: given.append(found))
    fresh = write_rows(tmp_path / "fresh.tsv", mixed_rows(60, seed=6))
    caution = "The network to start from was trained on the very file of the validation part, so it has seen these samples"
    for learn, watch, known in ((data, None, True), (data, fresh, False), (fresh, data, True), (fresh, None, False)):
        watched = Files(str(watch)) if watch else None
        training.train(feedforward.FAMILY, table.KIND, options(coverage=0.8, seed=2), Files(str(learn)), watched, str(model), {})
        parts, judgement = given[-1][1], given[-1][6]
        assert any(sentence.startswith(caution) for sentence in parts.cautions) == known
        assert (caution in capsys.readouterr().out) == known
        assert ("origin" in judgement.stored["sets"]["doubts"]) == known
        assert ("promised: the network that training started from knew the samples" in judgement.sentences[0]) == known


def test_predict_and_evaluate_promise_what_train_does_and_say_what_was_not_checked(judged, biodl, tmp_path):
    def change(about):
        about["judgement"]["sets"].update(steered=False, doubts=["groups"])
        likeness = about["judgement"]["likeness"]
        likeness.update({name: likeness[name][:1] for name in ("columns", "lows", "highs")})

    model = altered(judged[0], tmp_path, change)
    for command, output in (("predict", "predictions"), ("evaluate", "metrics_json")):
        result = biodl(command, model=model, data=judged[1], **{output: tmp_path / output})
        assert result.code == 0, result.err
        assert open_network(str(model)).sets.guarantee() in result.out
        assert "are looked for in 1 of 3 numeric columns: of the others the model file keeps no range." in result.out
    bare = altered(judged[0], tmp_path, lambda about: about["judgement"].pop("likeness"))
    said = "Whether samples are unlike those of training is not known: the model file keeps nothing to tell it by."
    assert open_network(str(bare)).on_unchecked({}) == said


def test_sets_of_forecasts_of_earlier_versions_promise_nothing(tmp_path):
    """They do not say that their samples stand in time order; their kind of data does."""
    folder = ROOT / "tests" / "unit" / "models" / "0.6.0" / "forecast_several"
    steps = {"coverage": 0.8, "samples": 10, "quantiles": [1.0] * 3, "steered": False}
    network = open_network(str(altered(folder / "model.keras", tmp_path, lambda about: about["judgement"].update(sets=steps))))
    assert "No coverage is promised: samples in time order are not drawn alike" in network.on_sets()


def test_no_sample_stands_in_the_file(judged):
    """Beside lowest and highest numbers of columns."""
    model, data = judged
    about = json.loads(zipfile.ZipFile(model).read("biodl.json"))
    cells = set(pd.read_csv(data, sep="\t", dtype=str)["length"])
    extremes = pd.read_csv(data, sep="\t")["length"]
    kept = json.dumps(about["judgement"]).replace(f"{extremes.min():.5g}", "").replace(f"{extremes.max():.5g}", "")
    assert not [cell for cell in cells if cell in kept]


def altered(model, folder, change):
    """The model file with another ``judgement``."""
    path = folder / "m.keras"
    with zipfile.ZipFile(model) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "biodl.json":
                about = json.loads(content)
                change(about)
                content = json.dumps(about).encode()
            target.writestr(name, content)
    return path


HOSTILE = {
    "no object": (lambda about: about.update(judgement=[1]), "its judgement is not a JSON object"),
    "sets of text": (lambda about: about["judgement"].update(sets="all"), "its prediction sets is not a JSON object"),
    "likeness of nothing": (lambda about: about["judgement"].update(likeness=None), "what it says of its training samples is not a JSON"),
    "threshold of text": (lambda about: about["task"].update(threshold="half"), "its task has a 'threshold' that is not a number"),
    "threshold beyond": (lambda about: about["task"].update(threshold=7), "its decision threshold is not between 0 and 1"),
    "another layer": (
        lambda about: about["judgement"]["likeness"].update(mean=[0.0], axes=[], spreads=[]),
        "what it says of its training samples does not fit its network",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_false_judgement_is_refused_in_a_sentence(name, judged, biodl, tmp_path):
    change, reason = HOSTILE[name]
    result = biodl("predict", model=altered(judged[0], tmp_path, change), data=judged[1], predictions=tmp_path / "p.tsv")
    assert result.code == 1
    assert f"Error: The model file 'm.keras' was not opened, because {reason}" in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "p.tsv").exists()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            {"target": "tissue", "task": "multiclass", "threshold_goal": "f1"},
            "A decision threshold is for a binary task, but this task is multiclass: leave the threshold at 0.5.",
        ),
        (
            {"target": "length", "threshold_goal": "f1"},
            "A decision threshold is for a binary task, but this task is regression: leave the threshold at 0.5.",
        ),
        (
            {"target": "outcome", "coverage": 0.999},
            "A coverage of 0.999 needs 999 validation samples or more, but there are 24: lower the coverage, or set more samples aside.",
        ),
        ({"target": "outcome", "threshold_goal": "costs", "cost_miss": 0, "cost_false_alarm": 0}, "Both errors cost nothing"),
        ({"target": "outcome", "threshold_goal": "best"}, "Option --threshold-goal is 'best', but must be one of"),
        ({"target": "outcome", "coverage": 1}, "Option --coverage is 1.0, but must lie between 0 and 0.999."),
    ],
)
def test_wishes_that_do_not_apply_are_refused_before_training(flags, sentence, judged, biodl, tmp_path):
    result = biodl("train-feedforward", data=judged[1], model=tmp_path / "m.keras", **flags)
    assert result.code == 1
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1
    assert "Training on" not in result.out
