"""Say in words how training went: over- or underfitted, stopped early, still improving."""

from __future__ import annotations

from ..tasks import Task
from .fit import History

_LATE = 0.95
"""A best epoch later than this share of all epochs means that training was still improving."""
_WORSE = 1.25
"""Validation loss this many times its best by the end, while training loss fell on: overfitting set in."""
_GAP = 1.5
"""Validation loss this many times the training loss at the kept epoch: the network fits the training part better."""
_BARELY = 0.9
"""A loss above this share of what guessing gives: hardly anything was learned."""
_NEGLIGIBLE = 0.1
"""A difference below this share of what guessing gives is not worth a warning."""


def verdicts(history: History, task: Task, rows: int) -> list[tuple[str, str]]:
    """Findings about a training run, most important first.

    Args:
        history: what happened.
        task: what was learned; its ``counts`` are those of the training part.
        rows: number of training rows.

    Returns:
        Pairs of a keyword (``underfitting``, ``overfitting``, ``good fit``, ``still improving``, ``stopped early``,
        ``ran to the end``) and a sentence with advice.
    """
    guess = task.guessing_loss(rows)
    best, last = history.best, history.rows[-1]
    found = []
    if best["val_loss"] > _BARELY * guess:
        if best["loss"] > _BARELY * guess:
            found.append(
                (
                    "underfitting",
                    f"The network underfits: even its training loss ({best['loss']:.3g}) is {_beside(best['loss'], guess)} that of "
                    f"guessing ({guess:.3g}). Try a larger network, less dropout, more epochs or another learning rate; "
                    "if nothing helps, the features may not tell the target.",
                )
            )
        else:
            found.append(
                (
                    "overfitting",
                    f"The network overfits: its loss is {best['loss']:.3g} on the training part, but {best['val_loss']:.3g} on "
                    f"the validation part, {_beside(best['val_loss'], guess)} guessing ({guess:.3g}). What it learned does not carry over: "
                    "get more data, use fewer features, a smaller network or more dropout.",
                )
            )
    elif _clearly(best["val_loss"], best["loss"], _GAP, guess):
        found.append(
            (
                "overfitting",
                f"The network overfits somewhat: at the kept epoch its loss is {best['loss']:.3g} on the training part and "
                f"{best['val_loss']:.3g} on the validation part. More data, more dropout, an L2 penalty or fewer units may help.",
            )
        )
    elif _clearly(last["val_loss"], best["val_loss"], _WORSE, guess):
        found.append(
            (
                "overfitting",
                f"Overfitting set in after epoch {history.best_epoch}: the validation loss rose from {best['val_loss']:.3g} to "
                f"{last['val_loss']:.3g}. The weights of epoch {history.best_epoch} were kept, so the saved network is not harmed.",
            )
        )
    else:
        found.append(
            (
                "good fit",
                f"No sign of over- or underfitting: the loss is {best['loss']:.3g} on the training part and "
                f"{best['val_loss']:.3g} on the validation part (guessing: {guess:.3g}).",
            )
        )
    found.append(_ending(history))
    return found


def _beside(loss: float, guess: float) -> str:
    """Where a loss that is not good stands."""
    return "above" if loss > guess else "hardly below"


def _clearly(larger: float, smaller: float, factor: float, guess: float) -> bool:
    return larger > factor * smaller and larger - smaller > _NEGLIGIBLE * guess


def _ending(history: History) -> tuple[str, str]:
    epochs = len(history.rows)
    if history.stopped_early:
        return (
            "stopped early",
            f"Training stopped early, after epoch {epochs} of {history.planned}: the validation loss had not "
            f"improved since epoch {history.best_epoch}, whose weights were kept.",
        )
    if history.best_epoch > _LATE * epochs:
        return (
            "still improving",
            f"The network was still improving when the {epochs} epochs were over (best epoch: {history.best_epoch}): allow more epochs.",
        )
    return (
        "ran to the end",
        f"Training ran through all {epochs} epochs; the weights of epoch {history.best_epoch}, the best, were kept.",
    )
