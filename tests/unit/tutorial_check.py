"""What is wrong with a tutorial, as far as forms, workflows, sample data, sources and pictures can tell."""

import functools
import re
from collections.abc import Iterator

import yaml
from form_fields import Field, fits, form, made, sections, tools
from PIL import Image
from test_forms import NAMES as TOOLS
from tutorial_text import DATA, MENTION, ROOT, Number, Setting, Step, Tutorial, of_data, table

GALAXY = {
    "Login",
    "Set as Current",
    "Upload",
    "Choose local file",
    "Start",
    "Close",
    "Run Tool",
    "Workflows",
    "Run Workflow",
    "Workflow Invocations",
    "Report",
    "Help",
}
"""What Galaxy's own pages call their buttons and lists; tests/browser presses those that it needs."""
_MADE = (ROOT / "tutorials" / "images", ROOT / "docs" / "images")
"""Where pictures lie that scripts make: scripts/draw_learning.py, and the browser tests with BIODL_SCREENSHOTS."""
_KEPT = re.compile(r'keep\(page, "(\w+)"\)|keep\(page, f"report_\{name\}"')


@functools.cache
def workflows() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Labels of inputs, and of outputs, by the workflow's label."""
    loaded = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "workflows").glob("*/*.gxwf.yml"))]
    return {
        item["label"]: (
            frozenset(entry["label"] for entry in item["inputs"]),
            frozenset(entry["id"] for entry in item["outputs"])
            | frozenset(out["rename"] for step in item["steps"] for out in step["out"] if "rename" in out),
        )
        for item in loaded
    }


@functools.cache
def suite_text() -> str:
    """All that the suite may say: its Python, forms and workflows; white space evened out."""
    files = [*ROOT.glob("tools/biodl/**/*.py"), *ROOT.glob("tools/**/*.xml"), *ROOT.glob("workflows/*/*.gxwf.yml")]
    return " ".join(" ".join(path.read_text(encoding="utf-8") for path in sorted(files)).split())


@functools.cache
def cells() -> frozenset[str]:
    """Names of files of the sample data, and of columns and cells of its tables."""
    names = {path.name for path in DATA.iterdir()}
    for path in DATA.glob("*.tsv"):
        header, rows = table(path.name)
        names |= set(header) | {cell for row in rows for cell in row}
    return frozenset(names)


def faults(tutorial: Tutorial) -> list[str]:
    """Sentences, each with its line, that say what does not hold."""
    return [*_of_mentions(tutorial), *_of_settings(tutorial), *_of_numbers(tutorial), *_of_pictures(tutorial)]


def _of_mentions(tutorial: Tutorial) -> Iterator[str]:
    labels = {field.label for tool in TOOLS for field in form(tool)} | sections()
    labels |= {label for inputs, _ in workflows().values() for label in inputs}
    datasets = {name for tool in TOOLS for name in made(tool)} | {name for _, outputs in workflows().values() for name in outputs}
    for mention in MENTION.finditer(tutorial.shown):
        line = f"line {tutorial.line_of(mention.start())}"
        if mention["tool"] and tools().get(mention["id"]) != mention["tool"]:
            yield f"{line}: there is no tool '{mention['tool']}' ({mention['id']})"
        elif mention["label"] and mention["label"] not in labels:
            yield f"{line}: no form or workflow has a field '{mention['label']}'"
        elif mention["dataset"] and not is_dataset(mention["dataset"], datasets):
            yield f"{line}: nothing gives an output '{mention['dataset']}'"
        elif mention["bold"] and mention["bold"] not in {*tools().values(), *workflows(), *GALAXY}:
            yield f"{line}: there is no tool, workflow or button '{mention['bold']}'"
        elif mention["code"] and not (_stands_somewhere(mention["code"]) or _is_set(tutorial, mention)):
            yield f"{line}: '{mention['code']}' stands neither in the suite nor in its data"


def _stands_somewhere(code: str) -> bool:
    """Whether words in code are a file of this repository, a column or a cell of its data, or said by the suite."""
    return (ROOT / code).is_file() or code in cells() or code in suite_text()


def is_dataset(name: str, known: set[str]) -> bool:
    """Whether a dataset is a file of the sample data, or called as outputs are: their words, then what they were made from."""
    return (DATA / name).is_file() or name in known or any(re.match(re.escape(start) + " (?:of|on|for) ", name) for start in known)


def _is_set(tutorial: Tutorial, mention: re.Match) -> bool:
    """Whether a word in code is what a reader puts into a field; that is looked at with the field."""
    return bool(re.search(r'\*"[^"\n]+"\*:[^\n]*$', tutorial.shown[: mention.start()]))


