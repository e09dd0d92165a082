"""Cross-validation as users see it: its numbers against scikit-learn, no leak, and the same whatever the job has."""

import dataclasses
import importlib
import io
import json
import math
import random
import re
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from beside import in_turn
from samples import FORMS, forecast_rows, image_zip, long_rows, png, sequence_rows, table_rows, text_rows, two_classes
from scipy import stats

from biodl.data.kind import Files
from biodl.data.kinds import kind_of_form
from biodl.model_selection import crossvalidate
from biodl.model_selection.crossvalidate import NETWORK, CrossValidated, Predicted, Work, predict_left_out, train_fold
from biodl.model_selection.fold_report import _each_fold, _line, _out_of_fold, _panels, chapter, judge, sentences
from biodl.model_selection.folds import Fold, folds_of
from biodl.networks.families import FAMILIES
from biodl.networks.running import run_model
from biodl.program.files import Outputs
from biodl.reporting import plots
from biodl.reporting.plots import curves_of_folds
from biodl.tasks import Sets
from biodl.tasks.measures import in_a_sentence
from biodl.training.finetune import known_to
from biodl.training.prepare import read
from conftest import write_rows

SAME = ("fold_metrics", "metrics_over_folds", "out_of_fold", "verdict")
"""Outputs that are the same whatever number of cores a job has."""
QUICK = {"epochs": 3, "batch_size": 16, "seed": 4}


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A table of two classes and groups, cross-validated with one core and with two: paths of outputs, and what was printed."""
    from biodl.program import cli

    folder = tmp_path_factory.mktemp("folds")
    rows = [[*row, "donor" if place == 0 else f"d{place % 9}"] for place, row in enumerate(table_rows(90))]
    table = write_rows(folder / "samples.tsv", rows)
    found = {}
    for slots in (1, 2):
        names = ("model", *SAME) if slots > 1 else ("model", *SAME, "fold_plots", "report")
        paths = {name: folder / f"{slots}-{name}" for name in names}
        flags = {"data": table, "target": "outcome", "group": "donor", "folds": 3, **QUICK, "epochs": 25, "learning_rate": 0.01}
        flags |= {"numeric_encoding": "standardised", **paths}  # with pieces each fold trains twice
        arguments = [word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GALAXY_SLOTS", str(slots))
            patch.setattr("sys.stdout", said)
            assert cli.main(["train-feedforward", *arguments]) == 0
        found[slots] = (paths, said.getvalue())
    return found, rows[1:]


def test_one_and_two_cores_give_the_same_numbers(once):
    found, _ = once
    for name in SAME:
        assert found[1][0][name].read_bytes() == found[2][0][name].read_bytes(), name
    assert "Cross-validation: 3 folds, 1 at once, with one core each" in found[1][1]
    assert "Cross-validation: 3 folds, 2 at once, with one core each" in found[2][1]


def test_each_sample_is_predicted_once_and_fold_metrics_are_those_of_scikit_learn(once):
    found, rows = once
    table = pd.read_csv(found[1][0]["out_of_fold"], sep="\t", dtype={"fold": str})
    assert table["line"].tolist() == list(range(2, 92))
    assert table["observed_outcome"].tolist() == [row[3] for row in rows]
    donors = pd.Series([row[4] for row in rows])
    assert (table["fold"].groupby(donors).nunique() == 1).all()
    metrics = pd.read_csv(found[1][0]["fold_metrics"], sep="\t", dtype={"fold": str})
    of_network = metrics[metrics["model"] == NETWORK].set_index("fold")
    assert sorted(set(metrics["model"])) == ["gradient boosting", "logistic regression", "majority", "network", "random forest"]
    for fold, part in table.groupby("fold"):
        truth, scores = part["observed_outcome"], part["probability_well"]
        wanted = {
            "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(truth, part["predicted_outcome"]),
            "roc_auc": sklearn.metrics.roc_auc_score(truth == "well", scores),
            "log_loss": sklearn.metrics.log_loss(truth == "well", scores),
            "mcc": sklearn.metrics.matthews_corrcoef(truth, part["predicted_outcome"]),
        }
        for name, value in wanted.items():
            assert of_network.loc[fold, name] == pytest.approx(value, rel=1e-3), (fold, name)
        assert of_network.loc[fold, "samples"] == len(part)
        assert of_network.loc[fold, "training_samples"] + of_network.loc[fold, "validation_samples"] == 90 - len(part)
    assert of_network["balanced_accuracy"].mean() > 0.8  # the table tells; a network that does not learn gets 0.5


def test_the_report_and_the_verdict_say_it(once):
    found, _ = once
    over = pd.read_csv(found[1][0]["metrics_over_folds"], sep="\t").set_index(["model", "metric"]).loc[(NETWORK, "balanced_accuracy")]
    verdict = " ".join(found[1][0]["verdict"].read_text().split())
    assert f"Cross-validation: balanced accuracy {over['mean']:.4g} (95 % interval {over['ci95_low']:.4g} to" in verdict
    report = found[1][0]["report"].read_text()
    assert "<h2>Cross-validation</h2>" in report
    assert "Every fold" in report
    printed = found[1][1]
    assert [line[:17] for line in printed.splitlines() if "folds done" in line] == [f"{number} of 3 folds done" for number in (1, 2, 3)]
    assert re.search(
        r"1 of 3 folds done: fold \d, balanced accuracy [\d.]+ on \d+ samples, epoch \d+ of 25 was kept  about \d+ s left", printed
    )


def strange(row, place, form):
    """A row of a table whose cells would change all that is fitted to them: other numbers, categories, words and letters, and more."""
    far = f"{(-1) ** place * 5e4 + 1e3 * place:.1f}"
    if form == "table":
        return [far, far, f"organ {place % 3}", row[-1]]
    if form == "sequence":
        return [row[0], "".join(random.Random(place).choices("ACGTACGTACGTRYN", k=45 + place % 9)), row[-1]]
    if form == "text":
        return [row[0], " ".join(random.Random(place).choices(["quagga", "okapi", "zebu", "gnu"], k=12 + place % 5)), row[-1]]
    return [cell if name in ("animal", "hour", "day", "kind") else far for name, cell in zip(ROWS[form][0], row, strict=True)]


def strangers(form, held):
    """Rows of a form, those of the samples at places ``held`` strange; a row that is a sample gets the target of another of them."""
    header, *rows = ROWS[form]
    if form == "series_long":
        kinds = {row[0]: row[-1] for row in rows}
        names = [sorted(kinds)[place] for place in held]  # in the order in which they are read
        longer = [[name, 24 + hour, 0, 0, kinds[name]] for name in names for hour in range(9)]
        return [header, *(strange(row, place, form) if row[0] in names else row for place, row in enumerate([*rows, *longer]))]
    found = [strange(row, place, form) if place in held else row for place, row in enumerate(rows)]
    if form != "forecast":
        for place, other in zip(held, held[::-1], strict=True):
            found[place] = [*found[place][:-1], rows[other][-1]]
    return [header, *found]


ROWS = {
    "table": table_rows(60),
    "sequence": sequence_rows(60),
    "text": text_rows(60),
    "series_long": long_rows(30),
    "forecast": forecast_rows(90),
}
NETWORKS = {
    "table": ("feedforward", {"hidden_layers": (8,)}),
    "sequence": ("convolutional", {"filters": (4,)}),
    "text": ("convolutional", {"filters": (4,)}),
    "series_long": ("convolutional", {"filters": (4,)}),
    "forecast": ("convolutional", {"filters": (4,)}),
    "image": ("convolutional", {"filters": (4,)}),
}


def written(form, folder, held):
    """Samples of a kind as files; those at places ``held`` are strange, images brighter and larger than others."""
    if form != "image":
        return Files(str(write_rows(folder / "samples.tsv", strangers(form, held))))
    path = two_classes(folder / "samples.zip", 40)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for place in held:
        bright = np.random.default_rng(place).integers(200, 256, (20, 16))
        members[sorted(members)[place]] = png(bright.astype("uint8"))
    return Files(str(image_zip(path, {name: members[name] for name in sorted(members)})))


def of_form(form, folder, held, chosen):
    """Samples of a kind, read to learn from."""
    folder.mkdir()
    return read(kind_of_form(form), written(form, folder, held), None, chosen, say=lambda line: None)


def learned(samples, fold, form, chosen):
    """All that a fold learned: preprocessing, task, temperatures, epochs and weights, each to be compared byte for byte."""
    parts, trained = train_fold(samples, fold, kind_of_form(form), FAMILIES[NETWORKS[form][0]], chosen)
    preprocessing = [json.dumps(encoding.to_json()) for encoding in (parts.encoding, trained.encoding)]
    weights = b"".join(np.asarray(weight).tobytes() for weight in trained.network.model.get_weights())
    return preprocessing, parts.task, trained.task, trained.temperatures, trained.history, weights


@pytest.mark.parametrize(("form", "members"), [*((form, 1) for form in NETWORKS), ("table", 2)])
def test_nothing_of_what_is_left_out_reaches_preprocessing_weights_or_temperatures(form, members, tmp_path):
    family, network = NETWORKS[form]
    columns = FORMS[form][2] | ({"kind": form} if form != "table" else {"numeric_encoding": "piecewise"} if members > 1 else {})
    options = importlib.import_module(f"biodl.commands.train_{family}").OPTIONS
    chosen = options(**columns, **network, **QUICK, folds=3, calibrate=True, members=members)
    samples = of_form(form, tmp_path / "as it is", [], chosen)
    fold = folds_of(samples, chosen, chosen.seed)[-1]
    rows = fold.held.tolist()
    if form == "forecast":  # a sample is a window of rows: those that only the left out windows hold
        rows = list(range(int(fold.learn.max()) + samples.y.shape[1] + chosen.window + 1, 90))
        assert len(rows) > 5
    others = of_form(form, tmp_path / "strange", rows, chosen)
    changed = samples.data.row_hashes() != others.data.row_hashes()
    assert not changed[fold.learn].any()
    assert changed[fold.held].any() if form == "forecast" else changed[fold.held].all()
    found = learned(samples, fold, form, chosen)
    assert learned(others, fold, form, chosen) == found
    assert len(found[3]) == (0 if form == "forecast" else members)
    whole = others.data.fit_encoding(chosen)
    assert json.dumps(whole.to_json()) != json.dumps(samples.data.fit_encoding(chosen).to_json())  # else this would show nothing


def made(values, planned, held=2):
    """A cross-validation of a regression with given errors, without a training."""
    table = pd.DataFrame({"y": [f"{number}.5" for number in range(held * len(values))]})
    from test_folds import samples as classes

    from biodl.tasks import find_task

    task = find_task(table, "table", "regression")
    samples = dataclasses.replace(classes([0, 1] * (len(table) // 2)), task=task, y=task.encode(table, "table"))
    samples = dataclasses.replace(samples, data=dataclasses.replace(samples.data, target=table))
    rows = np.arange(len(table))
    folds = [Fold(1, n + 1, str(n + 1), f"fold {n + 1}", rows[rows // held != n], rows[rows // held == n]) for n in range(len(values))]
    history = [{"epoch": 1, "loss": 1.0, "val_loss": 1.0}]
    predicted = [
        Predicted({NETWORK: samples.y[fold.held] + value, "ridge regression": samples.y[fold.held] + 2 * value}, history, 1, 4, 2, task)
        for fold, value in zip(folds, values, strict=True)
    ]
    return CrossValidated(samples, folds, predicted, planned)


def test_what_is_missing_is_named_and_the_rest_is_judged(tmp_path, capsys):
    judged = judge(made([0.1, 0.2, 0.3], planned=5))
    assert judged.over[NETWORK]["mae"].mean == pytest.approx(0.2)
    said = sentences(judged)
    assert said[1] == (
        "The time given for cross-validation ended after 3 of 5 folds: 2 are missing, and with them predictions of 0 samples."
    )
    with Outputs({"out_of_fold": str(tmp_path / "out.tsv")}) as outputs:
        line = str(chapter(judged, outputs).line)
    assert " over 3 folds of 5, since time was up; ridge regression " in line
    assert len((tmp_path / "out.tsv").read_text().splitlines()) == 7
    assert capsys.readouterr().out.splitlines() == said


def with_sets(done, held, sizes):
    """The same with prediction sets that held such shares of what the folds left out, calibrated on so many samples (0: too few)."""
    sets = [Sets(0.8, size, (0.1,), True) if size else None for size in sizes]
    predicted = [dataclasses.replace(one, sets=own, held=share) for one, own, share in zip(done.predicted, sets, held, strict=True)]
    return dataclasses.replace(done, predicted=predicted, coverage=0.8)


def test_the_coverage_that_folds_reach_is_reported(tmp_path, capsys):
    """By fold, with mean and corrected interval (Nadeau and Bengio 2003, by hand); the last fold is too small to calibrate on."""
    shares = [0.7, 0.9, 0.6, float("nan")]
    judged = judge(with_sets(made([0.1, 0.2, 0.3, 0.4], planned=4), shares, [9, 8, 9, 0]))
    half = stats.t.ppf(0.975, 2) * np.std(shares[:3], ddof=1) * math.sqrt(1 / 3 + 2 / 6)
    with Outputs({name: str(tmp_path / name) for name in ("fold_metrics", "metrics_over_folds")}) as outputs:
        chapter(judged, outputs)
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == [
        "Intervals that are to hold the true number for 80% of samples held it for 73.3% of those that a fold left out, on average over "
        f"3 folds (95 % interval {2.2 / 3 - half:.1%} to 100.0%); each fold calibrated its own on 8 to 9 validation samples, which also "
        "chose its epoch.",
        "Of 1 fold the coverage is not known: the validation part is too small to calibrate sets with a coverage of 80%.",
    ]
    table = pd.read_csv(tmp_path / "fold_metrics", sep="\t").set_index("model")
    assert table.loc[NETWORK, "coverage_reached"].tolist()[:3] == [0.7, 0.9, 0.6]
    assert np.isnan(table.loc[NETWORK, "coverage_reached"].tolist()[3])
    assert table.loc["ridge regression", "coverage_reached"].isna().all()
    over = pd.read_csv(tmp_path / "metrics_over_folds", sep="\t").set_index(["model", "metric"])
    assert over.loc[(NETWORK, "coverage_reached"), "mean"] == pytest.approx(2.2 / 3, abs=1e-4)
    assert over.loc[(NETWORK, "coverage_reached"), "folds"] == 3
    assert ("ridge regression", "coverage_reached") not in over.index
    none = sentences(judge(with_sets(made([0.1, 0.2], planned=2), [float("nan")] * 2, [0, 0])))[-1]
    assert none == (
        "The coverage that folds reach is not known: the validation part is too small to calibrate sets with a coverage of 80%."
    )
    assert "coverage" not in " ".join(sentences(judge(made([0.1, 0.2], planned=2))))


def test_a_fold_of_an_ensemble_names_the_epoch_of_each_member_and_calibrates_its_own_sets():
    kind, chosen = kind_of_form("table"), importlib.import_module("biodl.commands.train_feedforward").OPTIONS
    chosen = chosen(target=("outcome",), hidden_layers=(4,), members=2, coverage=0.7, folds=2, **QUICK)
    with tempfile.TemporaryDirectory() as folder:
        samples = read(kind, written("table", Path(folder), []), None, chosen, say=lambda line: None)
    fold = folds_of(samples, chosen, chosen.seed)[0]
    parts, trained = train_fold(samples, fold, kind, FAMILIES["feedforward"], chosen)
    found = predict_left_out(samples, fold, parts, trained, chosen, False)
    assert found.best_epochs == tuple(member.best_epoch for member in trained.history.members)
    # the truth is held where its probability is no lower than that of the k-th worst of the validation part
    held = parts.validation
    right = run_model(trained.network.model, parts.encoding.raw(held))[:, 0].astype(float)
    y = samples.task.encode(held.target, "table")
    worst = np.sort(1 - np.where(y == 1, right, 1 - right))[math.ceil((len(y) + 1) * 0.7) - 1]
    of_truth = found.scores[NETWORK][np.arange(len(fold.held)), samples.y[fold.held]]
    assert found.held == pytest.approx((1 - of_truth <= worst + 1e-6).mean())
    assert (found.sets.samples, found.sets.steered) == (len(y), False)
    done = CrossValidated(samples, [fold], [found], 1, 0.7)
    row = _each_fold(judge(done))[0]
    assert "kept_epoch" not in row
    assert row["kept_epochs_of_members"] == ", ".join(map(str, found.best_epochs))
    panel = curves_of_folds([found.rows], [found.best_epoch], members=True)
    assert f"kept at epochs {found.best_epoch} to {found.best_epoch} (medians of members)" in panel.says


def decided(thresholds, shares, repeats=1):
    """A cross-validation of two classes: fold n (of all repeats) decides at ``thresholds[n]`` and gives ``shares[n]`` to each sample."""
    table = pd.DataFrame({"state": ["ill", "well"] * 4})
    from test_folds import samples as classes

    from biodl.tasks import find_task

    task = find_task(table, "table", "binary")
    found = classes([0, 1] * 4)
    found = dataclasses.replace(found, task=task, y=task.encode(table, "table"), data=dataclasses.replace(found.data, target=table))
    rows, each = np.arange(8), len(thresholds) // repeats
    folds = []
    for place in range(len(thresholds)):
        number = place % each
        held = rows % each == number
        folds.append(Fold(place // each + 1, number + 1, str(number + 1), "fold", rows[~held], rows[held]))
    predicted = []
    for fold, at, share in zip(folds, thresholds, shares, strict=True):
        ones = np.full(len(fold.held), share)
        scores = {name: np.column_stack([1 - ones, ones]) for name in (NETWORK, "random forest", "majority")}
        predicted.append(Predicted(scores, [{"epoch": 1, "loss": 1.0, "val_loss": 1.0}], 1, 4, 2, dataclasses.replace(task, threshold=at)))
    return CrossValidated(found, folds, predicted, len(folds))


def test_folds_that_cannot_tell_a_metric_are_told_for_each_that_is_shown():
    """A fold without a well sample has no ROC AUC, whatever else it has; only the primary metric was spoken of."""
    done = decided([0.5, 0.5, 0.5, 0.5], [0.4, 0.7, 0.4, 0.7])  # folds of two: 0 and 4 are ill, 1 and 5 well
    judged = judge(done)
    unknown = {name: 4 - value.folds for name, value in judged.over[NETWORK].items()}
    assert (unknown["roc_auc"], unknown["accuracy"]) == (4, 0)
    said = [sentence for sentence in sentences(judged) if "cannot tell" in sentence]
    assert {int(sentence.split()[0]) for sentence in said} == set(unknown.values()) - {0}
    for sentence in said:
        assert sentence.endswith("by themselves and do not count there.")
    for name, folds in unknown.items():
        assert any(in_a_sentence(name) in sentence for sentence in said if sentence.startswith(f"{folds} ")) == (folds > 0), name
    assert not any("cannot tell" in sentence for sentence in sentences(judge(made([0.1, 0.2, 0.3], planned=3))))


def labels_of(done):
    return _out_of_fold(done)["predicted_state"].tolist()


def test_each_label_out_of_fold_is_decided_by_the_threshold_of_its_own_network():
    """The mean threshold, 0.5, which the targets of all folds had a part in, would say "ill" and "well"."""
    done = decided([0.2, 0.8], [0.4, 0.7])
    assert labels_of(done) == ["well", "ill"] * 4
    said = sentences(judge(done))
    assert "Each out-of-fold label was decided by the threshold of the network that predicted the sample." in said
    matrix = next(panel for panel in _panels(judge(done)) if "onfusion" in panel.title)
    assert matrix.says == plots.confusion(np.array([[0, 4], [4, 0]]), ("ill", "well")).says
    (roc, precision_recall) = (panel for panel in _panels(judge(done)) if "curve, out of fold" in panel.title)
    at = "; at thresholds of the networks "  # of the labels, none of which is right: at the mean threshold all would be
    assert roc.says.endswith(f"{at}false positive rate 1.000, recall 0.000")
    assert precision_recall.says.endswith(f"{at}recall 0.000, precision 0")
    plain = decided([0.5, 0.5], [0.4, 0.7])
    assert labels_of(plain) == ["ill", "well"] * 4
    (roc,) = (panel for panel in _panels(judge(plain)) if "ROC curve" in panel.title)
    assert roc.says.endswith("; at threshold 0.5 false positive rate 0.000, recall 1.000")
    (roc,) = (panel for panel in _panels(judge(decided([0.45, 0.45], [0.4, 0.7]))) if "ROC curve" in panel.title)
    assert "; at threshold 0.45 false" in roc.says  # one that all share stands on the curve
    assert not any("threshold" in sentence or "0.5;" in sentence for sentence in sentences(judge(plain)))


def test_of_several_repeats_the_mean_probability_and_the_mean_threshold_decide():
    done = decided([0.2, 0.8, 0.4, 0.9], [0.5, 0.6, 0.0, 0.98], repeats=2)
    assert labels_of(done) == ["ill", "ill"] * 4  # 0.25 is below 0.3, and 0.79 below 0.85
    assert labels_of(decided([0.2, 0.8, 0.2, 0.7], [0.5, 0.6, 0.0, 0.98], repeats=2)) == ["well", "well"] * 4
    told = (
        "Each out-of-fold label was decided by the mean probability of the networks that predicted the sample (one a repeat), at the mean"
    )
    assert any(sentence.startswith(told) for sentence in sentences(judge(done)))


def test_that_models_beside_a_chosen_threshold_decide_at_a_half_is_told():
    done = decided([0.2, 0.8], [0.4, 0.7])
    said = [sentence for sentence in sentences(judge(done)) if sentence.startswith("On the same folds")]
    assert [sentence.split("; ")[-1] for sentence in said] == [
        "the network decides at thresholds that were chosen, the random forest at 0.5).",
        "the network decides at thresholds that were chosen, the majority guess at 0.5).",
    ]
    assert re.search(r"; random forest [\d.]+ at a threshold of 0\.5 \(", str(_line(judge(done))))
    plain = judge(decided([0.5, 0.5], [0.4, 0.7]))
    assert "threshold" not in str(_line(plain))
    assert "at 0.5" not in " ".join(sentences(plain))


def test_what_boosting_was_kept_to_is_told():
    def said(*columns):
        done = made([0.1, 0.2, 0.3], planned=3)
        predicted = [dataclasses.replace(one, columns=count) for one, count in zip(done.predicted, columns, strict=True)]
        return [sentence for sentence in sentences(judge(dataclasses.replace(done, predicted=predicted))) if "oosting" in sentence]

    end = "since more would take too long: it might do a little better than shown."
    assert said(0, 0, 0) == said(30, 40, 50) == []
    assert said(4000, 4000, 4000) == [f"Gradient boosting was kept to 75 rounds, {end}"]
    assert said(4000, 5000, 6000) == [f"Gradient boosting was kept to 50 to 75 rounds, {end}"]
    assert said(30, 8000, 9000) == [
        "In 2 of 3 trainings gradient boosting was kept to 50 rounds and the 6000 of 8000 to 9000 columns that go most with the target, "
        f"{end}"
    ]


def test_several_repeats_average_the_networks_that_did_not_see_a_sample():
    one = made([0.1, 0.2, 0.3], planned=6)
    again = [dataclasses.replace(fold, repeat=2) for fold in one.folds]
    twice = dataclasses.replace(one, folds=[*one.folds, *again], predicted=[*one.predicted, *made([0.3, 0.4, 0.5], 3).predicted])
    assert (twice.out_of_fold(NETWORK) - one.samples.y).tolist() == pytest.approx([0.2, 0.2, 0.3, 0.3, 0.4, 0.4])


def test_a_fold_that_cannot_be_trained_is_named(tmp_path, biodl, monkeypatch):
    monkeypatch.setattr(crossvalidate, "side_by_side", in_turn)
    rows = table_rows(40)
    table = write_rows(tmp_path / "samples.tsv", rows)
    paths = {"model": tmp_path / "m.keras", "fold_metrics": tmp_path / "f.tsv"}
    explosive = {"learning_rate": 10, "optimizer": "sgd", "l2": 10, "epochs": 60, "numeric_encoding": "standardised"}
    result = biodl("train-feedforward", data=table, target="outcome", folds=2, **explosive, **paths)
    assert result.code == 1
    assert re.fullmatch(r"Error: Cross-validation, fold \d: Training broke down in epoch \d+: [^\n]*\n", result.err), result.err
    assert not any(path.exists() for path in paths.values())


def test_work_goes_to_another_process_with_images_on_disk(tmp_path):
    """What a fold needs is pickled: images stay in the file without a name of the process that read them."""
    import pickle

    kind = kind_of_form("image")
    chosen = importlib.import_module("biodl.commands.train_convolutional").OPTIONS(kind="image", **QUICK)
    samples = read(kind, Files(str(two_classes(tmp_path / "samples.zip"))), None, chosen, say=lambda line: None)
    work = Work(samples, kind.name, "convolutional", chosen, None, False)
    again = pickle.loads(pickle.dumps(work))
    rows = np.array([3, 1, 8])
    assert (again.samples.data.take(rows).pixels[:] == samples.data.pixels[rows]).all()
    assert samples.data.pixels[:].std() > 1


def test_a_start_from_a_network_that_saw_all_folds_is_told():
    """Its weights were fitted to what each fold leaves out: no fold is held out from it."""
    data = SimpleNamespace(sha256="ab")
    knows, other = (SimpleNamespace(metadata={"training": {"data_sha256": {"data": sha, "validation": "cd"}}}) for sha in ("ab", "ef"))
    assert known_to(knows, data).startswith("The network to start from was trained on this very file")
    assert known_to(other, data) == ""
