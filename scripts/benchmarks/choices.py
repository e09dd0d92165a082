#!/usr/bin/env python3
"""Measure the choices that docs/decisions/ tells of, each beside its alternatives; prints Markdown tables. Needs the tools' environment.

Settings of training are judged by samples that neither training nor early stopping saw. For each seed these are 20 % of what
scripts/benchmarks/cases.py leaves for training; its test parts are put aside before and never read, so that no choice can follow them.
Differences and ratios are paired: by seed, or by round where time is measured. The first setting of each table is the suite's own.
"""

import argparse
import contextlib
import dataclasses
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "scripts")]

from benchmarks import speed  # noqa: E402
from benchmarks.cases import STEPS, TABLES, Case, split  # noqa: E402

CASES = {f"{Path(case.data).stem}-{case.family}": case for case in (*TABLES, *STEPS)}
SMALL = ("breast_cancer-feedforward", "diabetes-feedforward", "pbmc_200_genes-feedforward")
DEEP = ("osuleaf_train-convolutional", "osuleaf_train-recurrent", "nuclei-convolutional")
MOMENTUM = "momentum"
"""A setting that is no option of a form."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """A choice among settings of training: ``cases`` of :data:`CASES`, and options by the name of the setting, the suite's own first."""

    cases: tuple[str, ...]
    of: dict[str, dict[str, object]]
    seeds: int = 5


SETTINGS = {
    "learning-rate": Settings(SMALL, {f"{rate:g}": {"learning_rate": rate} for rate in (0.003, 0.001, 0.0005)}, 10),
    "learning-rate-deep": Settings(DEEP, {f"{rate:g}": {"learning_rate": rate} for rate in (0.003, 0.001, 0.006)}),
    "smoothing": Settings(SMALL[::2], {f"{share:g}": {"label_smoothing": share} for share in (0.0, 0.1)}, 10),
    "smoothing-deep": Settings(DEEP, {f"{share:g}": {"label_smoothing": share} for share in (0.1, 0.0, 0.2)}),
    "patience": Settings(SMALL, {f"{epochs}": {"patience": epochs} for epochs in (40, 20, 80)}, 10),
    "batch": Settings(
        (SMALL[0], SMALL[1], DEEP[0]), {"by the number of rows": {}} | {f"{rows}": {"batch_size": rows} for rows in (16, 32, 64)}
    ),
    "momentum": Settings(DEEP, {f"{share:g}": {MOMENTUM: share} for share in (0.9, 0.99)}),
}


@dataclasses.dataclass(frozen=True)
class Run:
    """One training: metrics on the samples it is judged by, history, what the kept weights do, seconds at each epoch's end, verdicts."""

    metrics: dict[str, float]
    history: Any
    kept: Any
    ends: list[tuple[float, float]]
    verdicts: list[str]
    primary: str


def table(head: tuple[str, ...]) -> None:
    """Begin a Markdown table."""
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)


def row(*cells: object) -> None:
    """A row of it; numbers get three significant digits."""
    print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True)


def options_for(case: Case, seed: int, **changes: object) -> Any:
    """Options of a Train tool as the command line makes them."""
    import importlib

    from biodl.program.options import add_arguments, read_options

    kind = importlib.import_module(f"biodl.commands.train_{case.family}").OPTIONS
    parser = argparse.ArgumentParser()
    add_arguments(parser, kind)
    given: dict[str, object] = {**case.options, "seed": seed, **changes}
    return read_options(kind, parser.parse_args([f"--{name.replace('_', '-')}={value}" for name, value in given.items()]))


def files_for(case: Case, seed: int, folder: Path) -> tuple[Path, Path]:
    """Samples to learn from, and samples to judge settings by; the test part of the accuracy benchmark is in neither."""
    rest = Path(case.data)
    for name in ("test", "judged"):
        (folder / name).mkdir()
    if not case.test:
        rest, _ = split(case, seed, folder / "test")
    return split(dataclasses.replace(case, data=str(rest)), seed, folder / "judged")


