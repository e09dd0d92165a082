"""Whether a sample is like those of training: distances held against closed forms, and what is kept is small."""

import json

import numpy as np
import pytest

from biodl.networks.assemble import HEAD
from biodl.networks.likeness import Likeness, features_of, on_likeness, on_unwatched, why_unchecked
from biodl.stored import UnfitError


def layer(samples, width=6, seed=1):
    """Correlated values of a layer."""
    random = np.random.default_rng(seed)
    mix = np.random.default_rng(0).normal(size=(width, width))
    return (random.normal(size=(samples, width)) @ mix + 3).astype("float32")


def test_with_all_axes_the_distance_is_that_of_mahalanobis():
    training, validation = layer(300), layer(100, seed=2)
    found = Likeness.fit(training, validation, {})
    away = validation.astype("float64") - training.mean(axis=0, dtype="float64")
    inverse = np.linalg.inv(np.cov(training.astype("float64").T))
    expected = np.sqrt(np.einsum("ij,jk,ik->i", away, inverse, away))
    np.testing.assert_allclose(found.distance(validation), expected, rtol=5e-3)
    assert len(found.distances) == 100
    np.testing.assert_allclose(found.distances, np.sort(expected), rtol=5e-3)


def test_with_some_axes_it_is_that_of_probabilistic_components():
    from sklearn.decomposition import PCA

    training, validation = layer(400, 30), layer(50, 30, seed=2)
    found = Likeness.fit(training, validation, {})
    assert len(found.axes) == 10
    covariance = PCA(10).fit(training.astype("float64")).get_covariance()
    away = validation.astype("float64") - training.mean(axis=0, dtype="float64")
    expected = np.sqrt(np.einsum("ij,jk,ik->i", away, np.linalg.inv(covariance), away))
    np.testing.assert_allclose(found.distance(validation), expected, rtol=5e-3)


def test_strangers_are_told_and_others_are_not():
    found = Likeness.fit(layer(300), layer(100, seed=2), {})
    assert found.unlike(layer(2000, seed=3)).mean() < 0.005
    assert found.unlike(layer(50, seed=4) + 60).all()
    first, third = np.log(np.quantile(found.distances, [0.25, 0.75]))
    assert found.limit == pytest.approx(max(np.exp(third + 3 * (third - first)), found.distances[-1]))


def test_a_layer_that_is_always_the_same_tells_nothing_wrong():
    same = np.ones((40, 3), dtype="float32")
    found = Likeness.fit(same, same, {})
    assert not found.unlike(same).any()
    assert found.unlike(same + 1).all()
    assert Likeness.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_few_samples_tell_nothing():
    assert Likeness.fit(layer(100), layer(7), {}) is None
    assert Likeness.fit(layer(100) * np.nan, layer(20), {}) is None


def test_why_nothing_is_told_is_said():
    assert why_unchecked(layer(100), layer(8)) == ""
    for reason, learned, held in (
        ("that takes 8 training and 8 validation samples or more", layer(100), layer(7)),
        ("its last hidden layer gives values that are no numbers", layer(100) * np.nan, layer(20)),
        ("its last hidden layer, over all members, has more than 4000 values", np.ones((10, 4001)), np.ones((10, 4001))),
        ("its last hidden layer, over all members, has more than 4000 values", None, None),
    ):
        assert why_unchecked(learned, held) == f"The network cannot tell whether new samples are unlike those of training: {reason}."
    assert on_unwatched(3, 3) == on_unwatched(0, 0) == ""
    assert on_unwatched(2, 3) == (
        "Numbers far outside the range of training are looked for in 2 of 3 numeric columns: of the others the model file keeps no range."
    )


@pytest.mark.parametrize("width", [2, 64, 2000, 8000])
def test_what_is_kept_is_bounded(width):
    training = np.random.default_rng(1).normal(size=(40, width)).astype("float32") * 1e-3
    ranges = {f"a column with a name of some length {place}": (-1.2345678e-5, 1.2345678e5) for place in range(10_000)}
    found = Likeness.fit(training, training[:20], {})
    if width == 8000:
        assert found is None
        return
    kept = Likeness.fit(training, training[:20], ranges)
    assert len(kept.columns) > 300
    assert len(json.dumps(kept.to_json(), indent=1)) < 100_000
    assert Likeness.from_json(json.loads(json.dumps(kept.to_json()))) == kept
    flat = set(np.ravel(found.axes).tolist()) | set(found.mean)
    assert not any(set(np.float64(row).round(9).tolist()) <= flat for row in training)


