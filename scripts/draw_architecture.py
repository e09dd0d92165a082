#!/usr/bin/env python3
"""Draw docs/images/architecture.png from the code: rooms by layer, and who imports whom. Needs the tools' environment.

Layers are those of the contract in pyproject.toml, words those of the rooms' docstrings, lines the imports that stand in the code.
Run it when tests/unit/test_architecture.py says that the drawing is old; ``--text`` prints what is drawn with exact numbers instead.
"""

import argparse
import ast
import collections
import dataclasses
import hashlib
import re
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import small_png

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "tools" / "biodl"
PICTURE = ROOT / "docs" / "images" / "architecture.png"
KEY = "Architecture"
"""Where the picture holds the fingerprint of what it shows."""
STARTER = "biodl.__main__"
"""Starts the command line and does nothing else: not drawn."""
BY_NAME = re.compile(r'import_module\(f"(biodl\.\w+)\.\{')
"""How modules of a room are imported by a name that is known only when the program runs."""
FEW, SOME = 5, 15
"""Imports from which a dot grows: a drawing without numbers need not be made anew for every import."""
_WIDTH, _ROW, _TOP, _FOOT, _EDGE = 9.7, 0.7, 0.06, 0.62, 5.35
"""Inches: width of the picture; a row; above and below the rows; right edge of boxes. Lanes share what is left."""
_LETTERS = 68
_DOTS = (16, 60, 140)
_INK, _THIN, _BANDS, _LANES = "#12344d", "#7a7a7a", ("#dfebf5", "#f6f1e4"), ("#0072B2", "#B34700", "#00664B", "#8A3A6F")


@dataclasses.dataclass(frozen=True)
class Room:
    """A part of the code: its ``name``, its ``layer`` from the top, modules (as the contract names them) and what its docstring says."""

    name: str
    layer: int
    modules: tuple[str, ...]
    words: str


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Rooms from the top layer to the bottom, and imports by pair of names."""

    rooms: list[Room]
    imports: dict[tuple[str, str], int]

    def shown(self) -> list[str]:
        """What the picture shows, a line each."""
        rooms = [f"{room.layer} {room.name}: {room.words}" for room in self.rooms]
        return rooms + [f"{one} -> {two}: {size_of(count)}" for (one, two), count in sorted(self.imports.items())]

    def fingerprint(self) -> str:
        """Changes with what the picture shows."""
        return hashlib.sha256("\n".join(self.shown()).encode()).hexdigest()


def size_of(count: int) -> int:
    """Of a dot: 0, 1 or 2."""
    return (count >= FEW) + (count >= SOME)


def layers() -> list[list[str]]:
    """Modules of each layer, as the contract in pyproject.toml names them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    first = next(contract for contract in contracts if contract["type"] == "layers")
    return [[name.strip() for name in re.split("[|:]", line)] for line in first["layers"]]


def _source(module: str) -> Path:
    path = CODE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def words_of(module: str) -> str:
    """The beginning of a module's docstring, without its own name."""
    line = (ast.get_docstring(ast.parse(_source(module).read_text(encoding="utf-8"))) or "").split("\n")[0]
    line = re.split(r"[;.]( |$)", line)[0]
    name, _, rest = line.partition(": ")
    line = rest if rest and name.lower() == module.rpartition(".")[2] else line
    return line[:1].upper() + line[1:]


def rooms() -> list[Room]:
    """Rooms from the top layer to the bottom; modules of one package in one layer are one room."""
    found: list[Room] = []
    for number, names in enumerate(layers()):
        parents = {name.rpartition(".")[0] for name in names}
        if names == [STARTER]:
            continue
        if len(names) > 1 and len(parents) == 1 and parents != {"biodl"}:
            parent = parents.pop()
            found.append(Room(parent.removeprefix("biodl."), number, tuple(names), words_of(parent)))
        else:
            found += [Room(name.removeprefix("biodl."), number, (name,), words_of(name)) for name in names]
    return found


def drawing() -> Drawing:
    """What there is to draw; imports for type checkers alone do not count."""
    import grimp

    sys.path.insert(0, str(CODE.parent))
    graph = grimp.build_graph("biodl", exclude_type_checking_imports=True, cache_dir=None)
    everything = rooms()
    home = {
        module: room.name
        for room in everything
        for module in graph.modules
        if any(module == name or module.startswith(f"{name}.") for name in room.modules)
    }
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    for module, room in home.items():
        others = {*graph.find_modules_directly_imported_by(module), *BY_NAME.findall(_source(module).read_text(encoding="utf-8"))}
        counts.update((room, home[other]) for other in others if home.get(other, room) != room)
    return Drawing(everything, dict(counts))


