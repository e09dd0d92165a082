"""Workflows and what is written about them agree; whether they run is shown on a real Galaxy."""

import hashlib
import http.server
import json
import re
import subprocess
import textwrap
import threading
from pathlib import Path

import pytest
import yaml
from form_fields import tools
from made_environments import program_of

import iwc_folders
from biodl import __version__
from conftest import ROOT
from environments import SetupError

WORKFLOWS = sorted((ROOT / "workflows").glob("*/*.gxwf.yml"))
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.parent.name)


def ids_in(text: str, part: str) -> list[str]:
    """Names of the entries of a part of a workflow."""
    body = re.search(rf"(?m)^{part}:\n((?:(?: .*)?\n)+)", text)[1]
    return re.findall(r"(?m)^  - id: (.+)$", body)


@every_workflow
def test_readme_draws_every_input_and_step(path):
    text, readme = path.read_text(), (path.parent / "README.md").read_text()
    drawing = re.search(r"```mermaid\n(.*?)```", readme, re.DOTALL)[1]
    drawn = re.findall(r'"(.*?)"', drawing)
    assert drawn == [*ids_in(text, "inputs"), *ids_in(text, "steps")]
    for name in ids_in(text, "inputs"):
        assert f"| {name} |" in readme


@every_workflow
def test_editor_shows_what_the_readme_says_of_the_steps(path):
    steps = re.search(r"```\n\n(1\. .*?)\n\n## Outputs", (path.parent / "README.md").read_text(), re.DOTALL)[1]
    shown = re.search(r"(?m)^    text: \|\n((?:      .*\n)+)", path.read_text())[1]
    assert textwrap.dedent(shown).strip() == steps


@every_workflow
def test_report_shows_outputs_of_the_workflow_and_every_verdict_and_picture(path):
    text = path.read_text()
    outputs = dict(re.findall(r"  - id: (.+)\n    outputSource: (.+)\n", text))
    shown = re.findall(r'\(output="(.+?)"\)', text)
    assert set(shown) <= set(outputs)
    pictures = {"verdict", "result", "plots", "curves", "diagram", "sizes", "mistakes", "overall", "single", "learned", "checks"}
    assert {name for name, source in outputs.items() if source.rpartition("/")[2] in pictures} <= set(shown)
    assert outputs[shown[0]].startswith("Evaluate")
    assert outputs[shown[0]].endswith("/verdict")


@every_workflow
def test_report_ends_with_the_tools_that_come_next_and_what_to_give_them(path):
    text = path.read_text()
    heading, *steps = text.rpartition("    ## ")[2].strip().splitlines()
    assert heading == "What next?"
    named = re.findall("'(.+?)'", "".join(steps))
    assert {"Predict with a network", "Network"} <= {name.replace("Convolutional network", "Network") for name in named}
    assert set(named) <= {*tools().values()} | set(re.findall(r"  - id: (.+)\n    outputSource: ", text))


@every_workflow
def test_connected_inputs_stand_in_the_state_of_their_step(path):
    """Without it the editor greets with 'Issues loading this workflow'."""
    checked = 0
    for step in re.split(r"\n(?=  - id: )", path.read_text().split("\nsteps:\n")[1].split("\ncomments:\n")[0]):
        connected = re.findall(r"(?m)^      (?:.*\|)?(\w+): [A-Z]", step.split("    tool_state:")[0])
        for name in connected:
            if name != "when":
                assert re.search(rf"(?m)^\s+{name}: {{__class__: ConnectedValue}}$", step), (step[:40], name)
                checked += 1
    assert checked > 10


def text_of_tests(path) -> str:
    """Tests of a workflow."""
    return (path.parent / path.name.replace(".gxwf.yml", ".gxwf-tests.yml")).read_text()


def files_of(tests: str, path) -> list[tuple[Path, str]]:
    """Every file that tests of a workflow give it, with the checksum that stands there."""
    found = [step for case in yaml.safe_load(tests) for step in case["job"].values() if isinstance(step, dict)]
    assert all(step["hashes"][0]["hash_function"] == "SHA-1" for step in found)
    return [(path.parent / step["path"], step["hashes"][0]["hash_value"]) for step in found]


@every_workflow
def test_files_of_the_tests_are_those_that_were_meant(path):
    """Galaxy compares them as well, when it fetches a file; the collection of the IWC wants them."""
    files = files_of(text_of_tests(path), path)
    assert len(files) >= 3
    for file, checksum in files:
        assert hashlib.sha1(file.read_bytes()).hexdigest() == checksum, file


@every_workflow
def test_annotation_begins_as_the_iwc_wants(path):
    text = yaml.safe_load(path.read_text())["doc"]
    assert text.startswith("This workflow takes ")


