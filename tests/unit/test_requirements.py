"""Each tool asks for the packages that it runs with: all of them, and no other."""

import ast
import importlib
import io
import json
import os
import socket
import subprocess
import sys

import imagecodecs
import numpy as np
import pytest
import tifffile
from made_environments import program_of
from offline import refused_network
from PIL import Image
from samples import FORMS, image_zip, picture, png, table_rows
from test_forms import NAMES, expanded

import packages
from conftest import DATA, ROOT, write_rows

SUITE = {package for name in NAMES for package in packages.needed_by(name)}
LIGHT = [name for name in NAMES if "tensorflow" not in packages.needed_by(name)]
OF_ONE = {"tune": {"optuna"}, "explain": {"logomaker"}}
"""What one tool with networks alone asks for."""


# samples of every kind, and what a tool does with them


PACKED = (None, "zlib", "lzw", "jpeg", "zstd", "packbits")
"""Ways to pack a TIFF; all but the first need imagecodecs."""


def jpeg(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG")
    return content.getvalue()


def tiff(packed: str | None):
    """A function that makes a TIFF of pixels, packed so."""

    def written(pixels: np.ndarray) -> bytes:
        content = io.BytesIO()
        tifffile.imwrite(content, pixels, compression=packed)
        return content.getvalue()

    return written


def pictures(path, bits: int, classes=("dark", "bright")):
    """Images of some classes in every format whose reading needs a package of its own; of the same numbers of bits, as networks want."""
    packings = [packed for packed in PACKED if bits == 8 or packed != "jpeg"]
    forms = [("png", imagecodecs.png_encode), *(("tif", tiff(packed)) for packed in packings)]
    forms += [("png", png), ("jpg", jpeg)] if bits == 8 else []
    members = {}
    for number in range(24):
        suffix, written = forms[number // len(classes) % len(forms)]
        name = f"{classes[number % len(classes)]}/{number:03d}.{suffix}"
        members[name] = written(picture((16, 16, 3), number, number % 2, f"uint{bits}"))
    return image_zip(path, members)


def flags_of(options) -> list[str]:
    """A command's words for options as Python has them."""
    cells = {name: ",".join(value) if isinstance(value, tuple) else value for name, value in options.items() if value is not None}
    several = {name: cell if isinstance(cell, list) else [cell] for name, cell in cells.items()}
    return [word for name, cells in several.items() for cell in cells for word in (f"--{name.replace('_', '-')}", str(cell))]


class Commands(list):
    """Words of the commands to run, each with all of its outputs."""

    def __init__(self, folder, name: str):
        self._folder, self._name = folder, name
        self._outputs = [file.flag for file in importlib.import_module(f"biodl.commands.{name}").OUTPUTS]

    def run(self, **options) -> None:
        place = self.new_folder()
        words = [self._name.replace("_", "-"), *flags_of(options)]
        self.append([*words, *(word for flag in self._outputs for word in (flag, str(place / flag.strip("-"))))])

    def new_folder(self):
        place = self._folder / str(len(list(self._folder.iterdir())))
        place.mkdir()
        return place

    def made(self, form: str) -> None:
        """Run on the samples that all tests of the contract are run on."""
        make, _, options = FORMS[form]
        options = {name: value for name, value in options.items() if name != "horizon" or self._name == "inspect"}
        files = make(self.new_folder())
        self.run(kind=form, data=files.data, labels=files.labels, collection=files.collection, **options)

    def table(self, **options) -> None:
        """Run on a table whose columns serve as targets of every task."""
        rows = [["length", "weight", "tissue", "score", "stage", "x", "y", "site"]]
        for number, (length, weight, tissue, _) in enumerate(table_rows()[1:]):
            rows.append([length, weight, tissue, f"{number * 0.37:.2f}", "abc"[number % 3], number % 2, number // 2 % 2, f"s{number // 4}"])
        self.run(data=write_rows(self.new_folder() / "samples.tsv", rows), **options)


def of_inspect(commands: Commands) -> None:
    for form in FORMS:
        commands.made(form)
    for target in ("stage", "score", "x,y"):
        commands.table(target=target)
    for bits in (8, 16):
        commands.run(kind="image", data=pictures(commands.new_folder() / "samples.zip", bits))


def of_split(commands: Commands) -> None:
    of_inspect(commands)
    commands.table(target="stage", group="site")
    commands.table(method="time", time="score")


def of_compare(commands: Commands) -> None:
    for names in (("", "_small"), ("", "_small", "_texture")):
        files = [DATA / f"breast_cancer{name}_evaluation.json" for name in names]
        commands.run(evaluations=files)


@pytest.mark.parametrize("name", NAMES)
def test_needs_are_read_as_galaxy_reads_them(name):
    assert packages.needed_by(name) == {item.text: item.get("version") for item in expanded(name).iter("requirement")}


def test_what_needs_no_network_asks_for_none():
    assert LIGHT == ["inspect", "split", "compare"]
    all_of_one = set().union(*OF_ONE.values())
    assert {package for name in LIGHT for package in packages.needed_by(name)} == SUITE - {"tensorflow", "keras", "h5py"} - all_of_one
    heavy = {name: set(packages.needed_by(name)) for name in NAMES if name not in LIGHT}
    assert heavy == {name: (SUITE - all_of_one) | OF_ONE.get(name, set()) for name in heavy}


@pytest.mark.parametrize("name", LIGHT)
def test_a_tool_runs_on_every_kind_without_what_only_others_ask_for(name, tmp_path):
    commands = Commands(tmp_path, name)
    globals()[f"of_{name}"](commands)
    order = tmp_path / "order.json"
    hidden = packages.modules_of(packages.closure(SUITE)) - packages.modules_of(packages.closure(packages.needed_by(name)))
    assert {"tensorflow", "keras", "h5py"} <= hidden
    order.write_text(json.dumps({"hidden": sorted(hidden), "commands": [["--version"], *commands]}))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "GALAXY_SLOTS": "1"}
    command = [sys.executable, str(ROOT / "tests" / "unit" / "hidden.py"), str(order)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(order.with_suffix(".done").read_text()) == [0] * (1 + len(commands)), done.stderr


@pytest.mark.parametrize("ask", [lambda: socket.create_connection(("127.0.0.1", 9)), lambda: socket.getaddrinfo("example.org", 80)])
def test_what_asks_for_the_network_is_seen(ask):
    """The fixture ``biodl`` runs every command so."""
    with refused_network() as asked, pytest.raises(OSError, match="no network"):
        ask()
    assert len(asked) == 1


# the page on dependencies

PAGE = ROOT / "docs" / "dependencies.md"


@pytest.fixture(scope="module")
def galaxy_says():
    """What Galaxy's own code makes of the requirements, by tool."""
    command = [
        str(program_of("planemo")),
        str(ROOT / "tests" / "unit" / "containers.py"),
        *map(str, sorted((ROOT / "tools").glob("biodl_*.xml"))),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows_under(heading: str) -> dict[str, list[str]]:
    """Cells of the first table under a heading of the page, by the first one, without the marks of code."""
    part = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return {first: others for first, *others in cells[2:]}


def test_the_page_tells_what_each_tool_asks_for_and_the_container_that_galaxy_looks_for(galaxy_says):
    rows = rows_under("Packages of each tool")
    assert set(rows) == {f"biodl_{name}" for name in NAMES}
    containers = rows_under("Containers")
    for name in NAMES:
        assert set(rows[f"biodl_{name}"][0].split(", ")) == set(packages.needed_by(name))
        assert containers[f"biodl_{name}"] == galaxy_says[name]["container"].split(":")


def test_the_page_tells_where_every_version_was_looked_up(galaxy_says):
    versions = {package: version for name in NAMES for package, version in packages.needed_by(name).items()}
    assert {package: cells[0] for package, cells in rows_under("Versions").items()} == versions


def test_tools_with_networks_can_use_a_gpu_and_need_none(galaxy_says):
    for name in NAMES:
        wanted = {"cuda_device_count_min": 0.0} if "tensorflow" in packages.needed_by(name) else {}
        assert galaxy_says[name]["resources"] == wanted
        assert galaxy_says[name]["named"] == 0  # a container by its full name would overrule conda


def test_no_module_imports_a_package_of_others_at_its_top():
    for path in sorted((ROOT / "tools" / "biodl").rglob("*.py")):
        for item in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in item.names] if isinstance(item, ast.Import) else []
            names += [item.module] if isinstance(item, ast.ImportFrom) and not item.level else []
            assert {name.partition(".")[0] for name in names} <= {"biodl", *sys.stdlib_module_names}, path
