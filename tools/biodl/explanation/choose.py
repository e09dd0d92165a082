"""Which samples are explained one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..data.kind import Dataset
from ..errors import InputError, counted, listing
from ..networks.opened import Opened
from .budget import was
from .held import Held

if TYPE_CHECKING:
    import numpy as np

MISTAKES, FIRST, CHOSEN = "mistakes", "first", "chosen"
WHICH = (MISTAKES, FIRST, CHOSEN)


def wished(opened: Opened, data: Dataset, which: str, names: str, count: int, judged: bool) -> np.ndarray | None:
    """Positions of samples that are to be explained whatever the network says of them; None: its predictions choose.

    Args:
        opened: the network.
        data: held-out samples.
        which: one of :data:`WHICH`.
        names: of samples, with commas between; lines count as names.
        count: how many are explained.
        judged: whether targets are known, without which there are no mistakes.

    Raises:
        InputError: when a name is that of no sample.
    """
    import numpy as np

    if which == CHOSEN:
        return named(opened, data, names)
    return np.arange(min(count, len(data))) if which == FIRST or not judged else None


def choose(held: Held, which: str, names: str, count: int) -> tuple[np.ndarray, str]:
    """Positions of samples, and a sentence on which they are; arguments are those of :func:`wished`.

    Raises:
        InputError: when a name is that of no sample.
    """
    first = held.first
    if first is None:
        first = wished(held.subject.opened, held.data, which, names, count, held.y is not None)
    if which == CHOSEN:
        assert first is not None
        left = len(first) - count
        more = f"; {left} more {was(left)} left out, since {count} {was(count)} asked for" if left > 0 else ""
        return first[:count], f"Explained: {counted(min(count, len(first)), 'sample')} that you named{more}."
    unasked = " The samples that you named were not looked for: choose 'Those named below'." if names.strip() else ""
    if first is not None:
        return first, f"Explained: the first {counted(len(first), 'sample')}.{unasked}"
    rows, said, others = _by_mistakes(held, count)
    among = f" Only {len(held.data)} of {held.given} samples {was(len(held.data))} predicted: there may be {others}." if held.unseen else ""
    return rows, said + among + unasked


def _by_mistakes(held: Held, count: int) -> tuple[np.ndarray, str, str]:
    """The most confident mistakes, and the first others where there are fewer; where only some samples were predicted, which are drawn at
    random, others that were. Also a sentence on which they are, and what samples that were not predicted may be."""
    import numpy as np

    samples = len(held.data)
    rows, many = _mistaken(held, count)
    if many:
        return rows, f"Explained: the {counted(len(rows), 'sample', 'that is', 'that are')} predicted worst.", "worse ones"
    rest = [row for row in range(samples) if row not in set(rows.tolist())][: count - len(rows)]
    found = np.array([*rows.tolist(), *rest], dtype=int)
    if not len(rows):
        which = f"{len(found)} of the samples that were predicted, among which"
        which = which if held.unseen else f"the first {counted(len(found), 'sample')}, since"
        return found, f"Explained: {which} there is no mistake.", "mistakes among the others"
    more = ""
    if rest:
        others = "other one" if len(rest) == 1 else f"{len(rest)} others"
        more = f", and {counted(len(rest), 'other')} that {was(len(rest))} predicted" if held.unseen else f", and the first {others}"
    return found, f"Explained: the {counted(len(rows), 'most confident mistake')}{more}.", "worse ones"


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


def named(opened: Opened, data: Dataset, names: str) -> np.ndarray:
    """Positions of samples by their names, by cells of columns that the network does not use, or by their lines.

    Raises:
        InputError: when there is no such sample, or no name.
    """
    import numpy as np

    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        raise InputError("No sample was named: write the names of the samples to explain, with commas between, or explain others.")
    frame = data.frame
    own = {*(name for part in opened.encoding.inputs.values() for name in part), *opened.task.target}
    known: dict[str, int] = {}
    for column in [*data.naming, *(name for name in frame.columns if name not in own and name not in data.naming)]:
        cells = frame[column].astype(str).tolist()
        if column in data.naming or len(set(cells)) == len(cells):
            known = {cell: row for row, cell in reversed(list(enumerate(cells)))} | known
    known |= {f"line {line}": row for row, line in enumerate(frame.index)}
    known = {str(line): row for row, line in enumerate(frame.index)} | known
    lacking = [name for name in wanted if name not in known]
    if lacking:
        raise InputError(
            f"No sample of {data.where} is called {listing(lacking, 3)}: give names as the file has them, or numbers of lines."
        )
    return np.array(list(dict.fromkeys(known[name] for name in wanted)), dtype=int)
