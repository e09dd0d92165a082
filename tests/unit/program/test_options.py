"""Options as files and flags hold them, however odd."""

import json

import pytest

from conftest import DATA

NESTED = '{"a": ' * 100_000 + "1" + "}" * 100_000
FILES = {
    "nested": (NESTED.encode(), "is nested too deeply: give options one by one."),
    "utf-16": (json.dumps({"target": "diagnosis"}).encode("utf-16"), "is not UTF-8 text: save it as such."),
    "digits": (b'{"seed": ' + b"1" * 5000 + b"}", "holds a number of too many digits: correct it."),
    "broken": (b"{", "is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."),
    "list": (b"[]", "must hold a JSON object."),
}


def split_by(params, biodl, folder):
    """Split with options of a file."""
    data = DATA / "breast_cancer_test.tsv"
    return biodl("split", data=data, params=params, train=folder / "t", test=folder / "u", validation_size=0)


@pytest.mark.parametrize("fault", FILES)
def test_files_of_options_that_cannot_be_read(fault, biodl, tmp_path):
    content, sentence = FILES[fault]
    (tmp_path / "o.json").write_bytes(content)
    result = split_by(tmp_path / "o.json", biodl, tmp_path)
    assert result.code == 1
    assert result.err.startswith("Error: The options file '")
    assert result.err.endswith(f"' {sentence}\n")


def test_a_mark_before_options_is_no_part_of_them(biodl, tmp_path):
    (tmp_path / "o.json").write_text(json.dumps({"target": "diagnosis"}), encoding="utf-8-sig")
    result = split_by(tmp_path / "o.json", biodl, tmp_path)
    assert (result.code, result.err) == (0, "")


LONG = "'" + "9" * 59 + "…'"
VALUES = {
    "whole number": ("seed", "9" * 5000, f"Option --seed is {LONG}, but must lie between 0 and 2.14748e+09."),
    "number": ("l2", "9" * 5000, f"Option --l2 is {LONG}, but must lie between 0 and 10."),
    "digit of another kind": ("seed", "²", "Option --seed is '²', but must be a whole number."),
    "not a number": ("l2", "nan", "Option --l2 is nan, but must lie between 0 and 10."),
    "many layers": ("hidden_layers", ",".join(["4"] * 300), "Option --hidden-layers lists 300 numbers, but may list no more than 64."),
    "half a character": (
        "positive_class",
        "a\ud800",
        r"Option --positive-class is 'a\ud800', which is not UTF-8 text: correct it.",
    ),
}


@pytest.mark.parametrize("case", VALUES)
@pytest.mark.parametrize("by", ["flag", "file"])
def test_values_out_of_all_bounds(case, by, biodl, tmp_path):
    name, value, sentence = VALUES[case]
    given = {name: value}
    if by == "file":
        (tmp_path / "o.json").write_text(json.dumps(given))
        given = {"params": tmp_path / "o.json"}
    result = biodl("train-feedforward", data=DATA / "breast_cancer.tsv", target="diagnosis", model=tmp_path / "m", **given)
    assert result.err == f"Error: {sentence}\n"


def test_text_is_no_list(biodl, tmp_path):
    (tmp_path / "o.json").write_text(json.dumps({"positive_class": ["x"]}))
    result = biodl("train-feedforward", data=DATA / "breast_cancer.tsv", params=tmp_path / "o.json", model=tmp_path / "m")
    assert result.err == "Error: Option --positive-class is '['x']', but must be text.\n"


@pytest.mark.parametrize("column", ["#" + "9" * 5000, "#²", "²"])
def test_columns_of_odd_numbers_are_taken_as_names(column, biodl, tmp_path):
    result = biodl(
        "split", data=DATA / "breast_cancer_test.tsv", target=column, train=tmp_path / "t", test=tmp_path / "u", validation_size=0
    )
    assert result.err.startswith(f"Error: Column '{column[:59]}")
    assert result.err.count("\n") == 1


COLLECTIONS = {
    "list": b"[]",
    "number": b"5",
    "nested": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "no files": b'{"images": [{"element_identifier": "a", "ext": "png"}]}',
    "utf-16": '{"images": []}'.encode("utf-16"),
}


@pytest.mark.parametrize("fault", COLLECTIONS)
def test_descriptions_of_collections_that_galaxy_never_writes(fault, biodl, tmp_path):
    (tmp_path / "c.json").write_bytes(COLLECTIONS[fault])
    result = biodl("inspect", kind="image", collection=tmp_path / "c.json", findings=tmp_path / "f")
    assert result.err == "Error: The collection's description 'c.json' cannot be read: it must be what Galaxy writes.\n"


def test_collections_whose_files_are_gone(biodl, tmp_path):
    element = {"element_identifier": "a", "ext": "png", "source_path": str(tmp_path / "gone.dat")}
    (tmp_path / "c.json").write_text(json.dumps({"images": [element]}))
    result = biodl("inspect", kind="image", collection=tmp_path / "c.json", findings=tmp_path / "f")
    assert result.err == "Error: The file of the image 'a.png' in the collection is not there: give the collection again.\n"
