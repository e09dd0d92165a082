"""Training is a function: it prints and writes nothing, repeats itself, and can be called again and again in one process."""

import dataclasses
import gc
import importlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import FORMS

from biodl.data.kinds import kind_of_form
from biodl.networks.families import FAMILIES
from biodl.networks.opened import open_network
from biodl.reporting.tables import write_readable
from biodl.training import in_memory
from biodl.training.prepare import prepare
from biodl.training.temperature import told as temperature_told
from biodl.training.train import train_on

SMALL = {
    "feedforward": ("table", {"hidden_layers": (8,)}),
    "recurrent": ("series", {"units": (4,), "front_filters": (0,), "bidirectional": False}),
    "convolutional": ("image", {"filters": (4,)}),
}
"""By family: a choice of samples, and a network that is soon trained."""
FIT = {"epochs": 2, "batch_size": 32}
MOST_GROWTH = 20
"""MB by which memory may grow while 10 networks are trained, two a training; each network whose graphs are kept takes 5 at least."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """By family: prepared parts, options, and the files they came from; made when first asked for."""
    known = {}

    def of(family: str, **changes):
        asked = (family, *changes.items())
        if asked not in known:
            form, network = SMALL[family]
            write, _, columns = FORMS[form]
            files = write(tmp_path_factory.mktemp(family))
            kind = {} if form == "table" else {"kind": form}
            options = importlib.import_module(f"biodl.commands.train_{family}").OPTIONS(**kind, **columns, **network, **FIT, **changes)
            known[asked] = (prepare(kind_of_form(form), files, None, options, say=lambda line: None), options, files)
        return known[asked]

    return of


def of_seed(options, seed):
    return dataclasses.replace(options, seed=seed)


def told(trained) -> tuple[str, bytes]:
    """History and weights, to be compared."""
    weights = b"".join(np.asarray(weight).tobytes() for weight in trained.network.model.get_weights())
    return repr(trained.history.rows), weights


def of_another_seed(prepared, family: str):
    """A feed-forward network; a single one beside those of other families."""
    parts, options, _ = prepared("feedforward", **({} if family == "feedforward" else {"numeric_encoding": "standardised"}))
    return train_on(parts, FAMILIES["feedforward"], of_seed(options, 2))


def as_flags(options) -> dict[str, str]:
    """Options as the command line takes them."""
    values = {field: getattr(options, field) for field in options.__dataclass_fields__}
    flat = {name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value) for name, value in values.items()}
    return {name: value for name, value in flat.items() if value}


def test_every_family_has_a_small_network():
    assert set(SMALL) == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_training_repeats_itself_and_the_command_line(name, prepared, biodl, tmp_path, monkeypatch, capsys):
    parts, options, files = prepared(name)
    family = FAMILIES[name]
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    capsys.readouterr()
    said: list[str] = []
    first = train_on(parts, family, options, say=said.append)
    history, weights = told(first)
    assert len(weights) > 100
    between = told(of_another_seed(prepared, name))
    again = train_on(parts, family, options)
    assert capsys.readouterr() == ("", "")
    assert os.listdir() == []
    epochs, heads = ["epoch 1 of 2", "epoch 2 of 2"], [line.split("  ")[0] for line in said[1:]]
    tried = list(parts.encoding.alternatives())
    if tried:  # a network of each
        assert heads[:-1] == [line for number, words in enumerate(tried, 1) for line in (f"Network {number} of 2: {words}", *epochs)]
        assert heads[-1].startswith(f"Kept: {next(iter(first.tried))}; the validation loss is ")
    else:
        assert heads == [*epochs, *([temperature_told(first.temperatures)] if name != "feedforward" else [])]
    assert told(again) == (history, weights)
    assert told(first) == (history, weights)  # what was trained is not touched by later trainings
    assert between[0] != history
    assert between[1] != weights
    encoding = parts.encoding.alternatives().get(next(iter(first.tried), ""), parts.encoding)
    assert (first.family, first.task, first.encoding) == (family, parts.task, encoding)
    assert [keyword for keyword, _ in first.verdicts]
    paths = {"model": tmp_path / "m.keras", "history": tmp_path / "h.tsv"}
    result = biodl(f"train-{name}", data=files.main, **as_flags(options), **paths)
    assert (result.code, result.err) == (0, "")
    write_readable(pd.DataFrame(again.history.rows), tmp_path / "again.tsv")
    assert (tmp_path / "again.tsv").read_bytes() == paths["history"].read_bytes()
    saved = open_network(str(paths["model"])).model().get_weights()
    assert b"".join(np.asarray(weight).tobytes() for weight in saved) == weights


def test_fine_tuning_repeats_itself(prepared, tmp_path, biodl):
    parts, options, files = prepared("convolutional")
    start = tmp_path / "start.keras"
    assert biodl("train-convolutional", data=files.main, **as_flags(options), model=start).code == 0
    origin = open_network(str(start))
    first, again = (told(train_on(parts, FAMILIES["convolutional"], of_seed(options, 3), origin)) for _ in range(2))
    assert first == again


def megabytes() -> float:
    """Memory that this process holds, once what nothing refers to is gone."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells how much memory a process holds")
def test_memory_does_not_grow(prepared, monkeypatch):
    parts, options, _ = prepared("feedforward")
    options = dataclasses.replace(options, epochs=1)
    after = []
    for seed in range(15):
        train_on(parts, FAMILIES["feedforward"], of_seed(options, seed))
        after.append(megabytes())
    assert after[-1] - after[4] < MOST_GROWTH, after
    kept, graphs, made = [], [], in_memory._whole
    monkeypatch.setattr(in_memory, "_whole", lambda *given: graphs.append(made(*given)) or graphs[-1])
    while len(kept) < 10 and after[-1] - after[14] < MOST_GROWTH:  # were networks kept with their graphs, it would show
        kept.append(train_on(parts, FAMILIES["feedforward"], options))
        after.append(megabytes())
    assert len(kept) < 10, after
