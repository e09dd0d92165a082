"""Evaluate, predict and inspect from the command line."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from biodl.tasks import Binary, Forecast, Number
from conftest import DATA, ROOT, mixed_rows, write_rows


@pytest.fixture
def evaluate(biodl, tmp_path):
    names = ("metrics", "metrics_json", "comparison", "classes", "predictions", "plots", "report")

    def run(**options):
        paths = {name: tmp_path / f"{name}.out" for name in names}
        return biodl("evaluate", **paths, **{"resamples": 100, **options}), paths

    return run


def test_network_beside_other_models(evaluate):
    result, paths = evaluate(
        model=DATA / "breast_cancer.keras", data=DATA / "breast_cancer_test.tsv", training=DATA / "breast_cancer_train.tsv"
    )
    assert result.code == 0, result.err
    metrics = pd.read_csv(paths["metrics"], sep="\t").set_index("metric")
    assert metrics.loc["accuracy", "value"] > 0.93
    assert (metrics["ci95_low"] <= metrics["value"]).all()
    assert (metrics["value"] <= metrics["ci95_high"]).all()
    comparison = pd.read_csv(paths["comparison"], sep="\t").set_index("metric")
    assert list(comparison) == ["network", "majority", "logistic regression", "random forest", "gradient boosting"]
    assert comparison.loc["balanced_accuracy", "majority"] == 0.5
    assert comparison.loc["accuracy", "logistic regression"] > 0.93
    predictions = pd.read_csv(paths["predictions"], sep="\t")
    right = predictions["observed_diagnosis"] == predictions["predicted_diagnosis"]
    assert right.mean() == pytest.approx(metrics.loc["accuracy", "value"])
    document = json.loads(paths["metrics_json"].read_text())
    assert np.trace(document["confusion_matrix"]) == right.sum()
    assert "did better than the majority guess" in result.out
    assert "also in the training data" not in result.out


def test_regression(biodl, evaluate, tmp_path):
    frame = pd.read_csv(DATA / "diabetes.tsv", sep="\t")
    frame.iloc[:350].to_csv(tmp_path / "train.tsv", sep="\t", index=False)
    frame.iloc[350:].to_csv(tmp_path / "test.tsv", sep="\t", index=False)
    model = tmp_path / "m.keras"
    assert biodl("train-feedforward", data=tmp_path / "train.tsv", target="progression", model=model).code == 0
    result, paths = evaluate(model=model, data=tmp_path / "test.tsv", training=tmp_path / "train.tsv")
    assert result.code == 0, result.err
    comparison = pd.read_csv(paths["comparison"], sep="\t").set_index("metric")
    assert list(comparison) == ["network", "mean", "ridge regression", "random forest", "gradient boosting"]
    assert comparison.loc["r2", "network"] > 0.35
    assert comparison.loc["r2", "mean"] < 0.05
    predictions = pd.read_csv(paths["predictions"], sep="\t")
    assert list(predictions) == ["line", "observed_progression", "predicted_progression", "residual", "unlike_training"]


def test_multiclass_with_a_rare_class(biodl, evaluate, tmp_path):
    model, training = tmp_path / "m.keras", tmp_path / "training.tsv"
    whole = pd.read_csv(DATA / "pbmc_200_genes.tsv", sep="\t")
    genes = [name for name in whole.columns if name != "cell_type"]
    frame = whole[[*genes[::8], "cell_type"]]  # boosting takes a minute on all of them
    frame.to_csv(training, sep="\t", index=False)
    assert biodl("train-feedforward", data=training, target="cell_type", epochs=15, model=model).code == 0
    frame[frame["cell_type"] != "CD34+"].iloc[::5].to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    result, paths = evaluate(model=model, data=tmp_path / "t.tsv", training=training)
    assert result.code == 0, result.err
    assert "No held-out sample is of class CD34+" in result.out
    assert "138 of 138 held-out samples are also in the training data: the numbers are too good." in result.out.splitlines()[0]
    classes = pd.read_csv(paths["classes"], sep="\t").set_index("class")
    assert len(classes) == 10
    assert classes.loc["CD34+", "support"] == 0
    assert classes.loc["Dendritic", "f1"] > 0.7


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda frame: frame.assign(outcome="well"),
            "All 119 rows of table 't.tsv' are of class 'well': give held-out data with all classes.",
        ),
        (lambda frame: frame.drop(columns="outcome"), "first the target column 'outcome': add them or rename yours."),
        (
            lambda frame: frame.drop(columns=["length", "tissue"]),
            "lacks 2 of the 5 columns that the network needs, first the column 'length', 'tissue'",
        ),
        (lambda frame: frame.replace({"outcome": {"sick": "ill"}}), "holds 'ill' in line"),
        (lambda frame: frame.assign(outcome=None), "The target column 'outcome' of table 't.tsv' has no values: choose another."),
        (
            lambda frame: frame.assign(length="long"),
            "Column 'length' of table 't.tsv' must hold numbers, as in training, but holds text (first 'long'",
        ),
        (lambda frame: frame.assign(length=np.inf), "Column 'length' of table 't.tsv' holds infinite or too large values in 119 rows"),
        (lambda frame: frame.iloc[:0], "has a header line but no rows of data: add rows."),
    ],
)
def test_faulty_held_out_data(evaluate, mixed_model, tmp_path, change, sentence):
    rows = mixed_rows(120)
    frame = pd.DataFrame(rows[1:-1], columns=rows[0])
    change(frame).to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    result, paths = evaluate(model=mixed_model, data=tmp_path / "t.tsv")
    assert result.code == 1
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1
    assert not any(path.exists() for path in paths.values())


def test_predict_finds_columns_by_name(biodl, mixed, mixed_model, tmp_path):
    frame = pd.read_csv(mixed, sep="\t")
    shuffled = frame.drop(columns="outcome")[['odd "name" µ', "tissue", "sample", "weight", "length"]]
    shuffled.to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    assert biodl("predict", model=mixed_model, data=mixed, predictions=tmp_path / "a").code == 0
    assert biodl("predict", model=mixed_model, data=tmp_path / "s.tsv", predictions=tmp_path / "b").code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    table = pd.read_csv(tmp_path / "a", sep="\t")
    assert list(table) == ["sample", "predicted_outcome", "probability_sick", "probability_well", "unlike_training"]
    assert (table["predicted_outcome"] == frame["outcome"]).mean() > 0.85


def test_predict_one_row_with_gaps_and_a_new_category(biodl, mixed_model, tmp_path):
    rows = [["length", "weight", "tissue", 'odd "name" µ'], ["15.0", "", "kidney", "3"]]
    result = biodl("predict", model=mixed_model, data=write_rows(tmp_path / "t.tsv", rows), predictions=tmp_path / "p")
    assert result.code == 0, result.err
    assert "tissue: 1 categories that training never saw count as none of the known (first: kidney)" in result.out
    assert "weight: 1 missing of 1 values, replaced as in training" in result.out
    assert pd.read_csv(tmp_path / "p", sep="\t")["predicted_outcome"].tolist() == ["sick"]


def test_predict_keeps_chosen_columns(biodl, mixed, mixed_model, tmp_path):
    result = biodl("predict", model=mixed_model, data=mixed, predictions=tmp_path / "p", keep="outcome,length", probabilities="false")
    assert result.code == 0, result.err
    assert list(pd.read_csv(tmp_path / "p", sep="\t")) == ["outcome", "length", "predicted_outcome", "unlike_training"]


def test_inspect_finds_what_is_wrong(biodl, tmp_path):
    rows = mixed_rows(150)
    rows[0] += ["leak", "copy", "flat", "note"]
    for number, row in enumerate(rows[1:]):
        row += [int(row[5] == "sick") * 3 + 1, row[1], 5, "x" if number == 3 else number]
    rows.append(list(rows[10]))
    rows[-1][0], rows[-1][5] = "S999", {"sick": "well", "well": "sick"}[rows[10][5]]
    rows[-1][9] = rows[10][9]
    result = biodl(
        "inspect",
        data=write_rows(tmp_path / "t.tsv", rows),
        target="outcome",
        findings=tmp_path / "f",
        columns=tmp_path / "c",
        report=tmp_path / "r",
    )
    assert result.code == 0, result.err
    findings = pd.read_csv(tmp_path / "f", sep="\t").groupby("check").first()
    assert findings.loc["values", "severity"] == "stop"
    assert "'note'" in findings.loc["values", "finding"]
    assert findings.loc["missing values", "severity"] == "note"
    assert "'sample'" in findings.loc["identifiers", "finding"]
    assert "'copy' repeats 'length'" in findings.loc["duplicate columns", "finding"]
    assert "'flat'" in findings.loc["constant columns", "finding"]
    assert "'leak'" in findings.loc["leak", "finding"]
    assert findings.loc["duplicate rows", "severity"] == "note"
    assert "1 set of identical rows has different targets" in findings.loc["contradictions", "finding"]
    assert "<script" not in (tmp_path / "r").read_text()


@pytest.mark.parametrize(
    ("target", "change", "severity", "sentence"),
    [
        ("outcome", lambda row: [*row[:-1], "well"], "stop", "has the same value ('well')"),
        ("outcome", lambda row: [*row[:-1], ""], "stop", "The target column has no values."),
        ("outcome", lambda row: [row[0], "inf", *row[2:]], "stop", "infinite or too large values"),
        ("outcome", lambda row: [row[0], "", *row[2:]], "stop", "Column 'length' has no values at all."),
    ],
)
def test_inspect_reports_what_would_stop_training(biodl, tmp_path, target, change, severity, sentence):
    rows = mixed_rows(40)
    table = write_rows(tmp_path / "t.tsv", [rows[0], *map(change, rows[1:])])
    result = biodl("inspect", data=table, target=target, findings=tmp_path / "f", plots=tmp_path / "p")
    assert result.code == 0, result.err
    findings = pd.read_csv(tmp_path / "f", sep="\t")
    assert findings.loc[0, "severity"] == severity
    assert findings["finding"].str.contains(sentence, regex=False).any()


def test_nothing_asked_for(biodl, mixed):
    assert biodl("inspect", data=mixed).err == "Error: No output was asked for: see 'biodl inspect --help'.\n"


def test_most_confident_mistakes_on_images_are_drawn(evaluate, tmp_path, monkeypatch):
    with zipfile.ZipFile(DATA / "nuclei.zip") as source, zipfile.ZipFile(tmp_path / "swapped.zip", "w") as target:
        for number, name in enumerate(source.namelist()[::6]):
            other = name.replace("nucleus", "x").replace("background", "nucleus").replace("x", "background")
            target.writestr(other if number % 10 == 0 else name, source.read(name))
    drawn = []
    monkeypatch.setattr("biodl.reporting.plots.gallery", lambda *found: drawn.append(found))
    result, paths = evaluate(model=DATA / "nuclei.keras", data=tmp_path / "swapped.zip", mistakes=tmp_path / "g")
    assert result.code == 0, result.err
    predictions = pd.read_csv(paths["predictions"], sep="\t")
    wrong = predictions.query("observed_folder != predicted_folder")
    assert len(wrong) >= 8
    ((pictures, titles, title, _),) = drawn
    assert title == f"Most confident of {len(wrong)} mistakes"
    assert len(pictures) == len(titles) == min(16, len(wrong))
    names = [name.split("\n")[0] for name in titles]
    assert set(names) <= set(wrong["image"])
    most = wrong[["probability_background", "probability_nucleus"]].max(axis=1)
    assert names[0] in set(wrong["image"][most >= most.max() - 1e-6])
    result, _ = evaluate(model=DATA / "breast_cancer.keras", data=DATA / "breast_cancer_test.tsv", mistakes=tmp_path / "g")
    assert (result.code, len(drawn)) == (0, 1)  # rows of a table cannot be looked at


def test_headline_metrics_come_first_and_none_comes_twice(evaluate):
    result, paths = evaluate(
        model=DATA / "breast_cancer.keras", data=DATA / "breast_cancer_test.tsv", training=DATA / "breast_cancer_train.tsv"
    )
    lines = result.out.splitlines()
    assert lines[:3] == [
        "Result: balanced accuracy 0.9811 (95 % interval 0.9621 to 1) and accuracy 0.9823 on 113 held-out samples; "
        "the majority guess reaches 0.5.",
        "Simpler model: nothing shows that a network is needed. Chance alone could explain the difference between the network and the "
        "logistic regression: balanced accuracy 0.9811 against 0.974 (95 % interval of the difference 0 to 0.021).",
        "Next: prefer the simpler model, or train with more samples; else apply this network to new samples with 'Predict with a network'.",
    ]
    metrics, beside = (pd.read_csv(paths[name], sep="\t", dtype=str) for name in ("metrics", "comparison"))
    assert list(metrics["metric"])[:3] == ["balanced_accuracy", "accuracy", "roc_auc"]
    assert len(metrics) == 12
    assert list(metrics["metric"]) == list(beside["metric"])
    assert not {"recall_macro", "recall_weighted"} & set(metrics["metric"])
    assert not metrics[["value", "ci95_low"]].duplicated().any()
    assert all(len(cell.replace("0.", "").lstrip("0")) <= 4 for cell in metrics["value"])
    document = json.loads(paths["metrics_json"].read_text())
    assert document["metrics"]["network"]["balanced_accuracy"] == pytest.approx(0.981052984574111, rel=1e-12)
    assert len(document["metrics"]["network"]) == 18
    page = paths["report"].read_text()
    assert page.index("<b>Result:</b>") < page.index("113 held-out samples of the table") < page.index("<img")
    assert ">Area under the ROC curve</th>" in page
    assert ">95 % interval</th>" in page


def test_samples_enter_the_network_piece_by_piece(evaluate, monkeypatch):
    options = {"model": DATA / "breast_cancer.keras", "data": DATA / "breast_cancer_test.tsv", "training": DATA / "breast_cancer_train.tsv"}
    _, paths = evaluate(**options)
    whole = [paths[name].read_text() for name in ("predictions", "comparison")]
    monkeypatch.setattr("biodl.networks.running.MOST_RAW", 50)
    result, paths = evaluate(**options)
    assert result.code == 0, result.err
    for text, name in zip(whole, ("predictions", "comparison"), strict=True):
        first, second = (pd.read_csv(io.StringIO(content), sep="\t") for content in (text, paths[name].read_text()))
        pd.testing.assert_frame_equal(first, second, rtol=1e-5)


def test_a_gallery_says_what_it_shows():
    """Pictures of images: a number has no mistakes, so none may be said to be missing."""
    number = Number(("y",), 0.0, 1.0)
    assert number.on_mistakes(0, 48) == "No gallery of mistakes: it shows classes taken for others"
    told = [Binary(("y",), ("a", "b"), counts=(9, 9)).on_mistakes(count, 48) for count in (0, 1, 5)]
    assert told == ["No mistake among 48 images", "The only mistake", "Most confident of 5 mistakes"]


def test_intervals_of_overlapping_windows_are_said_to_be_too_narrow(evaluate):
    """Windows are drawn as if each stood alone, though each shares all but one of its steps with the next."""
    folder = ROOT / "tests" / "unit" / "models" / "0.6.0" / "forecast_several"
    result, paths = evaluate(model=folder / "model.keras", data=next(folder.glob("data.*")))
    said = "Neighbouring windows share steps that are forecast, but count as if each stood alone: the 95 % intervals are too narrow."
    assert said in result.out.splitlines()
    assert said in paths["report"].read_text()
    assert Forecast(("y",), horizon=1).on_resamples() == said.replace("are forecast", "they look back on").replace("s are", "s may be")
    assert Number(("y",)).on_resamples() == ""
