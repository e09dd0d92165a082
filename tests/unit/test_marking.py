"""Lines that tests reach are those that Python's own trace function sees, and marks of processes come together in one file."""

import ast
import builtins
import os
import subprocess
import sys

import marking
import reached
from conftest import DATA, ROOT

SOURCE = '''"""What a module may hold."""
from __future__ import annotations
import functools
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import decimal
TOLD = []
"""A docstring of a constant."""

def twice(function):
    @functools.wraps(function)
    def both(*given):
        function(*given)
        return function(*given)
    return both

@twice
def choose(number):
    """Chooses."""
    global LAST
    LAST = number
    if number > 2:
        TOLD.append("large")
    elif number == 2:
        TOLD.append("two")
    else:
        TOLD.append("small")
    for place in range(number):
        if place == 1:
            break
    else:
        TOLD.append("to the end")
    try:
        return 1 / (number - 2)
    except ZeroDivisionError:
        return (
            None
        )
    finally:
        TOLD.append("done")

class Kept:
    size = 3

    @property
    def shown(self):
        match self.size:
            case 3:
                return "three"
            case _:
                return "other"

    def never(self):
        raise AssertionError

with open("/dev/null") as nothing:
    seen = [choose(2), choose(1), Kept().shown, (lambda: 4)()]
'''


def traced(code) -> set[int]:
    """Lines of the source that Python says it runs."""
    lines = set()

    def trace(frame, event, argument):
        if frame.f_code.co_filename != code.co_filename:
            return None
        if event == "line":
            lines.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        exec(code, {"__name__": "made"})
    finally:
        sys.settrace(before)
    return lines


def test_a_statement_is_marked_where_python_runs_it(monkeypatch):
    tree = ast.parse(SOURCE)
    statements = set(marking.mark(tree))
    marks = bytearray(len(SOURCE))
    monkeypatch.setattr(builtins, marking.MARKS, marks, raising=False)
    names = {"__name__": "made"}
    exec(compile(tree, "<marked>", "exec"), names)
    found = {line for line, mark in enumerate(marks) if mark}
    assert found == traced(compile(SOURCE, "<made>", "exec")) & statements
    missed = {SOURCE.splitlines()[line - 1].strip() for line in statements - found}
    assert missed == {'TOLD.append("large")', 'return "other"', "raise AssertionError"}
    assert (names["seen"], names["__doc__"]) == ([None, -1.0, "three", 4], "What a module may hold.")


def test_marks_of_processes_come_together_and_a_killed_one_leaves_its(tmp_path, monkeypatch):
    monkeypatch.setattr(reached, "HOME", tmp_path)  # which has no environment to write to
    environment = {**os.environ, **reached.recorded(tmp_path, "unit"), "PYTHONPATH": str(ROOT / "tools")}
    del environment["BIODL_MARKING"]  # by hand instead, whether or not the environment here does it
    began = f"exec(open({marking.__file__!r}).read(), {{'__name__': '__marking__'}})\n"
    words = ["split", "--data", str(DATA / "breast_cancer_test.tsv"), "--target", "nothing", "--train", str(tmp_path / "train")]
    for end in ("", "import os; os._exit(9)"):
        program = f"{began}from biodl.program import cli\nassert cli.main({words if end else ['compare']!r})\n{end}"
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
    found = {path.removeprefix(f"{reached.SOURCE}/"): lines for path, lines in reached.lines_of(tmp_path, "unit").items() if lines}
    assert {"commands/split.py", "commands/compare.py", "program/cli.py"} <= set(found)
    assert "commands/predict.py" not in found
    assert not list(reached.SOURCE.rglob("*.code"))
