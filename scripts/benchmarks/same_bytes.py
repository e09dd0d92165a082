#!/usr/bin/env python3
"""Show that a change of the code changes no number: hashes of histories, predictions and splits before and after.

``--write FILE`` runs a fixed set of trainings and splits and keeps the SHA-256 of what each wrote; ``--compare FILE`` runs them
again, lists what differs, and exits with 1 if anything does. Both must run on one machine, since other processors round in other
ways. It knows the command line alone. Needs the tools' environment.
"""

import argparse
import csv
import dataclasses
import hashlib
import importlib.metadata
import json
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"
KEPT = ROOT / "tests" / "unit" / "models" / "0.2.0"
"""Samples of every kind that never change."""
PACKAGES = ("keras", "tensorflow-cpu", "numpy", "pandas", "scikit-learn", "scipy", "h5py", "pillow", "imagecodecs")


@dataclasses.dataclass(frozen=True)
class Made:
    """A file that :func:`make` writes."""

    name: str


@dataclasses.dataclass(frozen=True)
class Case:
    """A training or a split: the command, its options, and how many cores it has."""

    name: str
    command: str
    options: dict[str, object]
    slots: int = 1

    def flags(self, made: Path) -> dict[str, object]:
        """Options, with paths of the files that were made in a folder."""
        return {name: made / value.name if isinstance(value, Made) else value for name, value in self.options.items()}


FEEDFORWARD, RECURRENT, CONVOLUTIONAL = "train-feedforward", "train-recurrent", "train-convolutional"
CANCER = {"data": DATA / "breast_cancer.tsv", "target": "diagnosis"}
MIXED = {"data": Made("mixed.tsv"), "target": "outcome", "epochs": 20}
SPLICE = {"kind": "fasta", "data": DATA / "splice.fasta", "labels": DATA / "splice.tsv", "target": "class"}
LEAVES = {"kind": "series", "data": DATA / "osuleaf_train.tsv", "target": "species"}
SPEEDS = {"kind": "series", "data": KEPT / "series_multiclass" / "data.tsv"}
LYNX = {"kind": "forecast", "data": DATA / "lynx.tsv", "target": "trapped", "time_column": "year"}
NUCLEI = {"kind": "image", "data": DATA / "nuclei.zip"}
ANIMALS = {"kind": "series_long", "data": KEPT / "series_long_binary" / "data.tsv", "target": "kind"}
ANIMALS |= {"sample_column": "animal", "time_column": "time"}
PEPTIDES = {"kind": "sequence", "data": KEPT / "sequence_multilabel" / "data.tsv", "target": "nucleus,membrane"}
SITES = {"kind": "fasta", "data": KEPT / "fasta_multiclass" / "data.fasta", "labels": KEPT / "fasta_multiclass" / "labels.tsv"}
BRIGHTNESS = {"data": KEPT / "image_regression" / "data.zip", "labels": KEPT / "image_regression" / "labels.tsv", "target": "brightness"}
NOTES = {"kind": "text", "data": KEPT / "text_multilabel" / "data.tsv", "target": "mood"}

