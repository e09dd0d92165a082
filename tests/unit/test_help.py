"""Help of forms: an input as it should look, and an example whose words are those of the forms."""

import re

import pytest
from form_fields import form, made, tools
from test_forms import NAMES, expanded
from tutorial_text import table

LABELS = {field.label for tool in NAMES for field in form(tool)} | {name for tool in NAMES for name in made(tool)} | set(tools().values())
"""Of fields, outputs and tools."""


def example(tool) -> str:
    return expanded(tool).findtext("help").split("### An example")[1].split("\n### ")[0]


def known(words: str) -> bool:
    return any(label == words or label.startswith((f"{words}: choose ", f"{words} beside ")) for label in LABELS)


@pytest.mark.parametrize("tool", NAMES)
def test_every_form_shows_an_example_in_its_own_words(tool):
    named = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", example(tool))
    assert len(named) >= 2
    assert [words for words in named if not known(words) and words != "Run Tool"] == []


@pytest.mark.parametrize("tool", sorted({*NAMES} - {"compare", "explain"}))
def test_every_form_of_samples_shows_what_they_look_like(tool):
    """Rows of the sample data, so that what is shown can be read."""
    head, _, *rows = [line.strip("| ").split(" | ") for line in example(tool).splitlines() if line.startswith("|")]
    tables = [table(file) for file in ("breast_cancer.tsv", "splice.tsv", "nuclei.tsv")]
    (there,) = [[dict(zip(names, row, strict=True)) for row in cells] for names, cells in tables if {*head} <= {*names}]
    assert len(rows) >= 2
    assert [row for row in rows if row not in [[sample[name] for name in head] for sample in there]] == []


def test_words_that_no_form_has_are_noticed():
    assert known("Split data")
    assert known("Training in words")
    assert not known("Training in word")
    assert not known("Inspection in words")
