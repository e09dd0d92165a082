"""After an upgrade: workflows and networks of the version before still do their work, beside the new one."""

import json
import re
import time

import pytest
from bioblend.galaxy import GalaxyInstance

from conftest import DATA, NEXT_VERSION, TOOLS, VERSION, WORKFLOWS, full_id, installed

INPUTS = {
    "feedforward-tabular": {
        "Table": "breast_cancer.tsv",
        "Target column": "diagnosis",
        "Predict new samples": True,
        "New samples": "new_samples.tsv",
    },
    "sequence-classification": {"Sequences": "splice_test.fasta", "Labels": "splice.tsv", "Target column": "class"},
    "image-classification": {"Images": "nuclei.zip", "Labels": "nuclei.tsv", "Target column": "class"},
}
ONLY_OPENED = "small-data-tabular"
"""It takes longest by far; tools that it has and others lack run their first tests as installed, and the whole of it is a workflow test."""
EPOCHS = {"sequence-classification": 3, "image-classification": 3}
"""Few, where training takes long; how good networks get is for other tests."""
EXPLAINED_FOR = 0.1
"""Minutes; what Explain finds is for other tests too."""
TYPES = {".tsv": "tabular", ".fasta": "fasta", ".zip": "zip"}
_SECONDS = 600
REPORTS = re.compile(r"(?i)\breport$")


def test_both_versions_are_there(galaxy):
    assert {name: len(items) for name, items in installed(galaxy).items() if name in TOOLS} == dict.fromkeys(TOOLS, 2)
    for tool in TOOLS:
        versions = galaxy.tools.show_tool(full_id(tool))["versions"]
        assert versions == [f"{VERSION}+galaxy0", f"{NEXT_VERSION}+galaxy0"]


def as_published(name: str) -> dict:
    """A workflow as scripts/iwc_folders.py wrote it, with the tools of the version before."""
    return json.loads((WORKFLOWS / name / f"{name}.ga").read_text())


def shortened(workflow: dict, epochs: int) -> dict:
    """The same, trained for so many epochs, and explained in the least time that can be asked for."""
    for step in workflow["steps"].values():
        state = json.loads(step["tool_state"])
        if "biodl_explain" in (step.get("tool_id") or ""):
            state["advanced"] = {**state["advanced"], "minutes": EXPLAINED_FOR}
            step["tool_state"] = json.dumps(state)
        if "settings" in state:
            step["tool_state"] = json.dumps({**state, "settings": {"level_selector": "all", "training_section": {"epochs": epochs}}})
    return workflow


class Run:
    """A workflow that has run in a history of its own."""

    def __init__(self, galaxy: GalaxyInstance, name: str):
        self.galaxy = galaxy
        self.history = galaxy.histories.create_history(name)["id"]
        workflow = as_published(name)
        if name in EPOCHS:
            workflow = shortened(workflow, EPOCHS[name])
        stored = galaxy.workflows.import_workflow_dict(workflow)
        inputs = {label: self._given(value) for label, value in INPUTS[name].items()}
        started = galaxy.workflows.invoke_workflow(
            stored["id"], inputs=inputs, inputs_by="name", history_id=self.history, allow_tool_state_corrections=name in EPOCHS
        )
        self.invocation = started["id"]

    def _given(self, value: object) -> object:
        path = DATA / str(value)
        if not path.is_file():
            return value
        answer = self.galaxy.tools.upload_file(str(path), self.history, file_type=TYPES[path.suffix])
        return {"src": "hda", "id": answer["outputs"][0]["id"]}

    def outputs(self) -> dict[str, str]:
        """Ids of its labelled datasets, once it has ended."""
        deadline = time.monotonic() + _SECONDS
        while (found := self.galaxy.invocations.show_invocation(self.invocation))["state"] != "completed":
            assert found["state"] in ("new", "ready", "scheduled"), found
            assert time.monotonic() < deadline, found
            time.sleep(1)
        return {label: item["id"] for label, item in found["outputs"].items()}

    def text(self, dataset: str) -> str:
        return self.galaxy.datasets.download_dataset(dataset, require_ok_state=True, maxwait=60).decode()


@pytest.fixture(scope="module")
def runs(galaxy) -> dict[str, Run]:
    """All workflows, begun at once."""
    return {name: Run(galaxy, name) for name in INPUTS}


def test_every_workflow_is_run_or_opened():
    assert {path.name for path in WORKFLOWS.iterdir()} == {*INPUTS, ONLY_OPENED}