def train(case: Case, seed: int, paths: tuple[Path, Path], **changes: object) -> Run:
    """Train on the first file and judge by the second."""
    import numpy as np

    from biodl.data.kind import Files
    from biodl.data.kinds import kind_of_form
    from biodl.networks.families import FAMILIES, layers
    from biodl.networks.running import run_model
    from biodl.training.prepare import prepare
    from biodl.training.train import train_on

    momentum = changes.pop(MOMENTUM, layers._MOMENTUM)
    options = options_for(case, seed, **changes)
    kind = kind_of_form(case.options.get("kind", "table"))
    parts = prepare(kind, Files(str(paths[0])), None, options, say=lambda line: None)
    ends: list[tuple[float, float]] = []
    with mock.patch.object(layers, "_MOMENTUM", momentum):
        trained = train_on(parts, FAMILIES[case.family], options, say=lambda line: ends.append((time.monotonic(), time.process_time())))
    data = kind.read_for(Files(str(paths[1])), trained.encoding, trained.task)
    assert data.target is not None
    y = trained.task.encode(data.target, data.where)
    scores = trained.task.scores(run_model(trained.network.model, trained.encoding.raw(data)))
    found = trained.task.metrics(y, scores, np.ones((1, len(y))))
    keywords = [keyword for keyword, _ in trained.verdicts]
    return Run(
        {name: float(value[0]) for name, value in found.items()}, trained.history, trained.kept, ends[1:], keywords, trained.task.primary
    )


def spread(values: list[float]) -> str:
    """Mean and its standard error."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):+.4f} ± {error:.4f}"


def settings(choice: Settings, names: list[str], seeds: int, epochs: int) -> None:
    """Each setting beside the suite's own, over seeds."""
    table(("data", "setting", "seeds", "metric", "mean", "minus the first", "loss", "minus the first", "epochs"))
    for name in names or choice.cases:
        runs: dict[str, list[Run]] = {setting: [] for setting in choice.of}
        for seed in range(seeds or choice.seeds):
            with tempfile.TemporaryDirectory() as folder:
                paths = files_for(CASES[name], seed, Path(folder))
                for setting, changes in choice.of.items():
                    limit = {"epochs": epochs} if epochs else {}
                    runs[setting].append(train(CASES[name], seed, paths, **changes, **limit))
            print(f"{name}, seed {seed} done", file=sys.stderr, flush=True)
        own = next(iter(runs.values()))
        loss = "log_loss" if "log_loss" in own[0].metrics else "rmse"
        for setting, found in runs.items():
            cells: list[object] = []
            for metric in (own[0].primary, loss):
                values = [run.metrics[metric] for run in found]
                apart = [value - run.metrics[metric] for value, run in zip(values, own, strict=True)]
                cells += [f"{statistics.mean(values):.4f}", "" if found is own else spread(apart)]
            lasted = statistics.mean(len(run.history.rows) for run in found)
            row(name, setting, len(found), own[0].primary, *cells, f"{lasted:.0f}")


MADE = {
    "images": Case("images", "convolutional", "", {"kind": "image", "flip": "none", "batch_size": "64", "patience": "0"}, {}),
    "sequences": Case("sequences", "recurrent", "", {"kind": "sequence", "target": "y", "batch_size": "32", "patience": "0"}, {}),
    "table": Case("table", "feedforward", "", {"target": "diagnosis", "batch_size": "32", "patience": "0"}, {}),
}
MAKERS: dict[str, Callable[[Path], Path]] = {
    "images": lambda folder: speed.made_images(folder / "images.zip", 1000, 28, 1),
    "sequences": speed.made_sequences,
    "table": speed.breast_cancer,
}


def timed(variants: dict[str, Callable[[], Any]], names: list[str], rounds: int, epochs: int) -> None:
    """Seconds an epoch (the first, which traces, left out) with each variant, interleaved; processor seconds do not mind a busy machine."""
    table(("data", "variant", "rounds", "seconds an epoch", "ratio", "processor seconds", "ratio", "longest epoch / median"))
    for name in names or MADE:
        with tempfile.TemporaryDirectory() as place:
            made = MAKERS[name](Path(place))
            steps: dict[str, list[list[tuple[float, float]]]] = {variant: [] for variant in variants}
            for number in range(rounds):
                for variant, changed in variants.items():
                    with changed():
                        ends = train(MADE[name], number, (made, made), epochs=epochs).ends
                    steps[variant].append([(after[0] - before[0], after[1] - before[1]) for before, after in itertools.pairwise(ends)])
                print(f"{name}, round {number} done", file=sys.stderr, flush=True)
        own = middles(next(iter(steps.values())))
        for variant, taken in steps.items():
            cells = []
            for mine, other in zip(middles(taken), own, strict=True):
                ratio = statistics.median(one / two for one, two in zip(mine, other, strict=True))
                cells += [f"{statistics.median(mine):.2f}", f"{ratio:.2f}"]
            longest = max(max(seconds for seconds, _ in run) / statistics.median(seconds for seconds, _ in run) for run in taken)
            row(name, variant, rounds, *cells, f"{longest:.1f}")


def middles(runs: list[list[tuple[float, float]]]) -> list[list[float]]:
    """The median epoch of each run, by the clock and by the processor."""
    return [[statistics.median(epoch[which] for epoch in run) for run in runs] for which in (0, 1)]


