"""Guided tours name what forms, reports, workflows and sample data have; that they run to their ends is shown in a browser."""

import re
import subprocess

import pytest
import yaml
from form_fields import fits as can_be
from form_fields import form, made
from made_environments import program_of
from tutorial_text import table

import server
import welcome
from conftest import ROOT
from touring import Deed, deeds

TOURS = sorted((ROOT / "tours").glob("*.yaml"))
every_tour = pytest.mark.parametrize("path", TOURS, ids=lambda path: path.stem)
WORKFLOW = (ROOT / "workflows" / "feedforward-tabular" / "feedforward-tabular.gxwf.yml").read_text(encoding="utf-8")
OF_GALAXY = {"Choose local file", "Continue", "Workflow Invocations", "Run Tool", "Run Workflow"}
OF_BIOLOGY = {"GT", "AG"}


def steps_of(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["steps"]


def tools_and_steps(path):
    """Each step with the tool whose form is open in it, or None."""
    opened = None
    for step in steps_of(path):
        yield opened, step
        for click in step.get("postclick", []):
            found = re.search(r"data-tool-id\*='biodl_(\w+)'", click)
            opened = found[1] if found else opened


def samples_of(path):
    return re.findall(r"gxfiles://biodl_samples/(\S+)", "\n".join(step.get("textinsert", "") for step in steps_of(path)))


_KINDS_OF = {"choose": ("select",), "write": ("select", "integer", "text")}
"""Fields into which a value goes by what a tour asks for."""


def fits(tool, deed, samples):
    """Whether a field of this label takes what the tour puts into it: a value, a column of its samples, or one of these or their parts."""
    for field in form(tool):
        if field.label == deed.where:
            if field.type == "data_column" and any(deed.what in table(name)[0] for name in samples if name.endswith(".tsv")):
                return True
            if field.type == "data" and deed.what in {*samples, *made("split")}:
                return True
            if field.type in _KINDS_OF[deed.verb] and can_be(field, deed.what):
                return True
    return False


def test_there_is_a_tour_for_each_family_and_one_through_a_report():
    assert [path.stem for path in TOURS] == ["biodl_convolutional", "biodl_feedforward", "biodl_recurrent", "biodl_report"]
    assert sorted(name for name, *_ in welcome.TOURS) == [path.stem for path in TOURS]


@every_tour
def test_galaxy_takes_it(path):
    said = subprocess.run([program_of("galaxy", "gx-validate-tours"), path], capture_output=True, text=True, check=False)
    assert said.stdout == f"Tour {path.stem} statically validated!\n", said.stderr


@every_tour
def test_it_begins_in_a_fresh_history_with_sample_data_that_the_server_offers(path):
    tour = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert tour["requirements"] == ["logged_in", "new_history"]
    assert samples_of(path)
    assert set(samples_of(path)) <= set(welcome.SAMPLES)
    titles = [step["title"] for step in tour["steps"]]
    assert len(titles) == len(set(titles))  # the browser test tells steps apart by them


@every_tour
def test_fields_that_it_points_to_are_in_the_form_that_is_open(path):
    for tool, step in tools_and_steps(path):
        element = step.get("element", "")
        for name in re.findall(r"data-tool-id\*='biodl_(\w+)'", f"{element} {step.get('postclick')}"):
            assert (ROOT / "tools" / f"biodl_{name}.xml").is_file()
        place = re.search(r"form-element-([^']+)", element)
        if place and tool:
            labels = {field.label for field in form(tool) if field.path == place[1]}
            assert labels, (tool, place[1])
            for deed in deeds(step):
                assert deed.where in labels, deed


@every_tour
def test_what_it_asks_for_can_be_done(path):
    samples = samples_of(path)
    for tool, step in tools_and_steps(path):
        for deed in deeds(step):
            if deed.verb in ("choose", "write") and tool:
                assert fits(tool, deed, samples), (tool, deed)
            elif deed.verb == "write":
                assert f"  - id: {deed.where}\n" in WORKFLOW
                assert deed.what in table(samples[0])[0]
            elif deed.verb == "wait" and deed.what not in samples:
                assert deed.what in (made(tool) if tool else re.findall(r"  - id: (.+)\n", WORKFLOW)), deed
            elif deed.verb == "start":
                assert f"label: {deed.what}\n" in WORKFLOW
            elif deed.verb == "press":
                assert deed.what == ("Run Tool" if tool else "Run Workflow")


@every_tour
def test_what_it_names_in_the_text_exists(path):
    """Names are those in italics or bold that begin with a capital letter."""
    everywhere = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tools" / "biodl").rglob("*.py"))
    names = {name for name, *_ in welcome.TOOLS} | OF_GALAXY | OF_BIOLOGY
    for tool in (name for group in server.WORK.values() for name in group):
        names |= {name for field in form(tool) for name in (field.label, *field.options)} | set(made(tool))
    names |= set(re.findall(r"(?m)^ +#+ (.+)$", WORKFLOW)) | set(re.findall(r"(?m)^  - id: (.+)$", WORKFLOW))
    names |= set(re.findall(r"(?m)^label: (.+)$", WORKFLOW)) | set(re.findall(r"(?m)^ +rename: (.+)$", WORKFLOW))
    for step in steps_of(path):
        for name in re.findall(r"<[ib]>([A-Z][^<]+)</[ib]>", step["content"]):
            in_words = f'"{name}"' in everywhere or f'"{name[0].lower()}{name[1:]}"' in everywhere
            assert name in names or in_words, name


def test_deeds_are_read_in_their_order():
    told = "Choose <b>a</b> in <b>B</b>, write <b>3</b> in <b>C</b>. Press <b>Run Tool</b>. Then wait until <b>D</b> is green."
    assert deeds({"content": told}) == [Deed("choose", "a", "B"), Deed("write", "3", "C"), Deed("press", "Run Tool"), Deed("wait", "D")]
    assert deeds({"content": "Press the arrow of <b>W</b>."}) == [Deed("start", "W")]
    assert deeds({"content": "<b>Continue</b> opens it."}) == []
