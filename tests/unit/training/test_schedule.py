"""Epochs that follow the number of samples: the rule, that every way to train goes by it, and that nobody has to guess what was chosen."""

import dataclasses
import importlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import FORMS

from biodl.commands import any_family, train_convolutional, train_feedforward, train_recurrent
from biodl.data.kinds import kind_of_form
from biodl.model_selection.crossvalidate import train_fold
from biodl.model_selection.folds import folds_of
from biodl.model_selection.learning_curve import LearningCurveOptions, growing_folds
from biodl.networks.families import FAMILIES
from biodl.networks.opened import open_network
from biodl.training import fit as fitting
from biodl.training.fit import batch_size_for, epochs_for, resolved, steps_of
from biodl.training.prepare import prepare, read
from biodl.training.train import train_on

SMALL = {
    "recurrent": ("series_long", {"units": (4,), "front_filters": (0,), "bidirectional": False}),
    "convolutional": ("series", {"filters": (4,)}),
}
"""By family: a choice of samples, and a network that is soon trained."""
CHOSEN = "At most {} epochs of {} steps, chosen by the number of samples"


@pytest.fixture
def short(monkeypatch):
    """The rule with smaller numbers, so that a test trains for a few epochs, by whatever way."""
    for name, value in {"_FEWEST_EPOCHS": 1, "_MOST_EPOCHS": 6, "_ALL_STEPS": 8}.items():
        monkeypatch.setattr(fitting, name, value)


def options_of(family, **changes):
    """What the form gives where nobody types a batch size, epochs or a rate; no training ends by patience."""
    form, network = SMALL[family]
    kind = {"kind": form, **FORMS[form][2], **network, "patience": 0, **changes}
    return importlib.import_module(f"biodl.commands.train_{family}").OPTIONS(**kind)


def prepared(family, folder, **changes):
    """Parts of made samples, and options."""
    form, options = SMALL[family][0], options_of(family, **changes)
    return prepare(kind_of_form(form), FORMS[form][0](folder), None, options, say=lambda line: None), options