TRAININGS = (
    Case("breast_cancer", FEEDFORWARD, {**CANCER, "epochs": 60, "patience": 5}),
    Case("breast_cancer_two_slots", FEEDFORWARD, {**CANCER, "epochs": 60, "patience": 5}, 2),
    Case("pbmc", FEEDFORWARD, {"data": DATA / "pbmc_200_genes.tsv", "target": "cell_type", "epochs": 3, "class_weight": "balanced"}),
    Case("diabetes", FEEDFORWARD,
         {"data": DATA / "diabetes.tsv", "target": "progression", "epochs": 20, "schedule": "plateau", "optimizer": "adamw"}),
    Case("mixed", FEEDFORWARD, MIXED),
    Case("mixed_validation", FEEDFORWARD, {**MIXED, "validation": Made("more.tsv"), "batch_normalization": "true"}),
    Case("splice_recurrent", RECURRENT, {**SPLICE, "epochs": 2}),
    Case("splice_recurrent_two_slots", RECURRENT, {**SPLICE, "epochs": 2}, 2),
    Case("splice_convolutional", CONVOLUTIONAL, {**SPLICE, "epochs": 2}),
    Case("splice_finetuned", CONVOLUTIONAL,
         {**SPLICE, "data": DATA / "splice_test.fasta", "start": DATA / "splice.keras", "freeze": "first_half", "epochs": 2}),
    Case("kmers_recurrent", RECURRENT, {**SITES, "target": "site", "sequence_encoding": "kmer", "cell": "lstm", "epochs": 3}),
    Case("peptides_convolutional", CONVOLUTIONAL, {**PEPTIDES, "sequence_encoding": "embedding", "architecture": "residual", "epochs": 3}),
    Case("leaves_recurrent", RECURRENT, {**LEAVES, "epochs": 2}),
    Case("leaves_convolutional_validation", CONVOLUTIONAL, {**LEAVES, "validation": DATA / "osuleaf_test.tsv", "epochs": 2}),
    Case("animals_transformer", RECURRENT, {**ANIMALS, "cell": "transformer", "epochs": 3}),
    Case("lynx_recurrent", RECURRENT, {**LYNX, "window": 20, "horizon": 3, "epochs": 5}),
    Case("notes_convolutional", CONVOLUTIONAL, {**NOTES, "task": "multilabel", "epochs": 5}),
    Case("nuclei", CONVOLUTIONAL, {**NUCLEI, "rotation": 20, "shift": 0.1, "zoom": 0.1, "brightness": 0.1, "epochs": 2}),
    Case("nuclei_two_slots", CONVOLUTIONAL, {**NUCLEI, "rotation": 20, "epochs": 2}, 2),
    Case("nuclei_finetuned", CONVOLUTIONAL, {**NUCLEI, "start": DATA / "nuclei.keras", "epochs": 2}),
    # so large that they are encoded batch by batch
    Case("nuclei_streamed", CONVOLUTIONAL,
         {**NUCLEI, "image_height": 300, "image_width": 300, "filters": 2, "pooling": 8, "architecture": "separable", "epochs": 1}),
    Case("brightness", CONVOLUTIONAL, {**BRIGHTNESS, "resize": "pad", "epochs": 3}),
)  # fmt: skip
SPLIT = "split"
SPLITS = (
    Case("split_table", SPLIT, CANCER),
    Case("split_table_of_copies", SPLIT, {"data": Made("mixed.tsv"), "target": "outcome", "validation_size": 0, "seed": 7}),
    Case("split_table_of_numbers", SPLIT, {"data": DATA / "diabetes.tsv", "target": "progression"}),
    Case("split_table_grouped", SPLIT, {"data": DATA / "grouped.csv", "group": "patient"}),
    Case("split_table_in_time", SPLIT, {"method": "time", "data": DATA / "lynx.tsv", "time": "year"}),
    Case("split_sequence", SPLIT, PEPTIDES),
    Case("split_sequence_grouped", SPLIT, {"kind": "sequence", "data": Made("peptides.tsv"), "group": "donor"}),
    Case("split_fasta", SPLIT, SPLICE),
    Case("split_fasta_grouped", SPLIT, {**SITES, "group": "site"}),
    Case("split_series", SPLIT, LEAVES),
    Case("split_series_grouped", SPLIT, {**SPEEDS, "group": "speed", "validation_size": 0.3, "test_size": 0.3}),
    Case("split_series_long", SPLIT, ANIMALS),
    Case("split_forecast", SPLIT, LYNX),
    Case("split_text", SPLIT, NOTES),
    Case("split_image", SPLIT, NUCLEI),
    Case("split_image_grouped", SPLIT, {**NUCLEI, "labels": DATA / "nuclei.tsv", "target": "class", "group": "tile"}),
    Case("split_image_of_numbers", SPLIT, {"kind": "image", **BRIGHTNESS}),
    Case("split_image_collection", SPLIT, {"kind": "image_collection", "collection": Made("collection.json"), "validation_size": 0.25}),
)  # fmt: skip


