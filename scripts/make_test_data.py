#!/usr/bin/env python3
"""Make the derived files in test-data/; needs the tools' environment. Run after a change of the model file."""

import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "test-data"


def biodl(*arguments: object) -> None:
    """Run a command of the suite."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    subprocess.run([sys.executable, "-m", "biodl", *map(str, arguments)], check=True, env=environment, stdout=subprocess.DEVNULL)


def rows_of(name: str) -> list[list[str]]:
    """Rows of a tab-separated file, the header first."""
    with open(DATA / name, newline="") as handle:
        return list(csv.reader(handle, delimiter="\t"))


def write(name: str, rows: list[list], delimiter: str = "\t") -> None:
    """Write rows as text."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    (DATA / name).write_text(text.getvalue())


def make_split_and_model() -> None:
    """The breast cancer data in two parts, and two networks trained on the first: with defaults, and with a threshold and sets."""
    train, test = DATA / "breast_cancer_train.tsv", DATA / "breast_cancer_test.tsv"
    biodl(
        "split",
        "--data",
        DATA / "breast_cancer.tsv",
        "--target",
        "diagnosis",
        "--validation-size",
        0,
        "--train",
        train,
        "--test",
        test,
    )
    biodl("train-feedforward", "--data", train, "--target", "diagnosis", "--model", DATA / "breast_cancer.keras")
    biodl("train-feedforward", "--data", train, "--target", "diagnosis", "--epochs", 60, "--threshold-goal", "recall",
          "--coverage", 0.9, "--model", DATA / "judged.keras")  # fmt: skip


def make_shuffled() -> None:
    """The breast cancer table with its targets dealt out again at random: nothing can be learned from it."""
    header, *rows = rows_of("breast_cancer.tsv")
    targets = [row[-1] for row in rows]
    random.Random(1).shuffle(targets)
    write("breast_cancer_shuffled.tsv", [header, *([*row[:-1], target] for row, target in zip(rows, targets, strict=True))])


def make_new_samples() -> None:
    """Three malignant and three benign samples without target, columns in another order, with an identifier."""
    header, *rows = rows_of("breast_cancer_test.tsv")
    chosen = [row for row in rows if row[-1] == "malignant"][:3] + [row for row in rows if row[-1] == "benign"][:3]
    features = header[-2::-1]
    write("new_samples.tsv", [["patient", *features], *([f"P{n}", *row[-2::-1]] for n, row in enumerate(chosen, start=1))])


def make_faulty() -> None:
    """A small table with one fault of each kind, and one without rows."""
    rows: list[list] = [["sample", "plate", "age", "dose", "outcome_code", "group", "outcome"]]
    for number in range(24):
        dose = "unknown" if number == 4 else round(0.5 + number * 0.37 % 2, 2)
        group = "rare" if number == 23 else "ab"[number % 2]
        sick = number % 3 == 0
        rows.append([f"S{number:02d}", "A", 30 + number * 7 % 40, dose, int(sick) + 1, group, "sick" if sick else "well"])
    write("faulty.tsv", rows)
    write("header_only.tsv", rows[:1])


def make_grouped() -> None:
    """Forty samples of eight patients, comma-separated."""
    rows: list[list] = [["patient", "age", "marker"]]
    rows += [[f"patient {number // 5}", 40 + number, round(number * 1.618 % 5, 3)] for number in range(40)]
    write("grouped.csv", rows, ",")


def make_semicolons() -> None:
    """Two hundred samples as a European spreadsheet writes them: semicolons, decimal commas, a comment above, names of rows."""
    header, *rows = rows_of("breast_cancer.tsv")
    chosen = [header.index(name) for name in ("mean radius", "mean texture", "mean concavity", "diagnosis")]
    cells = [[f"sample {number}", *(row[place].replace(".", ",") for place in chosen)] for number, row in enumerate(rows[:200], start=1)]
    write("semicolons.csv", [["# exported by a spreadsheet"], ["", *(header[place] for place in chosen)], *cells], ";")


def make_hostile() -> None:
    """A model file that would run code when opened: one layer is a Lambda."""
    with zipfile.ZipFile(DATA / "breast_cancer.keras") as good, zipfile.ZipFile(DATA / "hostile.keras", "w") as bad:
        for name in good.namelist():
            content = good.read(name)
            if name == "config.json":
                config = json.loads(content)
                layer = next(item for item in config["config"]["layers"] if item["class_name"] == "Identity")
                layer.update({"class_name": "Lambda", "module": "keras.layers"})
                content = json.dumps(config).encode()
            bad.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)