def test_workflow_of_the_version_before_opens_with_its_tools(galaxy):
    workflow = as_published(ONLY_OPENED)
    stored = galaxy.workflows.import_workflow_dict(workflow)
    history = galaxy.histories.create_history(ONLY_OPENED)["id"]
    answer = galaxy.make_get_request(f"{galaxy.url}/workflows/{stored['id']}/download", params={"style": "run", "history_id": history})
    assert answer.ok, answer.text  # as where a tool is missing
    found = sorted((step["id"], step["version"]) for step in answer.json()["steps"] if step["step_type"] == "tool")
    assert found == sorted((step["tool_id"], f"{VERSION}+galaxy0") for step in workflow["steps"].values() if step["type"] == "tool")
    assert {name for name, _ in found} <= {full_id(tool) for tool in TOOLS}
    assert not answer.json()["has_upgrade_messages"], answer.json()["step_version_changes"]


@pytest.mark.parametrize("name", INPUTS)
def test_workflow_of_the_version_before_runs_with_it(galaxy, runs, name):
    outputs = runs[name].outputs()
    wanted = {step["tool_id"] for step in as_published(name)["steps"].values() if step["type"] == "tool"}
    assert wanted <= {full_id(tool) for tool in TOOLS}
    assert wanted == {job["tool_id"] for job in galaxy.jobs.get_jobs(invocation_id=runs[name].invocation)}
    words = runs[name].text(next(id_ for label, id_ in sorted(outputs.items()) if label.lower().endswith("result in words")))
    assert re.search(r"(?i)accuracy 0\.[5-9]", words), words


def content_type(galaxy: GalaxyInstance, dataset: str) -> str:
    answer = galaxy.make_get_request(f"{galaxy.url}/datasets/{dataset}/display", params={"preview": True})
    return answer.headers["content-type"]


def test_pages_of_others_are_not(galaxy, runs, tmp_path):
    (tmp_path / "page.html").write_text("<html><body><h1>Page</h1></body></html>")
    history = runs["feedforward-tabular"].history
    page = galaxy.tools.upload_file(str(tmp_path / "page.html"), history, file_type="html")["outputs"][0]["id"]
    galaxy.datasets.wait_for_dataset(page, maxwait=120, interval=1)
    assert content_type(galaxy, page).startswith("text/plain")


@pytest.mark.parametrize("name", INPUTS)
def test_reports_are_shown_as_pages(galaxy, runs, name):
    """By the lines of administration/sanitize_allowlist.txt."""
    found = {label: dataset for label, dataset in runs[name].outputs().items() if REPORTS.search(label)}
    assert len(found) >= 3, found
    assert {label: content_type(galaxy, dataset).split(";")[0] for label, dataset in found.items()} == dict.fromkeys(found, "text/html")


def test_network_of_the_version_before_predicts_the_same_in_the_next(galaxy, runs):
    """The next is the same code with another number; networks of every release and kind: tests/unit/networks/test_old_models.py."""
    run = runs["feedforward-tabular"]
    outputs = run.outputs()
    new = galaxy.tools.upload_file(str(DATA / "new_samples.tsv"), run.history, file_type="tabular")["outputs"][0]["id"]
    inputs = {"model": {"src": "hda", "id": outputs["Network"]}, "samples|data": {"src": "hda", "id": new}}
    job = galaxy.tools.run_tool(run.history, full_id("biodl_predict", NEXT_VERSION), inputs)
    galaxy.jobs.wait_for_job(job["jobs"][0]["id"], maxwait=300, interval=1)
    assert job["jobs"][0]["tool_id"] == full_id("biodl_predict", NEXT_VERSION)
    before, after = run.text(outputs["Predictions"]), run.text(job["outputs"][0]["id"])
    assert "P1\tmalignant" in before
    assert after == before


@pytest.mark.parametrize(
    ("name", "tool", "cores", "gigabytes"),
    [
        ("image-classification", "biodl_split", 1, 1),
        ("image-classification", "biodl_train_convolutional", 2, 4),
        ("sequence-classification", "biodl_train_recurrent", 2, 2),
        ("feedforward-tabular", "biodl_train_feedforward", 1, 2),
    ],
)
def test_jobs_have_the_cores_and_the_memory_of_the_rules(galaxy, runs, name, tool, cores, gigabytes):
    """By administration/tpv_rules.yml, whose names match ids from a Tool Shed; memory grows a little with the inputs."""
    runs[name].outputs()
    (job,) = galaxy.jobs.get_jobs(invocation_id=runs[name].invocation, tool_id=full_id(tool))
    told = {item["name"]: item["raw_value"] for item in galaxy.jobs.get_metrics(job["id"])}
    assert float(told["galaxy_slots"]) == cores
    assert gigabytes * 1024 <= float(told["galaxy_memory_mb"]) < gigabytes * 1024 + 40
