"""Fill a Galaxy with sample data and the workflows, run one, and print what it found; runs in the planemo environment."""

import argparse
import csv
import io
import sys
import time
from pathlib import Path

from bioblend import ConnectionError as GalaxyError
from bioblend.galaxy import GalaxyInstance

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = "BioDL sample data"
WORKFLOW = ROOT / "workflows" / "feedforward-tabular" / "feedforward-tabular.gxwf.yml"
_RUN_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--no-run", action="store_true")
    arguments = parser.parse_args()
    galaxy = GalaxyInstance(arguments.url, key=arguments.key)
    try:
        samples = sample_data(galaxy)
        workflow = import_workflow(galaxy, WORKFLOW)
        print(f"The history '{SAMPLES}' holds sample data; the workflow is under Workflows.", flush=True)
        if arguments.no_run:
            return 0
        return run(galaxy, workflow, samples)
    except GalaxyError as error:
        print(f"Error: Galaxy refused: {error}", file=sys.stderr)
        return 1


def sample_data(galaxy: GalaxyInstance) -> dict[str, str]:
    """Dataset ids of the sample data by name, uploaded on the first start."""
    found = galaxy.histories.get_histories(name=SAMPLES)
    history = found[0]["id"] if found else galaxy.histories.create_history(SAMPLES)["id"]
    wanted = ["breast_cancer.tsv", "diabetes.tsv", "pbmc_200_genes.tsv", "new_samples.tsv"]
    present = {
        item["name"]: item["id"]
        for item in galaxy.histories.show_history(history, contents=True)
        if not item["deleted"] and item["state"] != "error"
    }
    for name in wanted:
        if name not in present:
            path = str(ROOT / "test-data" / name)
            answer = galaxy.tools.upload_file(path, history, file_name=name, file_type="tabular")
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


def run(galaxy: GalaxyInstance, workflow: str, samples: dict[str, str]) -> int:
    """Run the workflow on the breast cancer data and print its metrics; 0 if every step succeeded."""
    history = galaxy.histories.create_history("Breast cancer: feed-forward network")["id"]
    inputs = {
        "Table": {"src": "hda", "id": samples["breast_cancer.tsv"]},
        "Target column": 31,
        "New samples": {"src": "hda", "id": samples["new_samples.tsv"]},
    }
    print("Running the workflow on the breast cancer data", flush=True)
    began = time.monotonic()
    invocation = galaxy.workflows.invoke_workflow(workflow, inputs=inputs, inputs_by="name", history_id=history, parameters_normalized=True)
    failed = wait(galaxy, invocation["id"])
    if failed:
        print(f"Error: {failed}", file=sys.stderr)
        return 1
    outputs = galaxy.invocations.show_invocation(invocation["id"])["outputs"]
    print(f"The workflow ran in {time.monotonic() - began:.0f} s. The network on the test part it never saw:")
    for row in table(galaxy, outputs["Metrics"]["id"]):
        low, high = float(row["ci95_low"]), float(row["ci95_high"])
        print(f"  {row['metric']:<20} {float(row['value']):.3f}  (95 % confidence interval {low:.3f} to {high:.3f})")
    print("Beside other models (balanced accuracy):")
    balanced = next(row for row in table(galaxy, outputs["Comparison of models"]["id"]) if row["metric"] == "balanced_accuracy")
    for model, value in list(balanced.items())[1:]:
        print(f"  {model:<20} {float(value):.3f}")
    print(f"See the history, its plots and the report: {galaxy.base_url}/workflows/invocations/{invocation['id']}")
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
