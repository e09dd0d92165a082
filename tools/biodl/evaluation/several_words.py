"""What a comparison of several networks found, in plain sentences, and in a few lines that stand first."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import listed
from ..reporting.tables import between, four_digits, roughly, roughly_between
from ..reporting.verdict import Line, verdict
from ..tasks.measures import in_a_sentence
from .compare import SMALL
from .several import Pair, Several

_CHOICES = 3
"""From so many networks on, the best owes something to luck."""
_NAMED, _SPANNED = 3, 2
"""Models that a line names, and with intervals."""


def in_lines(several: Several) -> list[Line]:
    """The verdict."""
    return verdict(
        [Line("Best", _result(several)), *_beside_best(several), _simpler(several), *(Line("Caution", text) for text in cautions(several))],
        Line("Next", _then(several)),
    )


def _result(several: Several) -> str:
    best = several.best.name
    span = between(*several.intervals[best])
    value = four_digits(several.values[best][several.task.primary]) or "unknown"
    found = f"{best}, with a {in_a_sentence(several.task.primary)} of {value}"
    found += f" (95 % interval {span})" if span else ""
    return f"{found}; {len(several.models)} models were compared on {len(several.y)} held-out samples."


def _beside_best(several: Several) -> list[Line]:
    """Which of the others the best beats, and from which chance alone could divide it; a simpler model as good has a line of its own."""
    best, spare = several.best.name, _needless(several)
    of_best = [pair for pair in several.pairs if pair.first == best]
    beaten = [pair for pair in of_best if pair.beyond_chance]
    others = [pair for pair in of_best if not pair.beyond_chance and pair.second != spare]
    found = []
    if beaten:
        spans = [f" (95 % interval {roughly_between(pair.low, pair.high)})" if len(beaten) <= _SPANNED else "" for pair in beaten]
        by = listed([f"{pair.second} by {roughly(pair.difference)}{span}" for pair, span in zip(beaten, spans, strict=True)], _NAMED)
        found.append(Line("Clear", f"{best} is better than {by}."))
    if others:
        from_ = listed([f"{pair.second} ({roughly(pair.difference)} less)" for pair in others], _NAMED)
        found.append(Line("Chance", f"could alone explain what divides {best} from {from_}."))
    return found


def _needless(several: Several) -> str:
    """The simpler model beside which nothing shows that a network is needed; nothing where there is none."""
    simple = next((model.name for model in several.models if not model.network), "")
    if not simple:
        return ""
    network = several.networks[0].name
    pair = several.pair(network, simple)
    return "" if pair.first == network and pair.beyond_chance else simple


def _simpler(several: Several) -> Line | None:
    simple = _needless(several)
    if not simple:
        return None
    network = several.networks[0].name
    chosen = ", but was chosen on these same samples" if _chosen_here(several) else ""
    half = "; it decides at a threshold of 0.5" if _own_thresholds(several) else ""
    told = f"nothing shows that a network is needed: {simple} does about as well as {network}, or better{chosen}{half}."
    return Line("Simpler model", told)


def _chosen_here(several: Several) -> bool:
    """Whether the simpler model is the best of several that stood beside the networks."""
    return sum(len(model.evaluation.scores) - 1 for model in several.networks) > 1


def _own_thresholds(several: Several) -> list[str]:
    """Networks that decide at a threshold that was chosen."""
    return [model.name for model in several.networks if model.task != model.task.plain()]


def _on_simpler(several: Several) -> list[str]:
    """What makes the simpler model look better, or worse, than it is."""
    simple = next((model.name for model in several.models if not model.network), "")
    own = _own_thresholds(several)
    found = []
    if simple and _chosen_here(several):
        found.append(f"The simpler model, {simple}, is the best of those beside the networks on these same samples, which flatters it.")
    if simple and own:
        found.append(f"The simpler model, {simple}, decides at a threshold of 0.5; one was chosen for {listed(own, _NAMED)}.")
    return found


def _then(several: Several) -> str:
    best, simple = several.best.name, _needless(several)
    if simple:
        return f"prefer {simple}, the simpler model, or train with more samples."
    alike = [pair.second for pair in several.pairs if pair.first == best and not pair.beyond_chance]
    if alike:
        return f"take {best} or, of those that chance divides from it, the simplest; a larger test part would tell more."
    return f"apply {best} to new samples with 'Predict with a network'."


def cautions(several: Several) -> list[str]:
    """What makes this comparison less trustworthy than it looks, the worst first."""
    found = []
    if len(several.y) < SMALL:
        found.append(f"only {len(several.y)} samples were held out: small differences cannot be told from chance.")
    if several.left_out:
        found.append(f"{several.left_out} samples of the test part were left out, since not all networks can read them.")
    if len(several.networks) >= _CHOICES:
        found.append(
            f"the best of {len(several.networks)} on a test part looks better than it is: "
            "choose by cross-validation, and use the test part once."
        )
    return found


def sentences(several: Several) -> list[str]:
    """One on the best model and each other, and what must be known of the simpler one."""
    metric = in_a_sentence(several.task.primary)
    of_best = [pair for pair in several.pairs if pair.first == several.best.name]
    return [*(sentence_on(pair, metric, len(several.pairs)) for pair in of_best), *_on_simpler(several)]


def sentence_on(pair: Pair, metric: str, pairs: int) -> str:
    """Which of two models is better, and whether chance could explain it; ``pairs``: that were looked at together."""
    if pair.difference == 0 and pair.low == pair.high == 0:
        return f"{pair.first} and {pair.second} did equally well."
    if pair.p_holm != pair.p_holm:
        return f"Nothing can be said of {pair.first} and {pair.second}: the samples are too few or too alike."
    among = f" after Holm's correction for {pairs} comparisons" if pairs > 1 else ""
    told = f"95 % interval {roughly_between(pair.low, pair.high)}; p {_probability(pair.p_holm)}{among}"
    if pair.beyond_chance:
        return f"{pair.first} is better than {pair.second} by {roughly(pair.difference)} in {metric} ({told})."
    return f"Chance alone could explain why {pair.first} is ahead of {pair.second} by {roughly(pair.difference)} in {metric} ({told})."


def _probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"


def on_tests(several: Several) -> list[str]:
    """How the numbers came about, a sentence or two a test."""
    metric = in_a_sentence(several.task.primary)
    found = [
        f"Every model was judged on the same {several.resamples} bootstrap resamples of the test part{several.task.resampling}. Intervals "
        f"and p are of the {metric}; p is twice the share of resamples in which the difference has the other sign, or is none.",
        f"Of many comparisons (here {len(several.pairs)}) some look clear by chance. Holm's correction raises each p so that, were all "
        "models equally good, even one p below 0.05 would be found in no more than 5 of 100 studies; what is called better is below it.",
    ]
    if several.too_many:
        found.append(
            f"So many pairs ask for {several.too_many} resamples, which would take too long on so many samples. Where no more than 10 of "
            f"the {several.resamples} have the other sign, p is therefore the tail of a normal distribution as wide as the differences of "
            "the resamples."
        )
    if _any(several.pairs, "discordant"):
        found.append("McNemar's exact test asks of the samples that one of two models alone has right whether they are shared out evenly.")
    if _any(several.pairs, "areas"):
        found.append("DeLong's test asks whether the areas under the two ROC curves differ, which needs no threshold.")
    return found


def _any(pairs: Sequence[Pair], test: str) -> bool:
    return any(getattr(pair, test) is not None for pair in pairs)