def write(path: Path, rows: list[list[object]]) -> None:
    """Write rows as a table, the header first."""
    with open(path, "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, delimiter="\t", lineterminator="\n").writerows(rows)


def mixed_rows(count: int, seed: int) -> list[list[object]]:
    """Numbers and categories with gaps, an identifier, a class that follows, and copies; the header first."""
    draw = random.Random(seed)
    rows: list[list[object]] = [["sample", "length", "weight", "tissue", "outcome"]]
    for number in range(count):
        tissue, length, weight = draw.choice(["liver", "lung", "brain"]), draw.gauss(10, 2), draw.gauss(1e-8, 2e-9)
        sick = length + 2 * (tissue == "lung") + draw.gauss(0, 0.3) > 10.7
        gaps = "" if number % 11 == 0 else f"{weight:.4e}", "" if number % 17 == 0 else tissue
        rows.append([f"S{seed}_{number}", f"{length:.4f}", *gaps, "sick" if sick else "well"])
        if number % 10 == 0:
            rows.append([f"C{seed}_{number}", *rows[-1][1:]])
    return rows


def make(folder: Path) -> None:
    """Write the files that neither the test data nor the kept samples hold."""
    write(folder / "mixed.tsv", mixed_rows(300, 1))
    write(folder / "more.tsv", mixed_rows(80, 2))
    draw = random.Random(3)
    peptides = [["".join(draw.choices("ACDEFGHIKLMNPQRSTVWY", k=draw.randint(10, 20))), f"donor {number // 7}"] for number in range(70)]
    header: list[object] = ["peptide", "donor"]
    write(folder / "peptides.tsv", [header, *(list[object](row) for row in peptides)])
    images = [{"element_identifier": path.stem, "ext": "png", "source_path": str(path)} for path in sorted((DATA / "images").iterdir())]
    (folder / "collection.json").write_text(json.dumps({"collection": images}))


def biodl(slots: int, command: str, flags: dict[str, object]) -> str:
    """Run a command of the suite; returns what went wrong, or nothing."""
    words = [word for name, value in flags.items() for word in ("--" + name.replace("_", "-"), str(value))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "GALAXY_SLOTS": str(slots)}
    done = subprocess.run([sys.executable, "-m", "biodl", command, *words], env=environment, capture_output=True, text=True, check=False)
    return f"{command} failed ({done.returncode}): {done.stderr.strip()[-300:]}" if done.returncode else ""


def hash_of(path: Path) -> str:
    """SHA-256 of a file, or a word for one that was not written."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "not written"


def trained(case: Case, folder: Path, made: Path) -> dict[str, str]:
    """Hashes of history and predictions of a training, by name; a failure in place of a hash."""
    flags = case.flags(made)
    model, history, predictions = folder / "model.keras", folder / "history.tsv", folder / "predictions.tsv"
    failure = biodl(case.slots, case.command, {**flags, "model": model, "history": history})
    failure = failure or biodl(case.slots, "predict", {"model": model, "data": flags["data"], "predictions": predictions})
    return {f"{case.name}/{path.name}": failure or hash_of(path) for path in (history, predictions)}


def split(case: Case, folder: Path, made: Path) -> dict[str, str]:
    """Hashes of the parts and the summary of a split, by name."""
    paths = {name: folder / name for name in ("train", "validation", "test", "summary")}
    failure = biodl(case.slots, case.command, {**case.flags(made), **paths})
    return {f"{case.name}/{path.name}": failure or hash_of(path) for path in paths.values()}


def packages() -> str:
    """Versions on which the numbers depend: other ones explain other bytes."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)


def run(cases: list[Case], jobs: int) -> dict[str, str]:
    """Run cases, so many processes at a time; hashes by name."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(jobs) as pool:
        made = Path(name)
        make(made)

        def one(case: Case) -> dict[str, str]:
            folder = made / case.name
            folder.mkdir()
            return (split if case.command == SPLIT else trained)(case, folder, made)

        return {key: value for found in pool.map(one, cases) for key, value in found.items()}


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """A line for each name whose value is another, or that only one side has."""
    lines = []
    for name in sorted({*before, *after}):
        old, new = (side.get(name, "nothing") for side in (before, after))
        if old != new:
            hashes = len(old) == len(new) == 64
            lines.append(f"{name}: other bytes" if hashes else f"{name}: {old}, now {new}")
    return lines


def main() -> int:
    cases = {case.name: case for case in (*TRAININGS, *SPLITS)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(cases)}; all without a choice")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=Path, metavar="FILE", help="keep the hashes here (JSON)")
    what.add_argument("--compare", type=Path, metavar="FILE", help="compare with hashes that were kept")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (default: 2)")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(cases)
    if unknown:
        parser.error(f"unknown name {', '.join(sorted(unknown))}: choose of {', '.join(cases)}")
    names = arguments.names or list(cases)
    before = json.loads(arguments.compare.read_text()) if arguments.compare else {}
    after = {"packages": packages()} | run([cases[name] for name in names], arguments.jobs)
    if arguments.write:
        failures = [f"{name}: {value}" for name, value in after.items() if "failed" in value]
        if failures:
            sys.exit("\n".join(failures))
        arguments.write.write_text(json.dumps(after, indent=1) + "\n")
        print(f"Kept {len(after) - 1} hashes.")
        return 0
    wanted = {name: value for name, value in before.items() if name.split("/")[0] in ("packages", *names)}
    found = differences(wanted, after)
    print("\n".join(found) or f"All {len(after) - 1} files are the same, byte for byte.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
