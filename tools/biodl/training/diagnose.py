"""Say in words how training went: over- or underfitted, too small to tell, stopped early, still improving.

The thresholds are measured: see docs/decisions/0008-thresholds-of-verdicts.md and 0011-verdicts-by-samples.md.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from ..errors import counted
from ..reporting.tables import four_digits
from ..reporting.verdict import Line, verdict
from ..tasks.measures import in_a_sentence, most_mistakes
from .fit import History
from .kept import Kept

_WORSE = 1.25
"""Validation loss this many times its best by the end, while training loss fell on: overfitting set in."""
_GAP = 1.5
"""Validation loss this many times the training loss at the kept epoch: the network fits the training part better."""
_BARELY = 0.9
"""A loss above this share of what guessing gives: hardly anything was learned."""
_NEGLIGIBLE = 0.1
"""A difference below this share of what guessing gives is not worth a warning."""
_SURE = 2.5
"""Standard errors by which a difference of losses must exceed what chance gives; more than 2, since the kept epoch is the best of many."""
_FALL = 0.02
"""A fall of the validation loss by this share of what guessing gives is worth more epochs."""
_WIDE = 0.1
"""A 95 % interval of the validation metric wider than this cannot tell networks apart that differ as much as networks do."""
_FEW = 100
"""Nor can fewer validation samples, however narrow the interval is."""
EPOCHS = "Settings > All settings > Training > Epochs"
"""Where the form asks for them."""


def verdicts(history: History, kept: Kept, raised_by: Sequence[str] = (), plain: float | None = None) -> list[tuple[str, str]]:
    """Findings about a training run, most important first.

    Args:
        history: what happened.
        kept: what the kept weights do on both parts.
        raised_by: what acts in training alone and so raises the loss recorded there, in words: ``dropout``.
        plain: the recorded training loss without that (of :func:`~.kept.plain_loss`); if not given, that of ``kept``.

    Returns:
        Pairs of a keyword and a sentence with advice. The first says how well it fits: ``underfitting``, ``overfitting``, ``unsure`` or
        ``good fit``. Then, where it applies, ``small validation part`` and ``training curve``; last how it ended: ``still improving``,
        ``stopped early`` or ``ran to the end``.
    """
    found = [
        _fit(history, kept)[:2],
        _small(kept),
        _curve(history, kept.loss if plain is None else plain, raised_by),
        _ending(history, kept),
    ]
    return [item for item in found if item]


def in_lines(history: History, kept: Kept, found: Sequence[tuple[str, str]], cautions: Sequence[str] = ()) -> list[Line]:
    """The verdict on a training run: what was kept and how good it is, cautions, and what to do next."""
    told = dict(found)
    how = (
        f"stopped early after epoch {len(history.rows)} of {history.planned}; {_kept(history)}"
        if history.stopped_early
        else _kept(history, f" of {len(history.rows)}")
    )
    if history.members:
        how = f"{len(history.members)} networks, averaged; {how}"
    metric = f"{in_a_sentence(kept.metric)} {four_digits(kept.value) or 'unknown'} on {kept.samples} validation samples{_interval(kept)}"
    _, sentence, then = _fit(history, kept)
    epochs = told.get("still improving")
    return verdict(
        [
            Line("Training", f"{how}; {metric}."),
            *(Line("Caution", f"{caution.rstrip('.')}.") for caution in cautions[:1]),
            Line("Fit", sentence),
            Line("Validation", told["small validation part"]) if "small validation part" in told else None,
            Line("Epochs", epochs) if epochs else None,
        ],
        Line("Next", then),
    )


_HONEST = "give this network and the test part to 'Evaluate a network'"
_JUDGE = f"{_HONEST}."
_TAME = f"against overfitting, get more data, or try more dropout or fewer units and train again; or {_HONEST}."
_LOOSEN = "try a larger network, less dropout or more epochs; 'Inspect training data' tells whether the features say anything."
_MORE = f"train with more samples, or {_HONEST}."
"""What to do next; each stands alone, since lines before it may be left out."""


def _epochs(history: History) -> str:
    """The epochs whose weights were kept, in words: of an ensemble that of each member."""
    first, last = min(history.best_epochs), max(history.best_epochs)
    return f"epoch {first}" if first == last else f"epochs {first} to {last}"


def _kept(history: History, of: str = "") -> str:
    if not history.members:
        return f"{_epochs(history)}{of} was kept"
    return f"each kept its own best ({_epochs(history)}{of})"


def _weights(history: History) -> str:
    """Whose weights were kept, as a sentence begins."""
    if not history.members:
        return f"The weights of {_epochs(history)} were kept, "
    return f"Each member kept the weights of its own best epoch ({_epochs(history)}), "


def _interval(kept: Kept) -> str:
    if kept.low != kept.low:
        return ""
    if kept.low == kept.high == kept.value == 1:
        return ", without a mistake"
    return f" (95 % interval {four_digits(kept.low)} to {four_digits(kept.high)})"


def _fit(history: History, kept: Kept) -> tuple[str, str, str]:
    """A keyword, a sentence, and what to do next."""
    best, last = history.best, history.rows[-1]
    learned, held = _share(kept.loss, kept.guess), _share(kept.val_loss, kept.val_guess)
    sure = kept.val_guess - kept.val_loss > _sure(kept) * kept.gain_error
    if learned > _BARELY:
        return (
            "underfitting",
            f"The network underfits: even its training loss ({kept.loss:.3g}) is {_beside(learned)} that of "
            f"guessing ({kept.guess:.3g}). Try a larger network, less dropout, more epochs or another learning rate; "
            "else the features may not tell the target.",
            _LOOSEN,
        )
    if held > _BARELY:
        return (
            "overfitting",
            f"The network overfits: its loss is {kept.loss:.3g} on the training part, but {kept.val_loss:.3g} on the validation part, "
            f"{_beside(held)} guessing ({kept.val_guess:.3g}). Get more data, use fewer features, a smaller network or more dropout.",
            _TAME,
        )
    if _clearly(kept.val_loss, kept.loss, _GAP, kept.val_guess) and kept.val_loss - kept.loss > _sure(kept) * kept.error:
        return (
            "overfitting",
            f"The network overfits somewhat: at the kept epoch its loss is {kept.loss:.3g} on the training part and "
            f"{kept.val_loss:.3g} on the validation part. More data, more dropout, an L2 penalty or fewer units may help.",
            _TAME,
        )
    if _clearly(last["val_loss"], best["val_loss"], _WORSE, kept.val_guess):
        return (
            "overfitting",
            f"Overfitting set in after {_epochs(history)}: the validation loss rose from {best['val_loss']:.3g} to "
            f"{last['val_loss']:.3g}. {_weights(history)}"
            + ("so the saved network is not harmed." if sure else "but nothing shows that these are better than guessing."),
            _JUDGE if sure else _TAME,
        )
    if not sure:
        return (
            "unsure",
            f"The validation part ({kept.samples} samples) cannot tell whether anything was learned: its loss of {kept.val_loss:.3g} "
            f"is below that of guessing ({kept.val_guess:.3g}), but by no more than chance may give.",
            _MORE,
        )
    return (
        "good fit",
        f"No sign of over- or underfitting: the loss is {kept.loss:.3g} on the training part and "
        f"{kept.val_loss:.3g} on the validation part (guessing: {kept.val_guess:.3g}).",
        _JUDGE,
    )


def _sure(kept: Kept) -> float:
    """Standard errors that count as sure: more where few samples tell the error itself (Student's t, to the first order)."""
    return _SURE * (1 + (_SURE**2 + 1) / (4 * max(1, kept.samples - 1)))


def _share(loss: float, guess: float) -> float:
    """A loss as a share of that of guessing, which is 0 where every target is what is guessed."""
    return loss / guess if guess else math.inf


def _beside(share: float) -> str:
    """Where a loss that is not good stands, as a share of that of guessing."""
    return "above" if share > 1 else "hardly below"


def _clearly(larger: float, smaller: float, factor: float, guess: float) -> bool:
    return larger > factor * smaller and larger - smaller > _NEGLIGIBLE * guess


def _small(kept: Kept) -> tuple[str, str] | None:
    """Whether the validation part is too small to tell networks apart; few mistakes make an interval narrow, so samples count as well."""
    width = kept.high - kept.low
    if kept.samples >= _FEW and width <= _WIDE:
        return None
    told = "small validation part"
    if width != width:
        return told, f"{kept.samples} validation samples are too few to tell how good the network is."
    least = max(width / 2, most_mistakes(kept.samples))
    return (
        told,
        f"{kept.samples} validation samples are too few to tell networks apart whose {in_a_sentence(kept.metric)} differs by less than "
        f"about {float(f'{least:.1g}'):g}.",
    )


def _curve(history: History, plain: float, raised_by: Sequence[str]) -> tuple[str, str] | None:
    """Why the curve of the training loss lies above that of the validation loss, where it does."""
    best, more = history.best, len(raised_by) > 1
    if not raised_by or best["loss"] <= max(best["val_loss"], plain):
        return None
    acting, left = ("act", "them") if more else ("acts", "it")
    return (
        "training curve",
        f"The curve of the training loss ({best['loss']:.3g} at the kept epoch) lies above that of the validation loss, since "
        f"{' and '.join(raised_by)} {acting} in training alone; without {left} it is {plain:.3g}.",
    )


def _ending(history: History, kept: Kept) -> tuple[str, str]:
    epochs, best = len(history.rows), history.best_epoch
    if history.members and history.stopped_early:
        return (
            "stopped early",
            f"Training stopped early, after epoch {epochs} of {history.planned} for the last member: no validation loss of a member had "
            f"improved since its own best epoch ({_epochs(history)}), whose weights were kept.",
        )
    if history.stopped_early:
        return (
            "stopped early",
            f"Training stopped early, after epoch {epochs} of {history.planned}: the validation loss had not "
            f"improved since epoch {best}, whose weights were kept.",
        )
    if fell_at_the_end(history.column("val_loss"), kept.val_guess):
        return (
            "still improving",
            f"The validation loss was still falling when training ended after {counted(epochs, 'epoch')}: allow more ({EPOCHS}).",
        )
    ran = f"Training ran through {f'all {epochs} epochs' if epochs > 1 else '1 epoch'}"
    if history.members:
        return "ran to the end", f"{ran}; each member kept the weights of its own best epoch ({_epochs(history)})."
    return "ran to the end", f"{ran}; the weights of epoch {best}, the best, were kept."


def fell_at_the_end(losses: Sequence[float], guess: float) -> bool:
    """Whether a validation loss really fell in the last fifth of the epochs.

    The best epoch must be one of them, and the middle of the last tenth below each loss of the tenth before the last fifth, lest noise
    counts, and by enough of what guessing gives, lest a fall counts that no metric shows. Before the first epoch there was a guess.
    """
    losses = [guess, *losses]
    fifth = max(1, round(len(losses) / 5))
    tenth = max(1, fifth // 2)
    before, end = losses[-fifth - tenth : -fifth], losses[-tenth:]
    middle = statistics.median(end)
    return min(losses[-fifth:]) <= min(losses) and middle < min(before) and statistics.median(before) - middle > _FALL * guess