def test_ranges():
    found = Likeness.fit(layer(50), layer(20), {"age": (20.0, 40.0), "flat": (1.0, 1.0)})
    assert found.out_of_range({"age": (15.0, 49.0), "flat": (1.0, 1.0), "new": (0.0, 9.0)}) == []
    assert found.out_of_range({"age": (9.0, 30.0), "flat": (1.0, 1.1)}) == ["age", "flat"]


def test_narrow_ranges_far_from_zero_are_kept_whole():
    """Positions and dates: five digits would make one number of both ends, and call every new one far outside."""
    found = Likeness.fit(layer(50), layer(20), {"position": (1_000_001.0, 1_000_050.0)})
    assert found.out_of_range({"position": (1_000_001.0, 1_000_050.0)}) == []
    assert found.out_of_range({"position": (1_000_001.0, 1_000_090.0)}) == ["position"]


def test_more_values_than_samples():
    from sklearn.decomposition import PCA

    training, validation = layer(25, 60), layer(40, 60, seed=2)
    found = Likeness.fit(training, validation, {})
    known = PCA(10).fit(training.astype("float64"))
    np.testing.assert_allclose(found.spreads, known.explained_variance_, rtol=1e-4)
    np.testing.assert_allclose(np.abs(np.sum(np.array(found.axes) * known.components_, axis=1)), 1, rtol=1e-4)
    total = training.astype("float64").var(axis=0, ddof=1).sum()
    assert found.rest == pytest.approx((total - known.explained_variance_.sum()) / 50, rel=1e-4)


def test_a_layer_too_wide_to_be_kept_is_not_even_looked_at():
    import keras

    start = keras.Input((5000,))
    wide = keras.Model(start, keras.layers.Dense(1, name=HEAD)(start))
    assert features_of(wide) is None
    start = keras.Input((4000,))
    assert features_of(keras.Model(start, keras.layers.Dense(1, name=HEAD)(start))).shape == (None, 4000)


def test_the_warning():
    assert on_likeness(0, 5, []) == ""
    assert on_likeness(1, 5, []) == "1 of 5 samples lies far from all that training saw: do not rely on what is predicted for them."
    assert on_likeness(0, 5, ["age"]) == "Mind that numbers of 'age' lie far outside the range of training."
    both = "2 of 5 samples lie far from all that training saw: do not rely on what is predicted for them; numbers of 'age' lie far outside"
    assert on_likeness(2, 5, ["age"]).startswith(both)


WHAT = "what it says of its training samples"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mean": "x"}, f"{WHAT} has a 'mean' that is not a list of numbers"),
        ({"mean": []}, f"{WHAT} has axes that do not fit"),
        ({"axes": [[1.0]]}, f"{WHAT} has axes that do not fit"),
        ({"axes": [1.0]}, f"{WHAT} has a 'axes' that is not a list of lists of numbers"),
        ({"spreads": [1.0]}, f"{WHAT} has axes that do not fit"),
        ({"rest": 0}, f"{WHAT} has no spread"),
        ({"rest": float("inf")}, f"{WHAT} has a 'rest' that is not a number"),
        ({"distances": [2.0, 1.0]}, f"{WHAT} has no distances in order"),
        ({"distances": []}, f"{WHAT} has no distances in order"),
        ({"columns": ["a", "a"]}, "its description has the column 'a' twice"),
        ({"columns": ["a"]}, f"{WHAT} has ranges that do not fit its columns"),
    ],
)
def test_what_a_file_says_is_checked(change, reason):
    stored = json.loads(json.dumps(Likeness.fit(layer(50), layer(20), {}).to_json())) | change
    with pytest.raises(UnfitError) as caught:
        Likeness.from_json(stored)
    assert str(caught.value) == reason