def planned_for(samples):
    """Epochs by the rule as it stands, for so many samples to learn from."""
    return epochs_for(-(-samples // batch_size_for(samples)))


@given(st.integers(1, 10**6))
def test_epochs_make_a_thousand_steps_between_40_and_200_of_them(steps):
    epochs = epochs_for(steps)
    assert 40 <= epochs <= 200
    assert epochs_for(steps + 1) <= epochs
    if 40 < epochs < 200:
        assert 1000 <= epochs * steps < 1000 + steps
    assert (epochs == 40) == (steps >= 25)
    assert (epochs == 200) == (steps <= 5)


@pytest.mark.parametrize(("samples", "epochs"), [(50, 200), (112, 143), (250, 63), (310, 100), (640, 50), (8000, 40), (10**7, 40)])
def test_epochs_of_so_many_samples(samples, epochs):
    assert resolved(train_convolutional.OPTIONS(), samples).epochs == epochs


@given(st.integers(1, 20_000), st.integers(0, 700), st.integers(0, 300))
def test_what_was_typed_stays_and_the_rest_is_chosen_once(samples, batch_size, epochs):
    options = train_recurrent.OPTIONS(batch_size=batch_size, epochs=epochs)
    found = resolved(options, samples)
    assert 1 <= found.batch_size <= samples
    assert found.batch_size == min(batch_size or batch_size_for(samples), samples)
    assert found.epochs == (epochs or epochs_for(steps_of(found, samples)))
    assert resolved(found, samples) == found
    assert dataclasses.replace(found, batch_size=batch_size, epochs=epochs) == options


def test_feed_forward_networks_have_as_many_epochs_for_all_numbers_of_samples():
    assert {resolved(train_feedforward.OPTIONS(), samples).epochs for samples in (10, 1000, 10**6)} == {200}


def test_no_epochs_at_all_are_refused_where_none_are_chosen(biodl, mixed, tmp_path):
    result = biodl("train-feedforward", data=mixed, target="outcome", epochs=0, model=tmp_path / "m.keras")
    assert (result.code, result.err) == (1, "Error: Option --epochs is 0, but must lie between 1 and 100000.\n")


@pytest.mark.parametrize("family", SMALL)
def test_the_rate_falls_to_0_over_the_chosen_epochs_and_the_log_says_how_many(family, tmp_path, short):
    parts, options = prepared(family, tmp_path)
    said = []
    history = train_on(parts, FAMILIES[family], options, say=said.append).history
    planned = planned_for(len(parts.training))
    assert 1 < planned < 6
    assert history.planned == len(history.rows) == planned
    assert CHOSEN.format(planned, -(-len(parts.training) // 16)) in said
    assert [line.split("  ")[0] for line in said if line.startswith("epoch")] == [f"epoch {n} of {planned}" for n in range(1, planned + 1)]
    rates = history.column("learning_rate")
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[0] < 0.003
    assert rates[-1] < 1e-8


@pytest.mark.parametrize("family", SMALL)
def test_typed_epochs_are_taken_and_need_no_word(family, tmp_path, short):
    parts, options = prepared(family, tmp_path, epochs=1)
    said = []
    assert train_on(parts, FAMILIES[family], options, say=said.append).history.planned == 1
    assert not any("chosen by the number of samples" in line for line in said)


def test_members_share_the_epochs_that_suit_what_each_learns_from(tmp_path, short):
    parts, options = prepared("convolutional", tmp_path, members=2)
    said = []
    history = train_on(parts, FAMILIES["convolutional"], options, say=said.append).history
    learned = len(parts.training) - int(re.search(r"each sets aside samples of its own, (\d+) of", " ".join(said))[1])
    steps = -(-learned // 16)
    assert CHOSEN.format(epochs_for(steps), steps) in said
    assert [member.planned for member in history.members] == [epochs_for(steps)] * 2 == [history.planned] * 2
    assert all(member.column("learning_rate")[-1] < 1e-8 for member in history.members)


def test_fine_tuning_has_the_epochs_of_its_own_samples(tmp_path, short, biodl):
    parts, options = prepared("convolutional", tmp_path)
    start = tmp_path / "start.keras"
    files = FORMS["series"][0](tmp_path)
    flags = {"kind": "series", "target": "kind", "filters": 4, "epochs": 1}
    assert biodl("train-convolutional", data=files.main, model=start, **flags).code == 0
    history = train_on(parts, FAMILIES["convolutional"], options, open_network(str(start))).history
    assert history.planned == len(history.rows) == planned_for(len(parts.training))


def test_folds_and_parts_that_grow_have_the_epochs_of_their_own_samples(tmp_path, short):
    options = options_of("convolutional", folds=2, kind="image", target=())
    kind = kind_of_form("image")
    samples = read(kind, FORMS["image"][0](tmp_path), None, options, say=lambda line: None)
    growing, _ = growing_folds(samples, LearningCurveOptions(sizes=3, folds=2), options.seed)
    seen = {}
    for fold in (folds_of(samples, options, options.seed)[0], growing[2]):
        parts, trained = train_fold(samples, fold, kind, FAMILIES["convolutional"], options)
        seen[len(parts.training)] = trained.history.planned
        assert trained.history.planned == planned_for(len(parts.training))
    assert len(set(seen.values())) == 2, seen


def test_tools_that_type_no_epochs_leave_the_choice_to_each_training():
    form = dataclasses.make_dataclass("Form", [("most_epochs", int, 0), ("seed", int, 7)])
    for family, epochs in {"feedforward": 200, "recurrent": 0, "convolutional": 0}.items():
        assert any_family.options_of(form(), FAMILIES[family]).epochs == epochs
        assert any_family.options_of(form(3), FAMILIES[family]).epochs == 3


def test_report_and_settings_tell_what_was_chosen(tmp_path, short, biodl):
    files = FORMS["series"][0](tmp_path)
    flags = {"kind": "series", "target": "kind", "filters": 4}
    for typed in ({}, {"epochs": 1}):
        report, model = tmp_path / "report.html", tmp_path / "m.keras"
        result = biodl("train-convolutional", data=files.main, report=report, model=model, **flags, **typed)
        assert result.code == 0, result.err
        samples = open_network(str(model)).metadata["training"]["samples"]["training"]
        chosen = f"chosen by the number of samples: {planned_for(samples)}"
        row = re.search(r">epochs</t[hd]><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>", report.read_text())
        assert row.groups() == (("1", "chosen by the number of samples") if typed else (chosen, chosen))
