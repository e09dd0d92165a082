#!/usr/bin/env python3
"""How many near copies are found, how many that are none, and what the search takes.

Needs the tools' environment. Each case is a process of its own: made samples, of which 1,000 are copied with changes. Prints a Markdown
table, and exits with 1 when 100,000 sequences of 200 letters take more than 120 processor seconds or 1 GB.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SECONDS, GIGABYTES, COPIES = 120.0, 1.0, 1000
DNA, PROTEIN = "ACGT", "ACDEFGHIKLMNPQRSTVWY"
CASES = {
    "DNA, 100,000 of 200 letters, 90 % the same": (DNA, 100_000, 200, 0.1, 0),
    "DNA, 100,000 of 200 letters, 95 %, letters put in and left out": (DNA, 100_000, 200, 0.05, 2),
    "DNA, 3,000 of 60 letters, 90 %": (DNA, 3_000, 60, 0.1, 0),
    "DNA, 3,000 of 60 letters, 95 %": (DNA, 3_000, 60, 0.05, 0),
    "DNA, 3,000 of 1,000 letters, 90 %, letters put in and left out": (DNA, 3_000, 1_000, 0.1, 2),
    "proteins, 20,000 of 300 letters, 90 %, letters put in and left out": (PROTEIN, 20_000, 300, 0.1, 2),
    "images, 10,000 of 32 x 32 pixels, mirrored, turned, with noise": (None, 10_000, 32, 0.0, 0),
}


def changed(random: np.random.Generator, text: str, letters: str, errors: int, gaps: int) -> str:
    """A copy with so many errors, some of which are letters put in or left out; of DNA half are of the other strand."""
    found = list(text)
    for place in random.choice(len(found), max(0, errors - gaps), replace=False):
        found[place] = random.choice([letter for letter in letters if letter != found[place]])
    for number in range(gaps):
        place = random.integers(len(found))
        found[place : place + 1] = [found[place], random.choice(list(letters))] if number % 2 else []
    copy = "".join(found)
    return copy.translate(str.maketrans("ACGT", "TGCA"))[::-1] if letters == DNA and random.random() < 0.5 else copy


def sequences(random: np.random.Generator, letters: str, count: int, length: int, share: float, gaps: int) -> np.ndarray:
    """Groups of made sequences and their copies, these last."""
    from biodl.data.sequence.near import near_sequences

    made = ["".join(row) for row in np.array(list(letters))[random.integers(0, len(letters), (count - COPIES, length))]]
    copies = [changed(random, text, letters, int((length - gaps) * share), gaps) for text in made[:COPIES]]
    return near_sequences([*made, *copies], "dna" if letters == DNA else "protein")


def images(random: np.random.Generator, count: int, side: int) -> np.ndarray:
    """The same of smooth random pictures."""
    from PIL import Image

    from biodl.data.files.pixels import Store
    from biodl.data.image.near import eight_ways, near_images

    store = Store((side, side, 1), "uint8")
    made = []
    for coarse in random.normal(size=(count - COPIES, 6, 6)).astype("float32"):
        fine = np.array(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))
        made.append(((fine - fine.min()) / np.ptp(fine) * 255)[:, :, None])
    copies = [eight_ways(pixels[None])[random.integers(8)][0] + random.normal(0, 4, pixels.shape) for pixels in made[:COPIES]]
    for pixels in [*made, *copies]:
        store.append(np.clip(pixels, 0, 255).astype("uint8"))
    return near_images([store.close()])


def one(name: str) -> str:
    """A row of the table."""
    letters, count, length, share, gaps = CASES[name]
    random = np.random.default_rng(1)
    before = time.process_time()
    codes = images(random, count, length) if letters is None else sequences(random, letters, count, length, share, gaps)
    seconds = time.process_time() - before
    hits = int((codes[:COPIES] == codes[-COPIES:]).sum())
    wrong = count - len(set(codes.tolist())) - hits
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return f"| {name} | {hits / COPIES:.1%} | {wrong} | {seconds:.1f} | {memory:.2f} |"


def main() -> int:
    """Every case in a process of its own."""
    if len(sys.argv) > 1:
        print(one(sys.argv[1]))
        return 0
    print("| samples | copies found | others joined | processor seconds, samples made too | GB |\n|---|---|---|---|---|", flush=True)
    bad = False
    for name in CASES:
        command = [sys.executable, __file__, name]
        row = subprocess.run(command, env={"PYTHONPATH": str(ROOT / "tools")}, capture_output=True, text=True, check=True).stdout.strip()
        print(row, flush=True)
        *_, seconds, memory = (cell.strip() for cell in row.strip("|").split("|"))
        bad |= "100,000" in name and (float(seconds) > SECONDS or float(memory) > GIGABYTES)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
