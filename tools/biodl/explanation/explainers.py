"""All explainers there are; each registers itself when its module is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .attribution import EXPLAINERS, Attributions, Explainer, Subject

if TYPE_CHECKING:
    import numpy as np


def explainer_of(subject: Subject) -> Explainer:
    """What the subject's kind of data offers."""
    return EXPLAINERS[subject.opened.kind.name]


def attribute(subject: Subject, raw: dict[str, Any], targets: np.ndarray | None = None, method: str = "") -> Attributions:
    """What each part of each sample adds to what the network says of it.

    Args:
        subject: the network.
        raw: inputs of the samples, as ``encoding.raw`` gives them.
        targets: int [samples]: which of ``task.explainable()`` to explain; what the network predicts if not given.
        method: a name of ``explainer_of(subject).methods``; the first if not given.
    """
    raise NotImplementedError
