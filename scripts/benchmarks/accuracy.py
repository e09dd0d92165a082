#!/usr/bin/env python3
"""Accuracy out of the box: the default network of each family beside a linear model, a random forest and gradient boosting.

Public data sets of biology and medicine, in two halves: settings may be chosen on one (--half choosing), and what was chosen is reported on
the other (--half reporting). The halves stand below, were written down before anything was run, and never change: sets alternate within
each kind of data, by name; where a kind has one set, image is for choosing and text for reporting. DNA of mlbench is left out, since it is
our splice.tsv in another dress, and would stand in both halves. Sets that came later are for choosing alone.

Each set is cut in 10 stratified folds, the same for all models (numbers: by tenths; copies of a sample end in one fold). For each fold the
suite's own commands train on the others and evaluate on it, with nothing but the data and the target, in this process. A number is the
metric of all predictions together; its standard error, and that of a difference, is the standard deviation over 1,000 bootstrap resamples
of the samples. "Near" says whether the network is no worse than the best of the others by more than one standard error of the difference.
Seconds are those that a training keeps one core busy, after the imports: others may use the machine at the same time.

Needs the tools' environment, and tables made by data_sets.py (which says how to get them) in --tables; sets that are not there are named.
Results are kept after each fold in --cache, by the content of tools/biodl and all settings, so that an interrupted run goes on.
Prints Markdown. No part of the test command.
"""

import argparse
import contextlib
import dataclasses
import functools
import hashlib
import io
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools")]
OWN, SHARED = ROOT / "test-data", ROOT / "shared" / "data"
FOLDS, RESAMPLES, SEED = 10, 1000, 1
HALVES = ("choosing", "reporting")
NETWORK = "network"
OTHERS = ("linear model", "random forest", "gradient boosting")
_EACH = 40
"""Folds that one process works on before a fresh one takes over: TensorFlow keeps memory."""


@dataclasses.dataclass(frozen=True)
class Set:
    """A data set.

    Attributes:
        name: of the table that data_sets.py writes, or of a file of ours.
        kind: of data, as it is compared: tables of classes and of numbers are two.
        half: one of :data:`HALVES`.
        families: of networks.
        options: of the commands, beside the data.
        file: of ours, in test-data or in shared/data; empty for what data_sets.py or scikit-learn has.
    """

    name: str
    kind: str
    half: str
    families: tuple[str, ...] = ("feedforward",)
    options: tuple[tuple[str, str], ...] = (("target", "target"),)
    file: str = ""


_BOTH = ("recurrent", "convolutional")
_SEQUENCE, _SERIES, _TEXT = ((("kind", kind), ("target", "target")) for kind in ("sequence", "series", "text"))
_CLASSES, _NUMBER = (("target", "target"), ("task", "multiclass")), (("target", "target"), ("task", "regression"))
_CHANNELS = (("kind", "series_long"), ("target", "target"), ("sample_column", "sample"), ("time_column", "time"))
SETS = (
    Set("breast_cancer", "table, classes", "choosing", options=(("target", "diagnosis"),), file="breast_cancer.tsv"),
    Set("breast_cancer_original", "table, classes", "reporting"),
    Set("glass", "table, classes", "choosing", options=_CLASSES),
    Set("ionosphere", "table, classes", "reporting"),
    Set("iris", "table, classes", "choosing"),
    Set("musk", "table, classes", "reporting"),
    Set("pbmc_200_genes", "table, classes", "choosing", options=(("target", "cell_type"),), file="pbmc_200_genes.tsv"),
    Set("pima", "table, classes", "reporting"),
    Set("sonar", "table, classes", "choosing"),
    Set("soybean", "table, classes", "reporting"),
    Set("vehicle", "table, classes", "choosing"),
    Set("vowel", "table, classes", "reporting"),
    Set("wine", "table, classes", "choosing"),
    Set("zoo", "table, classes", "reporting"),
    Set("boston", "table, numbers", "choosing", options=_NUMBER),
    Set("diabetes", "table, numbers", "reporting", options=(("target", "progression"),), file="diabetes.tsv"),
    Set("ozone", "table, numbers", "choosing", options=_NUMBER),
    Set("promoters", "sequence", "choosing", _BOTH, _SEQUENCE),
    Set("splice", "sequence", "reporting", _BOTH, (("kind", "sequence"), ("target", "class")), "splice.tsv"),
    Set("acsf1", "series", "choosing", _BOTH, _SERIES),
    Set("arrowhead", "series", "reporting", _BOTH, _SERIES),
    Set("basic_motions", "series", "choosing", _BOTH, _CHANNELS),
    Set("gunpoint", "series", "reporting", _BOTH, _SERIES),
    Set("italy_power_demand", "series", "choosing", _BOTH, _SERIES),
    Set("osuleaf", "series", "reporting", _BOTH, _SERIES),
    Set("nuclei", "image", "choosing", ("convolutional",), (("kind", "image"),), "nuclei.zip"),
    Set("go_terms", "text", "reporting", _BOTH, (("kind", "text"), ("target", "ontology")), "go_terms.tsv"),
)
LATER = (
    Set("japanese_vowels", "series", "choosing", _BOTH, _CHANNELS),
    Set("pickup_gesture", "series", "choosing", _BOTH, _CHANNELS),
)
"""Since 2026-11-28, when it was asked how long few samples of many classes are to be learned from: 640 of 9, 100 of 10."""
FROM_SKLEARN = ("iris", "wine")


