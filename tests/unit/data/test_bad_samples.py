"""What may not be accepted of sequences, series, text and images: one clear sentence, no traceback, no output."""

import io
import json
import zipfile

import numpy as np
import pytest
from samples import forecast_rows, image_zip, long_rows, picture, png, sequence_rows, text_rows, two_classes, wide_rows

from conftest import DATA, write_rows

LABELS = "name\tclass\n" + "".join(f"s{n}\t{'ab'[n % 2]}\n" for n in range(8))
FASTA = "".join(f">s{n}\nACGTACGTAC\n" for n in range(8))
SEQUENCES = {
    "empty file": ("", LABELS, "The table 'x.fasta' is empty"),
    "no sequence in a record": (
        ">s0\nACGT\n>s1\n>s2\nAC\n",
        LABELS,
        "The record 's1' in line 3 of FASTA file 'x.fasta' has no sequence: add it",
    ),
    "no name": (">\nACGT\n", LABELS, "The record in line 1 of FASTA file 'x.fasta' has no name after '>': give it one."),
    "twice": (">s0\nACGT\n>s0\nAC\n", LABELS, "has two records named 's0' (lines 1 and 3): rename one."),
    "digits": (
        ">s0\nAC1T\n",
        LABELS,
        "The record 's0' of FASTA file 'x.fasta' holds '1' in line 2, which stands for no residue: correct it.",
    ),
    "no labels": (FASTA, None, "The FASTA file 'x.fasta' has no targets: give a table that names the sequences"),
    "other labels": (
        FASTA,
        "name\tclass\nq1\ta\nq2\tb\n",
        "No name in column 'name' of table 'l.tsv' (first 'q1') is that of one of the sequences",
    ),
    "labels twice": (FASTA, LABELS + "s0\tb\n", "The table 'l.tsv' names 's0' more than once (line 10): keep one row."),
    "one class": (FASTA, LABELS.replace("\tb", "\ta"), "has the same value ('a') in all 8 rows"),
    "no column": (FASTA, "name\tkind\ns1\ta\n", "Column 'class', chosen as target, is not in table 'l.tsv', which has 'name', 'kind'"),
}


def refused(result, sentence, *outputs):
    assert result.code == 1, result.out
    assert result.err.startswith("Error: ")
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1
    assert not any(path.exists() for path in outputs)


@pytest.fixture
def train(biodl, tmp_path):
    def run(kind, data, sentence, command="train-recurrent", **options):
        model, report = tmp_path / "m.keras", tmp_path / "r.html"
        result = biodl(command, kind=kind, data=data, model=model, report=report, **{"epochs": 1, **options})
        refused(result, sentence, model, report)

    return run


@pytest.mark.parametrize("fault", SEQUENCES)
def test_sequences(fault, train, tmp_path):
    content, labels, sentence = SEQUENCES[fault]
    data = tmp_path / "x.fasta"
    data.write_text(content)
    options = {"target": "class"}
    if labels:
        options["labels"] = tmp_path / "l.tsv"
        options["labels"].write_text(labels)
    train("fasta", data, sentence, **options)


