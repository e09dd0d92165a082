"""The weights of a model file (HDF5): all of them inside the file, and of the shapes that the network's layers want."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import shorten
from ..stored import MALFORMED, UnfitError, demand
from .shapes import Shape

_ITEMS_A_LAYER, _FREE_ITEMS = 30, 100
"""Groups and arrays that a layer may have at most, and a file beside them."""
_ABSURD = 2
"""A network that declares so many times the weights that it has lies about its size, or lost most of them."""


def check_weights(path: Path, layers: int, wanted: list[Shape]) -> None:
    """Hold the weights against those that a network wants.

    Args:
        path: an HDF5 file.
        layers: number of layers of the network.
        wanted: shapes of its weights.

    Raises:
        UnfitError: when they refer to something outside, are damaged, or do not fit.
    """
    import math

    import h5py

    found: list[Shape] = []
    try:
        with h5py.File(path, "r") as weights:
            found.extend(_arrays(weights, _FREE_ITEMS + _ITEMS_A_LAYER * layers, path.stat().st_size))
    except OSError as error:
        if error.errno is not None:
            raise
        raise UnfitError("its weights are damaged") from None
    except (RuntimeError, *MALFORMED):
        raise UnfitError("its weights are damaged") from None
    needed, there = (sum(math.prod(extent or 1 for extent in shape) for shape in shapes) for shapes in (wanted, found))
    demand(needed <= _ABSURD * there + 1000, f"its layers declare an absurd size ({needed} weights, of which it holds {there})")
    demand(Counter(found) == Counter(wanted), "its weights are not those of its layers")


def _arrays(weights: Any, most: int, size: int) -> Iterator[Shape]:
    """Shapes of all arrays."""
    import h5py

    pending, seen, items = [weights], set(), 0
    while pending:
        group = pending.pop()
        items += len(group)
        demand(items <= most, f"its weights declare an absurd size ({items} groups or more)")
        for name in group:
            link = group.get(name, getlink=True)
            demand(isinstance(link, h5py.HardLink), f"its weights hold a link ({shorten(name)})")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            demand(address not in seen, f"its weights hold a link ({shorten(name)})")
            seen.add(address)
            if isinstance(item, h5py.Group):
                pending.append(item)
                continue
            demand(isinstance(item, h5py.Dataset), f"its weights hold something that is no array ({shorten(name)})")
            outside = bool(item.external) or item.is_virtual
            demand(not outside, f"its weights refer to another file ({shorten(name)})")
            demand(item.dtype.kind == "f", f"its weights hold something that is no number ({shorten(name)})")
            demand(
                item.size is not None and item.size * item.dtype.itemsize <= size, f"its weights declare an absurd size ({shorten(name)})"
            )
            yield tuple(item.shape)
