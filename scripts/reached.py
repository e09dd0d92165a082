#!/usr/bin/env python3
"""Which lines of the suite tests reach: the share that unit tests do, file by file, and the lines that only slow tests do.

Reads what processes marked that ran under :func:`recorded`.
"""

import ast
import json
import sys
from pathlib import Path

import marking
from environments import HOME

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools" / "biodl"
_START = 'import os; n = os.environ.get("BIODL_MARKING"); n and exec(compile(open(n).read(), n, "exec"), {"__name__": "__marking__"})\n'


def recorded(folder: Path, name: str) -> dict[str, str]:
    """Environment in which every process of the suite marks the lines that it runs, in the folder ``name`` of ``folder``."""
    marks = folder / name
    marks.mkdir(parents=True, exist_ok=True)
    places, begin = {}, 0
    for path in sorted(SOURCE.rglob("*.py")):
        length = path.read_bytes().count(b"\n") + 2  # lines are counted from 1, and the last may lack its end
        places[str(path)] = begin, length
        begin += length
    for kept in marks.glob("*.code"):
        kept.unlink()
    (marks / "places.json").write_text(json.dumps(places))
    (marks / "marks").write_bytes(bytes(begin))
    for packages in (HOME / "tools").glob("lib/python*/site-packages"):
        start = packages / "biodl_marking.pth"  # Python runs it at each start; without the variable it does nothing
        if not start.exists() or start.read_text() != _START:  # else a Python that starts meanwhile may find half of it
            start.write_text(_START)
    return {"BIODL_MARKING": marking.__file__, "BIODL_MARKS": str(marks)}


def lines_of(folder: Path, name: str) -> dict[str, set[int]]:
    """Lines that were run, by file."""
    places = folder / name / "places.json"
    if not places.exists():
        return {}
    marks = (folder / name / "marks").read_bytes()
    return {
        path: {line for line, mark in enumerate(marks[begin : begin + length]) if mark}
        for path, (begin, length) in json.loads(places.read_text()).items()
    }


def ranges(lines: set[int]) -> str:
    """Numbers of lines in words: 3-5, 9."""
    shown, ordered = [], sorted(lines)
    while ordered:
        end = next(place for place in range(len(ordered)) if place + 1 == len(ordered) or ordered[place + 1] != ordered[place] + 1)
        shown.append(f"{ordered[0]}-{ordered[end]}" if end else f"{ordered[0]}")
        ordered = ordered[end + 1 :]
    return ", ".join(shown)


def main() -> int:
    folder = Path(sys.argv[1])
    unit, slow = lines_of(folder, "unit"), lines_of(folder, "slow")
    statements_of_all = reached_of_all = 0
    late = []
    print("Lines reached by unit tests")
    for path in sorted(SOURCE.rglob("*.py")):
        statements = set(marking.mark(ast.parse(path.read_bytes())))
        if not statements:
            continue
        reached = statements & unit.get(str(path), set())
        statements_of_all, reached_of_all = statements_of_all + len(statements), reached_of_all + len(reached)
        name = path.relative_to(SOURCE).as_posix()
        only = (statements & slow.get(str(path), set())) - reached
        never = statements - reached - only
        late += [f"  {name}: {ranges(only)}"] if only else []
        missing = f"  not at all: {ranges(never)}" if never else ""
        print(f"  {name:<40} {len(reached) / len(statements):4.0%}{missing}")
    print(f"  {'all':<40} {reached_of_all / max(1, statements_of_all):4.0%}")
    print("Lines that only tests on Galaxy reach" if late else "No line is reached by tests on Galaxy alone")
    print("\n".join(late))
    return 0


if __name__ == "__main__":
    sys.exit(main())
