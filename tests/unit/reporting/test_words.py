"""The end of reports: what comes next, and what words mean."""

import re

import pytest
from form_fields import made, tools

from biodl.reporting import glossary
from biodl.reporting.following import AFTER
from biodl.reporting.page import Page
from conftest import ROOT

TOOLS = set(tools().values())


def saved(tmp_path, text: str, command: str = "train") -> str:
    page = Page("Title", command)
    page.text(text)
    page.save(tmp_path / "page.html")
    return (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", AFTER)
def test_every_report_ends_with_tools_that_exist(command, tmp_path):
    html = saved(tmp_path, "", command)
    assert re.findall("<li><b>(.*?)</b>: give it ", html) == [step.tool for step in AFTER[command]]
    assert {step.tool for step in AFTER[command]} <= TOOLS
    for step in AFTER[command]:
        assert set(re.findall("'(.*?)'", step.give)) <= {*TOOLS, "Evaluation to compare"}


def test_outputs_that_are_named_exist():
    assert "Evaluation to compare" in made("evaluate")


def test_words_are_explained_where_they_occur_and_only_those(tmp_path):
    html = saved(tmp_path, "It overfits: dropout, R² and ROC AUC of held-out samples. Macro F1. Unlike <units>.")
    shown = re.findall("<dt>(.*?)</dt>", html)
    assert {"overfit", "dropout", "R²", "ROC AUC", "test part", "sample", "F1", "unit"} <= set(shown)
    assert not {"epoch", "recall", "MCC", "near copies"} & set(shown)
    assert shown == sorted(shown, key=str.lower)
    assert "<dd>The share of the variation of a number that the network explains: 0 is no better than the mean, 1 perfect.</dd>" in html


@pytest.mark.parametrize(
    ("word", "text", "occurs"),
    [
        ("class", "two classes", True),
        ("class", "classical", False),
        ("MAE", "mae", False),
        ("recurrent", "non-recurrent", False),
        ("early stopping", "It stopped early.", True),
        ("unit", "united", False),
    ],
)
def test_a_word_is_found_as_a_word(word, text, occurs):
    (term,) = [term for term in glossary.TERMS if term.name == word]
    assert term.occurs(text) is occurs


def test_terms_of_contributing_are_all_explained():
    table = (ROOT / "CONTRIBUTING.md").read_text().split("| Term | Means |")[1].split("\n\n")[0]
    terms = re.findall(r"^\| ([a-z][a-z ]+) \|", table, re.MULTILINE)
    assert len(terms) >= 11
    assert set(terms) <= {term.name for term in glossary.TERMS}


def test_the_page_of_all_words_is_that_of_the_code():
    assert (ROOT / glossary.WHERE).read_text(encoding="utf-8") == glossary.in_markdown()
    names = [term.name for term in glossary.TERMS]
    assert len(names) == len(set(names)) >= 60
