#!/usr/bin/env python3
"""How good the probabilities of the default networks are, with and without label smoothing and calibration, on the choosing half alone.

Sets, folds, commands and the cache of results are those of accuracy.py. Log loss and calibration error (ten bins of the most likely class)
are of the predictions of all folds together, as Evaluate reckons them; so is the metric. Needs what accuracy.py needs. Prints Markdown.
"""

import argparse
import itertools
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks import accuracy  # noqa: E402

SMOOTHING, CALIBRATE = ("0", "0.1"), ("false", "true")
METRICS = ("log_loss", "ece")


def judged(parts: list[dict[str, Any]]) -> list[str]:
    """The primary metric, and those of :data:`METRICS`, of all folds together."""
    import numpy as np

    from biodl.tasks import task_from_json

    task = task_from_json(parts[0]["task"])
    name = next(found for found in parts[0]["predicted"] if accuracy.called(found, task) == accuracy.NETWORK)
    y, scores = (np.concatenate(values) for values in zip(*((part["observed"], part["predicted"][name]) for part in parts), strict=True))
    found = task.measured(y, scores, (task.primary, *METRICS))
    return [f"{found[metric]:.3f}" for metric in (task.primary, *METRICS)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=["recurrent", "convolutional"], choices=("feedforward", *accuracy._BOTH))
    parser.add_argument("--sets", nargs="+", metavar="SET", help="data sets (default: all of the half)")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--tables", type=Path, default=accuracy.ROOT / ".env" / "data-sets", help="folder that data_sets.py wrote")
    given = parser.parse_args()
    sets = [
        item
        for item in accuracy.SETS
        if item.half == "choosing" and not item.kind.endswith("numbers") and item.name in (given.sets or [item.name])
    ]
    absent, failures = accuracy.lacking(sets, given.tables), []
    print("| data | family | seed | smoothing | calibrated | metric | log loss | calibration error |\n|---|---|---|---|---|---|---|---|")
    for item in sets:
        source = accuracy.source_of(item, given.tables)
        families = [family for family in item.families if source and family in given.families]
        for family, seed, smoothing, calibrate in itertools.product(families, range(1, given.seeds + 1), SMOOTHING, CALIBRATE):
            settings = (("label_smoothing", smoothing), ("calibrate", calibrate), ("seed", str(seed)))
            jobs = [accuracy.Job(item, family, fold, given.folds, str(source), settings) for fold in range(given.folds)]
            results, failed = accuracy.run(jobs, given.tables / "results.json", 1)
            failures += failed
            if not failed:
                cells = [item.name, family, str(seed), smoothing, calibrate, *judged([results[job.key] for job in jobs])]
                print(f"| {' | '.join(cells)} |", flush=True)
    print("\n".join([*([absent] if absent else []), *failures]))
    return 1 if absent or failures else 0


if __name__ == "__main__":
    sys.exit(main())
