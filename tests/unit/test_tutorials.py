"""Tutorials say what forms, workflows, data and pictures say; and the checker that finds this out finds what it should."""

import re

import pytest
import tutorial_check
from tutorial_check import faults
from tutorial_text import FOLDER, NAMES, Tutorial, looked_up, read, source_of

every_tutorial = pytest.mark.parametrize("name", NAMES)
NEEDED = ("layout", "title", "level", "questions", "objectives", "time_estimation", "key_points", "contributions")
"""Front matter that the Galaxy Training Network asks of a tutorial."""

MADE = """---
title: Made
---
569<!-- = data: breast_cancer.tsv | rows --> rows, 37 %<!-- = data: breast_cancer.tsv | share | diagnosis | malignant --> `malignant`.

> <hands-on-title>Train</hands-on-title>
> <!-- run first -->
>
> 1. {% tool [Train a feed-forward network](biodl_train_feedforward) %} with:
>    - *"Training table"*: _"Training part of breast_cancer.tsv"_
>    - *"Target column: choose what to predict"*: `diagnosis`
>    - *"Settings"*: `All settings`
>    - *"Optimizer"*: `Adam`
>    - *"Dropout"*: `0.3`
{: .hands_on}

The network stopped at epoch 80<!-- = run: first | history | last | epoch ± 10 -->, of at most
200<!-- = form: train_feedforward | epochs -->. Read _"Training in words"_ in **Workflow Invocations**.
![Words](../../docs/images/form.png)
"""


def of(text: str) -> list[str]:
    return faults(Tutorial(FOLDER / "made", text))


@every_tutorial
def test_nothing_is_wrong(name):
    assert faults(read(name)) == []


@every_tutorial
def test_front_matter_is_what_the_training_network_asks_for(name):
    import yaml

    front = yaml.safe_load(read(name).text.split("---\n")[1])
    assert not [key for key in NEEDED if not front.get(key)]
    assert front["layout"] == "tutorial_hands_on"
    assert re.fullmatch(r"(\d+H)?(\d+M)?", front["time_estimation"])


@every_tutorial
def test_boxes_are_closed_and_solutions_hidden(name):
    text = read(name).text
    for title, mark in (
        ("hands-on", "hands_on"),
        ("question", "question"),
        ("solution", "solution"),
        ("tip", "tip"),
        ("comment", "comment"),
    ):
        assert text.count(f"<{title}-title>") == text.count(f"{{: .{mark}}}"), title
    assert text.count("<question-title>") == text.count("<solution-title>") >= 3


@every_tutorial
def test_links_lead_somewhere(name):
    tutorial = read(name)
    for target in re.findall(r"(?<!!)\[[^\]]*\]\((?!https?:|biodl_)([^)#\s]+)", tutorial.text):
        assert (tutorial.folder / target).exists(), target


def test_a_sound_tutorial_has_no_fault():
    assert of(MADE) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"Dropout"', '"Drop-out"', "line 14: 'Train a feed-forward network' has no field 'Drop-out'"),
        ('"Training table"', '"Training data"', "line 10: 'Train a feed-forward network' has no field 'Training data'"),
        ("`Adam`", "`Adamant`", "line 13: 'Optimizer' of 'Train a feed-forward network' cannot be 'Adamant'"),
        ("`0.3`", "`1.3`", "line 14: 'Dropout' of 'Train a feed-forward network' cannot be '1.3'"),
        (
            "`diagnosis`\n",
            "`diagnose`\n",
            "line 11: 'Target column: choose what to predict' of 'Train a feed-forward network' cannot be 'diagnose'",
        ),
        (
            '>    - *"Settings"*: `All settings`\n',
            "",
            "line 13: the field 'Dropout' of 'Train a feed-forward network' is not to be seen with the choices of this box",
        ),
        ("[Train a feed", "[Train the feed", "line 9: there is no tool 'Train the feed-forward network' (biodl_train_feedforward)"),
        ('"Training part of', '"Train part of', "line 10: nothing gives an output 'Train part of breast_cancer.tsv'"),
        ("**Workflow Invocations**", "**Invocations**", "line 18: there is no tool, workflow or button 'Invocations'"),
        ("`malignant`", "`malicious`", "line 4: 'malicious' stands neither in the suite nor in its data"),
        ("569<", "568<", "line 4: 568 is not what breast_cancer.tsv | rows gives (569)"),
        ("37 %", "38 %", "line 4: 38 is not what breast_cancer.tsv | share | diagnosis | malignant gives (0.372583)"),
        ("200<", "100<", "line 18: 100 is not what train_feedforward | epochs gives (200)"),
        ("run: first |", "run: second |", "line 17: no box is run as 'second'"),
        ("80<!-- = run: first | history | last | epoch ± 10 -->", "80", "line 17: nothing says where 80 comes from"),
        ("80<!-- = run", "80<!-- = guess", "line 17: nothing says where 80 comes from"),
        ("form.png", "fern.png", "line 19: there is no picture fern.png"),
        ("form.png", "architecture.png", "line 19: no script makes architecture.png"),
        ("[Words]", "[]", "line 19: form.png needs words for those who cannot see it, without numbers, which could not be checked"),
    ],
)
def test_what_has_changed_is_found(old, new, fault):
    assert MADE.count(old) == 1
    assert fault in of(MADE.replace(old, new))


def test_a_label_changed_in_a_form_is_found(monkeypatch):
    forms = {tool: tutorial_check.form(tool) for tool in tutorial_check.TOOLS}
    import dataclasses

    changed = {
        tool: tuple(dataclasses.replace(field, label=field.label.replace("Dropout", "Share of units silenced")) for field in fields)
        for tool, fields in forms.items()
    }
    monkeypatch.setattr(tutorial_check, "form", changed.__getitem__)
    assert of(MADE) == [
        "line 14: no form or workflow has a field 'Dropout'",
        "line 14: 'Train a feed-forward network' has no field 'Dropout'",
    ]


def test_numbers_are_compared_as_printed():
    (number,) = Tutorial(FOLDER, "0.98<!-- = run: a | metrics | accuracy | value ± 0.01 -->").numbers()
    assert number.agrees(0.9949)
    assert not number.agrees(0.9951)
    (number,) = Tutorial(FOLDER, "1,234<!-- = data: a | rows -->").numbers()
    assert number.agrees(1234.4)
    assert not number.agrees(1235)


def test_places_in_outputs():
    content = "metric\tvalue\nrecall\t0.9\naccuracy\t0.8\n"
    assert looked_up(content, ("recall", "value")) == 0.9
    assert looked_up(content, ("last", "value")) == 0.8
    assert looked_up(content, ("value=0.9", "value")) == 0.9
    assert looked_up(content, ("rows",)) == 2
    assert looked_up("Result: balanced\n  accuracy 0.9811 (95", ("after balanced accuracy",)) == 0.9811
    with pytest.raises(LookupError):
        looked_up(content, ("precision", "value"))
    assert source_of("run: a | b ± 0.1").tolerance == 0.1
