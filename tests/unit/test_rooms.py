"""Outside the room of tasks no line asks which task it is; nor which kind of data, or family, outside theirs.

The source is read, not run. Of what is called ``task``, ``kind``, ``encoding``, ``data`` or ``family`` there, only that may be used which
every task, kind and so on offers; names may be shown and stored, but nothing may hang on them.
"""

import ast
import importlib
import textwrap
from collections.abc import Iterable, Iterator

import pytest

from biodl.data.kind import KINDS, BaseDataset, BaseEncoding, Dataset, Encoding, Kind
from biodl.data.kinds import FORMS
from biodl.networks.families import FAMILIES, Family
from biodl.tasks import TASKS, Task
from conftest import ROOT

BIODL = ROOT / "tools" / "biodl"
KIND_ROOMS = sorted(path.parent.name for path in (BIODL / "data").glob("*/__init__.py") if path.parent.name != "files")
CLASSES = {item.__name__ for task in TASKS.values() for item in task.__mro__ if issubclass(item, Task) and item is not Task}
"""Tasks, and what some of them share."""
MAKERS = {"data/series/forecast.py": {"Forecast"}}
"""Where a task follows from the data, and is made."""
WORDS = {
    "task": {*TASKS},
    "kind": {*KINDS, *FORMS},
    "family": {*FAMILIES},
}
NAMES = {"task": {"name"}, "kind": {"name", "forms", "called", "rank"}, "family": {"name"}}
"""What tells one from another."""


def members(*contracts: type) -> set[str]:
    """What a contract offers, dataclass fields among it."""
    fields = {name for item in contracts for kind in item.__mro__ for name in getattr(kind, "__annotations__", {})}
    return fields | {name for item in contracts for name in dir(item)}


OFFERED = {
    "task": members(Task),
    "kind": members(Kind),
    "family": members(Family),
    "encoding": members(Encoding),
    "data": members(Dataset),
}


def room_of(path: str) -> str:
    """Whose inside a module is: of tasks, of kinds or of families; nothing for all others."""
    parts = path.split("/")
    if parts[0] == "tasks":
        return "task"
    if parts[:2] == ["networks", "families"]:
        return "family"
    if parts[0] == "data" and (parts[1] in KIND_ROOMS or parts[1] in ("kind.py", "kinds.py", "tokens.py")):
        return "kind"
    if parts[:2] == ["explanation", "kinds"]:  # what a kind offers above networks, which its room in data lies below
        return "kind"
    return ""


class Reader:
    """One module, and what it asks that it should not."""

    def __init__(self, path: str, source: str):
        self.path, self.room = path, room_of(path)
        self.tree = ast.parse(source)
        self.above = {inner: outer for outer in ast.walk(self.tree) for inner in ast.iter_child_nodes(outer)}
        imports = [node for node in ast.walk(self.tree) if isinstance(node, ast.Import)]
        self.modules = {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}

    def faults(self) -> list[str]:
        """A line for each."""
        found = [item for node in ast.walk(self.tree) for check in CHECKS for item in check(self, node)]
        return [f"tools/biodl/{self.path}, line {node.lineno}: {sentence}" for node, sentence in found]

    def subject(self, node: ast.AST) -> str:
        """Which of the contracts an expression is under, by what it is called; nothing if by none."""
        if isinstance(node, ast.Call):
            return {"kind_named": "kind", "kind_of_form": "kind", "find_task": "task"}.get(called(node.func), "")
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            return node.attr if node.attr in OFFERED and owner not in {"options", "dtype", *self.modules} else ""
        return node.id if isinstance(node, ast.Name) and node.id in OFFERED else ""

    def asked(self, node: ast.AST) -> bool:
        """Whether something hangs on an expression: a branch, a comparison, a look-up."""
        while node in self.above:
            inner, node = node, self.above[node]
            if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert) and inner is node.test:
                return True
            if isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.Match) and inner is node.subject):
                return True
            if isinstance(node, ast.comprehension) and inner in node.ifs:
                return True
            if isinstance(node, ast.Subscript) and inner is node.slice:
                return True
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and inner in node.args:
                return True
            if isinstance(node, ast.JoinedStr | ast.stmt):
                return False
        return False


def called(node: ast.AST) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def constants(node: ast.AST) -> set[str]:
    return {item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)}


Found = Iterator[tuple[ast.AST, str]]


