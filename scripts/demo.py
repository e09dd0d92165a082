"""Fill a Galaxy with sample data and the workflows, run some, and print what they found; runs in the planemo environment."""

import argparse
import csv
import dataclasses
import io
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard

from bioblend import ConnectionError as GalaxyError
from bioblend.galaxy import GalaxyInstance

from annotating import annotate
from welcome import HISTORIES, SAMPLES

ROOT = Path(__file__).resolve().parent.parent
FURTHER = "Sample data: more tables"
TYPES = {".tsv": "tabular", ".fasta": "fasta", ".zip": "zip"}
_RUN_SECONDS = 1200


@dataclasses.dataclass(frozen=True)
class Demo:
    """A workflow on sample data: the histories of its samples and of its results, its inputs, and which outputs say what was found."""

    samples: str
    history: str
    inputs: dict[str, str | bool | int]
    verdicts: tuple[str, ...] = ("Result in words", "Explanation in words", "Training in words", "Data in words")
    tables: tuple[str, ...] = ("Tables of the evaluation",)


WORKFLOWS = {
    "feedforward-tabular": Demo(
        *HISTORIES["feedforward-tabular"],
        {"Table": "breast_cancer.tsv", "Target column": "diagnosis", "Predict new samples": True, "New samples": "new_samples.tsv"},
    ),
    "small-data-tabular": Demo(
        *HISTORIES["small-data-tabular"],
        {
            "Table": "breast_cancer.tsv",
            "Target column": "diagnosis",
            "Trials": 4,
            "Epochs": 60,
            "Predict new samples": True,
            "New samples": "new_samples.tsv",
        },
        (
            "Ensemble result in words",
            "Comparison in words",
            "Training in words",
            "Tuning in words",
            "More samples in words",
            "Data in words",
        ),
        ("Ensemble tables of the evaluation",),
    ),
    "sequence-classification": Demo(
        *HISTORIES["sequence-classification"],
        {
            "Sequences": "splice.fasta",
            "Labels": "splice.tsv",
            "Target column": "class",
            "Predict new sequences": True,
            "New sequences": "new_sequences.fasta",
        },
        (
            "Convolutional result in words",
            "Recurrent result in words",
            "Explanation in words",
            "Convolutional training in words",
            "Recurrent training in words",
            "Data in words",
        ),
        ("Recurrent tables of the evaluation", "Convolutional tables of the evaluation"),
    ),
    "image-classification": Demo(
        *HISTORIES["image-classification"],
        {
            "Images": "nuclei.zip",
            "Labels": "nuclei.tsv",
            "Target column": "class",
            "Group column": "tile",
            "Predict new images": True,
            "New images": "new_images.zip",
        },
    ),
}
FURTHER_SAMPLES = tuple(name for name in SAMPLES if not any(name in demo.inputs.values() for demo in WORKFLOWS.values()))
"""Those that no workflow takes."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("workflows", nargs="*", metavar="WORKFLOW", help=f"to run, of {', '.join(WORKFLOWS)}")
    arguments = parser.parse_args()
    galaxy = GalaxyInstance(arguments.url, key=arguments.key)
    try:
        samples = sample_data(galaxy)
        imported = {name: import_workflow(galaxy, ROOT / "workflows" / name / f"{name}.gxwf.yml") for name in WORKFLOWS}
        print(f"Histories that begin with 'Sample data' hold sample data; {len(imported)} workflows are under Workflows.", flush=True)
        return max([run(galaxy, imported[name], WORKFLOWS[name], samples) for name in arguments.workflows], default=0)
    except GalaxyError as error:
        print(f"Error: Galaxy refused: {error}", file=sys.stderr)
        return 1


def is_file(value: str | bool | int) -> TypeGuard[str]:
    """Whether an input of a workflow is a file of the sample data, not a word."""
    return isinstance(value, str) and Path(value).suffix in TYPES


def sample_data(galaxy: GalaxyInstance) -> dict[str, str]:
    """Dataset ids of the sample data by name, uploaded on the first start: a history for each workflow, and one for the rest.

    A form preselects the newest dataset that fits, so what a workflow learns from comes last in its history, and the histories are made
    in an order that shows the first workflow's on top.
    """
    wanted: dict[str, tuple[str, ...]] = {FURTHER: FURTHER_SAMPLES}
    for demo in reversed(WORKFLOWS.values()):
        wanted[demo.samples] = tuple(value for value in reversed(demo.inputs.values()) if is_file(value))
    present: dict[str, str] = {}
    for history, names in wanted.items():
        present |= _filled(galaxy, history, names)
    for dataset in present.values():
        galaxy.datasets.wait_for_dataset(dataset, maxwait=300, interval=1)
    return present


def _filled(galaxy: GalaxyInstance, name: str, files: Sequence[str]) -> dict[str, str]:
    """Dataset ids by file of a history that holds these files."""
    found = galaxy.histories.get_histories(name=name)
    history = found[0]["id"] if found else galaxy.histories.create_history(name)["id"]
    present = {
        item["name"]: item["id"]
        for item in galaxy.histories.show_history(history, contents=True)
        if not item["deleted"] and item["state"] != "error"
    }
    for file in files:
        if file not in present:
            path = ROOT / "test-data" / file
            answer = galaxy.tools.upload_file(str(path), history, file_name=file, file_type=TYPES[path.suffix])
            present[file] = answer["outputs"][0]["id"]
    return {file: present[file] for file in files}


def import_workflow(galaxy: GalaxyInstance, path: Path) -> str:
    """Id of the workflow as the file has it now; an older import of the same name gives way."""
    label = next(line.removeprefix("label: ").strip() for line in path.read_text().splitlines() if line.startswith("label: "))
    for item in galaxy.workflows.get_workflows(name=label):
        galaxy.workflows.delete_workflow(item["id"])
    definition = {"class": "GalaxyWorkflow", "yaml_content": path.read_text()}
    return galaxy.make_post_request(f"{galaxy.url}/workflows", {"workflow": definition})["id"]


def run(galaxy: GalaxyInstance, workflow: str, demo: Demo, samples: dict[str, str]) -> int:
    """Run a workflow on its sample data and print what it found; 0 if every step succeeded."""
    history = galaxy.histories.create_history(demo.history)["id"]
    inputs = {name: {"src": "hda", "id": samples[value]} if is_file(value) else value for name, value in demo.inputs.items()}
    print(f"Running a workflow: {demo.history}", flush=True)
    began = time.monotonic()
    invocation = galaxy.workflows.invoke_workflow(workflow, inputs=inputs, inputs_by="name", history_id=history, parameters_normalized=True)
    failed = wait(galaxy, invocation["id"])
    if failed:
        print(f"Error: {failed}", file=sys.stderr)
        return 1
    found = galaxy.invocations.show_invocation(invocation["id"])
    annotate(galaxy, history, galaxy.workflows.show_workflow(workflow)["name"], found)
    print(f"The workflow ran in {time.monotonic() - began:.0f} s.")
    for name in demo.verdicts:
        print(f"{name}:")
        print(textwrap.indent(text_of(galaxy, found["outputs"][name]["id"]), "  "))
    for name in demo.tables:
        print(f"{name}, on the test part, which training never saw:")
        for row in csv.DictReader(
            io.StringIO(text_of(galaxy, element(galaxy, found["output_collections"][name]["id"], "metrics"))), delimiter="\t"
        ):
            print(f"  {row['metric']:<20} {row['value']}  (95 % interval {row['ci95_low']} to {row['ci95_high']})")
    print(
        f"See the history '{demo.history}', and the report: {galaxy.base_url}/workflows/invocations/{invocation['id']}/report", flush=True
    )
    return 0


def wait(galaxy: GalaxyInstance, invocation: str) -> str:
    """Wait until all jobs have ended; what went wrong, or nothing."""
    deadline = time.monotonic() + _RUN_SECONDS
    while time.monotonic() < deadline:
        summary = galaxy.invocations.get_invocation_summary(invocation)
        states = summary["states"]
        if "error" in states:
            return f"a step of the workflow failed: {galaxy.base_url}/workflows/invocations/{invocation}"
        if summary["populated_state"] == "ok" and states and set(states) <= {"ok", "skipped", "deleted"}:
            steps = galaxy.invocations.show_invocation(invocation)["steps"]
            if all(step["state"] == "scheduled" for step in steps):
                return ""
        time.sleep(2)
    return f"the workflow did not end within {_RUN_SECONDS} seconds"


def text_of(galaxy: GalaxyInstance, dataset: str) -> str:
    """A dataset as text."""
    return galaxy.datasets.download_dataset(dataset, require_ok_state=True).decode()


def element(galaxy: GalaxyInstance, collection: str, name: str) -> str:
    """Id of the dataset that a collection calls so."""
    elements = galaxy.dataset_collections.show_dataset_collection(collection)["elements"]
    return next(item["object"]["id"] for item in elements if item["element_identifier"] == name)


if __name__ == "__main__":
    sys.exit(main())
