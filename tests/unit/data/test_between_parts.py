"""Inspect says how many held-out samples are copies, or near copies, of those that it inspects: for every kind, by its rules."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import fasta, forecast_rows, image_zip, long_rows, picture, png, sequence_rows, table_rows, text_rows, two_classes, wide_rows
from test_contract import MADE

from biodl.data.image.encoding import STRETCH, resizing
from biodl.data.image.read import stretched
from biodl.data.sequence.alphabet import reverse_complement
from biodl.reporting import plots
from conftest import DATA, write_rows

COPIES, NEAR, OTHERS = 3, 2, 6
DARK = png(np.zeros((1, 1), dtype="uint8"))
SPLIT = (
    "divide all samples anew ('Split data' keeps {} together), and if they come from one source (a patient, a genome), "
    "name it as the group."
)


def without(rows, name):
    """The same rows in another order of columns, without one."""
    at = rows[0].index(name)
    return [[*row[at + 1 :], *row[:at]] for row in rows]


def changed(text):
    """Read from the other strand, with a letter changed."""
    turned = reverse_complement(text.upper(), "dna")
    return ("A" if turned[0] != "A" else "C") + turned[1:]


def sequences(folder, copies, near):
    """Rows of samples and of held-out ones: copies under other names and in other case, near copies, and new ones."""
    rows, new = sequence_rows(60), sequence_rows(OTHERS, seed=99)[1:]
    known = [[f"h{number}", row[1].upper()] for number, row in enumerate(rows[1 : copies + 1])]
    alike = [[f"n{number}", changed(row[1])] for number, row in enumerate(rows[20 : 20 + near])]
    return rows, [["name", "sequence"], *known, *alike, *([row[0], row[1]] for row in new)]


def of_table(folder, copies, near):
    rows = table_rows(60)
    some = [rows[0], *rows[1 : copies + 1], *([f"{float(row[0]) + 1e-3:.3f}", *row[1:]] for row in rows[20 : 20 + near])]
    held = without([*some, *([f"{number}.5", *row[1:]] for number, row in enumerate(rows[40 : 40 + OTHERS]))], "outcome")
    return {"data": write_rows(folder / "d.tsv", rows), "held_out": write_rows(folder / "h.tsv", held), "target": "outcome"}


def of_sequence(folder, copies, near):
    rows, held = sequences(folder, copies, near)
    return {"data": write_rows(folder / "d.tsv", rows), "held_out": write_rows(folder / "h.tsv", held), "target": "class"}


def of_fasta(folder, copies, near):
    rows, held = sequences(folder, copies, near)
    labels = write_rows(folder / "l.tsv", [[row[0], row[2]] for row in rows])
    data, other = fasta(folder / "d.fasta", rows), fasta(folder / "h.fasta", held)
    return {"data": data, "held_out": other, "labels": labels, "target": "class"}


def of_series(folder, copies, near):
    rows, new = wide_rows(40), wide_rows(OTHERS, seed=99)[1:]
    alike = [[row[0], f"{float(row[1]) + 1e-3:.4f}", *row[2:]] for row in rows[20 : 20 + near]]
    held = [row[1:] for row in (rows[0], *rows[1 : copies + 1], *alike, *new)]
    return {"data": write_rows(folder / "d.tsv", rows), "held_out": write_rows(folder / "h.tsv", held), "target": "kind"}


def of_series_long(folder, copies, near):
    rows, new = long_rows(30), long_rows(OTHERS, seed=99)
    known = {f"a{number}": f"h{number}" for number in range(copies)}
    alike = {f"a{number}": f"n{number}" for number in range(20, 20 + near)}
    held = [[known[name], *rest] for name, *rest in rows[1:] if name in known]
    held += [[alike[name], hour, f"{float(value) + 1e-3:.4f}", *rest] for name, hour, value, *rest in rows[1:] if name in alike]
    held = without([rows[0], *held, *([f"new {name}", *rest] for name, *rest in new[1:])], "kind")
    columns = {"target": "kind", "sample_column": "animal", "time_column": "hour"}
    return {"data": write_rows(folder / "d.tsv", rows), "held_out": write_rows(folder / "h.tsv", held), **columns}


def of_text(folder, copies, near):
    rows = [[number, f"{text[:-1]} in week {number}.", mood] for number, (_, text, mood) in enumerate(text_rows(60)[1:])]
    known = [[900 + number, row[1].upper()] for number, row in enumerate(rows[:copies])]
    alike = [[800 + number, f"{row[1]} Indeed"] for number, row in enumerate(rows[20 : 20 + near])]
    held = [["id", "note"], *known, *alike, *([number, f"Nothing like it was seen {number}"] for number in range(OTHERS))]
    data = write_rows(folder / "d.tsv", [["id", "note", "mood"], *rows])
    return {"data": data, "held_out": write_rows(folder / "h.tsv", held), "target": "mood"}


def pictures(copies, near):
    """Pictures by their names: some of the samples', some mirrored and turned, and new ones."""
    known = {f"h{number}.png": picture((12, 10), number, number % 2) for number in range(copies)}
    alike = {f"n{number}.png": np.rot90(picture((12, 10), number, number % 2)[:, ::-1], 2) for number in range(20, 20 + near)}
    new = {f"o{number}.png": picture((12, 10), 900 + number, number % 2) for number in range(OTHERS)}
    return {name: png(np.ascontiguousarray(pixels)) for name, pixels in (known | alike | new).items()}