def make_sequences_and_model() -> None:
    """The splice junctions in a training and a test part, a network trained on the first, and a protein."""
    biodl("split", "--kind", "fasta", "--data", DATA / "splice.fasta", "--labels", DATA / "splice.tsv", "--target", "class",
          "--validation-size", 0, "--train", DATA / "splice_train.fasta", "--test", DATA / "splice_test.fasta")  # fmt: skip
    biodl("train-convolutional", "--kind", "fasta", "--data", DATA / "splice_train.fasta", "--labels", DATA / "splice.tsv",
          "--target", "class", "--epochs", 30, "--model", DATA / "splice.keras")  # fmt: skip
    (DATA / "splice_train.fasta").unlink()
    (DATA / "splice_test.fasta.gz").write_bytes(gzip.compress((DATA / "splice_test.fasta").read_bytes(), 9, mtime=0))
    classes = {row[0]: row[2] for row in rows_of("splice.tsv")}
    records = (DATA / "splice_test.fasta").read_text().split(">")[1:]
    chosen = [record for name in ("ei", "ie", "n") for record in [item for item in records if classes[item.split()[0]] == name][:2]]
    lines = [f">new_{number}\n{record.split(chr(10), 1)[1]}" for number, record in enumerate(chosen, start=1)]
    (DATA / "new_sequences.fasta").write_text("".join(lines))
    (DATA / "protein.fasta").write_text(">insulin_b_chain\nFVNQHLCGSHLVEALYLVCGERGFFYTPKT\n")


def make_images_and_model() -> None:
    """Patches of nuclei, a network trained on them, and four single images."""
    from PIL import Image

    script = ROOT / "scripts" / "cut_patches.py"
    files = ("nuclei.tif", "nuclei_mask.tif", "nuclei.zip", "nuclei.tsv")
    subprocess.run([sys.executable, script, *(DATA / name for name in files)], check=True)
    biodl("train-convolutional", "--data", DATA / "nuclei.zip", "--filters", "16,64", "--epochs", 40, "--model", DATA / "nuclei.keras")
    with zipfile.ZipFile(DATA / "nuclei.zip") as source, zipfile.ZipFile(DATA / "new_images.zip", "w") as target:
        names = source.namelist()
        for number, name in enumerate([*names[:2], *names[-2:]], start=1):
            target.writestr(zipfile.ZipInfo(f"new_{number}.png"), source.read(name))
    (DATA / "images").mkdir(exist_ok=True)
    for name, level in (("bright_1", 200), ("bright_2", 220), ("dark_1", 20), ("dark_2", 40)):
        image = Image.new("L", (20, 24), level)
        image.putpixel((3, 4), 255 - level)
        image.save(DATA / "images" / f"{name}.png")


def make_forecast_model() -> None:
    """A network that forecasts trapped lynx three years ahead from twenty."""
    biodl("train-recurrent", "--kind", "forecast", "--data", DATA / "lynx.tsv", "--target", "trapped", "--time-column", "year",
          "--window", 20, "--horizon", 3, "--units", 8, "--front-filters", 8, "--epochs", 20, "--model", DATA / "lynx.keras")  # fmt: skip


def make_evaluations() -> None:
    """Evaluations to compare: of the network above with models beside it, of two worse ones, and of one on half of the test part."""
    train, test = DATA / "breast_cancer_train.tsv", DATA / "breast_cancer_test.tsv"
    with tempfile.TemporaryDirectory() as folder:
        small, texture, half = (Path(folder) / name for name in ("small.keras", "texture.keras", "breast_cancer_half.tsv"))
        biodl("train-feedforward", "--data", train, "--target", "diagnosis", "--epochs", 3, "--seed", 5, "--model", small)
        columns = "mean texture,mean smoothness,mean symmetry"
        biodl("train-feedforward", "--data", train, "--target", "diagnosis", "--features", columns, "--epochs", 30, "--model", texture)
        half.write_text("".join(test.read_text().splitlines(keepends=True)[:58]))
        evaluate("breast_cancer", DATA / "breast_cancer.keras", test, "--training", train)
        evaluate("breast_cancer_small", small, test)
        evaluate("breast_cancer_texture", texture, test)
        evaluate("breast_cancer_half", texture, half)


def evaluate(name: str, model: Path, test: Path, *further: object) -> None:
    """Write what Compare reads."""
    path = DATA / f"{name}_evaluation.json"
    biodl("evaluate", "--model", model, "--data", test, "--resamples", 100, "--evaluation", path, *further)


if __name__ == "__main__":
    make_semicolons()
    make_sequences_and_model()
    make_images_and_model()
    make_forecast_model()
    make_split_and_model()
    make_shuffled()
    make_new_samples()
    make_faulty()
    make_grouped()
    make_hostile()
    make_evaluations()
