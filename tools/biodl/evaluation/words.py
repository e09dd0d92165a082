"""The verdict of an evaluation in a few lines: how good, whether something simpler or another network does as well, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from ..reporting.tables import between, four_digits
from ..reporting.verdict import Line, verdict
from ..tasks.measures import in_a_sentence, most_mistakes
from .compare import Comparison, HeldOut, best_simpler, needless, rival_leads, seen_in_training, sentence_on, warnings

_PERFECT = ("accuracy", "exact_match")
"""Metrics that are 1 when there is no mistake at all."""


def in_lines(held: HeldOut, comparison: Comparison, nearly: Sequence[str] = ()) -> list[Line]:
    """The verdict; that the network has seen samples in training comes before everything else, and nobody is compared by them then.

    Args:
        held: samples and network.
        comparison: of models on them.
        nearly: how many are near training samples, if any are.
    """
    seen = seen_in_training(held)
    others = [caution for caution in warnings(held) if caution not in seen]
    return verdict(
        [
            *(Line("Caution", caution) for caution in seen[:1] or nearly),
            Line("Result", _result(held, comparison)),
            _rival(held, comparison),
            None if seen else Line("Simpler model", _simpler(held, comparison)),
            *(Line("Caution", caution) for caution in others[:1]),
        ],
        Line("Next", _then(held, comparison, bool(seen))),
    )


def _result(held: HeldOut, comparison: Comparison) -> str:
    task, values = held.task, comparison.values[comparison.network]
    primary, second, *_ = (*task.headline, "")
    low, high = comparison.intervals[primary]
    found = f"{in_a_sentence(primary)} {four_digits(values[primary]) or 'unknown'}"
    if low < high:
        found += f" (95 % interval {between(low, high)})"
    if second:
        found += f" and {in_a_sentence(second)} {four_digits(values[second]) or 'unknown'}"
    found += f" on {len(held.data)} held-out samples"
    guess = f"the {task.guess_called} reaches {four_digits(round(comparison.values[task.guess_name][primary], 4)) or 'unknown'}"
    if any(values.get(name) == 1 for name in _PERFECT):
        most = most_mistakes(len(held.data))
        return f"{found}, without a mistake, so that up to {most:.1%} of new samples may still go wrong; {guess}."
    if not comparison.differences[task.guess_name][0] > 0:
        return f"{found}, which is not clearly better than guessing: {guess}."
    return f"{found}; {guess}."


def _rival(held: HeldOut, comparison: Comparison) -> Line | None:
    return None if held.rival is None else Line("Other network", sentence_on(held.task, comparison, held.names[1]))


def _simpler(held: HeldOut, comparison: Comparison) -> str:
    best = best_simpler(held.task, comparison, held.names)
    if not best:
        return "none was compared: give the training samples as well."
    sentence = sentence_on(held.task, comparison, best)
    if needless(held, comparison, best):
        return f"nothing shows that a network is needed. {sentence}"
    return sentence


def _then(held: HeldOut, comparison: Comparison, seen: bool) -> str:
    if seen:
        return "evaluate again on samples that training never saw."
    predict = "new samples with 'Predict with a network'"
    if rival_leads(held, comparison) and not needless(held, comparison, best_simpler(held.task, comparison, held.names)):
        return f"apply the other network, the better one, to {predict}."
    if not comparison.differences[held.task.guess_name][0] > 0:
        return "find out with 'Inspect training data' what the features say of the target, or get more samples."
    if needless(held, comparison, best_simpler(held.task, comparison, held.names)):
        return f"prefer the simpler model, or train with more samples; else apply this network to {predict}."
    return f"apply the network to {predict}."