def of_image(folder, copies, near):
    return {"data": two_classes(folder / "d.zip"), "held_out": image_zip(folder / "h.zip", pictures(copies, near))}


def of_image_collection(folder, copies, near):
    """Both collections stand in the JSON of one form, as Galaxy writes it."""
    description = json.loads(Path(MADE["image_collection"][0](folder).collection).read_text())
    elements = []
    for name, content in pictures(copies, near).items():
        path = folder / f"{name}.dat"
        path.write_bytes(content)
        elements.append({"element_identifier": name, "ext": "png", "source_path": str(path)})
    form = {"samples": {"kind": "image_collection", "held_out": elements, "collection": description["images"]}}
    (folder / "form.json").write_text(json.dumps(form))
    return {"collection": folder / "form.json", "held_out_collection": folder / "form.json"}


PARTS = {
    "table": of_table,
    "sequence": of_sequence,
    "fasta": of_fasta,
    "series": of_series,
    "series_long": of_series_long,
    "text": of_text,
    "image": of_image,
    "image_collection": of_image_collection,
}
WITH_NEAR = {"sequence", "fasta", "image", "image_collection"}


@pytest.fixture
def inspect(biodl, tmp_path, monkeypatch):
    """Run Inspect; what it says of copies between parts, what of everything, and its verdict. Its pictures, which take most of its time and
    do not speak of copies, are not drawn."""
    monkeypatch.setattr(plots, "figure", lambda panels, path: path.write_bytes(DARK) and " ".join(panel.says for panel in panels))

    def run(kind, **flags):
        paths = {name: tmp_path / name for name in ("findings", "verdict", "report")}
        done = biodl("inspect", kind=kind, **flags, **paths)
        assert done.code == 0, done.err
        found = pd.read_csv(paths["findings"], sep="\t", keep_default_na=False)
        verdict = " ".join(paths["verdict"].read_text().split())
        report = paths["report"].read_text()
        assert all(finding.replace("'", "&#x27;") in report for finding in found["finding"])
        return found[found["check"] == "duplicates between parts"], found, verdict

    return run


def test_every_kind_is_here():
    assert {*PARTS} == {*MADE} - {"forecast"}