def pipelines() -> dict[str, Callable[[], Any]]:
    """Epochs in memory; and Keras' ``fit`` with the suite's pipeline, the same that tunes itself, and the one that it makes of arrays."""
    import tensorflow as tf

    from biodl.training import fit

    def tuned(x: Any, y: Any, batch: int, seed: int | None) -> Any:
        return fit._batches_in_memory(x, y, batch, seed).prefetch(tf.data.AUTOTUNE)

    def arrays(x: Any, y: Any, x_val: Any, y_val: Any, batch: int, seed: int) -> dict[str, Any]:
        return {"x": x, "y": y, "batch_size": batch, "validation_data": (x_val, y_val), "validation_batch_size": 1024}

    @contextlib.contextmanager
    def by_keras(**others: Any) -> Iterator[None]:
        with mock.patch.multiple(fit, _at_hand=lambda x: False, **others):
            yield

    return {
        "in memory": contextlib.nullcontext,
        "Keras' fit, own pipeline": by_keras,
        "Keras' fit, own pipeline, tuning itself": lambda: by_keras(_batches=tuned),
        "Keras' fit, its own pipeline": lambda: by_keras(_data=arrays),
    }


def compilers() -> dict[str, Callable[[], Any]]:
    """Without and with XLA, and for both without deterministic operations, under which XLA is refused."""
    import keras
    import tensorflow as tf

    plain = keras.Model.compile

    @contextlib.contextmanager
    def loose(xla: bool) -> Iterator[None]:
        def compiled(model: Any, **words: Any) -> None:
            plain(model, **{**words, "jit_compile": xla})

        with mock.patch.object(keras.Model, "compile", compiled):
            yield

    tf.config.experimental.enable_op_determinism = lambda: None  # once on, it cannot be turned off
    return {"without XLA": lambda: loose(False), "with XLA": lambda: loose(True)}


HUNGRY: dict[str, object] = {"hidden_layers": "512,512", "dropout": 0, "l2": 0, "learning_rate": 0.002, "patience": 0, "epochs": 60}
NOTHING = {"underfitting", "overfitting", "unsure"}
"""Verdicts that are right where there is nothing to learn."""
MADE_SO: tuple[tuple[str, str, set[str], int, bool, dict[str, object]], ...] = (
    ("breast cancer: defaults", SMALL[0], {"good fit"}, 0, False, {}),
    ("diabetes: defaults", SMALL[1], {"good fit"}, 0, False, {}),
    ("breast cancer: targets shuffled", SMALL[0], NOTHING, 0, True, {}),
    ("diabetes: targets shuffled", SMALL[1], NOTHING, 0, True, {}),
    ("breast cancer: targets shuffled, a twentieth validates", SMALL[0], NOTHING, 0, True, {"validation_fraction": 0.05}),
    ("breast cancer: one epoch, learning rate 1e-5", SMALL[0], {"underfitting"}, 0, False, {"epochs": 1, "learning_rate": 1e-5}),
    ("breast cancer: 20 epochs", SMALL[0], {"good fit"}, 0, False, {"epochs": 20}),
    ("breast cancer: 512,512 units without penalty, a tenth of targets wrong", SMALL[0], {"overfitting"}, 10, False, HUNGRY),
    ("the same, half of the targets wrong", SMALL[0], NOTHING, 2, False, HUNGRY),
)
"""Trainings whose verdict is known by their making: title, data, right verdicts, one target of so many wrong, shuffled, options."""


def verdicts(seeds: int) -> None:
    """How often the verdict is what the making of a training calls for, and how far the numbers behind it are from the thresholds."""
    head = ("training", "right", "seeds", "as expected", "verdicts", "validation loss / guess", "gain / its error", "gap / its error")
    table((*head, "validation / training loss", "still improving", "samples", "interval's width", "holds the value on other samples"))
    for title, name, expected, wrong, shuffled, changes in MADE_SO:
        runs = []
        for seed in range(seeds or 20):
            with tempfile.TemporaryDirectory() as folder:
                learned, judged = files_for(CASES[name], seed, Path(folder))
                spoil(learned, CASES[name].options["target"], seed, wrong, shuffled)
                runs.append(train(CASES[name], seed, (learned, judged), **changes))
        print(f"{title} done", file=sys.stderr, flush=True)
        first = [run.verdicts[0] for run in runs]
        counted = ", ".join(f"{first.count(verdict)} {verdict}" for verdict in sorted(set(first)))
        inside = sum(run.kept.low <= run.metrics[run.primary] <= run.kept.high for run in runs)
        cells = [ranged(values) for values in zip(*map(ratios, runs), strict=True)]
        still = sum("still improving" in run.verdicts for run in runs)
        right, size = sum(verdict in expected for verdict in first), runs[0].kept.samples
        widths = ranged(tuple(run.kept.high - run.kept.low for run in runs))
        row(title, " or ".join(sorted(expected)), len(runs), right, counted, *cells, still, size, widths, f"{inside} of {len(runs)}")


