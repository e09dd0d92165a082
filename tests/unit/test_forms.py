"""Forms, workflows and requirements say what the Python says."""

import collections
import dataclasses
import importlib.metadata
import os
import re
import string
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import environments
from biodl import __version__
from biodl.program.cli import COMMANDS
from conftest import ROOT
from packages import on_pypi

TOOLS = ROOT / "tools"
NAMES = [command.replace("-", "_") for command in COMMANDS]
LABELLED = ("fasta", "image", "image_collection")
"""Choices of a form whose columns stand in a table of labels."""


def expanded(name):
    """A tool's XML with macros and tokens put in."""
    tree = ElementTree.parse(TOOLS / f"biodl_{name}.xml").getroot()
    own_macros = tree.find("macros")
    tree.remove(own_macros)
    files = [own_macros, *(ElementTree.parse(TOOLS / item.text).getroot() for item in own_macros.iter("import"))]
    macros = {item.get("name"): item for file in files for item in file.iter("xml")}
    tokens = {item.get("name"): item.text or "" for file in files for item in file.iter("token")}

    def one(expand):
        """Children of a macro, with the values of its own tokens, and what stands in the expand for its yields."""
        macro = macros[expand.get("macro")]
        own = {f"@{key.removeprefix('token_').upper()}@": value for key, value in {**macro.attrib, **expand.attrib}.items()}
        text = ElementTree.tostring(macro, encoding="unicode")
        for token, value in own.items():
            text = text.replace(token, value)
        copy = ElementTree.fromstring(text)
        for parent in list(copy.iter()):
            parent[:] = [new for child in parent for new in (list(expand) if child.tag == "yield" else [child])]
        return list(copy)

    def fill(node):
        for parent in list(node.iter()):
            if any(child.tag == "expand" for child in parent):
                parent[:] = [new for child in parent for new in (one(child) if child.tag == "expand" else [child])]
                return fill(node)
        return node

    text = ElementTree.tostring(fill(tree), encoding="unicode")
    for _ in range(2):
        for token, value in tokens.items():
            text = text.replace(token, value.replace("&", "&amp;").replace("<", "&lt;"))
    assert not re.findall(r"@[A-Z0-9_]+@", text)
    return ElementTree.fromstring(text)


def by_hand(*tags):
    """Elements of one of ``tags`` as they stand in the XML of tools and macros, before macros are put in; each with its place."""
    for path in sorted([*TOOLS.glob("biodl_*.xml"), *TOOLS.glob("macros/*.xml")]):
        for element in ElementTree.parse(path).getroot().iter():
            if element.tag in tags:
                yield f"{path.name}: {element.get('name') or element.tag}", element


def standing_twice(places_and_things):
    """Things that have more than one place, with their places; a thing is anything that can be a key."""
    places = collections.defaultdict(list)
    for place, thing in places_and_things:
        places[thing].append(place)
    return {thing: where for thing, where in places.items() if len(where) > 1}


