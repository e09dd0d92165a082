"""What the benchmark of accuracy is made of, without any training: halves, folds, ranks, and the files of packages that it reads."""

import io
import itertools
import tarfile

import numpy as np
import pandas as pd
import pytest
from benchmarks import accuracy, data_sets
from sklearn.metrics import balanced_accuracy_score, r2_score

from biodl import tasks


def test_halves_alternate_within_each_kind_and_never_change():
    by_kind = {}
    for item in accuracy.SETS:
        by_kind.setdefault(item.kind, []).append(item)
    for items in by_kind.values():
        names = [item.name for item in items]
        assert names == sorted(names)
        assert [item.half for item in items] == [half for half, _ in zip(itertools.cycle(accuracy.HALVES), items)] or len(items) == 1
    choosing = {item.name for item in accuracy.SETS if item.half == "choosing"}
    assert choosing == {
        *("breast_cancer", "glass", "iris", "pbmc_200_genes", "sonar", "vehicle", "wine", "boston", "ozone"),
        *("promoters", "acsf1", "basic_motions", "italy_power_demand", "nuclei"),
    }
    assert len(accuracy.SETS) == 27
    assert {item.half for item in accuracy.LATER} == {"choosing"}


def test_every_set_has_a_source():
    made = {*data_sets.FROM_R, *data_sets.SERIES, "promoters", *accuracy.FROM_SKLEARN}
    for item in (*accuracy.SETS, *accuracy.LATER):
        assert (item.name in made) != bool(item.file) or item.name == "osuleaf", item.name


def test_folds_are_stratified_and_keep_copies_together():
    target = ["a"] * 60 + ["b"] * 30
    groups = [*range(80), *[80] * 10]
    folds = accuracy.folds_of(target, groups, 5, numbers=False)
    assert (folds == accuracy.folds_of(target, groups, 5, numbers=False)).all()
    assert len(set(folds[80:])) == 1
    counts = pd.crosstab(np.array(target), folds).loc["a"]
    assert counts.min() >= 10
    assert counts.sum() == 60


def test_folds_of_numbers_hold_every_tenth():
    target = np.random.default_rng(1).normal(size=200)
    folds = accuracy.folds_of(target, range(200), 10, numbers=True)
    tenth = pd.qcut(target, 10, labels=False)
    assert (pd.crosstab(tenth, folds).to_numpy() == 2).all()


def test_ranks():
    assert accuracy.ranks_of({"a": 0.9, "b": 0.7, "c": 0.9, "d": 0.1}) == {"a": 1.5, "b": 3, "c": 1.5, "d": 4}


def part(task, y, **predicted):
    return {"seconds": 2.0, "task": task.to_json(), "observed": y.tolist(), "predicted": {n: v.tolist() for n, v in predicted.items()}}


def test_a_row_has_the_metric_of_all_folds_together():
    draw = np.random.default_rng(2)
    task = tasks.Binary(("t",), classes=("a", "b"), counts=(5, 5))
    parts, truth, found = [], [], []
    for _ in range(4):
        y = draw.integers(0, 2, 30)
        scores = {name: np.clip(y + draw.normal(size=30) * noise, 0, 1) for name, noise in (("network", 0.9), ("logistic regression", 0.5))}
        parts.append(part(task, y, **{name: np.column_stack([1 - p, p]) for name, p in scores.items()}))
        truth.append(y)
        found.append(scores["logistic regression"])
    row = accuracy.summary(accuracy.SETS[0], "feedforward", parts)
    assert row.metric == "balanced_accuracy"
    wanted = balanced_accuracy_score(np.concatenate(truth), np.concatenate(found) > 0.5)
    assert row.values["linear model"] == pytest.approx(wanted)
    assert row.behind == pytest.approx(row.values["linear model"] - row.values["network"])
    assert row.ranks == {"network": 2, "linear model": 1}
    assert (row.near, row.seconds) == (row.behind <= row.error_behind, 2)


def test_a_standard_error_is_that_of_the_theory():
    """Of a share p of n samples it is the root of p (1 - p) / n: classes are drawn apart, and each weighs a half."""
    task = tasks.Binary(("t",), classes=("a", "b"), counts=(5, 5))
    y = np.repeat([0, 1], 200)
    predicted = np.where(np.arange(400) % 5 == 0, 1 - y, y)
    perfect = {"random forest": np.eye(2)[y]}
    row = accuracy.summary(accuracy.SETS[0], "feedforward", [part(task, y, network=np.eye(2)[predicted], **perfect)])
    assert row.values == pytest.approx({"network": 0.8, "random forest": 1})
    assert row.error == pytest.approx(np.sqrt(0.8 * 0.2 / 400), rel=0.07)  # three standard errors of 1,000 resamples
    assert row.error_behind == pytest.approx(row.error)
    assert not row.near


