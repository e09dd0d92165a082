"""Mark the lines of the suite that a Python process runs: this file is run as a process starts that has BIODL_MARKS.

A line of the suite marks itself: a statement is put before each as its module is imported. A trace function would slow everything else
as well: with one, TensorFlow takes half as long again. Marks lie in memory that all processes share with a file, so that
they outlive a process that is killed. Standard library only.
"""

import ast
import builtins
import importlib.abc
import importlib.machinery
import json
import marshal
import mmap
import os
import sys
import types
from collections.abc import Sequence

MARKS = "__lines_that_were_run__"  # among Python's built-in names, so that a module needs nothing else


def mark(tree: ast.Module, begin: int = 0) -> list[int]:
    """Put a mark, the line's number after ``begin``, before each statement of a module; returns the lines that are marked."""
    lines = []
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if not isinstance(statements, list) or _for_types_alone(node, name):  # a lambda's body is none
                continue
            marked: list[ast.stmt] = []
            for statement in statements:
                if _does_something(statement):
                    line = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))])
                    lines.append(line)
                    marked.append(ast.copy_location(ast.parse(f"{MARKS}[{begin + line}] = 1").body[0], statement))
                marked.append(statement)
            setattr(node, name, marked)
    ast.fix_missing_locations(tree)
    return sorted(set(lines))


def _for_types_alone(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.If) and name == "body" and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _does_something(statement: ast.stmt) -> bool:
    """Not docstrings, what must stand first, and marks themselves."""
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return not isinstance(statement, ast.Global | ast.Nonlocal) and getattr(statement, "module", "") != "__future__"


class _Marking(importlib.machinery.SourceFileLoader):
    """Compiles a module with marks, once for all processes: into the folder, apart from Python's own byte code."""

    def __init__(self, name: str, path: str, begin: int, kept: str):
        super().__init__(name, path)
        self._begin, self._kept = begin, kept

    def get_code(self, fullname: str) -> types.CodeType:
        try:
            with open(self._kept, "rb") as file:
                return marshal.load(file)
        except OSError:
            code = self._compiled(self.get_filename(fullname))
        own = f"{self._kept}.{os.getpid()}"
        with open(own, "wb") as file:
            marshal.dump(code, file)
        os.replace(own, self._kept)
        return code

    def _compiled(self, path: str) -> types.CodeType:
        tree = ast.parse(self.get_data(path))
        mark(tree, self._begin)
        return compile(tree, path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules of the suite as Python does, and has them marked."""

    def __init__(self, folder: str, places: dict[str, list[int]]):
        self._folder, self._places = folder, places

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] != "biodl":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin in self._places:
            begin, _ = self._places[spec.origin]
            spec.loader = _Marking(fullname, spec.origin, begin, os.path.join(self._folder, f"{fullname}.code"))
        return spec


def start(folder: str) -> None:
    """Have the suite's modules marked that this process imports from here on."""
    with open(os.path.join(folder, "places.json"), encoding="utf-8") as file:
        places = json.load(file)  # of each file: where its marks begin, and how many they are
    with open(os.path.join(folder, "marks"), "r+b") as marks:
        setattr(builtins, MARKS, mmap.mmap(marks.fileno(), 0))
    sys.meta_path.insert(0, _Finder(folder, places))


if __name__ == "__marking__":
    start(os.environ["BIODL_MARKS"])