@dataclasses.dataclass(frozen=True)
class Job:
    """One fold of a set for one family; ``settings`` are options of Train that are tried, by name."""

    set: Set
    family: str
    fold: int
    folds: int
    source: str
    settings: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """By which its result is kept."""
        tried = " ".join(f"{name}={value}" for name, value in self.settings)
        return f"{code()} {self.set.name} {self.family} {self.fold}/{self.folds} {tried}".strip()


@dataclasses.dataclass(frozen=True)
class Row:
    """What is printed of a set and a family.

    Attributes:
        metric: its name.
        values: by name of the model.
        error: standard error of the network's value.
        behind: the best of the others minus the network; negative where the network is ahead.
        error_behind: its standard error.
        ranks: of the models, 1 the best; equal ones share the mean.
        seconds: of one training on one core, the mean over folds.
    """

    set: Set
    family: str
    metric: str
    values: dict[str, float]
    error: float
    behind: float
    error_behind: float
    ranks: dict[str, float]
    seconds: float

    @property
    def near(self) -> bool:
        return self.behind <= self.error_behind


@functools.cache
def code() -> str:
    """Fingerprint of the suite: results of other code are not taken for its own."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "tools" / "biodl").rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def folds_of(target: Iterable[Any], groups: Iterable[Any], folds: int, numbers: bool) -> "np.ndarray":
    """The fold of each sample, from 0: stratified by class, or by tenths of a number; samples of one group in one fold.

    Depends on nothing but its arguments, so that every model and every run has the same folds.
    """
    import numpy as np
    import pandas as pd
    from sklearn.model_selection import StratifiedGroupKFold

    ranks = pd.Series(list(target)).astype(float).rank(method="first") if numbers else pd.Series(list(target))
    strata = pd.factorize(pd.qcut(ranks, 10, labels=False) if numbers else ranks, sort=True)[0]
    found = np.full(len(strata), -1)
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=SEED)
    for fold, (_, held) in enumerate(cut.split(strata, strata, pd.factorize(pd.Series(list(groups)))[0])):
        found[held] = fold
    return found


def ranks_of(values: dict[str, float]) -> dict[str, float]:
    """Ranks by name, 1 for the highest; equal values share the mean of theirs."""
    from scipy.stats import rankdata

    return dict(zip(values, map(float, rankdata([-value for value in values.values()])), strict=True))


def source_of(item: Set, tables: Path) -> Path | None:
    """Where a set lies, if it is at hand."""
    if item.name in FROM_SKLEARN:
        return _from_sklearn(item.name, tables)
    places = [tables / f"{item.name}.tsv"]
    if item.file:
        places = [OWN / item.file, *SHARED.glob(f"*/{item.file}"), *places]
    return next((place for place in places if place.is_file()), None)


def _from_sklearn(name: str, tables: Path) -> Path:
    from sklearn import datasets

    path = tables / f"{name}.tsv"
    if not path.is_file():
        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        tables.mkdir(parents=True, exist_ok=True)
        named = [bunch.target_names[code] for code in bunch.target]
        bunch.data.assign(target=named).to_csv(path, sep="\t", index=False)
    return path


def halves(job: Job, folder: Path) -> tuple[Path, Path]:
    """Files to train with and to test on."""
    source = Path(job.source)
    paths = folder / f"train{source.suffix}", folder / f"test{source.suffix}"
    if source.suffix == ".zip":
        _halve_zip(job, source, paths)
    else:
        _halve_table(job, source, paths)
    return paths


def _halve_zip(job: Job, source: Path, paths: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(source) as archive:
        names = sorted(name for name in archive.namelist() if not name.endswith("/"))
        contents = [archive.read(name) for name in names]
        folds = folds_of([name.split("/")[0] for name in names], [hashlib.sha256(item).hexdigest() for item in contents], job.folds, False)
        for path, test in zip(paths, (False, True), strict=True):
            with zipfile.ZipFile(path, "w") as part:
                for name, content, fold in zip(names, contents, folds, strict=True):
                    if (fold == job.fold) == test:
                        part.writestr(zipfile.ZipInfo(name), content)


def _halve_table(job: Job, source: Path, paths: tuple[Path, Path]) -> None:
    import pandas as pd

    options = dict(job.set.options)
    frame = pd.read_csv(source, sep="\t", dtype=str, keep_default_na=False)
    held = held_out(frame, options["target"], options.get("sample_column"), job)
    for path, test in zip(paths, (False, True), strict=True):
        frame[held == test].to_csv(path, sep="\t", index=False)


def held_out(frame: "pd.DataFrame", target: str, sample: str | None, job: Job) -> "np.ndarray":
    """Of each row whether it belongs to the fold; rows of one sample, and samples that are equal, stay together."""
    features = [name for name in frame.columns if name not in (target, sample, "id", "go_id")]
    if sample:
        told = frame.groupby(sample, sort=False)[target].first()
        return frame[sample].map(dict(zip(told.index, folds_of(told, told.index, job.folds, False), strict=True))).to_numpy() == job.fold
    copies = frame[features].agg("\t".join, axis=1)
    return folds_of(frame[target], copies, job.folds, job.set.kind.endswith("numbers")) == job.fold


def measure(job: Job) -> dict[str, Any]:
    """Train and evaluate once, by the suite's own commands."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train, test = halves(job, folder)
        options = {**dict(job.set.options), **dict(job.settings)}
        began = time.process_time()
        biodl(f"train-{job.family}", data=train, model=folder / "m.keras", **options)
        seconds = time.process_time() - began
        biodl("evaluate", model=folder / "m.keras", data=test, training=train, resamples=100, evaluation=folder / "e.json")
        found = json.loads((folder / "e.json").read_text())
        return {"seconds": seconds, **{key: found[key] for key in ("task", "observed", "predicted")}}