def command_of(name):
    return importlib.import_module(f"biodl.commands.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_form_and_command_agree(name):
    command = command_of(name)
    fields = {field.name: field for field in dataclasses.fields(command.OPTIONS)}
    params = [(item.get("name"), item) for item in expanded(name).find("inputs").iter("param")]
    files = {item.name for item in (*command.INPUTS, *command.OUTPUTS)}
    assert {key for key, _ in params if not key.endswith("_selector")} - files == set(fields)
    for key, param in params:
        if key not in fields:
            continue
        meta, default = fields[key].metadata, fields[key].default
        kind = param.get("type")
        if kind == "select":
            assert [option.get("value") for option in param.iter("option")] == list(meta["choices"])
            assert [option.get("value") for option in param.iter("option") if option.get("selected") == "true"] == [default]
        elif kind in ("integer", "float"):
            assert float(param.get("value")) == default
            assert (float(param.get("min")), float(param.get("max"))) == (meta["low"], meta["high"])
        elif kind == "boolean":
            assert (param.get("checked") == "true") == default
        elif kind == "text":
            assert param.get("value") == (",".join(map(str, default)) if isinstance(default, tuple) else default)
        else:
            assert (kind, meta["type"]) == ("data_column", "columns")


@pytest.mark.parametrize("name", NAMES)
def test_form_hands_over_every_file(name):
    command = command_of(name)
    tree = expanded(name)
    line = tree.find("command").text
    flags = set(re.findall(r"--([a-z-]+) '", line)) - {"params", "names"}
    assert flags == {item.name.replace("_", "-") for item in (*command.INPUTS, *command.OUTPUTS)}
    assert tree.find("command").get("detect_errors") == "exit_code"
    assert [item.get("name") for item in tree.find("outputs").iter("data")] == [item.name for item in command.OUTPUTS]


@pytest.mark.parametrize("name", NAMES)
def test_what_the_next_tool_takes_is_the_last_output(name):
    """A form preselects the newest dataset that fits: the training part, the network; side tables lie in one collection."""
    outputs = expanded(name).find("outputs")
    tabular = [item.get("name") for item in outputs.findall("data") if item.get("format") == "tabular"]
    last = {"split": "train", "predict": "predictions"}.get(name, "model" if name.startswith(("train", "tune")) else "tables")
    assert outputs[-1].get("name") == last
    assert tabular == {"split": ["summary"], "predict": ["predictions"]}.get(name, [])


def test_no_list_of_options_stands_in_two_places():
    """Nor three options in a row of it; which one is chosen at first does not count."""
    lists = (
        (place, [(option.get("value"), option.text) for option in element.findall("option")])
        for place, element in by_hand("param", "xml", "expand")
    )
    assert not standing_twice(
        (place, tuple(options[first : first + 3])) for place, options in lists if options for first in range(max(1, len(options) - 2))
    )


def test_nothing_of_a_form_stands_in_two_places():
    """No field, section, switch or output; nor the files of a test's collection. What a test fills in may repeat."""
    assert not standing_twice(
        (place, ElementTree.canonicalize(ElementTree.tostring(element, encoding="unicode"), strip_text=True))
        for place, element in by_hand("param", "section", "conditional", "data", "collection")
        if element.tag == "collection" or element.get("title") or any(inner.get("label") for inner in element.iter())
    )


def test_no_pattern_stands_in_two_places():
    assert not standing_twice((place, element.text) for place, element in by_hand("validator"))


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_those_of_a_file_in_reach(name):
    """Galaxy looks for the file of a column's field in the same place as the field, or around it."""

    def check(element, files):
        files = files | {item.get("name") for item in element.findall("param") if item.get("type") == "data"}
        for item in element.findall("param"):
            assert item.get("data_ref") in {None, *files}, item.get("name")
        for inner in element:
            check(inner, files)

    check(expanded(name).find("inputs"), set())


@pytest.mark.parametrize("name", ["train_recurrent", "train_convolutional"])
def test_groups_are_a_column_of_the_table_that_tells_of_samples(name):
    kinds = expanded(name).findall("inputs/conditional[@name='samples']/when")
    assert len(kinds) >= 6
    for kind in kinds:
        place = [] if kind.get("value") == "forecast" else ["labels" if kind.get("value") in LABELLED else "data"]
        assert [item.get("data_ref") for item in kind.findall("section[@expanded='false']/param[@name='group']")] == place


def test_groups_are_among_all_settings_of_a_table():
    assert len(expanded("train_feedforward").findall("inputs//param[@name='group']")) == 1
    assert len(expanded("train_feedforward").findall("inputs/conditional/when[@value='all']//param[@name='group']")) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_job_can_say_its_version(name, tmp_path):
    """As Galaxy runs it: its own name for the tool's folder is put in, and the job's environment has Python on its path."""
    line = string.Template(expanded(name).find("version_command").text).safe_substitute({"__tool_directory__": str(TOOLS)})
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{__version__}\n", "")


def test_versions_agree():
    version = ElementTree.parse(TOOLS / "macros" / "main.xml").find("token[@name='@TOOL_VERSION@']").text
    assert version == __version__
    for workflow in (ROOT / "workflows").glob("*/*.gxwf.yml"):
        assert set(re.findall(r"tool_version: (\S+)", workflow.read_text())) == {f"{version}+galaxy0"}
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_tests_run_with_the_versions_that_the_tools_ask_for():
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([\d.]+)", (ROOT / "scripts" / "requirements" / "tools.txt").read_text(), re.MULTILINE))
    too_new = {
        "tensorflow-cpu": (3, 13),
        "numpy": (3, 14),
    }  # there the version of conda-forge does not run: see requirements
    for name, version in environments.requirements_of_tools().items():
        package = on_pypi(name)
        if sys.version_info < too_new.get(package, (4,)):
            assert pinned[package] == version or package == "tensorflow-cpu"  # of which two are pinned, by Python
            assert importlib.metadata.version(package) == version


def asked_for(element, state):
    """Names of the columns and texts that a form asks for where its selects stand as ``state`` (text of a workflow's step) says."""
    for item in element:
        if item.tag == "param" and item.get("type") in ("data_column", "text"):
            yield item.get("name")
        elif item.tag == "section":
            yield from asked_for(item, state)
        elif item.tag == "conditional":
            select = item.find("param")
            chosen = next((option.get("value") for option in select.iter("option") if option.get("selected") == "true"), None)
            said = re.search(rf"\n\s+{select.get('name')}: (\w+)\n", state)
            case = said[1] if said else chosen
            when = next((when for when in item.findall("when") if when.get("value") == case), None)
            yield from [f"{select.get('name')} has no choice {case}"] if when is None else asked_for(when, state)


@pytest.mark.parametrize("path", sorted((ROOT / "workflows").glob("*/*.gxwf.yml")), ids=lambda path: path.parent.name)
def test_workflows_fill_in_every_column_and_text(path):
    """Galaxy has no default for a column, so that a step without one fails when it is scheduled; of a text it tells to upgrade the step."""
    lacking = []
    for step in re.split(r"\n(?=  - id: )", path.read_text().split("\nsteps:\n")[1]):
        name = re.search(r"tool_id: biodl_(\w+)", step)
        if name:
            wanted = asked_for(expanded(name[1]).find("inputs"), step)
            lacking += [f"{name[1]}: {field}" for field in wanted if not re.search(rf"\n\s+{field}: ", step)]
    assert not lacking


@pytest.mark.parametrize("name", NAMES)
def test_tests_of_a_form_expect_all_of_its_outputs(name):
    """Galaxy counts a collection, and each of its parts."""
    tree = expanded(name)
    outputs = tree.find("outputs")
    always = sum(1 + len(item.findall("data")) for item in outputs if item.find("filter") is None)
    sometimes = sum(1 + len(item.findall("data")) for item in outputs if item.find("filter") is not None)
    for test in tree.iter("test"):
        if test.get("expect_failure") != "true":
            assert always <= int(test.get("expect_num_outputs")) <= always + sometimes
