"""Workflows and what is written about them agree; whether they run is shown on a real Galaxy."""

import re
import textwrap

import pytest

from conftest import ROOT

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
    pictures = {"verdict", "result", "plots", "curves", "diagram", "sizes", "mistakes"}
    assert {name for name, source in outputs.items() if source.rpartition("/")[2] in pictures} <= set(shown)
    assert outputs[shown[0]].startswith("Evaluate")
    assert outputs[shown[0]].endswith("/verdict")


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