@every_workflow
def test_readme_has_the_sections_that_the_iwc_asks_for(path):
    readme = (path.parent / "README.md").read_text()
    assert re.findall(r"(?m)^## (.+)$", readme) == ["Inputs", "Steps", "Outputs"]
    assert readme.startswith(f"# {yaml.safe_load(path.read_text())['label']}\n\nTakes ")


@every_workflow
def test_names_are_for_people(path):
    """No underscores, no file names: what the reviewers of the IWC look at."""
    workflow = yaml.safe_load(path.read_text())
    names = [workflow["label"], *(item["id"] for part in ("inputs", "outputs", "steps") for item in workflow[part])]
    assert [name for name in names if "_" in name or not name[0].isupper()] == []
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", path.parent.name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    program_of("planemo", "gxwf-to-native")
    folder = tmp_path_factory.mktemp("iwc")
    for path in WORKFLOWS:
        iwc_folders.write_folder(path.parent, folder / path.parent.name, "https://shed.example.org", None, ask=False)
    return folder


class TestFoldersForTheIwc:
    """What ``scripts/iwc_folders.py`` writes; the collection's own linter is the judge."""

    def test_linter_of_the_iwc_finds_nothing(self, folder):
        command = [program_of("planemo", "planemo"), "workflow_lint", "--iwc", "--fail_level", "warn", *sorted(folder.iterdir())]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("Tests appear structurally correct") == len(WORKFLOWS)

    def test_tools_have_full_ids_and_the_versions_in_them(self, folder):
        for path in WORKFLOWS:
            native = json.loads((folder / path.parent.name / f"{path.parent.name}.ga").read_text())
            tools = [step for step in native["steps"].values() if step["type"] == "tool"]
            wanted = [step["tool_id"] for step in yaml.safe_load(path.read_text())["steps"]]
            version = f"{__version__}+galaxy0"
            assert [step["tool_id"] for step in tools] == [f"shed.example.org/repos/biodl/{tool}/{tool}/{version}" for tool in wanted]
            assert {step["tool_version"] for step in tools} == {version}
            assert native["release"] == __version__
            assert native["license"] == "MIT"
            assert "uuid" not in native

    def test_files_lie_beside_the_tests(self, folder):
        for tests in folder.glob("*/*-tests.yml"):
            for file, checksum in files_of(tests.read_text(), tests):
                assert file.parent == tests.parent / "test-data"
                assert hashlib.sha1(file.read_bytes()).hexdigest() == checksum


def test_files_at_an_address():
    tests = "      class: File\n      path: {}splice.tsv\n      filetype: tabular\n          path: biodl.json\n"
    wanted = tests.replace("path: {}", "location: https://zenodo.org/records/7/files/")
    assert iwc_folders.tests_of(tests.format("../../test-data/"), "https://zenodo.org/records/7/files/") == wanted


def native_of(*tools: str) -> dict:
    return {"uuid": "x", "steps": {str(n): {"tool_id": tool, "tool_version": "1"} for n, tool in enumerate(tools)}}


def test_revisions_stand_in_the_steps_of_own_tools_alone():
    full = iwc_folders.with_full_ids(native_of("biodl_split", "cat1"), "http://127.0.0.1:9009", {"biodl_split": "c0ffee"})["steps"]
    assert full["1"] == {"tool_id": "cat1", "tool_version": "1"}
    assert full["0"]["tool_id"] == full["0"]["content_id"] == "127.0.0.1:9009/repos/biodl/biodl_split/biodl_split/1"
    assert full["0"]["tool_shed_repository"] == {
        "tool_shed": "127.0.0.1:9009", "owner": "biodl", "name": "biodl_split", "changeset_revision": "c0ffee",
    }  # fmt: skip


@pytest.fixture
def shed():
    """A Tool Shed that knows two revisions of Split and nothing else."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'["old", "new"]' if self.path.endswith("owner=biodl&name=biodl_split") else b"[]")

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_newest_revision(shed):
    assert iwc_folders.newest_revision(shed, "biodl_split") == "new"


def test_no_revision_is_said(shed):
    with pytest.raises(SetupError, match="has no installable revision of biodl_predict: publish it first"):
        iwc_folders.newest_revision(shed, "biodl_predict")


def test_tool_shed_that_does_not_answer():
    with pytest.raises(SetupError, match=r"The Tool Shed http://127\.0\.0\.1:9 gave no revisions of biodl_split: "):
        iwc_folders.newest_revision("http://127.0.0.1:9", "biodl_split")


def test_page_names_the_files_that_are_too_large_for_the_iwc():
    """It takes files of up to 100 KB; others go to Zenodo."""
    page = (ROOT / "docs" / "publishing.md").read_text()
    listed = re.search(r"more than 100 KB \((.+?)\)", page)[1]
    used = {file.resolve() for path in WORKFLOWS for file, _ in files_of(text_of_tests(path), path)}
    assert re.findall(r"`(.+?)`", listed) == sorted(file.name for file in used if file.stat().st_size > 100_000)
