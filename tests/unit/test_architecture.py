"""docs/architecture.md, the README's list of rooms and the drawing tell of the code as it is."""

import re

import draw_architecture as drawn
import pytest
from PIL import Image

from conftest import ROOT

CODE = ROOT / "tools" / "biodl"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
AGAIN = "run scripts/draw_architecture.py with the tools' environment"
PACKAGES = sorted(path.parent.relative_to(CODE).as_posix() for path in CODE.glob("*/**/__init__.py"))


def rows():
    """What the table of owners says, by room: a line for each room of a row."""
    found = {}
    for line in TEXT.splitlines():
        if line.startswith("| `"):
            _, names, owns, _ = line.split("|")
            found |= dict.fromkeys(re.findall("`([^`]+)`", names), owns)
    return found


def modules(package):
    """Names of the modules of a room."""
    return {path.stem for path in (CODE / package).glob("*.py")} - {"__init__"}


def test_every_package_has_a_row_and_no_other_has():
    single = {path.stem for path in CODE.glob("*.py")} - {"__init__", "__main__"}
    assert set(rows()) == {*PACKAGES, *single}


KINDS = [name for name in PACKAGES if name.startswith("data/") and name != "data/files"]


@pytest.mark.parametrize("package", [name for name in PACKAGES if name not in ("commands", *KINDS)])
def test_every_module_stands_in_the_row_of_its_room_and_no_other_does(package):
    named = set(re.findall("`([a-z_]+)`", rows()[package]))
    assert modules(package) - named == set()
    assert named - modules(package) == set()


def test_kinds_are_made_of_the_modules_that_are_named():
    for package in KINDS:
        assert {"dataset", "inspect"} <= modules(package)
    assert {package for package in KINDS if "forecast" in modules(package)} == {"data/series"}


@pytest.mark.parametrize("text", [TEXT, README], ids=["architecture.md", "README.md"])
def test_files_that_are_named_are_there(text):
    inside = "|".join(sorted({name.split("/")[0] for name in PACKAGES}))
    for path in re.findall(rf"`((?:{inside})/[a-z_/]+(?:\.py)?)`", text):
        assert (CODE / path).exists(), f"tools/biodl/{path} is gone"
    for path in re.findall(r"`((?:scripts|tools|docs)/[a-z_/]+(?:\.\w+)?)`", text):
        assert (ROOT / path).exists(), f"{path} is gone"
    for path in re.findall(r"\]\(([a-z][\w/.-]+)\)", text):
        place = (ROOT / "docs" if text is TEXT else ROOT) / path
        assert place.exists(), f"{path} is linked and not there"


def test_what_is_called_by_its_dotted_name_is_there():
    """``fit.py`` and ``running.EncodedLater`` as much as ``training.prepare.prepare``."""
    places = {path.stem: path for path in CODE.glob("**/*.py")}
    for dotted in re.findall(r"`([a-z_]+(?:\.[a-z_]+)*\.[A-Za-z_]+)(?:\([^`]*\))?`", TEXT):
        *above, module, name = dotted.split(".")
        if name in ("py", "md", "toml", "tsv", "keras") or module in ("encoding", "family", "task", "dataclasses"):
            continue
        path = places.get(module) or (CODE / module / "__init__.py")
        if name in {item.stem for item in (CODE / module).glob("*.py")}:
            continue
        assert path.is_file(), f"{dotted}: there is no module {module}"
        assert re.search(rf"^(def|class) {name}\b|^{name}\b", path.read_text(encoding="utf-8"), re.M), f"{dotted} is gone"
        assert not above or above[-1] == path.parent.name, f"{dotted} lies elsewhere"


def test_the_list_of_the_readme_is_true():
    section = README.split("## How the code is laid out")[1].split("\n## ")[0]
    listed = re.findall(r"^([a-z_]+)/ ", section.split("```")[1], re.M)
    assert sorted(listed) == sorted({name for name in PACKAGES if "/" not in name})
    assert set(re.findall(r"([a-z_]+)/ are", section)) <= {name.split("/")[-1] for name in PACKAGES}


def test_the_drawing_is_not_older_than_the_code():
    shown = drawn.drawing()
    with Image.open(drawn.PICTURE) as picture:
        assert picture.text[drawn.KEY] == shown.fingerprint(), f"{AGAIN}; it would show:\n" + "\n".join(shown.shown())
        assert picture.width >= 1900  # sharp at 970
    assert drawn.PICTURE.stat().st_size < 300_000


def test_the_drawing_shows_every_room_and_only_lines_that_lead_down():
    shown = drawn.drawing()
    layer = {room.name: room.layer for room in shown.rooms}
    single = {path.stem for path in CODE.glob("*.py")} - {"__init__", "__main__"}
    assert {name.split(".")[0] for name in layer} == {*single, *(name for name in PACKAGES if "/" not in name)}
    assert all(room.words for room in shown.rooms)
    assert all(layer[one] < layer[two] for one, two in shown.imports)
    assert shown.imports["program.cli", "commands"] == 1  # by name, when the program runs
    assert shown.imports["training", "networks"] >= 2


def test_the_fingerprint_follows_what_is_shown():
    room = drawn.Room("a", 0, ("biodl.a",), "What a is")
    first = drawn.Drawing([room], {("a", "b"): 1})
    assert first.fingerprint() == drawn.Drawing([room], {("a", "b"): drawn.FEW - 1}).fingerprint()
    others = [
        drawn.Drawing([room], {("a", "b"): drawn.FEW}),
        drawn.Drawing([room], {("a", "c"): 1}),
        drawn.Drawing([drawn.Room("a", 1, ("biodl.a",), "What a is")], {("a", "b"): 1}),
        drawn.Drawing([drawn.Room("a", 0, ("biodl.a",), "What a was")], {("a", "b"): 1}),
    ]
    assert len({first.fingerprint(), *(other.fingerprint() for other in others)}) == 5