def spoil(path: Path, target: str, seed: int, wrong: int, shuffled: bool) -> None:
    """Shuffle the targets of a table, or replace one in ``wrong`` (of two classes) by the other class."""
    import numpy as np
    import pandas as pd

    frame, draw = pd.read_csv(path, sep="\t"), np.random.default_rng(seed)
    values = frame[target].to_numpy()
    if shuffled:
        values = draw.permutation(values)
    elif wrong:
        chosen = draw.permutation(len(values))[: len(values) // wrong]
        values[chosen] = np.where(values[chosen] == values[0], next(item for item in values if item != values[0]), values[0])
    frame.assign(**{target: values}).to_csv(path, sep="\t", index=False)


def ratios(run: Run) -> tuple[float, float, float, float]:
    """What the thresholds of biodl.training.diagnose are put to."""
    kept = run.kept
    gain, gap = kept.val_guess - kept.val_loss, kept.val_loss - kept.loss
    return kept.val_loss / kept.val_guess, gain / kept.gain_error, gap / kept.error, kept.val_loss / kept.loss


def ranged(values: tuple[float, ...]) -> str:
    """Least, middle, most."""
    return f"{min(values):.2f}, {statistics.median(values):.2f}, {max(values):.2f}"


def bootstrap(rounds: int) -> None:
    """Metrics on resamples: as weights, beside a call of scikit-learn each."""
    import numpy as np

    from biodl.tasks import measures

    table(("samples", "classes", "resamples", "rounds", "by weights", "scikit-learn", "ratio", "largest difference"))
    for samples, classes in ((114, 2), (140, 10)):
        draw = np.random.default_rng(0)
        y = np.arange(samples) % classes
        scores = draw.dirichlet(np.ones(classes), samples) + 0.5 * np.eye(classes)[y]
        scores /= scores.sum(axis=1, keepdims=True)
        weights = next(iter(measures.draws(y, 100, 1, block=100)))
        taken: list[tuple[float, float]] = []
        for _ in range(rounds or 5):
            start = time.process_time()
            mine = measures.classes(y, scores, weights, binary=classes == 2)
            middle = time.process_time()
            theirs = [one_by_one(y.repeat(times), scores.repeat(times, axis=0), classes == 2) for times in weights]
            taken.append((middle - start, time.process_time() - middle))
        apart = max(float(np.abs(mine[name] - [found[name] for found in theirs]).max()) for name in theirs[0])
        ratio = statistics.median(slow / quick for quick, slow in taken)
        quick, slow = (statistics.median(column) for column in zip(*taken, strict=True))
        row(samples, classes, len(weights), len(taken), f"{1000 * quick:.1f} ms", f"{1000 * slow:.0f} ms", f"{ratio:.0f}", f"{apart:.1g}")


def one_by_one(y: Any, scores: Any, binary: bool) -> dict[str, float]:
    """Most of the same metrics of one resample by scikit-learn."""
    import numpy as np
    from sklearn import metrics

    predicted, truth = scores.argmax(axis=1), np.eye(scores.shape[1])[y]
    found = {
        "accuracy": metrics.accuracy_score(y, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, predicted),
        "mcc": metrics.matthews_corrcoef(y, predicted),
        "log_loss": metrics.log_loss(y, scores),
    }
    for average in ("macro", "weighted"):
        names = ("precision", "recall", "f1")
        values = metrics.precision_recall_fscore_support(y, predicted, average=average, zero_division=0)
        found |= {f"{name}_{average}": value for name, value in zip(names, values, strict=False)}
    if binary:
        areas = {"roc_auc": metrics.roc_auc_score(y, scores[:, 1]), "average_precision": metrics.average_precision_score(y, scores[:, 1])}
    else:
        areas = {
            "roc_auc_macro": metrics.roc_auc_score(truth, scores),
            "average_precision_macro": metrics.average_precision_score(truth, scores),
        }
    return found | areas


OVER = """
import resource, shutil, signal, sys
from pathlib import Path
source, target, limit, beside = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "beside"
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if beside:
    from biodl.program.files import Outputs
    with Outputs({"made": target}) as outputs:
        shutil.copyfile(source, outputs["made"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
else:
    made = source.with_suffix(".made")
    shutil.copyfile(source, made)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    shutil.copyfile(made, target)
"""


def outputs(rounds: int) -> None:
    """What becomes of a file that was there before when its replacement cannot be written whole, and what it costs."""
    table(("how", "rounds", "earlier file whole after a failure", "files left behind", "64 MB, ratio of seconds"))
    taken: dict[str, list[float]] = {"beside": [], "over": []}
    whole, left = dict.fromkeys(taken, 0), dict.fromkeys(taken, 0)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    for _ in range(rounds or 5):
        for how in taken:
            with tempfile.TemporaryDirectory() as folder:
                source, target = Path(folder) / "source", Path(folder) / "place" / "target"
                target.parent.mkdir()
                source.write_bytes(os.urandom(2**26))
                target.write_text("what was there before")
                command = [sys.executable, "-c", OVER, str(source), str(target)]
                subprocess.run([*command, str(2**20), how], env=environment, stderr=subprocess.DEVNULL, check=False)
                whole[how] += target.read_bytes() == b"what was there before"
                left[how] += len(list(target.parent.iterdir())) - 1
                start = time.monotonic()
                subprocess.run([*command, str(2**30), how], env=environment, check=True)
                taken[how].append(time.monotonic() - start)
    for how, seconds in taken.items():
        ratio = statistics.median(mine / other for mine, other in zip(seconds, taken["beside"], strict=True))
        called = "beside the target, then renamed" if how == "beside" else "over the target"
        row(called, len(seconds), f"{whole[how]} of {len(seconds)}", left[how], f"{ratio:.2f}")


BUSY = "import os; above = os.getppid()\nwhile os.getppid() == above: pass"  # and ends with what began it
BOOSTED = """
import time
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
draw = np.random.default_rng(0)
x, y = draw.normal(size=(2500, 240)), draw.integers(0, 3, 2500)
began = time.monotonic(), time.process_time()
HistGradientBoostingClassifier(max_iter=50, early_stopping=False).fit(x, y)
print(time.monotonic() - began[0], time.process_time() - began[1])
"""


def waiting(rounds: int) -> None:
    """Boosted trees on one core, and on two whose threads wait in a loop or asleep, alone and beside busy processes."""
    ways = {
        "1 core": {"OMP_NUM_THREADS": "1"},
        "2 cores": {"OMP_NUM_THREADS": "2"},
        "2 cores, asleep": {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"},
    }
    table(("beside", "on", "rounds", "seconds", "processor seconds"))
    for busy in (0, os.cpu_count() or 1, 2 * (os.cpu_count() or 1)):
        others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(busy)]
        try:
            taken: dict[str, list[tuple[float, ...]]] = {way: [] for way in ways}
            for _ in range(rounds or 3):
                for way, found in taken.items():
                    command, environment = [sys.executable, "-c", BOOSTED], {**os.environ, **ways[way]}
                    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                    found.append(tuple(map(float, done.stdout.split())))
        finally:
            for other in others:
                other.kill()
        for way, found in taken.items():
            row(f"{busy} busy processes", way, len(found), *(f"{statistics.median(column):.1f}" for column in zip(*found, strict=True)))


OTHERS: dict[str, Callable[[argparse.Namespace], None]] = {
    "pipeline": lambda given: timed(pipelines(), given.data, given.seeds or 3, given.epochs or 6),
    "xla": lambda given: timed(compilers(), given.data, given.seeds or 3, given.epochs or 6),
    "verdicts": lambda given: verdicts(given.seeds),
    "bootstrap": lambda given: bootstrap(given.seeds),
    "outputs": lambda given: outputs(given.seeds),
    "waiting": lambda given: waiting(given.seeds),
}
CHOICES = (*SETTINGS, *OTHERS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("choice", choices=CHOICES, metavar="CHOICE", help=f"of {', '.join(CHOICES)}")
    parser.add_argument("--data", nargs="+", default=[], metavar="NAME", help=f"of {', '.join(CASES)}; for times of {', '.join(MADE)}")
    parser.add_argument("--seeds", type=int, default=0, help="number of seeds, from 0, or of rounds; the choice's own without it")
    parser.add_argument("--epochs", type=int, default=0, help="most epochs; those of the tools without it")
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from biodl.program.runtime import prepare_environment

    with tempfile.TemporaryDirectory() as folder:
        prepare_environment(Path(folder))
        if given.choice in SETTINGS:
            settings(SETTINGS[given.choice], given.data, given.seeds, given.epochs)
        else:
            OTHERS[given.choice](given)


if __name__ == "__main__":
    main()
