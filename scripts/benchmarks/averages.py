#!/usr/bin/env python3
"""What an ensemble should average, and whether temperatures help: log loss and errors of five members on small tables.

Two folds each of scikit-learn's wine and breast cancer data and of the diabetes table with its target cut in two; probabilities and
logits of the same members are averaged, without and with a temperature of each. Needs the tools' environment. Prints a Markdown table.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))


def frames() -> Iterator[tuple[str, Any]]:
    """Tables by name, each with the target in its last column."""
    import pandas as pd
    from sklearn.datasets import load_breast_cancer, load_wine

    for name, load in (("wine", load_wine), ("breast cancer", load_breast_cancer)):
        frame = load(as_frame=True).frame
        yield name, frame.assign(target="c" + frame["target"].astype(str))
    table = pd.read_csv(ROOT / "test-data" / "diabetes.tsv", sep="\t")
    yield (
        "diabetes, cut in two",
        table.drop(columns="progression").assign(target=table["progression"].gt(140).map({True: "yes", False: "no"})),
    )


def judged(folder: Path, seed: int, calibrate: bool) -> list[float]:
    """Log loss and share of errors where probabilities are averaged, and where logits are."""
    import keras
    import numpy as np

    from biodl.commands.train_feedforward import OPTIONS
    from biodl.data import table
    from biodl.data.kind import Files
    from biodl.networks.ensemble import MEMBERS
    from biodl.networks.families import feedforward
    from biodl.networks.running import run_model
    from biodl.training.prepare import prepare
    from biodl.training.train import train_on

    options = OPTIONS(target=("target",), members=5, calibrate=calibrate, seed=seed)
    parts = prepare(table.KIND, Files(str(folder / "train.tsv")), None, options, say=lambda line: None)
    model = train_on(parts, feedforward.FAMILY, options).network.model
    data = table.KIND.read_for(Files(str(folder / "test.tsv")), parts.encoding, parts.task)
    assert data.target is not None
    y = parts.task.encode(data.target, data.where)
    each = run_model(keras.Model(model.inputs, model.get_layer(MEMBERS).output), parts.encoding.raw(data))
    scores = np.stack([parts.task.scores(each[:, place]) for place in range(each.shape[1])])
    by_logits = np.exp(np.log(scores.clip(1e-12)).mean(axis=0))
    both = scores.mean(axis=0), by_logits / by_logits.sum(axis=1, keepdims=True)
    return [value for found in both for value in (parts.task.sample_losses(y, found).mean(), (found.argmax(axis=1) != y).mean())]


def main() -> None:
    from sklearn.model_selection import StratifiedKFold

    print("| table | calibrated | log loss, probabilities | errors | log loss, logits | errors |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, frame in frames():
            found: dict[bool, list[list[float]]] = {False: [], True: []}
            folds = StratifiedKFold(2, shuffle=True, random_state=1).split(frame, frame["target"])
            for seed, rows in enumerate(folds, start=1):
                for part, chosen in zip(("train", "test"), rows, strict=True):
                    frame.iloc[chosen].to_csv(folder / f"{part}.tsv", sep="\t", index=False)
                for calibrate, results in found.items():
                    results.append(judged(folder, seed, calibrate))
            for calibrate, results in found.items():
                means = " | ".join(f"{fmean(column):.4f}" for column in zip(*results, strict=True))
                print(f"| {title} | {'yes' if calibrate else 'no'} | {means} |", flush=True)


if __name__ == "__main__":
    main()
