#!/usr/bin/env python3
"""Make the derived files in test-data/; needs the tools' environment. Run after a change of the model file."""

import csv
import io
import json
import os
import subprocess
import sys
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
    """The breast cancer data in two parts, and a network trained on the first with defaults."""
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


if __name__ == "__main__":
    make_split_and_model()
    make_new_samples()
    make_faulty()
    make_grouped()
    make_hostile()
