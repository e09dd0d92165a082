"""The choices that a user has when a network is trained, and few cases in which all pairs of them occur."""

import itertools

from allpairspy import AllPairs

EQUAL, RAGGED, CUT, GAPS = "equal", "ragged", "cut", "gaps"
FORECAST, TEXT = "forecast", "text"
ENCODED = tuple(f"{kind} {encoding}" for kind in ("sequence", "fasta") for encoding in ("one_hot", "embedding", "kmer"))
STEPS = (*ENCODED, "series", "series_long", FORECAST, TEXT)
TASKS = ("binary", "multiclass", "multilabel", "labels_in_a_cell", "regression")
LENGTHS = (EQUAL, RAGGED, CUT)
"""Of samples: all alike, or not, or not and the longest cut. For images these are sizes, in forecasts the lengths of whole series."""

MAIN = {
    "feedforward": {"samples": ("numbers", "categories", "mixed"), "lengths": (EQUAL, GAPS), "task": TASKS},
    "recurrent": {
        "samples": STEPS,
        "time_pooling": ("auto", "last", "average", "max", "attention", "all"),
        "task": TASKS,
        "cell": ("lstm", "gru", "simple_rnn", "transformer"),
        "lengths": LENGTHS,
    },
    "convolutional": {
        "samples": (*STEPS, "image"),
        "task": TASKS,
        "global_pooling": ("auto", "average", "max", "flatten"),
        "architecture": ("plain", "residual", "separable"),
        "lengths": LENGTHS,
    },
}
"""By family: what decides which layers there are."""
MINOR = {
    "feedforward": {
        "hidden_layers": ("4", "4,4"),
        "batch_normalization": (False, True),
        "activation": ("relu", "selu"),
        "numeric_encoding": ("standardised", "piecewise", "auto"),
    },
    "recurrent": {"front_filters": ("4", "0", "4,4"), "bidirectional": (False, True), "units": ("4", "4,4")},
    "convolutional": {
        "convolutions": (1, 2),
        "batch_normalization": (True, False),
        "pooling": (0, 1),
        "filters": ("4", "4,4"),
        "dense_units": ("", "4"),
        "activation": ("relu", "tanh"),
    },
}
"""By family: further choices; the full product takes them in turn."""


def refusal(case: dict) -> str:
    """Words of the sentence that refuses the choices of a case (of which some may still be open), or nothing."""
    if case.get("cell") == "transformer" and case.get("time_pooling") == "last":
        return "A transformer has no last state: choose another pooling over time."
    if case.get("time_pooling") == "all" and case.get("lengths") in (RAGGED, CUT) and case["samples"] != FORECAST:
        return "Samples of different lengths cannot hand all"  # the windows of a forecast are of one length
    return ""


def all_pairs(family: str) -> list[dict]:
    """Few cases of a family in which each pair of choices occurs that is possible."""
    choices = MAIN[family] | MINOR[family]
    # forecasts have one task, and no other samples have it: pairs that cannot be would lead the library astray
    others = choices | {"samples": tuple(name for name in choices["samples"] if name != FORECAST)}
    found = AllPairs(list(others.values()), filter_func=lambda values: not refusal(dict(zip(others, values, strict=False))))
    cases = [dict(zip(others, values, strict=True)) for values in found]
    if FORECAST in choices["samples"]:
        cases += _each_with(choices | {"samples": (FORECAST,), "task": ("forecasting",)})
    covered = set().union(*map(pairs_of, cases))
    for case in full_product(family):  # pairs that forecasts alone can have
        if pairs_of(case) - covered:
            cases.append(case)
            covered |= pairs_of(case)
    return cases


def full_product(family: str) -> list[dict]:
    """Every possible combination of the main choices, with the minor ones in turn."""
    main = [case for case in _product(MAIN[family] | {"task": (*TASKS, "forecasting")}) if not refusal(case)]
    main = [case for case in main if (case["samples"] == FORECAST) == (case["task"] == "forecasting")]
    return [case | minor for case, minor in zip(main, itertools.cycle(_product(MINOR[family])), strict=False)]


def refused() -> list[dict]:
    """What a recurrent network cannot be: each pair of choices that exclude each other, for all samples."""
    cells, lengths = (itertools.cycle(MAIN["recurrent"][name]) for name in ("cell", "lengths"))
    last = [{"samples": name, "time_pooling": "last", "cell": "transformer", "lengths": next(lengths)} for name in STEPS]
    unequal = itertools.product((name for name in STEPS if name != FORECAST), (RAGGED, CUT))
    return last + [{"samples": name, "time_pooling": "all", "cell": next(cells), "lengths": length} for name, length in unequal]


def each_choice(cases: list[dict]) -> list[dict]:
    """The first of the cases, as few as it takes to meet each choice once."""
    seen: set = set()
    found = []
    for case in cases:
        if set(case.items()) - seen:
            found.append(case)
            seen |= set(case.items())
    return found


def pairs_of(case: dict) -> set:
    """All pairs of choices in a case."""
    return set(itertools.combinations(case.items(), 2))


def _each_with(choices: dict[str, tuple]) -> list[dict]:
    """As few cases as it takes to meet each choice once."""
    count = max(map(len, choices.values()))
    return [{name: values[number % len(values)] for name, values in choices.items()} for number in range(count)]


def _product(choices: dict[str, tuple]) -> list[dict]:
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