def compares_with_a_name(reader: Reader, node: ast.AST) -> Found:
    """``task == "binary"``, ``options.kind in ("text", "image")``, ``match``."""
    if isinstance(node, ast.MatchValue):
        sides, subjects = [node.value], {"task", "kind", "family"}
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        words = {called(item) for side in sides for item in ast.walk(side)} | {word for side in sides for word in constants(side)}
        subjects = {subject for subject in WORDS if subject in words} | {"task"}  # no other word is that of a task
        if any(called(item) == "dtype" for side in sides for item in ast.walk(side)):
            return
    else:
        return
    for subject in subjects - {reader.room}:
        told = sorted(WORDS[subject] & {word for side in sides for word in constants(side)})
        if told:
            yield node, f"asks which {subject} it is (compares with {told[0]!r})"


def hangs_on_a_name(reader: Reader, node: ast.AST) -> Found:
    """``if kind.called``, ``TABLE[task.name]``, ``TABLE.get(family.name)``, ``x if options.kind else y``."""
    if not isinstance(node, ast.Attribute):
        return
    subject = reader.subject(node.value)
    by_name = subject in NAMES and node.attr in NAMES[subject]
    by_choice = node.attr == "kind" and called(node.value) == "options"
    subject = "kind" if by_choice else subject
    if (by_name or by_choice) and reader.room != subject and reader.asked(node):
        yield node, f"asks which {subject} it is (something hangs on {ast.unparse(node)})"


def asks_for_more(reader: Reader, node: ast.AST) -> Found:
    """``task.classes``, ``encoding.vocabulary``: what only some offer."""
    if not isinstance(node, ast.Attribute):
        return
    subject = reader.subject(node.value)
    room = {"encoding": "kind", "data": "kind"}.get(subject, subject)
    if subject and reader.room != room and node.attr not in OFFERED[subject]:
        yield node, f"asks for something that not every {subject} offers ({ast.unparse(node)})"


def names_a_class(reader: Reader, node: ast.AST) -> Found:
    """``isinstance(task, Binary)``, ``from ..tasks import Binary``, ``kind is image.KIND``."""
    if isinstance(node, ast.Name | ast.Attribute | ast.alias) and reader.room != "task":
        name = node.name if isinstance(node, ast.alias) else called(node)
        outer = reader.above.get(node)
        made = name in MAKERS.get(reader.path, ()) and not (isinstance(outer, ast.Call) and node is not outer.func)
        if name in CLASSES and not made:
            yield node if hasattr(node, "lineno") else outer, f"names the task {name}"
    if isinstance(node, ast.Compare) and reader.room != "kind":
        sides = {called(side) for side in (node.left, *node.comparators)}
        if sides & {"KIND", "FORECAST"}:
            yield node, "asks which kind it is (compares with a registered one)"
    if isinstance(node, ast.Call) and called(node.func) == "type" and len(node.args) == 1 and reader.subject(node.args[0]) in WORDS:
        yield node, f"asks for the type of a {reader.subject(node.args[0])}"


def imports_from_inside(reader: Reader, node: ast.AST) -> Found:
    """``from ..tasks.classes import ...``, ``from ..data.text.dataset import TextDataset``."""
    if not isinstance(node, ast.ImportFrom) or not node.module:
        return
    package = ["biodl", *reader.path.split("/")[:-1]]
    module = ".".join([*package[: len(package) + 1 - node.level], node.module]) if node.level else node.module
    parts = module.split(".")
    if parts[:2] == ["biodl", "tasks"] and reader.room != "task" and len(parts) > 2 and parts[2] != "measures":
        yield node, f"reaches into the room of tasks ({module})"
    if parts[:2] == ["biodl", "data"] and len(parts) > 2 and parts[2] in KIND_ROOMS and reader.room != "kind":
        there = importlib.import_module(module)
        for alias in node.names:
            item = getattr(there, alias.name)
            if isinstance(item, type) and issubclass(item, BaseDataset | BaseEncoding):
                yield node, f"reaches into the room of a kind ({alias.name})"


def tries_what_is_there(reader: Reader, node: ast.AST) -> Found:
    """``hasattr(data, "pictures")``, ``getattr(task, "classes", ())``, ``except AttributeError``; of a module it may be asked."""
    if isinstance(node, ast.ExceptHandler) and node.type and "AttributeError" in {called(item) for item in ast.walk(node.type)}:
        yield node, "tries whether something is there (except AttributeError): say it in the contract"
    if not isinstance(node, ast.Call) or not node.args or called(node.args[0]) in reader.modules:
        return
    name = called(node.func)
    if name == "hasattr" or (name == "getattr" and len(node.args) == 3 and reader.subject(node.args[0])):
        yield node, f"tries whether something is there ({ast.unparse(node)}): say it in the contract"