def biodl(command: str, **flags: object) -> None:
    """Run a command of the suite in this process.

    Raises:
        RuntimeError: with its sentence when it fails.
    """
    from biodl.program import cli

    words = [word for name, value in flags.items() for word in ("--" + name.replace("_", "-"), str(value))]
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        status = cli.main([command, *words])
    if status:
        raise RuntimeError(f"{command}: {said.getvalue().strip()}")


def warm_up() -> None:
    """What is paid once a process is not part of the seconds of a training."""
    os.environ.setdefault("GALAXY_SLOTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras  # noqa: F401


def run(jobs: Sequence[Job], cache: Path, workers: int) -> tuple[dict[str, Any], list[str]]:
    """Results of all jobs by their keys, kept after each; and what went wrong."""
    results = json.loads(cache.read_text()) if cache.is_file() else {}
    wanted = [job for job in jobs if job.key not in results]
    failed = []
    context = multiprocessing.get_context("spawn")
    done = 0
    # a new pool each time: with max_tasks_per_child it may wait for ever for a process that nobody starts (CPython issue 115634)
    for some in (wanted[start : start + _EACH * workers] for start in range(0, len(wanted), _EACH * workers)):
        with ProcessPoolExecutor(workers, context, warm_up) as pool:
            waiting = {pool.submit(measure, job): job for job in some}
            for future in as_completed(waiting):
                job, done = waiting[future], done + 1
                try:
                    results[job.key] = future.result()
                except RuntimeError as error:
                    failed.append(f"{job.set.name}, {job.family}, fold {job.fold + 1}: {error}")
                keep(results, cache)
                print(f"{done} of {len(wanted)}: {job.set.name}, {job.family}, fold {job.fold + 1}", file=sys.stderr, flush=True)
    return results, failed


def keep(results: dict[str, Any], cache: Path) -> None:
    """Write results so that a kill leaves the old ones or the new ones."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    beside = cache.with_suffix(".new")
    beside.write_text(json.dumps(results))
    shutil.move(beside, cache)


def summary(item: Set, family: str, parts: Sequence[dict[str, Any]]) -> Row:
    """The row of a set from the results of its folds."""
    import numpy as np

    from biodl.tasks.measures import draws

    task, y, scores = pooled(parts)
    metric = task.primary

    def judged(weights: "np.ndarray") -> dict[str, np.ndarray]:
        return {name: task.metrics(y, values, weights, only=(metric,))[metric] for name, values in scores.items()}

    values = {name: float(value[0]) for name, value in judged(np.ones((1, len(y)), dtype=int)).items()}
    blocks = [judged(weights) for weights in draws(task.resampled_within(y), RESAMPLES, SEED)]
    drawn = {name: np.concatenate([block[name] for block in blocks]) for name in scores}
    best = max((name for name in values if name != NETWORK), key=lambda name: values[name])
    error = float(np.nanstd(drawn[NETWORK], ddof=1))
    error_behind = float(np.nanstd(drawn[best] - drawn[NETWORK], ddof=1))
    seconds = mean(part["seconds"] for part in parts)
    return Row(item, family, metric, values, error, values[best] - values[NETWORK], error_behind, ranks_of(values), seconds)


def pooled(parts: Sequence[dict[str, Any]]) -> tuple[Any, "np.ndarray", dict[str, "np.ndarray"]]:
    """The task, and targets and predictions of all folds together, by name of the model.

    Raises:
        RuntimeError: when a fold knows other classes.
    """
    import numpy as np

    from biodl.tasks import task_from_json

    tasks = [task_from_json(part["task"]) for part in parts]
    apart = next((found for task in tasks if (found := tasks[0].differs(task))), "")
    if apart:
        raise RuntimeError(f"the network of the first fold {apart}: take fewer folds")
    y = np.concatenate([np.array(part["observed"]) for part in parts])
    names = {called(name, tasks[0]): name for name in parts[0]["predicted"]}
    scores = {
        shown: np.concatenate([decided(task, np.array(part["predicted"][names[shown]])) for task, part in zip(tasks, parts, strict=True)])
        for shown in (NETWORK, *OTHERS)
        if shown in names
    }
    return tasks[0], y, scores


def decided(task: Any, scores: "np.ndarray") -> "np.ndarray":
    """1 for the class that is predicted, where there are classes: each fold may have a threshold of its own; no metric asks for more."""
    import numpy as np

    return np.eye(scores.shape[1])[task.predicted(scores)] if hasattr(task, "classes") else scores


def called(name: str, task: Any) -> str:
    """One name for the linear models of all tasks."""
    return OTHERS[0] if name == task.linear_name else name


def printed(rows: Sequence[Row]) -> Iterator[str]:
    """The table, and what it comes to."""
    others = [name for name in OTHERS if any(name in row.values for row in rows)]
    yield "| data | kind | family | metric | network | ± | " + " | ".join(others) + " | rank | near the best | seconds |"
    yield "|---" * (9 + len(others)) + "|"
    for row in rows:
        values = [f"{row.values[name]:.3f}" if name in row.values else "" for name in others]
        near = "yes" if row.near else f"no: {row.behind:.3f} behind (± {row.error_behind:.3f})"
        first = f"| {row.set.name} | {row.set.kind} | {row.family} | {row.metric} | {row.values[NETWORK]:.3f} | {row.error:.3f} | "
        yield first + " | ".join(values) + f" | {row.ranks[NETWORK]:g} | {near} | {row.seconds:.1f} |"
    yield ""
    for family in dict.fromkeys(row.family for row in rows):
        ours = [row for row in rows if row.family == family]
        means = {name: mean(row.ranks[name] for row in ours if name in row.ranks) for name in (NETWORK, *others)}
        shown = ", ".join(f"{name} {value:.2f}" for name, value in sorted(means.items(), key=lambda pair: pair[1]))
        yield f"{family}: mean rank {shown}; near the best on {sum(row.near for row in ours)} of {len(ours)}."


def mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else float("nan")


def lacking(sets: Sequence[Set], tables: Path) -> str:
    """Which sets are not at hand, and how to get them; nothing if all are."""
    absent = [item.name for item in sets if source_of(item, tables) is None]
    if not absent:
        return ""
    return f"Not at hand: {', '.join(absent)}. scripts/benchmarks/data_sets.py makes them, and says how: give its folder as --tables."


def commit() -> str:
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES, help="of the data sets (default: both)")
    parser.add_argument(
        "--sets", nargs="+", choices=[item.name for item in (*SETS, *LATER)], metavar="SET", help="data sets (default: all of the half)"
    )
    parser.add_argument("--families", nargs="+", choices=("feedforward", *_BOTH), help="of networks (default: all)")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="OPTION=VALUE", help="an option of Train to try")
    parser.add_argument("--folds", type=int, default=FOLDS, help=f"folds (default: {FOLDS})")
    parser.add_argument("--jobs", type=int, choices=(1, 2), default=1, help="folds at a time (default: 1)")
    parser.add_argument("--tables", type=Path, default=ROOT / ".env" / "data-sets", help="folder that data_sets.py wrote")
    parser.add_argument("--cache", type=Path, help="file of results (default: results.json beside the tables)")
    arguments = parser.parse_args()
    if not all(name and value for name, _, value in (item.partition("=") for item in arguments.settings)):
        parser.error("--set wants OPTION=VALUE")
    return arguments


def main() -> int:
    arguments = asked()
    sets = [item for item in (*SETS, *LATER) if arguments.half in (None, item.half) and item.name in (arguments.sets or [item.name])]
    settings = tuple((name.replace("-", "_"), value) for name, _, value in (item.partition("=") for item in arguments.settings))
    absent = lacking(sets, arguments.tables)
    jobs = [
        Job(item, family, fold, arguments.folds, str(source), settings)
        for item in sets
        if (source := source_of(item, arguments.tables))
        for family in item.families
        if family in (arguments.families or item.families)
        for fold in range(arguments.folds)
    ]
    results, failed = run(jobs, arguments.cache or arguments.tables / "results.json", arguments.jobs)
    rows = []
    for item, family in dict.fromkeys((job.set, job.family) for job in jobs):
        keys = [job.key for job in jobs if (job.set, job.family) == (item, family)]
        if not all(key in results for key in keys):
            continue
        try:
            rows.append(summary(item, family, [results[key] for key in keys]))
        except RuntimeError as error:
            failed.append(f"{item.name}, {family}: {error}")
    tried = f", with {', '.join(arguments.settings)}" if settings else ""
    print(f"Half: {arguments.half or 'both'}; {arguments.folds} folds; commit {commit()}{tried}\n")
    print("\n".join([*(printed(rows) if rows else ["Nothing was measured."]), *([absent] if absent else []), *failed]))
    return 1 if failed or absent else 0


if __name__ == "__main__":
    sys.exit(main())
