"""Which samples are explained one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InputError, counted, listing
from .held import Held

if TYPE_CHECKING:
    import numpy as np

MISTAKES, FIRST, CHOSEN = "mistakes", "first", "chosen"
WHICH = (MISTAKES, FIRST, CHOSEN)


def choose(held: Held, which: str, names: str, count: int) -> tuple[np.ndarray, str]:
    """Positions of samples, and a sentence on which they are.

    Args:
        held: the samples.
        which: one of :data:`WHICH`.
        names: of samples, with commas between; lines count as names.
        count: how many, no more.

    Raises:
        InputError: when a name is that of no sample.
    """
    if which == CHOSEN:
        rows = named(held, names)
        left = len(rows) - count
        more = f"; {left} more were left out, since {count} were asked for" if left > 0 else ""
        return rows[:count], f"Explained: {counted(min(count, len(rows)), 'sample')} that you named{more}."
    rows, said = _others(held, which, count)
    return rows, said + (" The samples that you named were not looked for: choose 'Those named below'." if names.strip() else "")


def _others(held: Held, which: str, count: int) -> tuple[np.ndarray, str]:
    """Samples that nobody named."""
    import numpy as np

    samples = len(held.data)
    first = np.arange(min(count, samples))
    if which == FIRST or held.y is None:
        return first, f"Explained: the first {counted(len(first), 'sample')}."
    rows, many = _mistaken(held, count)
    if many:
        return rows, f"Explained: the {counted(len(rows), 'sample')} that are predicted worst."
    rest = [row for row in range(samples) if row not in set(rows.tolist())][: count - len(rows)]
    found = np.array([*rows.tolist(), *rest], dtype=int)
    if not len(rows):
        return found, f"Explained: the first {counted(len(found), 'sample')}, since there is no mistake."
    more = f", and the first {len(rest)} others" if len(rest) > 1 else ", and the first other one" if rest else ""
    return found, f"Explained: the {counted(len(rows), 'most confident mistake')}{more}."


def _mistaken(held: Held, count: int) -> tuple[np.ndarray, bool]:
    """The most confident mistakes; where predictions are near or far, not right or wrong, the worst, and True."""
    import numpy as np

    assert held.y is not None
    rows, _, _ = held.task.mistakes(held.y, held.scores, count)
    right = held.task.right(held.y, held.scores)
    if len(rows) or (right is not None and right.all()):
        return rows, False
    losses = held.task.sample_losses(held.y, held.scores)
    return np.argsort(-losses, kind="stable")[:count], True


def named(held: Held, names: str) -> np.ndarray:
    """Positions of samples by their names, by cells of columns that the network does not use, or by their lines.

    Raises:
        InputError: when there is no such sample, or no name.
    """
    import numpy as np

    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        raise InputError("No sample was named: write the names of the samples to explain, with commas between, or explain others.")
    frame = held.data.frame
    own = {*(name for part in held.subject.opened.encoding.inputs.values() for name in part), *held.task.target}
    known: dict[str, int] = {}
    for column in [*held.data.naming, *(name for name in frame.columns if name not in own and name not in held.data.naming)]:
        cells = frame[column].astype(str).tolist()
        if column in held.data.naming or len(set(cells)) == len(cells):
            known = {cell: row for row, cell in reversed(list(enumerate(cells)))} | known
    known |= {f"line {line}": row for row, line in enumerate(frame.index)}
    known = {str(line): row for row, line in enumerate(frame.index)} | known
    lacking = [name for name in wanted if name not in known]
    if lacking:
        raise InputError(
            f"No sample of {held.data.where} is called {listing(lacking, 3)}: give names as the file has them, or numbers of lines."
        )
    return np.array(list(dict.fromkeys(known[name] for name in wanted)), dtype=int)