def draw(shown: Drawing, path: Path) -> None:
    """Save the picture: a row a room, and a lane for each room that others import, down which an arrow leads from their dots to its box."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = _TOP + _ROW * len(shown.rooms) + _FOOT
    sheet = Figure(figsize=(_WIDTH, height))
    FigureCanvasAgg(sheet)
    axes = sheet.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, _WIDTH), ylim=(height, 0))
    imported = [room.name for room in shown.rooms if any(two == room.name for _, two in shown.imports)]
    apart = (_WIDTH - _EDGE - 0.5) / max(1, len(imported) - 1)
    lanes = {name: _EDGE + 0.25 + apart * place for place, name in enumerate(imported)}
    for place, room in enumerate(shown.rooms):
        _box(axes, room, place)
        reached = [lanes[two] for one, two in shown.imports if one == room.name]
        if reached:
            axes.plot([_EDGE, max(reached)], [_out(place)] * 2, color=_THIN, linewidth=1, zorder=1)
    for number, (name, lane) in enumerate(lanes.items()):
        _lane(axes, shown, name, lane, _LANES[number % len(_LANES)])
    _legend(axes, height - _FOOT)
    small_png.save(sheet, path, 64, {KEY: shown.fingerprint()})


def _out(place: int) -> float:
    """Height of the line that leaves a room."""
    return _TOP + _ROW * (place + 0.7)


def _box(axes: Any, room: Room, place: int) -> None:
    """The room's name and words, on the band of its layer."""
    from matplotlib.patches import FancyBboxPatch, Rectangle

    top = _TOP + _ROW * place
    axes.add_patch(Rectangle((0, top), _WIDTH, _ROW, facecolor=_BANDS[room.layer % 2], edgecolor="none", zorder=0))
    style = "round,pad=0,rounding_size=0.06"
    size = (_EDGE - 0.12, _ROW - 0.12)
    axes.add_patch(FancyBboxPatch((0.12, top + 0.06), *size, boxstyle=style, facecolor="white", edgecolor=_INK, linewidth=1.2, zorder=2))
    lines = textwrap.wrap(room.words, _LETTERS)
    axes.text(0.22, top + 0.19, room.name, fontsize=11, fontweight="bold", color=_INK, va="center", zorder=3)
    axes.text(0.22, top + 0.3, "\n".join(lines), fontsize=10, color="#222222", va="top", linespacing=1.05, zorder=3)


def _lane(axes: Any, shown: Drawing, name: str, lane: float, color: str) -> None:
    """A dot for each room that imports ``name``, and the arrow from them into its box."""
    rows = {room.name: place for place, room in enumerate(shown.rooms)}
    importing = {one: count for (one, two), count in shown.imports.items() if two == name}
    end = _TOP + _ROW * (rows[name] + 0.3)
    axes.plot([lane, lane], [min(_out(rows[one]) for one in importing), end], color=color, linewidth=1.6, zorder=1, solid_capstyle="round")
    axes.annotate(
        "", (_EDGE, end), (lane, end), arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
    )
    for one, count in importing.items():
        axes.scatter([lane], [_out(rows[one])], s=_DOTS[size_of(count)], color=color, zorder=3)


def _legend(axes: Any, top: float) -> None:
    words = (f"imports it 1 to {FEW - 1} times", f"{FEW} to {SOME - 1} times", f"{SOME} times or more")
    rule = "A dot: the room at its left imports the room that its line leads to. Shades are layers, and lines lead down only."
    axes.text(0.12, top + 0.2, rule, fontsize=10, color=_INK, va="center")
    for left, size, text in zip((0.2, 2.5, 4.1), _DOTS, words, strict=True):
        axes.scatter([left], [top + 0.45], s=size, color=_INK)
        axes.text(left + 0.14, top + 0.45, text, fontsize=10, color=_INK, va="center")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", action="store_true", help="print rooms and imports instead of drawing them")
    found = drawing()
    if not parser.parse_args().text:
        draw(found, PICTURE)
        return
    for room in found.rooms:
        print(f"{room.name}: {room.words}")
    for (one, two), count in sorted(found.imports.items(), key=lambda item: -item[1]):
        print(f"{one} imports {two} {count} times")


if __name__ == "__main__":
    main()
