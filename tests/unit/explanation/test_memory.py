"""Explain needs hardly more memory for twenty times the samples: neither all attributions nor all activations are ever held."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from samples import image_zip, png

from conftest import ROOT

TIMES, LETTERS = 20, 400
MOST_GROWTH = 50
"""Megabytes; what is held of the files themselves grows too."""
MEASURED = 3
"""Times at most: one table of many needed 6 to 57 MB more, in runs of the same code; without bounds it is hundreds."""

# In a process of its own, since what a process of tests holds would count; peaks are of each command, not of those before it. Numbers of
# samples that are kept, and pieces, are a tenth of the usual ones or less, lest the test take minutes.
SCRIPT = """
import json, pathlib, sys
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
peaks = []
for words in asked["commands"]:
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    assert cli.main(words) == 0, words
    peaks.append(megabytes("VmHWM"))
print("peaks", json.dumps(peaks))
"""


def table(path: Path, count: int) -> Path:
    draw = np.random.default_rng(1)
    values = draw.normal(size=(count, 6)).round(2)
    lines = ["\t".join(map(str, [*row, "up" if row[0] > 0 else "down"])) for row in values.tolist()]
    path.write_text("\n".join(["\t".join(["a", "b", "c", "d", "e", "f", "class"]), *lines]) + "\n")
    return path


def sequences(path: Path, count: int) -> Path:
    draw = np.random.default_rng(2)
    letters = np.array(list("ACGT"))[draw.integers(0, 4, (count, LETTERS))]
    path.write_text("sequence\tclass\n" + "".join(f"{''.join(row)}\t{'AC'[row[200] == 'A']}\n" for row in letters))
    return path


def images(path: Path, count: int) -> Path:
    draw = np.random.default_rng(3)
    some = [(draw.integers(0, 9, (64, 64)) + 100 * (number % 2)).astype("uint8") for number in range(50)]
    members = {}
    for number in range(count):
        pixels = some[number % 50].copy()
        pixels[0, :3] = np.array([number, number // 256, 1]) % 256
        members[f"{'bright' if number % 2 else 'dark'}/{number}.png"] = png(pixels)
    return image_zip(path, members)


FEW = {"table": 1000, "sequence": 400, "image": 100}
WRITE = {"table": table, "sequence": sequences, "image": images}
TRAIN = {
    "table": ["train-feedforward", "--target", "class", "--hidden-layers", "512", "--numeric-encoding", "standardised"],
    "sequence": ["train-convolutional", "--kind", "sequence", "--target", "class", "--filters", "8", "--near-together", "false"],
    "image": ["train-convolutional", "--kind", "image", "--filters", "2,2", "--near-together", "false"],
}


MOST = [50, 10, 200, 100]
"""Samples over which attributions are averaged, the same of images, that are shuffled, and on the map."""


def peaks(folder: Path, kind: str, most: list[int]) -> list[float]:
    """Megabytes that Explain needs for few and for many samples; ``most``: of how many what is kept."""
    model = folder / "m.keras"
    small = WRITE[kind](folder / "small", 100)
    commands = [[*TRAIN[kind], "--data", small, "--model", model, "--epochs", "1"]]
    for count in (FEW[kind], FEW[kind], TIMES * FEW[kind]):  # twice, since what a first explanation leaves behind is no growth
        outputs = [word for name in ("attributions", "controls", "importance") for word in (f"--{name}", folder / f"{name}.tsv")]
        data = WRITE[kind](folder / str(count), count)
        commands.append(["explain", "--model", model, "--data", data, "--count", "1", *outputs])
    asked = {"commands": [[str(word) for word in words] for words in commands], "most": most}
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tools"),
        "GALAXY_SLOTS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MALLOC_ARENA_MAX": "2",
    }
    done = subprocess.run([sys.executable, "-c", SCRIPT], input=json.dumps(asked), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    assert f"of {TIMES * FEW[kind]} samples, drawn at random" in done.stdout
    return json.loads(done.stdout.rpartition("peaks ")[2])[2:]


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="only Linux tells how much memory a process held at most")
@pytest.mark.parametrize("kind", WRITE)
def test_memory_does_not_grow_with_the_number_of_samples(kind, tmp_path):
    grown = []
    while len(grown) < MEASURED and min(grown, default=MOST_GROWTH) >= MOST_GROWTH:  # chance of the allocator only adds
        few, many = peaks(tmp_path, kind, MOST)
        print(f"{kind}: {few:.0f} and {many:.0f} MB")
        grown.append(many - few)
    assert min(grown) < MOST_GROWTH, grown
