"""Whether a network is as sure as it may be: confidences beside the share that is right, in bins and in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..reporting import plots
from .measures import LEVEL, calibration_bins, calibration_error

if TYPE_CHECKING:
    import numpy as np

    from ..reporting.plots import Panel

_DRAWN, _LEVEL = 1000, 1.96
"""Truths that are drawn to tell what chance gives, and standard errors that chance rarely passes."""
_CELLS = 2**20
"""Truths that are held at a time."""
ON_ECE = "equal-mass bins: up to 10 of equally many samples, 20 at least; chance alone gives more than 0"
"""The kind of expected calibration error, in words."""


def top_label(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability [samples] of the likeliest class, and whether it is the right one; ``scores``: [samples, classes]."""
    return scores.max(axis=1), scores.argmax(axis=1) == y


def panels(confidence: np.ndarray, hits: np.ndarray, of_what: str, right: str) -> list[Panel]:
    """Reliability diagram and distribution of confidences.

    Args:
        confidence: [events], probabilities.
        hits: [events], whether each came true.
        of_what: what the probabilities are of, for the axis.
        right: what its truth is called, for the axis.
    """
    from scipy.stats import binomtest

    rows = [
        (
            float(confidence[inside].mean()),
            float(hits[inside].mean()),
            *binomtest(int(hits[inside].sum()), len(inside)).proportion_ci(LEVEL / 100, "wilson"),
        )
        for inside in calibration_bins(confidence)
    ]
    return [plots.reliability(rows, of_what, right), plots.histogram(confidence, "How sure the network is", of_what)]


def sentence(confidence: np.ndarray, hits: np.ndarray, samples: int) -> str:
    """Whether a network is over-confident, under-confident or well calibrated, as far as so many samples can tell.

    First, the mean confidence is held against the share that is right: where confidences are true, this share has a known standard
    error. Then, where both agree, the calibration error is held against those of truths drawn from the confidences themselves
    (consistency resampling; Bröcker and Smith 2007), so that what chance gives is not blamed on the network.

    Args:
        confidence, hits: [events] or [samples, events of each] as in :func:`panels`; of several, confidence in what was said of each.
        samples: independent ones.
    """
    sure, right = float(confidence.mean()), float(hits.mean())
    error = (float((confidence * (1 - confidence)).mean()) / samples) ** 0.5
    shares = f"on average it is {sure:.1%} sure, and right in {right:.1%}"
    if abs(sure - right) > _LEVEL * max(error, 1e-9):
        return f"The network is {'over' if sure > right else 'under'}-confident: {shares}."
    if confidence.ndim == 1 and not _by_chance(confidence, hits):
        return (
            f"The network is not well calibrated: {shares}, which agrees, but it is too sure in some ranges and too unsure in others "
            "(see the reliability diagram)."
        )
    return f"The network is well calibrated as far as {samples} samples can tell: {shares}."


def _by_chance(confidence: np.ndarray, hits: np.ndarray) -> bool:
    """Whether a calibration error as large would come up by chance, more often than once in 20 times, if the confidences were true."""
    import numpy as np

    samples = len(hits)
    mine = calibration_error(confidence, hits, np.ones((1, samples)))[0]
    random, inside = np.random.default_rng(0), calibration_bins(confidence)
    at_once = max(1, _CELLS // samples)
    gaps: list[float] = []
    for start in range(0, _DRAWN, at_once):
        drawn = random.random((min(at_once, _DRAWN - start), samples)) < confidence
        gaps += sum(np.abs((confidence[bin_] - drawn[:, bin_]).sum(axis=1)) for bin_ in inside).tolist()
    return bool(mine <= np.quantile(gaps, 0.95) / samples)
