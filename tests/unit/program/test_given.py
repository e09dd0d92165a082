"""Messages name a dataset as its user sees it, not the file that Galaxy keeps it in."""

import json

import pytest

from biodl.program.given import linked
from conftest import DATA


def stored(tmp_path, name, number=1):
    """A copy of test data as Galaxy keeps it."""
    path = tmp_path / f"dataset_{number}.dat"
    path.write_bytes((DATA / name).read_bytes())
    return path


def names(tmp_path, called):
    """What a form says of names."""
    path = tmp_path / "names.json"
    path.write_text(json.dumps({str(file): name for file, name in called.items()}))
    return path


def test_errors_name_what_the_user_sees(biodl, tmp_path):
    path = stored(tmp_path, "faulty.tsv")
    result = biodl("inspect", names=names(tmp_path, {path: "My  wards"}), data=path, target="outcome", findings=tmp_path / "findings")
    assert result.code == 0
    assert "Column 'dose' of table 'My wards' holds text among numbers" in (tmp_path / "findings").read_text()
    assert "dataset_1" not in result.out + result.err + (tmp_path / "findings").read_text()


@pytest.mark.parametrize("command", ["train-feedforward", "evaluate"])
def test_errors_name_the_role_where_files_could_be_meant(command, biodl, tmp_path):
    good, bad = stored(tmp_path, "breast_cancer_train.tsv"), stored(tmp_path, "diabetes.tsv", 2)
    further = "validation" if command == "train-feedforward" else "training"
    flags = {"model": tmp_path / "new", "target": "diagnosis"} if further == "validation" else {
        "model": DATA / "breast_cancer.keras", "metrics": tmp_path / "new"}  # fmt: skip
    called = names(tmp_path, {good: "Samples", bad: "Blood"})
    result = biodl(command, names=called, data=good, **{further: bad}, **flags)
    assert result.err.startswith(f"Error: {further.capitalize()} samples: ")
    assert "table 'Blood' lacks " in result.err or "table 'Blood' has none of them" in result.err


def test_two_datasets_of_one_name_are_told_apart(tmp_path):
    names = {"/a": "x.tsv", "/b": "x.tsv", "/c": "y.tsv"}
    found = linked({"data": "/a", "validation": "/b", "labels": "/c", "start": "/a", "rival": None, "model": "/d"}, names, tmp_path)
    place = tmp_path / "given"
    assert found == {
        "data": f"{place}/x.tsv",
        "validation": f"{place}/x.tsv (2)",
        "labels": f"{place}/y.tsv",
        "start": f"{place}/x.tsv",
        "rival": None,
        "model": "/d",
    }
    assert (place / "x.tsv (2)").readlink().as_posix() == "/b"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\nb\0c\x1b[31m", "a_b_c_[31m"),
        ("Größe & 'Alter' #1.tsv", "Größe & 'Alter' #1.tsv"),
        ("é" * 300, "é" * 100),
        ("half \ud800", "half _"),
        ("..", ""),
        ("  ", ""),
    ],
)
def test_names_become_names_of_files(name, kept, tmp_path):
    found = linked({"data": "/a"}, {"/a": name}, tmp_path)
    assert found == {"data": f"{tmp_path}/given/{kept}" if kept else "/a"}


@pytest.mark.parametrize("content", ["[]", '{"a": 1}', "{", None])
def test_names_that_no_form_writes(content, biodl, tmp_path):
    if content is not None:
        (tmp_path / "n").write_text(content)
    result = biodl("inspect", names=tmp_path / "n", data=DATA / "faulty.tsv", findings=tmp_path / "f")
    assert result.err.startswith(f"Error: The names of files in '{str(tmp_path)[:50]}")
    assert result.err.endswith("cannot be read: they must be what the form's tool writes.\n")


def test_images_of_a_collection_are_read_from_the_form(biodl, tmp_path):
    elements = [
        {"element_identifier": [folder, name], "ext": "png", "source_path": str(DATA / "images" / f"{folder}_{number}.png")}
        for folder in ("bright", "dark")
        for number, name in ((1, "a"), (2, "b"))
    ]
    params = tmp_path / "parameters.json"
    params.write_text(json.dumps({"samples": {"kind": "image_collection", "target": [], "labels": None, "collection": elements}}))
    result = biodl("inspect", params=params, collection=params, columns=tmp_path / "columns")
    assert result.err == ""
    assert [line.split("\t")[0] for line in (tmp_path / "columns").read_text().splitlines()[1:]] == [
        "bright/a.png", "bright/b.png", "dark/a.png", "dark/b.png"]  # fmt: skip