def test_letters(train, tmp_path):
    rows = sequence_rows(20)
    rows[3][1] = "MKVLEF"
    table = write_rows(tmp_path / "t.tsv", rows)
    train(
        "sequence",
        table,
        "The sequence in line 4 of table 't.tsv' holds 'E', 'F', 'L', which is no letter of DNA",
        target="class",
        alphabet="dna",
    )
    rows[3][1] = "AC GT"
    for chosen in ({}, {"sequence_column": "sequence"}):
        no_sequence = "Column 'sequence' of table 't.tsv' holds 'AC GT' in line 4, which is no sequence: correct it."
        train("sequence", write_rows(tmp_path / "t.tsv", rows), no_sequence, target="class", **chosen)
    notes = [["remark", "class"], *([f"seen {n} times", "ab"[n % 2]] for n in range(20))]
    train("sequence", write_rows(tmp_path / "n.tsv", notes), "No column of table 'n.tsv' holds sequences (letters only", target="class")
    rows[3][1] = ""
    train(
        "sequence",
        write_rows(tmp_path / "t.tsv", rows),
        "has no sequence in line 4: add it or remove the row.",
        target="class",
        sequence_column="sequence",
    )
    residues = [["seq", "class"], *(["MKVLEF"[n % 3 :] + "LIVER"[n % 4 :] + "F" * (n // 12), "ab"[n % 2]] for n in range(40))]
    protein = write_rows(tmp_path / "p.tsv", residues)
    train("sequence", protein, "Proteins have no reverse complement: turn that option off.", target="class", reverse_complement="true")


def test_labels_that_match_in_part_are_noted(biodl, tmp_path):
    (tmp_path / "x.fasta").write_text(FASTA * 1 + "".join(f">t{n}\nACGTT\n" for n in range(30)))
    labels = "name\tclass\nnobody\ta\n" + "".join(f"s{n}\t{'ab'[n % 2]}\n" for n in range(8))
    (tmp_path / "l.tsv").write_text(labels + "".join(f"t{n}\t{'ab'[n % 2]}\n" for n in range(28)))
    result = biodl("inspect", kind="fasta", data=tmp_path / "x.fasta", labels=tmp_path / "l.tsv", target="class", findings=tmp_path / "f")
    assert result.code == 0, result.err
    assert "1 row of table 'l.tsv' names none of the sequences of FASTA file 'x.fasta' (first 'nobody')" in result.out
    assert "2 sequences of FASTA file 'x.fasta' are not in table 'l.tsv' (first 't28')" in result.out
    assert "2 sequences without a target were left out" in result.out


def test_series(train, tmp_path):
    rows = wide_rows(20)
    write = lambda: write_rows(tmp_path / "t.tsv", rows)  # noqa: E731
    rows[4][3] = "high"
    train(
        "series", write(), "Column 't2' of table 't.tsv' holds text among numbers in 1 of 20 rows (first 'high' in line 5)", target="kind"
    )
    rows[4][3] = "inf"
    train("series", write(), "Column 't2' of table 't.tsv' holds infinite or too large values in 1 rows (first in line 5)", target="kind")
    rows[4][1:] = ["1", *[""] * 23]
    train("series", write(), "The series in line 5 of table 't.tsv' has fewer than two time points with values", target="kind")
    one = write_rows(tmp_path / "o.tsv", [row[:2] for row in wide_rows(20)])
    train("series", one, "The series in table 'o.tsv' have one time point ('t0'): a series needs two or more", target="kind")


def test_long_series(train, tmp_path):
    rows = long_rows(10)
    options = {"target": "kind", "sample_column": "animal", "time_column": "hour"}
    table = tmp_path / "t.tsv"
    train("series_long", write_rows(table, rows), "need one sample column: choose it.", target="kind", time_column="hour")
    train("series_long", write_rows(table, [*rows, rows[1]]), "Sample 'a0' of table 't.tsv' has two rows of the same time", **options)
    changed = [*rows[:-1], [*rows[-1][:-1], "slow"]]
    train("series_long", write_rows(table, changed), "The target column 'kind' of table 't.tsv' changes within sample 'a9'", **options)
    late = [*rows[:-1], [rows[-1][0], "noon", *rows[-1][2:]]]
    train("series_long", write_rows(table, late), "which is neither a number nor a date like 2026-01-31: correct it.", **options)


def test_forecasts(train, tmp_path):
    rows, table = forecast_rows(40), tmp_path / "t.tsv"
    options = {"target": "level", "time_column": "day"}
    train("forecast", write_rows(table, rows), "A forecast needs one time column: choose it.", target="level")
    too_long = "No series in table 't.tsv' has 66 time points, the window (60) and the horizon (6): lower them"
    train("forecast", write_rows(table, rows), too_long, **options, window=60)
    train("forecast", write_rows(table, [*rows, rows[5]]), "The table 't.tsv' has two rows of the same time (line 42)", **options)
    rows[7][1] = "low"
    train(
        "forecast",
        write_rows(table, rows),
        "Column 'level' of table 't.tsv' must hold numbers, but holds text (first 'low' in line 8)",
        **options,
    )


def test_text(train, tmp_path):
    rows = text_rows(20)
    rows[2][1] = "..."
    train("text", write_rows(tmp_path / "t.tsv", rows), "Column 'note' of table 't.tsv' has no words in line 3", target="mood")
    words = [[row[0], row[1].split()[0], row[2]] for row in text_rows(20)]
    train("text", write_rows(tmp_path / "w.tsv", words), "No column of table 'w.tsv' holds text of several words", target="mood")


def test_images(train, tmp_path):
    def images(sentence, members, **options):
        train("image", image_zip(tmp_path / "i.zip", members), sentence, "train-convolutional", **options)

    good = {f"{'ab'[n % 2]}/{n}.png": png(picture((8, 8), n)) for n in range(8)}
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\n")
    train("image", tmp_path / "t.tsv", "The image archive 't.tsv' is not a complete ZIP", "train-convolutional")
    images("holds no images (PNG, JPEG or TIFF): give some.", {"readme.txt": b"hello"})
    images("lie in no folders that name their classes", {"1.png": png(picture((8, 8), 1))})
    images("The image '1.png' of image archive 'i.zip' lies in no folder", {**good, "1.png": png(picture((8, 8), 1))})
    images("has a path that leaves it ('../../evil.png')", {**good, "../../evil.png": b"x"})
    images(
        "The image 'a/broken.png' of image archive 'i.zip' cannot be read, because it is damaged",
        {**good, "a/broken.png": good["a/0.png"][:60]},
    )
    images("cannot be read, because it is no image: mend or remove it", {**good, "a/text.jpg": b"hello"})
    images("cannot be read, because it is empty: mend or remove it", {**good, "a/none.tif": b""})
    colour = {**good, "b/rgb.png": png(picture((8, 8, 3), 1))}
    images("The image 'b/rgb.png' of image archive 'i.zip' has 3 channels, not 1 like 'a/0.png': give images of one kind", colour)
    images("has the same value ('a') in all 4 rows", {name: content for name, content in good.items() if name[0] == "a"})
    labels = tmp_path / "l.tsv"
    labels.write_text("image\tkind\nother\tx\n")
    images("No name in column 'image' of table 'l.tsv' (first 'other')", good, labels=labels, target="kind")
    images("No target column was chosen", good, labels=labels)


def test_archives_that_lie_about_their_size(train, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", b"\0" * 10_000_000)
        archive.writestr("b/2.png", png(picture((8, 8), 1)))
    content = bytearray(path.read_bytes())
    size = (10_000_000).to_bytes(4, "little")
    for place in [at for at in range(len(content)) if content[at : at + 4] == size]:
        content[place : place + 4] = (5000).to_bytes(4, "little")  # says 5 kB, unpacks to 10 MB
    path.write_bytes(content)
    train(
        "image",
        path,
        "The image 'a/1.png' of image archive 'bomb.zip' cannot be read, because its packed bytes are damaged",
        "train-convolutional",
    )
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("a/1.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    train("image", path, "The image archive 'bomb.zip' has a link in it ('a/1.png'): pack the images themselves.", "train-convolutional")


def test_broken_images_can_be_skipped(biodl, tmp_path):
    archive = two_classes(tmp_path / "i.zip", 40, **{"dark/broken.png": b"\x89PNG\r\n\x1a\nnothing"})
    result = biodl("train-convolutional", kind="image", data=archive, broken="skip", epochs=2, model=tmp_path / "m.keras")
    assert result.code == 0, result.err
    assert "1 images that cannot be read were skipped (first 'dark/broken.png')" in result.out
    assert "34 samples to train and 6 to validate" in result.out
    findings = tmp_path / "f.tsv"
    assert biodl("inspect", kind="image", data=archive, findings=findings).code == 0
    assert "stop\tbroken images\t1 image cannot be read (first 'dark/broken.png': it is" in findings.read_text()
    refused(biodl("predict", model=tmp_path / "m.keras", data=archive, predictions=tmp_path / "p"), "cannot be read", tmp_path / "p")
    result = biodl("predict", model=tmp_path / "m.keras", data=archive, predictions=tmp_path / "p", broken="skip")
    assert result.code == 0, result.err
    assert len((tmp_path / "p").read_text().splitlines()) == 41


IMPOSSIBLE = {
    "kernel": ({"kernel_size": 15, "filters": "8"}, "Layer 'convolution_1' has a kernel of 15, longer than what reaches it (12 x 10 x 1)"),
    "pooling": ({"filters": "8,8,8,8", "kernel_size": 1, "pooling": 2}, "Layer 'pooling_4' pools 2 steps into one, but only 1 x 1 x 8"),
}


@pytest.mark.parametrize("fault", IMPOSSIBLE)
def test_impossible_networks(fault, train, tmp_path):
    options, sentence = IMPOSSIBLE[fault]
    train("image", two_classes(tmp_path / "i.zip"), sentence, "train-convolutional", **options)


def test_impossible_recurrent_networks(train, tmp_path):
    table = write_rows(tmp_path / "t.tsv", sequence_rows(40))
    train("sequence", table, "A transformer of 30 units cannot be shared by 4 heads", target="class", cell="transformer", units="30")
    train("sequence", table, "A transformer has no last state", target="class", cell="transformer", time_pooling="last")
    train("sequence", table, "Samples of different lengths cannot hand all 15 x 64 values to the head", target="class", time_pooling="all")
    train(
        "sequence",
        table,
        "Layer 'front_pooling_2' pools 20 steps into one, but only 1 x 8 reach it",
        target="class",
        front_filters="8,8",
        front_pooling=20,
        front_kernel=1,
    )


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_data_of_another_kind(command, biodl, tmp_path):
    output = {"predictions": tmp_path / "out"}
    images = two_classes(tmp_path / "i.zip")
    refused(biodl(command, model=DATA / "splice.keras", data=images, **output), "but 'i.zip' is a ZIP archive: give", tmp_path / "out")
    table = DATA / "breast_cancer_test.tsv"
    refused(
        biodl(command, model=DATA / "nuclei.keras", data=table, **output), "but 'breast_cancer_test.tsv' is a table: give", tmp_path / "out"
    )
    nothing = "No held-out samples were chosen: choose the test part" if command == "evaluate" else "No data was given: choose the file"
    refused(biodl(command, model=DATA / "splice.keras", **output), nothing, tmp_path / "out")
    rgb = image_zip(tmp_path / "c.zip", {f"{'ab'[n % 2]}/{n}.png": png(picture((8, 8, 3), n)) for n in range(4)})
    sentence = "lies" if command == "none" else "has 3 channels, but the network was trained on 1"
    refused(biodl(command, model=DATA / "nuclei.keras", data=rgb, **output), sentence, tmp_path / "out")


def test_a_split_in_time_is_for_tables(biodl, tmp_path):
    images = two_classes(tmp_path / "i.zip")
    parts = {name: tmp_path / name for name in ("train", "validation", "test")}
    result = biodl("split", kind="image", data=images, method="time", time="x", **parts)
    refused(result, "The time split is for tables and forecasts", *parts.values())


def test_fine_tuning_refuses_other_networks(train, tmp_path):
    images = two_classes(tmp_path / "i.zip", shape=(12, 10, 3))
    train(
        "image",
        images,
        "Network to start from: This network (convolutional) was trained on DNA sequences of 60 letters to predict 'class', "
        "but the samples here are of kind 'image': choose one that was trained on samples of the same kind.",
        "train-convolutional",
        start=DATA / "splice.keras",
    )
    train("image", images, "have 3 channels, but the network to start from wants 1", "train-convolutional", start=DATA / "nuclei.keras")


def test_a_collection_that_is_none(biodl, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps({"collection": [{"name": "x"}]}))
    result = biodl("train-convolutional", kind="image_collection", collection=tmp_path / "c.json", model=tmp_path / "m")
    refused(result, "The collection's description 'c.json' cannot be read", tmp_path / "m")
    (tmp_path / "c.json").write_text(json.dumps({"collection": []}))
    result = biodl("train-convolutional", kind="image_collection", collection=tmp_path / "c.json", model=tmp_path / "m")
    refused(result, "The image collection holds no images", tmp_path / "m")


def test_stacks_are_refused(train, tmp_path):
    import tifffile

    content = io.BytesIO()
    tifffile.imwrite(content, np.zeros((5, 8, 8), dtype="uint8"), metadata={"axes": "ZYX"}, imagej=True)
    images = image_zip(tmp_path / "i.zip", {"a/1.tif": content.getvalue(), "b/2.tif": content.getvalue()})
    train("image", images, "it is a stack along depth, not a plane: take planes or a projection", "train-convolutional")
