"""All explainers there are, and the one function that asks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..attribution import Attributions, Explainer, Subject
from . import pictures, sequences, series, tabular, words

if TYPE_CHECKING:
    import numpy as np

EXPLAINERS = {name: item for module in (tabular, sequences, series, words, pictures) for item in (module.EXPLAINER,) for name in item.kinds}
"""By the name of the kind of data."""


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
    methods = explainer_of(subject).methods
    return methods[method or next(iter(methods))](subject, raw, predicted_targets(subject, raw) if targets is None else targets)


def predicted_targets(subject: Subject, raw: dict[str, Any]) -> np.ndarray:
    """int [samples]: what to explain where nobody chose: the predicted class."""
    return subject.opened.task.to_explain(subject.scores(raw))
