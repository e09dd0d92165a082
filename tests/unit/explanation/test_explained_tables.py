"""Tables of an explanation: which number stands beside which name."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from biodl.explanation import tables
from biodl.explanation.attribution import INTEGRATED, Attributions


def explained(values: np.ndarray, axes, called: str = "position", texts=()):
    """An explanation of samples by values alone."""
    samples = len(values)
    numbers = np.arange(samples, dtype=float)
    about = {"outputs": numbers, "baselines": numbers, "gap": numbers, "steps": numbers.astype(int)}
    made = Attributions(INTEGRATED, values, numbers.astype(int) * 0, complete=numbers >= 0, axes=axes, baseline="", **about)
    raw = lambda rows: {"text": np.array([[texts[row]] for row in rows], dtype=object)}  # noqa: E731
    data = SimpleNamespace(frame=pd.DataFrame(index=range(2, 2 + samples)))
    held = SimpleNamespace(
        names=[f"s{row}" for row in range(samples)], data=data, task=SimpleNamespace(explainable=lambda: ("a",)), raw=raw
    )
    return SimpleNamespace(single={INTEGRATED: made}, chosen=np.arange(samples), held=held, explainer=SimpleNamespace(called=called))


@pytest.mark.parametrize(("axis", "names"), [("letters", "ACGT"), ("channels", ["u", "v", "w"])])
def test_as_many_positions_as_names_are_no_names(axis, names):
    size = len(names)
    values = np.random.default_rng(1).normal(size=(2, size, size)).astype("float32")
    found = tables.attributions(explained(values, {axis: tuple(names)})).set_index(["sample", "place", axis.removesuffix("s")])
    for sample in range(2):
        for place in range(size):
            for number, name in enumerate(names):
                assert found.loc[(f"s{sample}", place + 1, name), "attribution"] == values[sample, place, number]
    assert len(found) == 2 * size * size


def test_words_stand_beside_their_numbers_and_padding_does_not():
    values = np.array([[1.0, 2, 0], [3, 4, 5]], dtype="float32")
    found = tables.attributions(explained(values, {}, "word", ["Walks today", "the patient walks"]))
    assert found["word"].str.casefold().tolist() == ["walks", "today", "the", "patient", "walks"]
    assert found["place"].tolist() == [1, 2, 1, 2, 3]
    assert found["attribution"].tolist() == [1, 2, 3, 4, 5]
    assert found["line"].tolist() == [2, 2, 3, 3, 3]
