#!/usr/bin/env python3
"""Which lines of the suite tests reach: the share that unit tests do, file by file, and the lines that only slow tests do.

Runs in the tools' environment, on what processes recorded that ran under :func:`recorded`.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools" / "biodl"


def recorded(folder: Path, name: str) -> dict[str, str]:
    """Environment in which every process of the suite records the lines that it runs, to files ``name.*`` in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / f"{name}.coveragerc"
    settings.write_text(f"[run]\nsource = {SOURCE}\nparallel = true\nsigterm = true\ndata_file = {folder / name}\n")
    return {"COVERAGE_PROCESS_START": str(settings)}


def lines_of(folder: Path, name: str) -> dict[str, set[int]]:
    """Lines that were run, by file."""
    from coverage import CoverageData
    from coverage.exceptions import DataError

    found: dict[str, set[int]] = {}
    for path in folder.glob(f"{name}.*"):
        if path.suffix == ".coveragerc":
            continue
        data = CoverageData(str(path))
        try:
            data.read()
        except DataError:  # cut off, as by the tests of full disks
            continue
        for file in data.measured_files():
            found.setdefault(file, set()).update(data.lines(file) or ())
    return found


def ranges(lines: set[int]) -> str:
    """Numbers of lines in words: 3-5, 9."""
    shown, ordered = [], sorted(lines)
    while ordered:
        end = next(place for place in range(len(ordered)) if place + 1 == len(ordered) or ordered[place + 1] != ordered[place] + 1)
        shown.append(f"{ordered[0]}-{ordered[end]}" if end else f"{ordered[0]}")
        ordered = ordered[end + 1 :]
    return ", ".join(shown)


def main() -> int:
    from coverage import Coverage

    folder = Path(sys.argv[1])
    unit, slow = lines_of(folder, "unit"), lines_of(folder, "slow")
    with tempfile.NamedTemporaryFile() as nothing:
        judge = Coverage(data_file=nothing.name, config_file=False)
    statements_of_all = reached_of_all = 0
    late = []
    print("Lines reached by unit tests")
    for path in sorted(SOURCE.rglob("*.py")):
        statements = set(judge.analysis2(str(path))[1])
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
