"""Help of forms: an input as it should look, and an example whose words are those of the forms."""

import csv
import re
from xml.etree import ElementTree

import pytest

from conftest import DATA, ROOT

TOOLS = sorted((ROOT / "tools").glob("biodl_*.xml"))
XML = [ElementTree.parse(path).getroot() for path in (*TOOLS, *(ROOT / "tools" / "macros").glob("*.xml"))]
LABELS = {
    value
    for root in XML
    for element in root.iter()
    for name, value in element.attrib.items()
    if name in ("label", "token_label", "token_source") or (element.tag == "tool" and name == "name")
}
"""Of fields, outputs and tools; those of outputs end in what they were made from."""
TOKENS = {token.get("name"): token.text for root in XML for token in root.iter("token")}


def example(path) -> str:
    help_ = ElementTree.parse(path).getroot().findtext("help")
    for name, text in TOKENS.items():
        help_ = help_.replace(name, text or "")
    return help_.split("### An example")[1].split("\n### ")[0]


def known(words: str) -> bool:
    return any(label == words or re.match(rf"{re.escape(words)}( on [$@]|: choose | beside )", label) for label in LABELS)


@pytest.mark.parametrize("path", TOOLS, ids=lambda path: path.stem)
def test_every_form_shows_an_example_in_its_own_words(path):
    named = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", example(path))
    assert len(named) >= 2
    assert [words for words in named if not known(words) and words != "Run Tool"] == []


@pytest.mark.parametrize(
    "path", [path for path in TOOLS if path.stem not in ("biodl_compare", "biodl_explain")], ids=lambda path: path.stem
)
def test_every_form_of_samples_shows_what_they_look_like(path):
    assert re.search(r"^\|---\|", example(path), re.MULTILINE)


@pytest.mark.parametrize(
    ("token", "file"), [("@TABLE_EXAMPLE@", "breast_cancer.tsv"), ("@SEQUENCE_EXAMPLE@", "splice.tsv"), ("@IMAGE_EXAMPLE@", "nuclei.tsv")]
)
def test_examples_are_rows_of_the_sample_data(token, file):
    head, _, *rows = [line.strip("| ").split(" | ") for line in TOKENS[token].splitlines() if line.startswith("|")]
    with (DATA / file).open(newline="") as stream:
        there = [[row[name] for name in head] for row in csv.DictReader(stream, delimiter="\t")]
    assert len(rows) >= 2
    assert [row for row in rows if row not in there] == []


def test_words_that_no_form_has_are_noticed():
    assert known("Split data")
    assert known("Training in words")
    assert not known("Training in word")
    assert not known("Inspection in words")
