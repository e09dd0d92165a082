"""Every choice meets every other: all pairs of choices train, are saved, opened and predict, with samples of equal and unequal lengths.

Some cases, in which each choice occurs, are traced as they are for users, and compared with plain Keras beside. A step of all others runs
operation by operation, which takes a fifth of the time that tracing would. ``--full-product`` runs every combination.
"""

import itertools
import json
import zipfile

import choices
import numpy as np
import pandas as pd
import pytest
import tiny_samples

FIT = {"epochs": 1, "batch_size": 64}
HEADS = {"recurrent": {"heads": 2}}
PAIRS = {family: choices.all_pairs(family) for family in choices.MAIN}
TRACED = {family: choices.each_choice(cases) for family, cases in PAIRS.items()}


def name_of(case: dict) -> str:
    return "-".join(str(value).replace(" ", "_") or "none" for value in case.values())


def parameters(cases_of: dict[str, list[dict]]) -> list:
    return [pytest.param(family, case, id=f"{family}-{name_of(case)}") for family, cases in cases_of.items() for case in cases]


def pytest_generate_tests(metafunc):
    if "stepped" in metafunc.fixturenames:
        every = {family: choices.full_product(family) for family in choices.MAIN} if metafunc.config.getoption("full_product") else PAIRS
        others = {family: [case for case in cases if case not in TRACED[family]] for family, cases in every.items()}
        metafunc.parametrize(("family", "stepped"), parameters(others))
    if "traced" in metafunc.fixturenames:
        metafunc.parametrize(("family", "traced"), parameters(TRACED))
    if "refused" in metafunc.fixturenames:
        metafunc.parametrize(("family", "refused"), parameters({"recurrent": choices.refused()}))


@pytest.fixture
def trained(biodl, tmp_path):
    """Train on the samples of a case; gives the result of the command, the samples and the model file."""

    def train(family: str, case: dict):
        tiny = tiny_samples.write(case, tmp_path)
        network = {name: value for name, value in case.items() if name not in ("samples", "lengths", "task")}
        model = tmp_path / "model.keras"
        return biodl(f"train-{family}", **tiny.flags, **network, **HEADS.get(family, {}), **FIT, model=model), tiny, model

    return train


@pytest.fixture
def predictions(trained, biodl, tmp_path):
    """Train on the samples of a case, then predict them from files without targets: samples, model file, and outputs [samples, ...]."""

    def predict(family: str, case: dict):
        result, tiny, model = trained(family, case)
        assert (result.code, result.err) == (0, "")
        result = biodl("predict", model=model, data=tiny.data, predictions=tmp_path / "predictions.tsv")
        assert (result.code, result.err) == (0, "")
        table = pd.read_csv(tmp_path / "predictions.tsv", sep="\t")
        assert len(table) == tiny.count
        wanted = "probability_" if tiny.classes else "predicted_"
        return tiny, model, table[[name for name in table.columns if name.startswith(wanted)]]

    return predict


def check(case: dict, tiny, found: pd.DataFrame) -> None:
    """Predictions are numbers, probabilities where there are classes."""
    values = found.to_numpy()
    assert np.isfinite(values).all()
    if not tiny.classes:
        assert values.shape[1] == (2 if case["task"] == "forecasting" else 1)
        return
    assert list(found) == [f"probability_{name}" for name in tiny.classes]
    assert ((values >= 0) & (values <= 1)).all()
    if case["task"] in ("binary", "multiclass"):
        np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-5)


def test_a_case_trains_and_predicts(family, stepped, predictions, operation_by_operation):
    tiny, _, found = predictions(family, stepped)
    check(stepped, tiny, found)


def test_each_choice_trains_as_for_users_and_plain_keras_predicts_the_same(family, traced, predictions):
    import keras

    tiny, path, found = predictions(family, traced)
    check(traced, tiny, found)
    about = json.loads(zipfile.ZipFile(path).read("biodl.json"))
    model = keras.models.load_model(path)
    steps = model.inputs[0].shape[1]
    outputs = np.concatenate([np.asarray(model(batch)) for batch in tiny_samples.as_keras_wants(traced, tiny, about, steps)])
    expected = found.to_numpy()[:, 1:] if traced["task"] == "binary" else found.to_numpy()
    np.testing.assert_allclose(outputs, expected, atol=1e-5, rtol=1e-5)


def test_choices_that_cannot_be_met_are_refused_in_a_sentence(family, refused, trained):
    result, _, model = trained(family, refused | {"task": "binary"})
    assert result.code == 1
    assert result.err.startswith("Error: " + choices.refusal(refused))
    assert result.err.count("\n") == 1
    assert not model.exists()


@pytest.mark.parametrize("family", choices.MAIN)
def test_no_pair_is_left_out(family):
    covered = set().union(*map(choices.pairs_of, PAIRS[family]))
    assert set().union(*map(choices.pairs_of, choices.full_product(family))) <= covered
    minor = choices.MINOR[family]
    for one, other in itertools.combinations(minor, 2):
        assert {((one, a), (other, b)) for a in minor[one] for b in minor[other]} <= covered


@pytest.mark.parametrize(
    ("command", "kind", "sentence"),
    [
        ("train-feedforward", "text", "Unrecognized arguments: --kind text: see 'biodl train-feedforward --help'."),
        ("train-recurrent", "table", "Option --kind is 'table', but must be one of 'sequence', 'fasta', 'series', "),
        ("train-recurrent", "image", "Option --kind is 'image', but must be one of 'sequence', 'fasta', 'series', "),
        ("train-convolutional", "table", "Option --kind is 'table', but must be one of 'image', 'image_collection', 'sequence', "),
    ],
)
def test_samples_that_a_family_does_not_take_are_refused(command, kind, sentence, biodl, tmp_path):
    result = biodl(command, kind=kind, data=tmp_path / "x", model=tmp_path / "m.keras")
    assert result.code == 1
    assert result.err.startswith("Error: " + sentence)