CHECKS = (compares_with_a_name, hangs_on_a_name, asks_for_more, names_a_class, imports_from_inside, tries_what_is_there)


def sources() -> Iterable[tuple[str, str]]:
    return ((path.relative_to(BIODL).as_posix(), path.read_text(encoding="utf-8")) for path in sorted(BIODL.rglob("*.py")))


def test_no_line_asks_which_task_kind_or_family_it_is():
    found = [fault for path, source in sources() for fault in Reader(path, source).faults()]
    assert not found, "\n".join(["ask the task, kind or family itself, by something that all of them offer:", *found])


ASKING = {
    'if task.name == "binary": pass': "asks which task it is",
    'x = 1 if wanted in ("regression", "forecasting") else 2': "asks which task it is (compares with 'forecasting')",
    "x = {}[held.task.name]": "something hangs on held.task.name",
    "x = NAMES.get(task.name)": "something hangs on task.name",
    "rows = [row for row in rows if self.task.name]": "something hangs on self.task.name",
    "n = len(task.classes)": "not every task offers (task.classes)",
    "horizon = parts.task.horizon": "not every task offers (parts.task.horizon)",
    "from ..tasks import Binary": "names the task Binary",
    "from .. import tasks\nx = isinstance(task, tasks.Labels)": "names the task Labels",
    "from ..tasks.number import OfNumbers": "reaches into the room of tasks",
    "match task.name:\n    case 'binary': pass": "asks which task it is",
    "x = type(task).__name__": "asks for the type of a task",
    'if options.kind == "forecast": pass': "asks which kind it is (compares with 'forecast')",
    "x = options.kind if options.kind else 1": "something hangs on options.kind",
    'y = metadata["kind"] in ("text", "sequence")': "asks which kind it is",
    'if kind.called == "row": pass': "something hangs on kind.called",
    "if kind is image.KIND: pass": "compares with a registered one",
    "x = TABLE[kind_named(stored).name]": "something hangs on kind_named(stored).name",
    "x = encoding.vocabulary": "not every encoding offers",
    "x = data.texts": "not every data offers",
    "from ..data.text.dataset import TextDataset": "reaches into the room of a kind (TextDataset)",
    "if family.name != 'recurrent': pass": "asks which family it is",
    'x = hasattr(data, "pictures")': "tries whether something is there",
    'x = getattr(task, "classes", ())': "tries whether something is there",
    "try: x = data.last()\nexcept (KeyError, AttributeError): pass": "except AttributeError",
}


@pytest.mark.parametrize("source", ASKING)
def test_a_line_that_asks_is_found(source):
    found = Reader("training/made_up.py", textwrap.dedent(source)).faults()
    assert any(ASKING[source] in fault for fault in found), found
    assert all(fault.startswith("tools/biodl/training/made_up.py, line ") for fault in found)


TELLING = (
    'print(f"Task: {task.name}")',
    'metadata = {"kind": kind.name, "task": task.to_json()}',
    "if task.offered and kind.in_order: pass",
    'import os\nx = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else 1',
    'if options.task == "auto": pass',
    'if column.dtype.kind in "iuf": pass',
    "from ..tasks.measures import draws",
    'if wanted == "text": pass',
    "x = encoding.raw(data)",
    'if error:\n    raise InputError(f"A {task.name} task")',
)


@pytest.mark.parametrize("source", TELLING)
def test_a_line_that_tells_is_let_be(source):
    assert Reader("training/made_up.py", source).faults() == []


def test_inside_a_room_it_may_be_asked():
    assert Reader("tasks/made_up.py", "x = task.classes\nfrom .classes import OneClass").faults() == []
    assert Reader("data/series/made_up.py", 'if options.kind == "series_long": x = encoding.horizon').faults() == []
    assert Reader("data/series/forecast.py", "from ...tasks import Forecast\ntask = Forecast((), horizon=2)").faults() == []
    assert Reader("data/series/forecast.py", "x = isinstance(task, Forecast)").faults() != []
    assert Reader("data/split.py", 'if kind.called == "row": pass').faults() != []  # what all kinds share stands outside their rooms
    assert Reader("tasks/made_up.py", "x = hasattr(self, 'classes')").faults() != []