def _of_settings(tutorial: Tutorial) -> Iterator[str]:
    for box in tutorial.boxes():
        for step in box.steps:
            if f"biodl_{step.tool}" in tools():
                for setting in step.settings:
                    yield from _of_setting(step, setting)


def found(step: Step, label: str) -> list[Field]:
    """The fields with this label that can be seen once the choices of the step are made; all of one name in a sound step."""
    chosen = {item.label: item.values for item in step.settings}
    fields = [field for field in form(step.tool) if field.label == label]
    defaults = {field.label: field.default for field in form(step.tool)}

    def seen(field: Field) -> bool:
        needs = dict(field.needs)
        return all(chosen.get(key, (defaults[key],))[0] == text for key, text in needs.items())

    # a field of a branch that stands open by itself is gone once another branch is chosen: the deeper needs say which is meant
    visible = [field for field in fields if seen(field)]
    most = max((len(field.needs) for field in visible), default=0)
    return [field for field in visible if len(field.needs) == most]


def _of_setting(step: Step, setting: Setting) -> Iterator[str]:
    line, name = f"line {setting.line}", tools()[f"biodl_{step.tool}"]
    if not any(field.label == setting.label for field in form(step.tool)):
        yield f"{line}: '{name}' has no field '{setting.label}'"
        return
    fields = found(step, setting.label)
    if not fields:
        yield f"{line}: the field '{setting.label}' of '{name}' is not to be seen with the choices of this box"
        return
    field = fields[0]
    if not setting.values and not setting.datasets:
        yield f"{line}: nothing is put into '{setting.label}'"
    for value in setting.values:
        if not fits(field, value):
            yield f"{line}: '{setting.label}' of '{name}' cannot be '{value}'"
    if setting.datasets and field.type != "data":
        yield f"{line}: '{setting.label}' of '{name}' takes no dataset"


def _of_numbers(tutorial: Tutorial) -> Iterator[str]:
    runs = {box.run for box in tutorial.boxes() if box.run}
    for number in tutorial.numbers():
        line, source = f"line {number.line}", number.source
        if source is None:
            yield f"{line}: nothing says where {number.digits} comes from"
        elif source.kind == "run" and source.places[0] not in runs:
            yield f"{line}: no box is run as '{source.places[0]}'"
        elif source.kind == "workflow" and not (ROOT / "workflows" / source.places[0]).is_dir():
            yield f"{line}: there is no workflow '{source.places[0]}'"
        elif source.kind == "code" and not _said(number, source.places[0]):
            yield f"{line}: the suite does not say '{source.places[0]}' with {number.digits}"
        elif source.kind in ("data", "form", "picture"):
            yield from _of_value(number, line)


def _said(number: Number, words: str) -> bool:
    return words in suite_text() and number.digits in words


def _of_value(number: Number, line: str) -> Iterator[str]:
    """Faults of a number whose source is at hand."""
    places = number.source.places
    try:
        if number.source.kind == "picture":
            values = [float(word) / (100 if percent else 1) for word, percent in re.findall(r"(\d+(?:\.\d+)?)( ?%)?", described(places[0]))]
        elif number.source.kind == "form":
            (default,) = {field.default for field in form(places[0]) if field.name == places[1]}
            values = [float(default)]
        else:
            values = [of_data(places)]
    except (KeyError, ValueError, OSError) as error:
        yield f"{line}: {' | '.join(places)} cannot be looked up: {error!r}"
        return
    if not any(number.agrees(value) for value in values):
        yield f"{line}: {number.digits} is not what {' | '.join(places)} gives ({', '.join(f'{value:g}' for value in values)})"


def described(picture: str) -> str:
    """The words that the script wrote into a picture of tutorials/images."""
    with Image.open(_MADE[0] / picture) as image:
        return image.info["Description"]


def _of_pictures(tutorial: Tutorial) -> Iterator[str]:
    for line, words, path in tutorial.pictures():
        if not path.is_file():
            yield f"line {line}: there is no picture {path.name}"
        elif path.parent == _MADE[0].resolve():
            if words != described(path.name):
                yield f"line {line}: the words for {path.name} are not those of scripts/draw_learning.py"
        elif path.parent != _MADE[1].resolve() or path.stem not in kept():
            yield f"line {line}: no script makes {path.name}"
        elif not words.strip() or re.search(r"\d", words):
            yield f"line {line}: {path.name} needs words for those who cannot see it, without numbers, which could not be checked"


@functools.cache
def kept() -> frozenset[str]:
    """Pictures that the browser tests make for docs/images."""
    names = set()
    for path in (ROOT / "tests" / "browser").glob("test_*.py"):
        for match in _KEPT.finditer(path.read_text(encoding="utf-8")):
            folders = [folder.name for folder in (ROOT / "workflows").iterdir()]
            names |= {match[1]} if match[1] else {f"report_{name}" for name in folders}
    return frozenset(names)
