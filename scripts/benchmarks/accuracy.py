#!/usr/bin/env python3
"""Accuracy out of the box: default networks beside linear models and random forests; needs the tools' environment.

For each seed 20 % of the samples, stratified (a number: by tenths), are put aside; the tools get the rest with nothing but the
data and the name of the target. Small test parts get more seeds: one error of 114 samples is 0.009. OSULeaf comes in two parts of
its own, so that only the network's seed varies. Copies of splice sequences are removed before. Prints a Markdown table of means
over the seeds.
"""

import argparse
import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"


@dataclasses.dataclass(frozen=True)
class Case:
    """A data set, the network to train on it, and the least that its metrics shall reach."""

    title: str
    family: str
    data: str
    options: dict[str, str]
    floors: dict[str, float]
    test: str = ""
    seeds: int = 5


TABLES = (
    Case("breast cancer", "feedforward", "breast_cancer.tsv", {"target": "diagnosis"}, {"accuracy": 0.970}, seeds=20),
    Case("PBMC, 200 genes", "feedforward", "pbmc_200_genes.tsv", {"target": "cell_type"}, {"accuracy": 0.79, "f1_macro": 0.62}, seeds=10),
    Case("diabetes", "feedforward", "diabetes.tsv", {"target": "progression"}, {"r2": 0.47}, seeds=20),
)
SPLICE = {"kind": "sequence", "target": "class"}
LEAF = {"kind": "series", "target": "species"}
TERMS = {"kind": "text", "target": "ontology"}
STEPS = (
    Case("splice junctions", "recurrent", "splice.tsv", SPLICE, {"accuracy": 0.950}),
    Case("splice junctions", "convolutional", "splice.tsv", SPLICE, {"accuracy": 0.965}),
    Case("nuclei patches", "convolutional", "nuclei.zip", {"kind": "image"}, {"accuracy": 0.95}),
    Case("OSULeaf outlines", "recurrent", "osuleaf_train.tsv", LEAF, {"accuracy": 0.80}, "osuleaf_test.tsv"),
    Case("OSULeaf outlines", "convolutional", "osuleaf_train.tsv", LEAF, {"accuracy": 0.90}, "osuleaf_test.tsv"),
    Case("GO definitions", "recurrent", "go_terms.tsv", TERMS, {"accuracy": 0.9}),
    Case("GO definitions", "convolutional", "go_terms.tsv", TERMS, {"accuracy": 0.935}),
)
FAMILIES = ("feedforward", "recurrent", "convolutional")


def biodl(command: str, **flags: object) -> None:
    """Run a command of the suite."""
    words = [word for name, value in flags.items() for word in ("--" + name.replace("_", "-"), str(value))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    subprocess.run([sys.executable, "-m", "biodl", command, *words], check=True, env=environment, stdout=subprocess.DEVNULL)


def measure(case: Case, seed: int) -> dict[str, dict[str, float]]:
    """Metrics by model on the test part of one seed."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure_in(Path(folder), case, seed)
    print(f"{case.title}, {case.family}, seed {seed} done", file=sys.stderr, flush=True)
    return found


def measure_in(folder: Path, case: Case, seed: int) -> dict[str, dict[str, float]]:
    """The same, with files in ``folder``."""
    model, metrics = folder / "model.keras", folder / "metrics.json"
    train, test = (DATA / case.data, DATA / case.test) if case.test else split(case, seed, folder)
    biodl(f"train-{case.family}", data=train, seed=seed, model=model, **case.options)
    biodl("evaluate", model=model, data=test, training=train, seed=seed, resamples=100, metrics_json=metrics)
    return json.loads(metrics.read_text())["metrics"]


def split(case: Case, seed: int, folder: Path) -> tuple[Path, Path]:
    """Scikit-learn's own split, so that the numbers can be compared with those of others."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    source = DATA / case.data
    paths = [folder / f"{part}{source.suffix}" for part in ("train", "test")]
    if source.suffix == ".zip":
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            parts = train_test_split(names, test_size=0.2, random_state=seed, stratify=[name.split("/")[0] for name in names])
            for part, path in zip(parts, paths, strict=True):
                with zipfile.ZipFile(path, "w") as copy:
                    for name in part:
                        copy.writestr(zipfile.ZipInfo(name), archive.read(name))
        return paths[0], paths[1]
    frame = pd.read_csv(source, sep="\t")
    if "sequence" in frame:
        frame = frame.drop_duplicates("sequence")
    target = frame[case.options["target"]]
    strata = target if target.nunique() <= 20 else pd.qcut(target, 10, labels=False)
    for part, path in zip(train_test_split(frame, test_size=0.2, random_state=seed, stratify=strata), paths, strict=True):
        part.to_csv(path, sep="\t", index=False)
    return paths[0], paths[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=f"of {', '.join(FAMILIES)}; all without a choice")
    parser.add_argument("--seeds", type=int, default=0, help="number of seeds, from 0 (default: 5, for small tables up to 20)")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time (default: 1)")
    arguments = parser.parse_args()
    unknown = set(arguments.families) - set(FAMILIES)
    if unknown:
        parser.error(f"unknown family {', '.join(sorted(unknown))}: choose of {', '.join(FAMILIES)}")
    print("| data | family | metric | seeds | network | logistic / ridge | random forest | floor |")
    print("|---|---|---|---|---|---|---|---|")
    missed = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for case in (case for case in TABLES + STEPS if case.family in (arguments.families or FAMILIES)):
            results = list(pool.map(functools.partial(measure, case), range(arguments.seeds or case.seeds)))
            for metric, floor in case.floors.items():
                means = {model: mean(result[model][metric] for result in results) for model in results[0]}
                linear = next(value for model, value in means.items() if "regression" in model)
                missed += means["network"] < floor
                numbers = f"{means['network']:.3f} | {linear:.3f} | {means['random forest']:.3f} | {floor:.3f}"
                print(f"| {case.title} | {case.family} | {metric} | {len(results)} | {numbers} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
