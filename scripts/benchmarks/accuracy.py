#!/usr/bin/env python3
"""Accuracy out of the box: default networks beside linear models and random forests; needs the tools' environment.

For each seed 20 % of the rows, stratified (a number: by tenths), are put aside; the tools get the rest with nothing but the
name of the target. Prints a Markdown table of means over the seeds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).resolve().parents[2]
CASES = (
    ("breast cancer", "breast_cancer.tsv", "diagnosis", "accuracy", 0.970),
    ("PBMC, 200 genes", "pbmc_200_genes.tsv", "cell_type", "accuracy", 0.79),
    ("PBMC, 200 genes", "pbmc_200_genes.tsv", "cell_type", "f1_macro", 0.62),
    ("diabetes", "diabetes.tsv", "progression", "r2", 0.47),
)


def biodl(command: str, **flags: object) -> None:
    """Run a command of the suite."""
    words = [word for name, value in flags.items() for word in ("--" + name.replace("_", "-"), str(value))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    subprocess.run([sys.executable, "-m", "biodl", command, *words], check=True, env=environment, stdout=subprocess.DEVNULL)


def measure(table: Path, target: str, seed: int, folder: Path) -> dict[str, dict[str, float]]:
    """Metrics by model on the test part of one seed."""
    train, test, model, metrics = (folder / name for name in ("train.tsv", "test.tsv", "model.keras", "metrics.json"))
    split(table, target, seed, train, test)
    biodl("train-feedforward", data=train, target=target, seed=seed, model=model)
    biodl("evaluate", model=model, data=test, training=train, seed=seed, resamples=100, metrics_json=metrics)
    return json.loads(metrics.read_text())["metrics"]


def split(table: Path, target: str, seed: int, train: Path, test: Path) -> None:
    """Scikit-learn's own split, so that the numbers can be compared with those of others."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    frame = pd.read_csv(table, sep="\t")
    strata = frame[target] if frame[target].nunique() <= 20 else pd.qcut(frame[target], 10, labels=False)
    parts = train_test_split(frame, test_size=0.2, random_state=seed, stratify=strata)
    for part, path in zip(parts, (train, test), strict=True):
        part.to_csv(path, sep="\t", index=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, from 0 (default: 5)")
    arguments = parser.parse_args()
    results: dict[str, list] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, target in dict.fromkeys((case[1], case[2]) for case in CASES):
            results[name] = []
            for seed in range(arguments.seeds):
                results[name].append(measure(ROOT / "test-data" / name, target, seed, Path(folder)))
                print(f"{name} seed {seed} done", file=sys.stderr, flush=True)
    print("| data | metric | network | logistic / ridge | random forest | floor |")
    print("|---|---|---|---|---|---|")
    missed = 0
    for title, name, _, metric, floor in CASES:
        means = {model: mean(result[model][metric] for result in results[name]) for model in results[name][0]}
        linear = next(value for model, value in means.items() if "regression" in model)
        missed += means["network"] < floor
        print(f"| {title} | {metric} | {means['network']:.3f} | {linear:.3f} | {means['random forest']:.3f} | {floor:.2f} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