@pytest.mark.parametrize("form", PARTS)
@pytest.mark.parametrize(("copies", "near"), [(0, 0), (0, NEAR), (COPIES, 0), (COPIES, NEAR), (1, 0)])
def test_copies_between_parts_are_counted(form, copies, near, inspect, tmp_path):
    between, _, verdict = inspect(form, **PARTS[form](tmp_path, copies, near))
    total, counts = copies + near + OTHERS, copies + (near if form in WITH_NEAR else 0)
    assert len(between) == 1
    severity, _, said, advice = between.iloc[0]
    if not counts:
        assert severity == "ok"
        none = f"None of {total} held-out samples is a copy{', or a near copy,' if form in WITH_NEAR else ''} of an inspected sample."
        assert (said, advice) == (none, "")
        assert "Next: train a network on these samples, and judge it by the held-out ones with 'Evaluate a network'." in verdict
        return
    assert severity == "warning"
    exact = counts == copies
    are = "is a copy of an inspected sample" if counts == 1 else f"are {'copies of' if exact else 'near'} inspected samples"
    alike = "" if exact else " (copies, alike in almost all, or linked to one by samples that are)"
    assert said == f"{counts} of {total} held-out samples ({counts / total:.1%}) {are}{alike}."
    assert advice.startswith("A network would be judged on what it knows: ")
    assert advice.endswith(SPLIT.format("copies" if exact else "near copies"))
    assert f"Compared with {total} held-out samples in " in verdict
    assert "Next: put all samples into one file, divide them anew with 'Split data', and train a network on its training part." in verdict


@pytest.mark.parametrize("form", PARTS)
def test_without_held_out_samples_all_is_as_before(form, inspect, tmp_path):
    flags = {name: value for name, value in PARTS[form](tmp_path, COPIES, 0).items() if not name.startswith("held_out")}
    between, _, verdict = inspect(form, **flags)
    assert between.empty
    assert "held-out" not in verdict
    assert "Next: put a test part aside with 'Split data'" in verdict or "inspect again" in verdict


def test_real_parts(inspect, tmp_path):
    """The splice test part was drawn when exact copies alone were kept together."""
    held = DATA / "splice_test.fasta"
    inside = {*held.read_text().split(">")[1:]}
    rest = [record for record in (DATA / "splice.fasta").read_text().split(">")[1:] if record not in inside]
    (tmp_path / "rest.fasta").write_text("".join(f">{record}" for record in rest))
    between, _, _ = inspect("fasta", data=tmp_path / "rest.fasta", held_out=held, labels=DATA / "splice.tsv", target="class")
    assert between["severity"].tolist() == ["warning"]
    assert between["finding"].iloc[0].startswith("52 of 637 held-out samples (8.2%) are near inspected samples ")
    parts = {"data": DATA / "breast_cancer_train.tsv", "held_out": DATA / "breast_cancer_test.tsv"}
    between, _, _ = inspect("table", **parts, target="diagnosis")
    assert between["finding"].tolist() == ["None of 113 held-out samples is a copy of an inspected sample."]


