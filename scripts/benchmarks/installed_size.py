#!/usr/bin/env python3
"""Size on disk of what each tool asks for, with all that comes along, as pip installed it here; prints a Markdown table.

Needs the tools' environment. ``tensorflow-cpu`` stands for ``tensorflow``; conda's packages are split in other ways and take other sizes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from packages import TOOLS, closure, megabytes, needed_by, on_pypi


def main() -> int:
    suite = {name for tool in TOOLS for name in needed_by(tool)}
    print("| tool | packages named | packages in all | MB |\n|---|---|---|---|")
    for title, names in (*((tool, set(needed_by(tool))) for tool in TOOLS), ("all tools together", suite)):
        everything = closure(names)
        print(f"| {title} | {len(names)} | {len(everything)} | {sum(map(megabytes, everything)):.0f} |")
    print("\n| package | MB alone |\n|---|---|")
    for name, size in sorted(((name, megabytes(on_pypi(name))) for name in suite), key=lambda item: -item[1]):
        print(f"| {name} | {size:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
