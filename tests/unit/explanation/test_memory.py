"""Explain needs hardly more memory for twenty times the samples: neither all attributions nor all activations are ever held."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from explained import saved, untrained
from samples import image_zip, png

from biodl.data.kind import Files
from conftest import ROOT

TIMES, LETTERS, STEPS, WORDS = 20, 400, 100, 100
MOST_GROWTH = 50
"""Megabytes; what is held of the files themselves grows too."""
MEASURED = 3
"""Times at most: one table of many needed 6 to 57 MB more, in runs of the same code; without bounds it is hundreds."""

# In processes of their own, since what a process of tests holds would count, one for each explanation, so that none finds what another has
# left behind; they begin with what is imported once for all. Numbers of samples that are kept, and pieces, are a tenth of the usual ones or
# less, and graphs are not optimised, lest the test take minutes.
SCRIPT = """
import json, os, pathlib, sys
import biodl.commands.explain, keras, scipy.cluster.hierarchy, scipy.linalg, sklearn.inspection, sklearn.neighbors, tensorflow
from biodl.program import cli
from biodl.explanation import explain
from biodl.networks import running

def megabytes(name):
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

asked = json.loads(sys.stdin.read())
running._PIECE_BYTES //= 40
explain.CHECKED, explain.NETWORKS = 4, 1
explain.MOST_AVERAGED, explain._STREAMED, explain.MOST_SAMPLES, explain._MAPPED = asked["most"]
for kind, commands in asked["commands"].items():
    for words in commands:
        child = os.fork()
        if not child:
            pathlib.Path("/proc/self/clear_refs").write_text("5")
            tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
            assert cli.main(words) == 0, words
            print("peak", kind, megabytes("VmHWM"), flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0, words
"""


def written(path: Path, head, rows) -> Path:
    path.write_text("\n".join("\t".join(map(str, row)) for row in [head, *rows]) + "\n")
    return path


def table(path: Path, count: int) -> Path:
    values = np.random.default_rng(1).normal(size=(count, 6)).round(2)
    return written(path, [*"abcdef", "class"], ([*row, "up" if row[0] > 0 else "down"] for row in values.tolist()))


def sequences(path: Path, count: int) -> Path:
    letters = np.array(list("ACGT"))[np.random.default_rng(2).integers(0, 4, (count, LETTERS))]
    return written(path, ["sequence", "class"], (["".join(row), "AC"[row[200] == "A"]] for row in letters))


def series(path: Path, count: int) -> Path:
    values = np.random.default_rng(4).normal(size=(count, STEPS)).round(1)
    return written(path, ["kind", *(f"t{step}" for step in range(STEPS))], (["fs"[row[9] > 0], *row] for row in values.tolist()))


def forecast(path: Path, count: int) -> Path:
    """Windows of 24 steps and 3: a row is held by each of many."""
    values = np.random.default_rng(5).normal(size=count + 26).round(2)
    return written(path, ["day", "level"], enumerate(values.tolist()))


def texts(path: Path, count: int) -> Path:
    words = np.array([f"word{number}" for number in range(200)])[np.random.default_rng(6).integers(0, 200, (count, WORDS))]
    return written(path, ["note", "mood"], ([" ".join(row), "gb"[row[9] > "word5"]] for row in words))


def images(path: Path, count: int) -> Path:
    draw = np.random.default_rng(3)
    some = [(draw.integers(0, 9, (64, 64)) + 100 * (number % 2)).astype("uint8") for number in range(50)]
    members = {}
    for number in range(count):
        pixels = some[number % 50].copy()
        pixels[0, :3] = np.array([number, number // 256, 1]) % 256
        members[f"{'bright' if number % 2 else 'dark'}/{number}.png"] = png(pixels)
    return image_zip(path, members)


FEW = {"table": 600, "sequence": 150, "series": 200, "forecast": 300, "text": 150, "image": 100}
WRITE = {"table": table, "sequence": sequences, "series": series, "forecast": forecast, "text": texts, "image": images}
NETWORK = {
    "table": ("feedforward", {"target": ("class",), "hidden_layers": (512,), "numeric_encoding": "standardised"}),
    "sequence": ("convolutional", {"target": ("class",), "filters": (8,)}),
    "series": ("convolutional", {"target": ("kind",), "filters": (8,), "dense_units": (1024,)}),
    "forecast": ("convolutional", {"target": ("level",), "time_column": ("day",), "horizon": 3, "filters": (64,)}),
    "text": ("convolutional", {"target": ("mood",), "filters": (8,)}),
    "image": ("convolutional", {"filters": (2, 2)}),
}
MOST = [50, 10, 200, 100]
"""Samples over which attributions are averaged, the same of images, that are shuffled, and on the map."""


def peaks(folder: Path, kinds: list[str], most: list[int]) -> dict[str, list[float]]:
    """Megabytes that Explain needs for few and for many samples of each kind; ``most``: of how many what is kept."""
    commands = {}
    for kind in kinds:
        (own := folder / kind).mkdir(exist_ok=True)
        family, options = NETWORK[kind]
        subject, *_ = untrained(own, kind, family, files=Files(str(WRITE[kind](own / "small", 100))), samples=1, **options)
        model, commands[kind] = saved(subject, own / "m.keras"), []
        for count in (FEW[kind], TIMES * FEW[kind]):
            outputs = [word for name in ("attributions", "controls", "importance") for word in (f"--{name}", own / f"{name}.tsv")]
            data = WRITE[kind](own / str(count), count)
            commands[kind].append([str(word) for word in ("explain", "--model", model, "--data", data, "--count", 1, *outputs)])
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tools"),
        "GALAXY_SLOTS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MALLOC_ARENA_MAX": "2",
    }
    asked = json.dumps({"commands": commands, "most": most})
    done = subprocess.run([sys.executable, "-c", SCRIPT], input=asked, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    for kind in kinds:
        assert f"of {TIMES * FEW[kind]} samples, drawn at random" in done.stdout
    found = [line.split() for line in done.stdout.splitlines() if line.startswith("peak ")]
    return {kind: [float(size) for _, of, size in found if of == kind] for kind in kinds}


@pytest.fixture(scope="module")
def first_peaks(tmp_path_factory):
    return peaks(tmp_path_factory.mktemp("memory"), list(WRITE), MOST)


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="only Linux tells how much memory a process held at most")
@pytest.mark.parametrize("kind", WRITE)
def test_memory_does_not_grow_with_the_number_of_samples(kind, first_peaks, tmp_path):
    grown = []
    while len(grown) < MEASURED and min(grown, default=MOST_GROWTH) >= MOST_GROWTH:  # chance of the allocator only adds
        few, many = peaks(tmp_path, [kind], MOST)[kind] if grown else first_peaks[kind]
        print(f"{kind}: {few:.0f} and {many:.0f} MB")
        grown.append(many - few)
    assert min(grown) < MOST_GROWTH, grown