def test_numbers_are_judged_by_r2():
    draw = np.random.default_rng(3)
    y = draw.normal(size=50)
    one, other = y + draw.normal(size=50) * 0.2, y + draw.normal(size=50)
    parts = [
        part(tasks.Number(("t",)), y[rows], network=one[rows], **{"random forest": other[rows]}) for rows in np.split(np.arange(50), 5)
    ]
    row = accuracy.summary(accuracy.SETS[14], "feedforward", parts)
    assert row.values == {"network": pytest.approx(r2_score(y, one)), "random forest": pytest.approx(r2_score(y, other))}
    assert row.near
    lines = list(accuracy.printed([row]))
    assert lines[0] == "| data | kind | family | metric | network | ± | random forest | rank | near the best | seconds |"
    assert lines[2].startswith(f"| boston | table, numbers | feedforward | r2 | {r2_score(y, one):.3f} | 0.")
    assert lines[2].endswith("| 1 | yes | 2.0 |")
    assert lines[-1] == "feedforward: mean rank network 1.00, random forest 2.00; near the best on 1 of 1."


def test_folds_that_know_other_classes_are_refused():
    one, two = (tasks.Multiclass(("t",), classes=names, counts=(3,) * len(names)) for names in (("a", "b", "c"), ("a", "b")))
    parts = [part(task, np.array([0, 1]), network=np.eye(len(task.classes))[:2]) for task in (one, two)]
    with pytest.raises(RuntimeError, match="knows the classes 'a', 'b', 'c', but the other 'a', 'b': take fewer folds"):
        accuracy.pooled(parts)


def test_rows_of_one_sample_stay_together():
    frame = pd.DataFrame({"sample": np.repeat([f"s{n}" for n in range(20)], 3), "x": range(60), "target": np.repeat(["a", "b"], 30)})
    item = next(item for item in accuracy.SETS if item.name == "basic_motions")
    held = [accuracy.held_out(frame, "target", "sample", accuracy.Job(item, "recurrent", fold, 5, "", ())) for fold in range(5)]
    assert (np.sum(held, axis=0) == 1).all()
    for rows in held:
        assert frame[rows].groupby("sample").size().eq(3).all()
        assert frame[rows].groupby("target").size().tolist() == [6, 6]


def test_results_are_kept_by_code_and_settings():
    item = accuracy.SETS[0]
    keys = {accuracy.Job(item, family, fold, 10, "", tried).key for family, fold, tried in (
        ("feedforward", 0, ()), ("feedforward", 1, ()), ("recurrent", 0, ()), ("feedforward", 0, (("dropout", "0.1"),)))}  # fmt: skip
    assert len(keys) == 4
    assert all(key.startswith(accuracy.code()) for key in keys)


def test_what_is_not_at_hand_is_named(tmp_path):
    said = accuracy.lacking(accuracy.SETS[:3], tmp_path)
    assert said.startswith("Not at hand: breast_cancer_original, glass. scripts/benchmarks/data_sets.py makes them")
    (tmp_path / "glass.tsv").write_text("")
    (tmp_path / "breast_cancer_original.tsv").write_text("")
    assert accuracy.lacking(accuracy.SETS[:3], tmp_path) == ""


def test_results_survive_a_kill(tmp_path):
    accuracy.keep({"a": 1}, tmp_path / "new" / "results.json")
    accuracy.keep({"a": 2}, tmp_path / "new" / "results.json")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["results.json"]


def deb(files: dict[str, bytes]) -> bytes:
    """A Debian package: an ar archive of three members."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:xz") as archive:
        for name, data in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    whole = b"!<arch>\n"
    for name, data in (("debian-binary", b"2.0"), ("control.tar.xz", b"odd"), ("data.tar.xz", content.getvalue())):
        whole += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
    return whole


def test_files_of_a_debian_package():
    files = {"./usr/lib/R/site-library/mlbench/data/Sonar.rda": b"abc", "./usr/share/doc/x": b""}
    assert dict(data_sets.members_of_deb(deb(files))) == files


def test_series_with_one_channel_and_with_several():
    text = "# about\n@problemName X\n@data\n1,2,3:a\n4,5,6:b\n"
    assert data_sets.rows_of_series(list(data_sets.series_of(text))) == [
        ["t0", "t1", "t2", "target"], ["1", "2", "3", "a"], ["4", "5", "6", "b"]]  # fmt: skip
    text = "@data\n1,2:a\n5:b\n"
    assert data_sets.rows_of_series(list(data_sets.series_of(text))) == [
        ["sample", "time", "channel_0", "target"], ["s0", 0, "1", "a"], ["s0", 1, "2", "a"], ["s1", 0, "5", "b"]]  # fmt: skip
    text = "@data\n1,2:3,4:a\n5,6:7,8:b\n"
    assert data_sets.rows_of_series(list(data_sets.series_of(text))) == [
        ["sample", "time", "channel_0", "channel_1", "target"],
        ["s0", 0, "1", "3", "a"], ["s0", 1, "2", "4", "a"], ["s1", 0, "5", "7", "b"], ["s1", 1, "6", "8", "b"]]  # fmt: skip


def test_frames_of_r():
    frame = pd.DataFrame({"Id": ["x", "y", "z"], "Class": pd.Categorical(["p", "q", None]), "v": [1.5, None, 2.0]})
    assert data_sets.rows_of_frame(frame, "Class", ("Id",)) == [["v", "target"], [1.5, "p"], ["", "q"]]
    letters = pd.DataFrame({"Class": ["+", "-"], "V2": ["a", "c"], "V3": ["g", "t"]})
    assert data_sets.promoters_of(letters) == [["sequence", "target"], ["AG", "+"], ["CT", "-"]]
