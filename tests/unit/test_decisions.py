"""Each measured choice has a page with date, numbers and the script that measures it; the code still makes that choice."""

import re

import pytest
from benchmarks import choices

from biodl.commands import train_convolutional, train_feedforward, train_recurrent
from biodl.data.table import encoding
from biodl.networks.families import layers
from biodl.training import diagnose, fit, train
from conftest import ROOT

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ("Choice", "Since", "Measured", "Measure again", "What would change our mind")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_tells_choice_date_numbers_and_script(page):
    text = page.read_text(encoding="utf-8")
    for part in PARTS:
        assert f"**{part}" in text, f"{page.name} lacks '{part}'"
    assert re.search(r"\*\*Since\*\* 2\d{3}-\d\d-\d\d", text)
    assert re.search(r"\d\.\d", text.split("**Measured")[1])
    measured, again = text.split("**Measured")[1].split("**Measure again")
    scripts = re.findall(r"`scripts/benchmarks/(\w+\.py)", again)
    read = "** Nothing: it was read." in measured  # what others wrote decides: the page says where to read it again
    assert scripts or (read and re.search(r"https://|conda search", again)), f"{page.name} does not say how to look again"
    assert all((ROOT / "scripts" / "benchmarks" / script).exists() for script in scripts)
    assert set(re.findall(r"scripts/benchmarks/choices\.py ([a-z-]+)", text)) <= set(choices.CHOICES)


def test_pages_are_numbered_and_listed():
    assert [page.name[:4] for page in PAGES] == [f"{number:04d}" for number in range(1, len(PAGES) + 1)]
    listed = re.findall(r"\]\(([^)]+\.md)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert listed == [page.name for page in PAGES]


def test_every_choice_that_can_be_measured_has_a_page():
    told = {name for page in PAGES for name in re.findall(r"choices\.py ([a-z-]+)", page.read_text(encoding="utf-8"))}
    assert told == set(choices.CHOICES)


def told(number, pattern):
    """A number that a page gives as the choice."""
    choice = next(page for page in PAGES if page.name.startswith(number)).read_text(encoding="utf-8").split("**Since")[0]
    return float(re.search(pattern, " ".join(choice.split()))[1].replace(",", ""))


def test_pages_tell_of_what_the_code_does():
    tables, *others = (module.OPTIONS() for module in (train_feedforward, train_recurrent, train_convolutional))
    assert told("0003", r"([\d.]+) for feed-forward") == tables.learning_rate
    assert told("0004", r"([\d.]+) for feed-forward") == tables.label_smoothing
    assert {options.members for options in (tables, *others)} == {told("0025", r"(\d+) member")}
    for options in others:
        assert told("0003", r"([\d.]+) for recurrent and convolutional") == options.learning_rate
        assert told("0004", r"([\d.]+) for recurrent and convolutional") == options.label_smoothing
    assert told("0005", r"(\d+) epochs") == tables.patience == others[0].patience == others[1].patience
    assert fit.batch_size_for(int(told("0006", r"below (\d+) samples")) - 1) == told("0006", r"and (\d+) below")
    assert told("0007", r"momentum ([\d.]+\d)") == layers._MOMENTUM
    assert told("0019", r"at most (\d+) columns of numbers") == encoding.MOST_IN_PIECES
    assert told("0019", r"and ([\d,]+) training rows") == encoding.MOST_TRIED
    assert told("0019", r"lower by more than (\d+) %") == round(100 * (1 - train._CLEARLY))
    assert told("0019", r"up to (\d+) pieces") == encoding.PIECES
    assert told("0023", r"more than (\d+) steps are left") == layers.MOST_STEPS
    assert [family.OPTIONS().calibrate for family in (train_convolutional, train_recurrent, train_feedforward)] == [True, True, False]
    for page, names in (("0008", ("_BARELY", "_GAP", "_WORSE", "_NEGLIGIBLE")), ("0011", ("_SURE", "_FALL", "_WIDE", "_FEW"))):
        for name in names:
            assert told(page, rf"`{name}` ([\d.]*\d)") == getattr(diagnose, name)


@pytest.mark.parametrize(
    ("setting", "option"), [("learning-rate", "learning_rate"), ("patience", "patience"), ("smoothing", "label_smoothing")]
)
def test_the_first_setting_is_the_suites_own(setting, option):
    for name, family in ((setting, train_feedforward), (f"{setting}-deep", train_convolutional), (f"{setting}-deep", train_recurrent)):
        if name in choices.SETTINGS:
            assert next(iter(choices.SETTINGS[name].of.values())) == {option: getattr(family.OPTIONS(), option)}


def test_what_the_benchmark_replaces_is_there():
    assert next(iter(choices.SETTINGS["momentum"].of.values())) == {choices.MOMENTUM: layers._MOMENTUM}
    assert callable(fit._at_hand)
    assert callable(fit._data)
    assert callable(fit._batches)
    assert callable(fit._batches_in_memory)
    assert set(choices.CASES) >= {name for choice in choices.SETTINGS.values() for name in choice.cases}
