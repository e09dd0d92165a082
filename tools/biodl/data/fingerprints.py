"""Fingerprints of files and samples, and which samples are equal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from .kind import Dataset


def fingerprint(path: str) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def hash_arrays(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """uint64 [samples]: equal for arrays with equal bytes."""
    import numpy as np

    digests = (hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=8).digest() for array in arrays)
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype="uint64")


def number_equal(values: np.ndarray) -> np.ndarray:
    """Number samples from 0 so that equal ``values`` [samples] share a number."""
    import numpy as np

    return np.unique(values, return_inverse=True)[1]


def identical(data: Dataset) -> np.ndarray:
    """int [samples]: samples with equal features share a number."""
    return number_equal(data.row_hashes())


def shared(data: Dataset, other: Dataset) -> int:
    """How many samples of ``data`` stand in ``other`` too."""
    import numpy as np

    return int(np.isin(data.row_hashes(), other.row_hashes()).sum())
