"""Whether explanations can be believed, of every kind: a good network passes; one that ignores its input fails, and the report says so
first."""

import contextlib
import dataclasses
import re

import numpy as np
import pytest
from explained import unoptimised
from samples import png

from biodl.data.kind import Files
from biodl.explanation import explain as explaining
from biodl.explanation import explain_report
from biodl.explanation.checks import AT_RANDOM, TAKEN_OUT
from biodl.explanation.explain import Wish, explain
from biodl.explanation.held import opened_on
from biodl.explanation.randomised import layers_with_weights, lent
from biodl.networks.opened import open_network
from biodl.program.files import Outputs
from conftest import DATA, ROOT

STORED = ROOT / "tests" / "unit" / "models" / "0.6.0"
GOOD = {
    "table": (DATA / "breast_cancer.keras", Files(str(DATA / "breast_cancer_test.tsv"))),
    **{
        kind: (STORED / name / "model.keras", Files(str(STORED / name / "data.tsv")))
        for kind, name in (
            ("sequence", "sequence_multilabel"),
            ("series", "series_long_multilabel"),
            ("forecast", "forecast_several"),
            ("text", "text_multilabel"),
        )
    },
    "image": (STORED / "image_multiclass" / "model.keras", Files(str(STORED / "image_multiclass" / "data.zip"))),
}
SAMPLES = 24
WISH = Wish("first", "", 1, shuffled=False, seed=1)


@pytest.fixture(scope="module", params=GOOD)
def held(request):
    """A good network on samples that it did not see; what is traced of it serves both tests."""
    model, files = GOOD[request.param]
    opened = open_network(str(model))
    data = opened.kind.read_for(files, opened.encoding, opened.task)
    rows = np.random.default_rng(1).permutation(len(data))[:SAMPLES]
    with unoptimised():
        yield opened_on(opened, data.take(np.sort(rows)), None, None, "")


def written(held, folder, monkeypatch) -> tuple[list, str, str]:
    """The checks, the verdict, and what stands in the report above its first heading; pictures are not drawn."""
    monkeypatch.setattr(explain_report.plots, "figure", lambda panels, path: path.write_bytes(png(np.zeros((1, 1), "uint8"))) and "dark")
    budget = held.subject.budget
    budget.left_out.clear()
    found = explain(dataclasses.replace(held, y=None), WISH, budget, lambda line: None)
    with Outputs({name: str(folder / name) for name in ("report", "verdict", "overall", "single", "learned", "checks")}) as outputs:
        explain_report.write_all(found, budget, outputs)
    top, heading, _ = (folder / "report").read_text(encoding="utf-8").partition("<h2>")
    assert heading
    return found.checks, " ".join((folder / "verdict").read_text(encoding="utf-8").split()), top


def test_a_good_network_passes(held, tmp_path, monkeypatch):
    checks, verdict, top = written(held, tmp_path, monkeypatch)
    methods = len(explaining.explainer_of(held.subject).methods)
    assert {check.control for check in checks} == {AT_RANDOM, TAKEN_OUT}
    assert [check.passed for check in checks] == [True] * (2 * methods), [check.sentence for check in checks]
    assert f"passed all {2 * methods} checks" in verdict
    assert "Caution" not in top
    assert "finding" not in top.partition("<body>")[2]


@contextlib.contextmanager
def alike(held, value: float):
    """The same network with weights that are all one: with 0 it says the same of all samples, with others it adds up what they hold.

    Either way it has learned nothing, and weights in another order are the same weights.
    """
    subject, opened = held.subject, held.subject.opened
    with lent(subject):
        for layer in layers_with_weights(subject.model):
            layer.set_weights([np.full_like(array, value) for array in layer.get_weights()])
        yield dataclasses.replace(held, scores=opened.scores(subject.model, held.raw(np.arange(len(held.data))), ""))


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_a_network_that_ignores_its_input_fails_and_the_report_begins_so(held, value, tmp_path, monkeypatch):
    monkeypatch.setattr(explaining, "NETWORKS", 1)
    with alike(held, value) as nothing:
        checks, verdict, top = written(nothing, tmp_path, monkeypatch)
    assert {check.control for check in checks} == {AT_RANDOM, TAKEN_OUT}
    failed = [check for check in checks if check.passed is False]
    assert [check for check in checks if check.control == AT_RANDOM and check not in failed] == []
    assert all("do not believe them" in check.sentence for check in failed if check.control == AT_RANDOM)
    if value == 0:
        assert failed == checks
    assert verdict.startswith("Caution: ")
    assert "Next: do not publish these explanations before you know why a check failed" in verdict
    assert re.sub("<[^>]*>", "", top.partition('<div class="verdict">')[2]).startswith("Caution: ")
    for check in failed:
        assert f'<p class="finding warning"><b>Warning.</b> {check.sentence}' in top
