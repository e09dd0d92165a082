"""Which row of a table means which sample, by their names."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from ...cells import word
from ...errors import InputError, shorten
from .image_archive import SUFFIXES


@dataclasses.dataclass(frozen=True)
class Matched:
    """What was found.

    Attributes:
        rows: position of the row of each sample, None where there is none.
        differing: how names differ that were taken for one another, in words, with how many of them do so.
    """

    rows: list[int | None]
    differing: dict[str, int]


def exact(samples: Sequence[str], cells: Sequence[str], called: str, where: str) -> Matched:
    """Names that are equal.

    Args:
        samples: their names.
        cells: the names in a table, each of them once.
        called: what samples are called, in the plural.
        where: the table in words.
    """
    place = {word(cell): row for row, cell in enumerate(cells)}
    return Matched([place.get(word(sample)) for sample in samples], {})


def by_path(samples: Sequence[str], cells: Sequence[str], called: str, where: str) -> Matched:
    """Names that are equal, or of which one is the end of the other, or which are so but for the suffix of images or the case of letters.

    Raises:
        InputError: when a row fits several samples, or a sample several rows.
    """
    rows = exact([_posix(sample) for sample in samples], [_posix(cell) for cell in cells], called, where).rows
    open_rows = set(range(len(cells))) - set(rows)
    written = sum(row is not None and cells[row] != sample for sample, row in zip(samples, rows, strict=True))
    differing = {"in how their path is written": written} if written else {}
    among = list(range(len(samples)))
    for words, key in _KEYS:
        pairs = _ends([key(sample) for sample in samples], [key(cell) for cell in cells], among, sorted(open_rows))
        found: dict[int, int] = {}
        for row, fitting in pairs:
            if len(fitting) > 1:
                first, second = (shorten(samples[sample]) for sample in fitting[:2])
                raise InputError(
                    f"The name {shorten(cells[row])} in {where} fits more than one of the {called} (as {first} and {second}): "
                    "give their paths as well."
                )
            other = found.get(fitting[0], rows[fitting[0]])
            if other is not None:
                first, second = shorten(cells[other]), shorten(cells[row])
                raise InputError(f"Two names in {where}, {first} and {second}, fit {shorten(samples[fitting[0]])}: keep one row.")
            found[fitting[0]] = row
        for sample, row in found.items():
            rows[sample] = row
        open_rows -= set(found.values())
        if found:
            differing[words] = len(found)
        among = [sample for sample, row in enumerate(rows) if row is None]
    return Matched(rows, differing)


def _ends(samples: Sequence[str], cells: Sequence[str], among: Sequence[int], open_rows: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Rows with the samples of which one path is the end of the other."""
    by_name = defaultdict(list)
    for sample in among:
        by_name[PurePosixPath(samples[sample]).name].append(sample)
    for row in open_rows:
        parts = PurePosixPath(cells[row]).parts
        fitting = [sample for sample in by_name.get(parts[-1], ()) if _end(PurePosixPath(samples[sample]).parts, parts)] if parts else []
        if fitting:
            yield row, fitting


def _end(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    length = min(len(one), len(other))
    return one[-length:] == other[-length:]


def _posix(name: str) -> str:
    """A path with ``/`` between its parts, without a drive or a root before it."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in path.parts if part not in ("/", ".", "//")]
    return "/".join(parts[1:] if parts and len(parts[0]) == 2 and parts[0][1] == ":" else parts)


def _without_suffix(name: str) -> str:
    path = PurePosixPath(_posix(name))
    if path.suffix.lower() in SUFFIXES:
        path = path.with_suffix("")
    return path.with_name(word(path.name)).as_posix() if path.name else ""


_KEYS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("in their folders", _posix),
    ("in their suffix", _without_suffix),
    ("in the case of letters", lambda name: _posix(name).casefold()),
    ("in suffix and case", lambda name: _without_suffix(name).casefold()),
)
"""How names may differ, in words, and what is equal nevertheless; the closest first."""
