"""A network that is given what it cannot work on says what it wants: every kind of network with every sort of file."""

import shutil
import zipfile

import pytest

from biodl.data.kinds import FORMS
from conftest import DATA, ROOT, write_rows

MODELS = ROOT / "tests" / "unit" / "models" / "0.4.0"
WANTS = {
    "table": (
        DATA / "breast_cancer.keras",
        "tables with the columns 'mean radius', 'mean texture', 'mean perimeter' and 27 more",
        "diagnosis",
    ),
    "sequence": (MODELS / "sequence_binary" / "model.keras", "DNA sequences of up to 24 letters", "class"),
    "fasta": (DATA / "splice.keras", "DNA sequences of 60 letters", "class"),
    "series": (MODELS / "series_multiclass" / "model.keras", "series in the columns 't0', 't1', 't2' and 13 more", "speed"),
    "series_long": (MODELS / "series_long_binary" / "model.keras", "series with the columns 'animal', 'time', 'value', 'noise'", "kind"),
    "forecast": (DATA / "lynx.keras", "series of 'trapped' in windows of 20 time points", "trapped"),
    "text": (MODELS / "text_binary" / "model.keras", "text in the column 'note'", "mood"),
    "image": (DATA / "nuclei.keras", "images of 32 x 32 pixels and 1 channel", "folder"),
    "image_collection": (DATA / "nuclei.keras", "images of 32 x 32 pixels and 1 channel", "folder"),
}
"""By kind: a network, what it was trained on, and what it predicts."""


def a_table(path):
    return write_rows(path / "t.tsv", [["alpha", "beta"], *([number, number % 2] for number in range(20))])


def fasta(path):
    return shutil.copy(DATA / "new_sequences.fasta", path / "s.fasta")


def images(path):
    return shutil.copy(DATA / "new_images.zip", path / "i.zip")


def broken_zip(path):
    (path / "b.zip").write_bytes((DATA / "new_images.zip").read_bytes()[:900])
    return path / "b.zip"


def network(path):
    return shutil.copy(DATA / "splice.keras", path / "n.keras")


def workbook(path):
    with zipfile.ZipFile(path / "w.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return path / "w.xlsx"


def rubbish(path):
    (path / "r.dat").write_bytes(bytes(range(256)))
    return path / "r.dat"


def folder(path):
    (path / "f").mkdir()
    return path / "f"


SORTS = {
    a_table: "table 't.tsv' has none of them (its first column is 'alpha')",
    fasta: "'s.fasta' is FASTA",
    images: "'i.zip' is a ZIP archive",
    broken_zip: "'b.zip' is a ZIP archive",
    network: "'n.keras' is a network itself",
    workbook: "'w.xlsx' is an Excel workbook",
    rubbish: "'r.dat' is of another format",
    folder: "'f' is a folder",
}
"""How each sort of file is made, and what is said of it to a network that wants another."""
OWN = {
    ("sequence", a_table): "table 't.tsv' has no column of sequences",
    ("fasta", a_table): "table 't.tsv' has no column of sequences",
    ("image", a_table): "'t.tsv' is a table",
    ("image_collection", a_table): "'t.tsv' is a table",
}
"""What is said instead."""
LEFT = {
    workbook: "The table 'w.xlsx' is a ZIP archive or an Excel workbook (.xlsx), which is not read: save its sheet as tab-separated text",
    rubbish: "The table 'r.dat' is not text: give a plain text file.",
}
"""What the reader of tables says."""


def test_every_kind_of_network_is_here():
    assert set(WANTS) == set(FORMS)


@pytest.mark.parametrize("make", SORTS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("kind", WANTS)
@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_network_says_what_it_wants(command, kind, make, biodl, tmp_path):
    model, wants, target = WANTS[kind]
    output = {"predictions": tmp_path / "out"} if command == "predict" else {"metrics": tmp_path / "out"}
    result = biodl(command, model=model, data=make(tmp_path), **output)
    images_wanted, sequences_wanted = kind.startswith("image"), kind in ("sequence", "fasta")
    if make in LEFT and not images_wanted:
        assert result.err.startswith(f"Error: {LEFT[make]}")
    elif (make in (images, broken_zip, folder) and images_wanted) or (make is fasta and sequences_wanted):
        assert "This network was trained on" not in result.err
    else:
        reason = OWN.get((kind, make), SORTS[make])
        assert result.err == (
            f"Error: This network was trained on {wants} to predict '{target}', but {reason}: "
            "give samples of that kind, or another network.\n"
        )
    assert result.out == "" or result.code == 0


STARTS = {
    ("recurrent", "fasta", "splice.keras"): "This network (convolutional) was trained on DNA sequences of 60 letters to predict 'class', "
    "but this tool trains networks of the family 'recurrent': choose one of this tool.",
    ("recurrent", "sequence", "lynx.keras"): "This network (recurrent) was trained on series of 'trapped' in windows of 20 time points to "
    "predict 'trapped', but the samples here are of kind 'sequence': choose one that was trained on samples of the same kind.",
    ("convolutional", "fasta", "nuclei.keras"): "This network (convolutional) was trained on images of 32 x 32 pixels and 1 channel to "
    "predict 'folder', but the samples here are of kind 'sequence': choose one that was trained on samples of the same kind.",
    ("convolutional", "image", "breast_cancer.keras"): "This network (feedforward) was trained on tables with the columns 'mean radius', "
    "'mean texture', 'mean perimeter' and 27 more to predict 'diagnosis', but this tool trains networks of the family 'convolutional': "
    "choose one of this tool.",
    ("convolutional", "image", "new_images.zip"): "The model file 'new_images.zip' was not opened, because it is not a model of this "
    "suite: give a model that a Train tool of this suite wrote.",
}  # fmt: skip


@pytest.mark.parametrize("case", STARTS, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_a_network_to_start_from_says_what_it_is_for(case, biodl, tmp_path):
    family, kind, start = case
    result = biodl(f"train-{family}", kind=kind, data=tmp_path / "not read", start=DATA / start, model=tmp_path / "m")
    assert result.err == f"Error: Network to start from: {STARTS[case]}\n"


def test_a_table_of_labels_beside_a_table_is_refused(biodl, tmp_path):
    table = DATA / "breast_cancer_test.tsv"
    result = biodl("evaluate", model=DATA / "breast_cancer.keras", data=table, labels=DATA / "splice.tsv", metrics=tmp_path / "m")
    assert result.err == (
        "Error: A table of labels was chosen, but the samples are a table that holds their targets: choose no table of labels.\n"
    )
