#!/usr/bin/env python3
"""Data sets of the accuracy benchmark that ship in packages, as plain tables; none of them is a requirement of the suite.

Needs an environment of its own, with one package:

    python3 -m venv ENVIRONMENT && ENVIRONMENT/bin/pip install rdata
    cd PACKAGES && ENVIRONMENT/bin/pip download --no-deps aeon==1.6.0 && apt-get download r-cran-mlbench r-cran-kernlab
    ENVIRONMENT/bin/python scripts/benchmarks/data_sets.py PACKAGES TABLES

Reads the wheel and the Debian packages as the archives that they are: nothing of them is installed or run. Writes one table a data set to
TABLES, tab-separated, missing values empty; tells what was not found. The README of each package says whose the data are.
"""

import argparse
import io
import lzma
import sys
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

FROM_R = {
    "boston": ("mlbench", "BostonHousing", "medv", ()),
    "breast_cancer_original": ("mlbench", "BreastCancer", "Class", ("Id",)),
    "glass": ("mlbench", "Glass", "Type", ()),
    "ionosphere": ("mlbench", "Ionosphere", "Class", ()),
    "musk": ("kernlab", "musk", "Class", ()),
    "ozone": ("mlbench", "Ozone", "V4", ()),
    "pima": ("mlbench", "PimaIndiansDiabetes2", "diabetes", ()),
    "sonar": ("mlbench", "Sonar", "Class", ()),
    "soybean": ("mlbench", "Soybean", "Class", ()),
    "vehicle": ("mlbench", "Vehicle", "Class", ()),
    "vowel": ("mlbench", "Vowel", "Class", ()),
    "zoo": ("mlbench", "Zoo", "type", ()),
}
"""By name here: the package, the name there, the target, columns that only name samples."""
SERIES = {
    "acsf1": "ACSF1",
    "arrowhead": "ArrowHead",
    "basic_motions": "BasicMotions",
    "gunpoint": "GunPoint",
    "italy_power_demand": "ItalyPowerDemand",
    "japanese_vowels": "JapaneseVowels",
    "osuleaf": "OSULeaf",
    "pickup_gesture": "PickupGestureWiimoteZ",
}
"""By name here: the folder in aeon, whose two parts are joined."""
TARGET = "target"
"""Every target is called so."""

Rows = list[list[Any]]


def members_of_deb(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of a Debian package: an ar archive, whose member data.tar.xz holds the files."""
    place = len(b"!<arch>\n")
    while place + 60 <= len(content):
        header = content[place : place + 60]
        name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
        if name.startswith("data.tar.xz"):
            with tarfile.open(fileobj=io.BytesIO(lzma.decompress(content[place + 60 : place + 60 + size]))) as archive:
                for member in archive:
                    file = archive.extractfile(member)
                    if file is not None:
                        yield member.name, file.read()
        place += 60 + size + size % 2


def frame_of_r(content: bytes, name: str) -> Any:
    """A data frame (pandas) of an .rda file."""
    import rdata  # type: ignore[import-not-found]

    with tempfile.NamedTemporaryFile(suffix=".rda") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.write(content)
        file.flush()
        return rdata.read_rda(file.name)[name]


def rows_of_frame(frame: Any, target: str, without: Sequence[str]) -> Rows:
    """Rows of a data frame, the target last and under its name here; rows whose target is missing are left out."""
    features = [name for name in map(str, frame.columns) if name != target and name not in without]
    kept = frame[frame[target].notna()]
    cells = kept[[*features, target]].astype(object).where(kept[[*features, target]].notna(), "")
    return [[*features, TARGET], *cells.values.tolist()]


def promoters_of(frame: Any) -> Rows:
    """The letters of each promoter as one sequence."""
    letters = [name for name in frame.columns if name != "Class"]
    return [["sequence", TARGET], *(["".join(map(str, row[letters])).upper(), row["Class"]] for _, row in frame.iterrows())]


def series_of(text: str) -> Iterator[tuple[list[list[str]], str]]:
    """Channels and class of each series of a .ts file (the sktime format)."""
    for line in text.split("@data", 1)[1].split("\n"):
        if line.strip():
            *channels, label = line.strip().split(":")
            yield [channel.split(",") for channel in channels], label


def rows_of_series(series: Sequence[tuple[list[list[str]], str]]) -> Rows:
    """A row a series where there is one channel and all are equally long, else a row a time point."""
    lengths = {len(channels[0]) for channels, _ in series}
    if len(lengths) == 1 and all(len(channels) == 1 for channels, _ in series):
        return [[*(f"t{place}" for place in range(*lengths)), TARGET], *([*channels[0], label] for channels, label in series)]
    names = [f"channel_{place}" for place in range(len(series[0][0]))]
    rows: Rows = [["sample", "time", *names, TARGET]]
    for number, (channels, label) in enumerate(series):
        rows += [[f"s{number}", time, *values, label] for time, values in enumerate(zip(*channels, strict=True))]
    return rows


def write(path: Path, rows: Rows) -> None:
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")


def from_debian(packages: Path, tables: Path) -> Iterator[str]:
    """Write what the Debian packages hold; gives the names."""
    wanted = {(package, name): (key, target, without) for key, (package, name, target, without) in FROM_R.items()}
    wanted["kernlab", "promotergene"] = ("promoters", "Class", ())
    for path in sorted(packages.glob("r-cran-*.deb")):
        for member, content in members_of_deb(path.read_bytes()):
            parts = Path(member).parts
            found = wanted.get((parts[-3], Path(member).stem)) if member.endswith(".rda") and len(parts) > 2 else None
            if found:
                key, target, without = found
                frame = frame_of_r(content, Path(member).stem)
                write(tables / f"{key}.tsv", promoters_of(frame) if key == "promoters" else rows_of_frame(frame, target, without))
                yield key


def from_aeon(packages: Path, tables: Path) -> Iterator[str]:
    """Write what the wheel holds; gives the names."""
    for path in sorted(packages.glob("aeon-*.whl"))[:1]:
        with zipfile.ZipFile(path) as wheel:
            for key, folder in SERIES.items():
                names = [f"aeon/datasets/data/{folder}/{folder}_{part}.ts" for part in ("TRAIN", "TEST")]
                if set(names) <= set(wheel.namelist()):
                    write(tables / f"{key}.tsv", rows_of_series([item for name in names for item in series_of(wheel.read(name).decode())]))
                    yield key


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path, metavar="PACKAGES", help="folder with the wheel and the Debian packages")
    parser.add_argument("tables", type=Path, metavar="TABLES", help="folder to write to; made if it is not there")
    arguments = parser.parse_args()
    arguments.tables.mkdir(parents=True, exist_ok=True)
    sources: tuple[Callable[[Path, Path], Iterator[str]], ...] = (from_debian, from_aeon)
    written = [name for source in sources for name in source(arguments.packages, arguments.tables)]
    lacking = sorted({*FROM_R, *SERIES, "promoters"} - set(written))
    print(f"{len(written)} data sets written" + (f"; not found: {', '.join(lacking)}" if lacking else ""))
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
