"""Fill a Galaxy with sample data and the workflows, run some, and print what they found; runs in the planemo environment."""

import argparse
import csv
import dataclasses
import io
import sys
import time
from pathlib import Path

from bioblend import ConnectionError as GalaxyError
from bioblend.galaxy import GalaxyInstance

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = "BioDL sample data"
TYPES = {".tsv": "tabular", ".fasta": "fasta", ".zip": "zip"}
_RUN_SECONDS = 1200


@dataclasses.dataclass(frozen=True)
class Demo:
    """A workflow on sample data: its history's name, its inputs (file names or numbers), and what to show of its outputs."""

    history: str
    inputs: dict[str, str | int]
    metrics: tuple[str, ...] = ("Metrics",)
    comparisons: tuple[str, ...] = ("Comparison of models",)


WORKFLOWS = {
    "feedforward-tabular": Demo(
        "Breast cancer: feed-forward network",
        {"Table": "breast_cancer.tsv", "Target column": 31, "New samples": "new_samples.tsv"},
    ),
    "sequence-classification": Demo(
        "Splice junctions: recurrent and convolutional networks",
        {"Sequences": "splice.fasta", "Labels": "splice.tsv", "Target column": 3, "New sequences": "new_sequences.fasta"},
        ("Recurrent metrics", "Convolutional metrics"),
        ("Recurrent comparison of models", "Convolutional comparison of models"),
    ),
    "image-classification": Demo(
        "Nuclei: convolutional network",
        {"Images": "nuclei.zip", "Labels": "nuclei.tsv", "Target column": 2, "Group column": 4, "New images": "new_images.zip"},
    ),
}
FURTHER_SAMPLES = ("diabetes.tsv", "pbmc_200_genes.tsv", "osuleaf_train.tsv", "osuleaf_test.tsv", "lynx.tsv", "go_terms.tsv")


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
        print(f"The history '{SAMPLES}' holds sample data; {len(imported)} workflows are under Workflows.", flush=True)
        return max([run(galaxy, imported[name], WORKFLOWS[name], samples) for name in arguments.workflows], default=0)
    except GalaxyError as error:
        print(f"Error: Galaxy refused: {error}", file=sys.stderr)
        return 1


def sample_data(galaxy: GalaxyInstance) -> dict[str, str]:
    """Dataset ids of the sample data by name, uploaded on the first start."""
    found = galaxy.histories.get_histories(name=SAMPLES)
    history = found[0]["id"] if found else galaxy.histories.create_history(SAMPLES)["id"]
    inputs = (value for demo in WORKFLOWS.values() for value in demo.inputs.values() if isinstance(value, str))
    wanted = list(dict.fromkeys((*inputs, *FURTHER_SAMPLES)))
    present = {
        item["name"]: item["id"]
        for item in galaxy.histories.show_history(history, contents=True)
        if not item["deleted"] and item["state"] != "error"
    }
    for name in wanted:
        if name not in present:
            path = ROOT / "test-data" / name
            answer = galaxy.tools.upload_file(str(path), history, file_name=name, file_type=TYPES[path.suffix])
            present[name] = answer["outputs"][0]["id"]
    for name in wanted:
        galaxy.datasets.wait_for_dataset(present[name], maxwait=300, interval=1)
    return present


def import_workflow(galaxy: GalaxyInstance, path: Path) -> str:
    """Id of the workflow as the file has it now; an older import of the same name gives way."""
    label = next(line.removeprefix("label: ").strip() for line in path.read_text().splitlines() if line.startswith("label: "))
    for item in galaxy.workflows.get_workflows(name=label):
        galaxy.workflows.delete_workflow(item["id"])
    definition = {"class": "GalaxyWorkflow", "yaml_content": path.read_text()}
    return galaxy.make_post_request(f"{galaxy.url}/workflows", {"workflow": definition})["id"]


def run(galaxy: GalaxyInstance, workflow: str, demo: Demo, samples: dict[str, str]) -> int:
    """Run a workflow on its sample data and print its metrics; 0 if every step succeeded."""
    history = galaxy.histories.create_history(demo.history)["id"]
    inputs = {name: {"src": "hda", "id": samples[value]} if isinstance(value, str) else value for name, value in demo.inputs.items()}
    print(f"Running a workflow: {demo.history}", flush=True)
    began = time.monotonic()
    invocation = galaxy.workflows.invoke_workflow(workflow, inputs=inputs, inputs_by="name", history_id=history, parameters_normalized=True)
    failed = wait(galaxy, invocation["id"])
    if failed:
        print(f"Error: {failed}", file=sys.stderr)
        return 1
    outputs = galaxy.invocations.show_invocation(invocation["id"])["outputs"]
    print(f"The workflow ran in {time.monotonic() - began:.0f} s. On the test part, which training never saw:")
    for metrics, comparison in zip(demo.metrics, demo.comparisons, strict=True):
        print(f"{metrics}:")
        for row in table(galaxy, outputs[metrics]["id"]):
            low, high = float(row["ci95_low"]), float(row["ci95_high"])
            print(f"  {row['metric']:<20} {float(row['value']):.3f}  (95 % confidence interval {low:.3f} to {high:.3f})")
        print(f"{comparison} (balanced accuracy):")
        balanced = next(row for row in table(galaxy, outputs[comparison]["id"]) if row["metric"] == "balanced_accuracy")
        for model, value in list(balanced.items())[1:]:
            print(f"  {model:<20} {float(value):.3f}")
    print(f"See the history, its plots and the report: {galaxy.base_url}/workflows/invocations/{invocation['id']}", flush=True)
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


def table(galaxy: GalaxyInstance, dataset: str) -> list[dict[str, str]]:
    """Rows of a tabular dataset."""
    text = galaxy.datasets.download_dataset(dataset, require_ok_state=True).decode()
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


if __name__ == "__main__":
    sys.exit(main())