@pytest.mark.parametrize(
    ("form", "held_out", "sentence"),
    [
        ("table", "h.zip", "The data are tables with the columns 'length', 'weight', 'tissue', but 'h.zip' is a ZIP archive: give another"),
        ("table", "other.tsv", "but table 'other.tsv' has none of them (its first column is 'x'): give another part of the same data."),
        ("table", "fewer.tsv", "The table 'fewer.tsv' lacks 1 of the 3 columns that the network needs, first the column 'weight': add"),
        ("table", "words.tsv", "must hold numbers, as in training, but holds text (first 'long'"),
        ("sequence", "other.tsv", "but table 'other.tsv' has no column of sequences: give another part of the same data."),
        ("fasta", "h.zip", "but 'h.zip' is a ZIP archive: give another part of the same data."),
        ("series", "other.tsv", "but table 'other.tsv' has none of them (its first column is 'x'): give another part of the same data."),
        ("text", "other.tsv", "but table 'other.tsv' has none of them (its first column is 'x'): give another part of the same data."),
        ("image", "other.tsv", "but 'other.tsv' is a table: give another part of the same data."),
        ("table", "gone.tsv", "cannot be read"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(form, held_out, sentence, biodl, tmp_path):
    image_zip(tmp_path / "h.zip", {"a.png": png(picture((4, 4), 1))})
    write_rows(tmp_path / "other.tsv", [["x"], [1], [2]])
    write_rows(tmp_path / "fewer.tsv", [["length", "tissue"], [1, "lung"]])
    write_rows(tmp_path / "words.tsv", [["length", "weight", "tissue"], ["long", 1, "lung"]])
    (tmp_path / "d").mkdir()
    flags = PARTS[form](tmp_path / "d", 0, 0) | {"held_out": tmp_path / held_out}
    done = biodl("inspect", kind=form, findings=tmp_path / "f", **flags)
    assert done.code == 1
    assert done.err.startswith("Error: Held-out samples, read as by a network that was trained on the data: ")
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "f").exists()


def test_windows_of_a_forecast_are_not_compared(biodl, tmp_path):
    data = write_rows(tmp_path / "d.tsv", forecast_rows())
    done = biodl("inspect", kind="forecast", data=data, held_out=data, target="level", time_column="day", findings=tmp_path / "f")
    assert done.code == 1
    assert (
        "windows of a forecast share time points with their neighbours, and its parts follow each other in time: choose none." in done.err
    )


def test_data_that_no_network_can_read_are_not_compared(inspect, tmp_path):
    rows, held = sequences(tmp_path, 1, 0)
    rows[5][1] = "GATTACAJGATTACAGATTACA"
    flags = {"data": write_rows(tmp_path / "d.tsv", rows), "held_out": write_rows(tmp_path / "h.tsv", held), "target": "class"}
    between, _, verdict = inspect("sequence", **flags)
    assert between["severity"].tolist() == ["note"]
    assert between["finding"].iloc[0].startswith("Held-out samples were not compared, since a network cannot read the data: ")
    assert "Next: mend what would stop training, and inspect again." in verdict


def test_broken_images_are_skipped_and_names_of_rows_are_no_copies(inspect, tmp_path):
    held = image_zip(tmp_path / "h.zip", {**pictures(COPIES, 0), "broken.png": b"\x89PNG but no more"})
    between, found, _ = inspect("image", data=two_classes(tmp_path / "d.zip"), held_out=held)
    assert between["finding"].iloc[0].startswith(f"{COPIES} of {COPIES + OTHERS} held-out samples")
    said = found[found["check"] == "held-out samples"]["finding"].tolist()
    assert said == ["1 images that cannot be read were skipped (first 'broken.png')."]
    rows = [["id", *table_rows(40)[0]], *([f"S{number}", *row] for number, row in enumerate(table_rows(40)[1:]))]
    held = [rows[0], *([f"T{number}", *row[1:]] for number, row in enumerate(rows[1:6]))]
    flags = {"data": write_rows(tmp_path / "d.tsv", rows), "held_out": write_rows(tmp_path / "h.tsv", held), "target": "outcome"}
    assert inspect("table", **flags)[0]["finding"].tolist() == ["5 of 5 held-out samples (100.0%) are copies of inspected samples."]


def test_a_table_of_nothing_but_names_is_not_compared(inspect, tmp_path):
    rows = [["id", "outcome"], *([f"S{number}", "ab"[number % 2]] for number in range(40))]
    data = write_rows(tmp_path / "d.tsv", rows)
    between, _, _ = inspect("table", data=data, held_out=data, target="outcome")
    assert between["severity"].tolist() == ["note"]
    assert "No column of table 'd.tsv' tells rows apart: give columns that do." in between["finding"].iloc[0]


def test_images_of_several_sizes_need_no_keras(inspect, biodl, tmp_path):
    """Inspect and Split do not ask for it; the fixture refuses imports of what a tool does not ask for."""
    members = {f"{'bright' if n % 2 else 'dark'}/{n}.png": png(picture((12 + n % 3, 10), n, n % 2)) for n in range(30)}
    data, held = image_zip(tmp_path / "d.zip", members), image_zip(tmp_path / "h.zip", {"a.png": members["dark/4.png"]})
    between, _, _ = inspect("image", data=data, held_out=held)
    assert between["finding"].tolist() == ["1 of 1 held-out samples (100.0%) is a copy of an inspected sample."]
    done = biodl("split", kind="image", data=data, train=tmp_path / "a", validation=tmp_path / "b", test=tmp_path / "c")
    assert done.code == 0, done.err


def test_images_are_stretched_as_keras_does():
    draw = np.random.default_rng(0)
    for _ in range(60):
        height, width, *shape = (int(size) for size in draw.integers(1, 60, 4))
        pixels = draw.integers(0, 2**16, (*shape, int(draw.choice([1, 3, 5])))).astype(str(draw.choice(["uint16", "float32"])))
        layer = resizing(height, width, STRETCH)
        np.testing.assert_array_equal(stretched(pixels, height, width), np.asarray(layer(pixels[None].astype("float32")))[0])
