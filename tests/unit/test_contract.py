"""The contract: whatever is registered offers everything, forms offer what is registered, and a newcomer needs no other module."""

import ast
import contextlib
import dataclasses
import importlib
import inspect as reflection
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from samples import FORMS as MADE
from test_forms import expanded

from biodl.commands import inspect as inspect_command
from biodl.commands import split as split_command
from biodl.data import kind as contract
from biodl.data.inspect import inspect
from biodl.data.kind import KINDS, BaseDataset, BaseEncoding, Files, Kind, Note, whole
from biodl.data.kinds import FORMS, STEPS, image, kind_of_form, table
from biodl.data.split import split
from biodl.data.targets import TargetOptions
from biodl.errors import InputError
from biodl.evaluation.compare import NETWORK, compare, held_out, predict_and_look
from biodl.networks.assemble import assemble
from biodl.networks.families import FAMILIES, Family, convolutional, feedforward, recurrent
from biodl.networks.families import family as families
from biodl.networks.opened import open_network
from biodl.networks.running import run_model
from biodl.program.cli import COMMANDS
from biodl.program.files import Outputs
from biodl.program.search import OneOf, Whole, as_text
from biodl.reporting import plots
from biodl.reporting.findings import NOTE, OK, STOP, WARNING, Finding, Inspection
from biodl.tasks import OFFERED, TASKS, Forecast, Head, Task, find_task, task_from_json
from biodl.tasks import task as tasks
from biodl.tasks.task import FORMER
from biodl.training.judgement import judge
from biodl.training.prepare import prepare
from biodl.training.report import write_all
from biodl.training.train import train_on
from conftest import ROOT

BIODL = ROOT / "tools" / "biodl"
ROWS = 30
FEW = {"epochs": 1, "batch_size": 64}


def missing(registered, known, what):
    """Fail with the names of what is registered and not known here, or the other way round."""
    assert not set(registered) - set(known), f"registered without {what}: {sorted(set(registered) - set(known))}"
    assert not set(known) - set(registered), f"{what}, but registered is none of {sorted(set(known) - set(registered))}"


# registries


@pytest.fixture(scope="module")
def imported():
    """Modules that are there once the registries have been asked for, found by a process of its own."""
    script = "import json, sys, biodl.data.kinds, biodl.networks.families, biodl.tasks; print(json.dumps(sorted(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT / "tools", capture_output=True, text=True, check=True)
    return set(json.loads(found.stdout))


@pytest.mark.parametrize(
    ("place", "pattern"), [("data", "*/__init__.py"), ("tasks", "*.py"), ("networks/families", "*.py")], ids=["data", "tasks", "families"]
)
def test_every_module_of_a_room_is_imported_with_its_registry(place, pattern, imported):
    for path in sorted((BIODL / place).glob(pattern)):
        module = ".".join(["biodl", *path.relative_to(BIODL).with_suffix("").parts]).removesuffix(".__init__")
        assert module in imported, f"{module} is imported by no registry: nothing in it is registered"


def test_every_kind_family_and_task_that_is_written_is_registered():
    kinds = [value for path in (BIODL / "data").glob("*/__init__.py") for value in _values_of(f"data.{path.parent.name}", Kind)]
    assert sorted(kind.name for kind in kinds) == sorted(KINDS)
    assert all(KINDS[kind.name] is kind for kind in kinds)
    found = [value for path in (BIODL / "networks/families").glob("*.py") for value in _values_of(f"networks.families.{path.stem}", Family)]
    assert {family.name for family in found} == set(FAMILIES)
    assert all(FAMILIES[family.name] is family for family in found)
    modules = [importlib.import_module(f"biodl.tasks.{path.stem}") for path in (BIODL / "tasks").glob("*.py") if path.stem != "__init__"]
    written = {item for module in modules for item in vars(module).values() if isinstance(item, type) and issubclass(item, Task)}
    assert {item for item in written if not reflection.isabstract(item)} == set(TASKS.values())
    assert all(TASKS[task.name] is task for task in TASKS.values())


def _values_of(module: str, type_: type) -> list[Any]:
    return [value for value in vars(importlib.import_module(f"biodl.{module}")).values() if isinstance(value, type_)]


def choices_of(form: str, name: str) -> list[str]:
    """Values to choose from in a form's field; nothing where the form has no such field."""
    return [option.get("value") for param in expanded(form).iter("param") if param.get("name") == name for option in param.iter("option")]


def test_forms_offer_every_kind():
    assert choices_of("inspect", "kind") == choices_of("split", "kind") == list(FORMS)
    assert choices_of("train_recurrent", "kind") == list(STEPS) == [form for form, kind in FORMS.items() if kind.steps]
    assert choices_of("train_convolutional", "kind") == [*image.KIND.forms, *STEPS]
    assert choices_of("train_feedforward", "kind") == []  # there is one, that of tables
    assert {*choices_of("train_recurrent", "kind"), *choices_of("train_convolutional", "kind"), *table.KIND.forms} == set(FORMS)
    for form in ("inspect", "split", "train_recurrent", "train_convolutional"):
        parts = [
            [when.get("value") for when in conditional.findall("when")]
            for conditional in expanded(form).find("inputs").iter("conditional")
            if conditional.find("param[@name='kind']") is not None
        ]
        assert parts == [choices_of(form, "kind")]
    assert len({kind.rank for kind in KINDS.values()}) == len(KINDS)


def test_forms_offer_every_task():
    with_task = [name for name in ("inspect", "train_feedforward", "train_recurrent", "train_convolutional") if choices_of(name, "task")]
    assert len(with_task) == 4
    for name in with_task:
        values = choices_of(name, "task")
        assert set(values) == {"auto", *OFFERED}
        assert len(values) % (1 + len(OFFERED)) == 0  # once for each kind that has a choice
    assert {name for name, task in TASKS.items() if task.offered} == set(OFFERED)


def test_every_family_has_a_form_and_a_command():
    trains = {name.removeprefix("train-") for name in COMMANDS if name.startswith("train-")}
    assert trains == set(FAMILIES)
    assert {path.stem.removeprefix("biodl_train_") for path in (ROOT / "tools").glob("biodl_train_*.xml")} == set(FAMILIES)
    for name, family in FAMILIES.items():
        assert issubclass(importlib.import_module(f"biodl.commands.train_{name}").OPTIONS, family.options)


# kinds


@dataclasses.dataclass(frozen=True)
class Made:
    """Made samples of a form's choice, read to learn from."""

    kind: Kind
    files: Files
    options: Any
    data: Any
    task: Task
    encoding: Any


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Samples of a form's choice, made when first asked for."""
    known: dict[str, Made] = {}

    def of(form: str) -> Made:
        if form not in known:
            write, command, columns = MADE[form]
            folder = tmp_path_factory.mktemp(form)
            kind, files = kind_of_form(form), write(folder)
            fields = columns if form == "table" else {"kind": form, **columns}
            options = importlib.import_module(f"biodl.commands.{command}").OPTIONS(**fields)
            data = kind.read_training(files, options)
            task = data.task() or find_task(data.target, data.where)
            known[form] = Made(kind, files, options, data, task.fit(task.encode(data.target, data.where)), data.fit_encoding(options))
        return known[form]

    return of


every_form = pytest.mark.parametrize("form", FORMS)


def test_every_choice_of_a_form_has_made_samples():
    missing(FORMS, MADE, "made samples in samples.FORMS")


def offers(thing: Any, protocol: type) -> None:
    """Fail with the names of what ``thing`` lacks."""
    wanted = [name for name in vars(protocol) if not name.startswith("_")]
    lacking = [name for name in wanted if name not in dir(thing)]
    assert wanted
    assert not lacking, f"{type(thing).__name__} lacks {', '.join(lacking)}"


def test_what_lacks_something_is_told_what():
    lacking = type("Halved", (BaseDataset,), {"take": None})
    halved = lacking("", "", pd.DataFrame(), None, [], None)
    with pytest.raises(AssertionError, match=r"^Halved lacks fit_encoding, row_hashes"):
        offers(halved, contract.Dataset)
    with pytest.raises(AssertionError, match="lacks shape, inputs, raw, layers, described, to_json"):
        offers(BaseEncoding(), contract.Encoding)
    with pytest.raises(AssertionError, match=r"registered without an example: \['new'\]"):
        missing(["old", "new"], ["old"], "an example")


def check_dataset(data: Any, kind: Kind) -> None:
    """Whether samples offer everything, in the shapes that the contract says."""
    offers(data, contract.Dataset)
    size = len(data)
    assert (len(data.frame), len(data.target)) == (size, size)
    assert not data.target.isna().any().any()
    assert data.frame.index.equals(data.target.index)
    assert isinstance(data.where, str)
    assert len(data.sha256) == 64
    assert all(isinstance(note, Note) for note in data.notes)
    assert data.group is None
    assert set(data.naming) <= set(data.frame.columns)
    hashes = data.row_hashes()
    assert (hashes.dtype, hashes.shape) == ("uint64", (size,))
    order, last, sketch = data.order(), data.last(), data.sketch()
    assert (order is not None) == kind.in_order
    assert order is None or len(order) == size
    assert (last.dtype, last.shape) == ("float64", (size,))
    assert sketch is None or (sketch.ndim, len(sketch), bool(np.isfinite(sketch).all())) == (2, size, True)
    pictures = data.pictures(np.array([2, 0]))
    assert pictures is None or (pictures.ndim, len(pictures)) == (4, 2)
    assert set(data.unused(data.target.columns)) <= set(data.frame.columns) - set(data.target.columns)
    some = data.take(np.array([5, 1, 3]))
    assert (type(some), len(some)) == (type(data), 3)
    assert some.row_hashes().tolist() == hashes[[5, 1, 3]].tolist()
    assert some.target.equals(data.target.iloc[[5, 1, 3]])


@every_form
def test_samples_offer_everything(form, made):
    item = made(form)
    check_dataset(item.data, item.kind)
    assert type(item.data.augmented(item.options)) is type(item.data)
    assert isinstance(item.data.task(), Task | None)


@every_form
def test_samples_are_read_for_a_trained_model(form, made):
    item = made(form)
    check_dataset(item.kind.read_for(item.files, item.encoding, item.task), item.kind)
    new = item.kind.read_for(item.files, item.encoding, None)
    assert new.target is None
    pieces = list(item.kind.read_pieces(item.files, item.encoding))
    assert np.concatenate([piece.row_hashes() for piece in pieces]).tolist() == new.row_hashes().tolist()
    copied = item.kind.columns_to_copy(item.files, new, item.encoding, item.task, ())
    assert copied.index.equals(new.frame.index)
    assert len(copied.columns) > 0
    assert not set(copied.columns) & set(item.task.target)


@every_form
def test_an_encoding_offers_everything(form, made):
    import keras

    item = made(form)
    encoding, data = item.encoding, item.data
    offers(encoding, contract.Encoding)
    assert isinstance(encoding.streams, bool)
    assert item.kind.encoding_from(json.loads(json.dumps(encoding.to_json()))) == encoding
    assert type(encoding.pinned(item.options)) is type(item.options)
    assert encoding.for_columns_of(data) == encoding
    assert encoding.notes(data) == []
    raw = encoding.raw(data)
    inputs, tensor = encoding.layers()
    assert list(raw) == list(inputs) == list(encoding.inputs)
    assert all(len(values) == len(data) for values in raw.values())
    values = run_model(keras.Model(inputs, tensor), raw)
    assert values.shape == (len(data), *encoding.shape)
    assert np.isfinite(values).all()
    features, valid = encoding.embed(tensor, item.options)
    assert features.dtype == "float32"
    assert valid is None or tuple(valid.shape) == (*features.shape[:2], 1)
    beside = encoding.beside(tensor, item.options)
    assert beside is None or (beside.dtype, len(beside.shape)) == ("float32", 2)
    assert encoding.sized()[0].isdigit()
    assert all(callable(layer) for layer in encoding.augmentation(item.options, 1))
    reduced = encoding.reduced(values)
    rows = encoding.as_rows(reduced)
    assert (rows.ndim, len(rows)) == (2, len(data))
    train, test = encoding.for_linear(reduced[:20], reduced[20:])
    assert (train.shape[0], test.shape[0]) == (20, len(data) - 20)
    assert train.shape[1] == test.shape[1]


@every_form
def test_samples_are_divided(form, made, tmp_path, capsys):
    item = made(form)
    columns = {name: value for name, value in MADE[form][2].items() if name != "horizon"}
    if item.kind.in_order:
        columns = {"time_column": columns["time_column"]}
    options = split_command.OPTIONS(kind=form, **columns)
    suffix = ".zip" if item.kind is image.KIND else ".out"
    paths = {name: str(tmp_path / f"{name}{suffix}") for name in ("train", "validation", "test", "summary")}
    with Outputs(paths) as outputs:
        split(item.kind, item.files, options, (0.6, 0.2, 0.2), outputs)
    data = item.kind.read_to_split(item.files, options)
    parts = [item.kind.read_to_split(Files(path, item.files.labels), options) for path in list(paths.values())[:3]]
    hashes = [set(part.row_hashes().tolist()) for part in parts]
    assert sum(map(len, parts)) == len(data)
    assert set.union(*hashes) == set(data.row_hashes().tolist())
    assert sum(map(len, hashes)) == len(set.union(*hashes))
    near = data.near_copies()
    assert near is None or (near.dtype.kind, near.shape) == ("i", (len(data),))
    assert f"of {len(data)} {item.kind.called}s repeat another" in capsys.readouterr().out


@every_form
def test_samples_are_inspected(form, made, tmp_path):
    item = made(form)
    found = inspect(item.kind, item.files, inspect_command.OPTIONS(kind=form, **MADE[form][2]))
    assert {finding.severity for finding in found.findings} <= {OK, NOTE, WARNING}
    assert {"volume"} <= {finding.check for finding in found.findings}
    assert all(finding.finding.endswith(".") for finding in found.findings)
    assert len(found.parts) > 0
    assert len(found.facts) > 0
    drawn(found.panels, tmp_path)


def drawn(panels: list[plots.Panel], folder: Path) -> None:
    """Draw plots: they must fill a picture, and say what it shows."""
    assert panels
    said = plots.figure(panels, folder / "panels.png")
    assert all(f"{panel.title}: {panel.says}." in said for panel in panels)
    assert (folder / "panels.png").read_bytes().startswith(b"\x89PNG")


# families


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_offers_everything(name):
    import keras

    family = FAMILIES[name]
    assert (family.name, dataclasses.is_dataclass(family.options)) == (name, True)
    assert all(field.metadata["help"] and field.metadata["type"] for field in dataclasses.fields(family.options))
    for shape in [(5,)] if name == feedforward.FAMILY.name else [(24, 3), *([(12, 12, 1)] if name == convolutional.FAMILY.name else [])]:
        start = keras.Input(shape)
        masks = [None, keras.Input((shape[0], 1))] if len(shape) == 2 else [None]
        for mask in masks:
            found = family.hidden(start, mask, family.options())
            assert len(found.shape) == 2
            assert found.shape[1] > 0


# what is worth a try


def searched(options: type) -> dict[str, dataclasses.Field]:
    """Fields that say what is worth a try."""
    return {field.name: field for field in dataclasses.fields(options) if field.metadata.get("search")}


TRAINED_BY = {name: importlib.import_module(f"biodl.commands.train_{name}").OPTIONS for name in FAMILIES}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_says_what_is_worth_a_try(name):
    assert len(searched(FAMILIES[name].options)) >= 3
    assert "learning_rate" in searched(TRAINED_BY[name])


@pytest.mark.parametrize("options", [*TRAINED_BY.values(), *(kind.options for kind in KINDS.values())], ids=lambda item: item.__qualname__)
def test_what_is_worth_a_try_is_allowed_and_holds_the_default(options):
    for name, field in searched(options).items():
        meta, search = field.metadata, field.metadata["search"]
        values = search.values if isinstance(search, OneOf) else (search.low, search.high)
        assert search.known(json.loads(json.dumps(field.default))) == field.default
        for value in values:
            parts = value if isinstance(value, tuple) else [value]
            assert all(isinstance(part, str) or meta["low"] <= part <= meta["high"] for part in parts), name
            assert not meta["choices"] or value in meta["choices"]
            assert search.known(json.loads(json.dumps(value))) == value
        if isinstance(search, OneOf):
            assert len({as_text(value) for value in values}) == len(values) > 1
            assert {type(value) for value in values} == {type(field.default)}
        else:
            assert search.low < search.high
            assert (meta["type"] == "int") == isinstance(search, Whole)
        needed, needs = search.needs
        others = {other.name: other for other in dataclasses.fields(options)}
        assert not needed or needed not in others or set(needs) <= set(others[needed].metadata["choices"])


# tasks


def one(*cells, name="y"):
    return pd.DataFrame({name: [str(cell) for cell in cells]}, index=range(2, len(cells) + 2))


def one_hot(y, classes):
    return np.eye(classes)[y] * 0.8 + 0.2 / classes


@dataclasses.dataclass(frozen=True)
class Example:
    """A target of a task, and what is known of it.

    Attributes:
        target: cells as a reader gives them.
        task: the task before it is fitted.
        outputs: from the fitted task and coded targets to what a good network's saved model gives, [samples, units].
        signal: from coded targets to a number a sample that tells them.
        columns: of the table of predictions; those with probabilities after the first.
        metrics: names of the headline metrics.
    """

    target: pd.DataFrame
    task: Task
    outputs: Callable[[Task, np.ndarray], np.ndarray]
    signal: Callable[[np.ndarray], np.ndarray]
    columns: tuple[str, ...]
    metrics: tuple[str, ...]


ACCURACIES = ("accuracy", "balanced_accuracy")
AVERAGES = ("precision_macro", "precision_weighted", "recall_macro", "recall_weighted", "f1_macro", "f1_weighted")
RANKS = ("specificity_macro", "roc_auc_macro", "average_precision_macro")
PROPER = ("log_loss", "brier", "ece")
NUMBERS = ("r2", "mae", "rmse", "spearman")
NOISE = np.random.default_rng(0).normal(0, 0.1, (ROWS, 2))
SICK, SORTS = one(*["sick", "well"] * (ROWS // 2)), one(*["a", "b", "c"] * (ROWS // 3))
MARKS = pd.DataFrame({"nucleus": list("101001") * 5, "membrane": list("011001") * 5}, index=range(2, ROWS + 2))
AGES = one(*(f"{20 + 1.5 * row:.1f}" for row in range(ROWS)), name="age")
LEVELS = pd.DataFrame({"level +1": np.arange(ROWS) / 3, "level +2": np.arange(ROWS) / 3 + 1.0}, index=range(2, ROWS + 2))
EXAMPLES = {
    "binary": Example(
        SICK,
        find_task(SICK, "t"),
        lambda task, y: np.where(y == 1, 0.9, 0.2)[:, None],
        lambda y: y,
        ("predicted_y", "probability_sick", "probability_well"),
        (*ACCURACIES, "precision", "recall", "specificity", "f1", *AVERAGES, "roc_auc", "average_precision", "mcc", *PROPER),
    ),
    "multiclass": Example(
        SORTS,
        find_task(SORTS, "t"),
        lambda task, y: one_hot(y, 3),
        lambda y: y,
        ("predicted_y", "probability_a", "probability_b", "probability_c"),
        (*ACCURACIES, *AVERAGES, *RANKS, "mcc", *PROPER),
    ),
    "multilabel": Example(
        MARKS,
        find_task(MARKS, "t"),
        lambda task, y: y * 0.8 + 0.1,
        lambda y: y[:, 0] + 2 * y[:, 1],
        ("predicted_labels", "probability_nucleus", "probability_membrane"),
        ("exact_match", "hamming_loss", *AVERAGES, *RANKS, *PROPER),
    ),
    "regression": Example(AGES, find_task(AGES, "t"), lambda task, y: y[:, None] + NOISE[:, :1], lambda y: y, ("predicted_age",), NUMBERS),
    "forecasting": Example(
        LEVELS,
        Forecast(("level",), horizon=2),
        lambda task, y: y + NOISE,
        lambda y: y[:, 0],
        ("predicted_level +1", "predicted_level +2"),
        NUMBERS,
    ),
}
every_task = pytest.mark.parametrize("name", TASKS)


class Series:
    """Samples of which a guess may know the last value seen."""

    def __len__(self):
        return ROWS

    def last(self):
        return np.arange(ROWS) / 3 - 0.3


def fitted(name: str) -> tuple[Example, Task, np.ndarray, np.ndarray]:
    """An example of a task, the task fitted to it, coded targets, and scores of a good network."""
    assert name in EXAMPLES, f"the task {name} has no example in test_contract.EXAMPLES"
    example = EXAMPLES[name]
    y = example.task.encode(example.target, "t")
    task = example.task.fit(y)
    return example, task, y, task.scores(example.outputs(task, y).astype("float32"))


def test_every_task_has_an_example():
    missing(TASKS, EXAMPLES, "an example in test_contract.EXAMPLES")


@every_task
def test_a_task_is_found_and_stored(name):
    example, task, y, _ = fitted(name)
    assert type(task) is TASKS[name]
    assert len(y) == ROWS
    assert y.dtype.kind in "iuf"
    if task.offered:
        assert next(item for item in TASKS.values() if item.offered and item.suits(example.target)) is TASKS[name]
        assert type(find_task(example.target, "t", name)) is TASKS[name]
    else:
        assert not any(type(task).suits(item.target) for item in EXAMPLES.values())
        with pytest.raises(InputError, match="choose"):
            type(task).from_target(example.target, "t", "", "")
    stored = json.loads(json.dumps(task.to_json()))
    assert stored["kind"] == name
    assert set(FORMER) <= set(stored)
    again = task_from_json(stored)
    assert again == task
    np.testing.assert_array_equal(again.encode(example.target, "t"), y)
    with pytest.raises(InputError, match="which this version lacks: update the tools"):
        task_from_json({**stored, "kind": "fortune telling"})


@every_task
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_task_trains_a_step(name, smoothing):
    import keras

    example, task, y, _ = fitted(name)
    head, targets = task.head(), task.for_loss(y, smoothing)
    assert targets.dtype.kind in "iuf"
    assert targets.shape == (ROWS, head.units) or (targets.shape == (ROWS,) and 0 <= targets.min() <= targets.max() < head.units)
    keras.utils.set_random_seed(1)
    start = keras.Input((2,), name="signal")
    network = assemble({"signal": start}, start, lambda tensor: keras.layers.Dense(4, activation="tanh")(tensor), task)
    network.trainable.compile("adam", task.loss(smoothing), metrics=[head.metric, task.watched(smoothing, "unpenalised")])
    x = np.stack([example.signal(y), np.ones(ROWS)], axis=1).astype("float32") / 10
    before = [weight.copy() for weight in network.trainable.get_weights()]
    found = network.trainable.evaluate(x, targets, verbose=0, return_dict=True)
    assert np.isfinite(list(found.values())).all()
    assert {"loss", head.metric, "unpenalised"} == set(found)
    network.trainable.compile("adam", task.loss(0), metrics=[task.watched(0, "unpenalised")])
    plain = network.trainable.evaluate(x, task.for_loss(y, 0), verbose=0, return_dict=True)
    assert found["unpenalised"] == pytest.approx(plain["unpenalised"], rel=1e-4)  # smoothing or not, the same is watched
    assert plain["loss"] == pytest.approx(plain["unpenalised"], rel=1e-4)
    network.trainable.fit(x, task.for_loss(y, 0), epochs=1, verbose=0)
    assert any((old != new).any() for old, new in zip(before, network.trainable.get_weights(), strict=True))
    outputs = run_model(network.model, {"signal": x})
    assert outputs.shape == (ROWS, head.units)
    assert np.isfinite(task.scores(outputs)).all()
    assert task.unit() > 0
    assert 0 < task.guessing_loss(ROWS) < 10


@every_task
def test_a_task_weighs_classes_or_says_that_it_has_none(name):
    _, task, y, _ = fitted(name)
    weights = None
    with contextlib.suppress(InputError):
        weights = task.class_weights()
    if weights is None:
        with pytest.raises(InputError, match=f"^Class weights do not apply to a {name} task: set class weights to none.$"):
            task.class_weights()
        return
    assert set(weights) == set(y.tolist())
    assert sum(weights[code] for code in y.tolist()) == pytest.approx(ROWS)  # on the whole, samples weigh what they did


@every_task
def test_a_task_judges_predictions(name):
    example, task, y, scores = fitted(name)
    assert (scores.dtype, len(scores)) == ("float64", ROWS)
    whole, bare = task.prediction_table(scores), task.prediction_table(scores, probabilities=False)
    assert tuple(whole) == example.columns
    assert set(bare) <= set(whole)
    assert len(whole) == len(bare) == ROWS
    drawn_weights = np.random.default_rng(1).multinomial(ROWS, [1 / ROWS] * ROWS, size=3)
    found = task.metrics(y, scores, np.vstack([np.ones((1, ROWS), int), drawn_weights]))
    assert tuple(found) == example.metrics
    assert all(values.shape == (4,) and np.isfinite(values).all() for values in found.values())
    alone = task.metrics(y, scores, drawn_weights, only=(task.primary,))
    assert list(alone) == [task.primary]
    np.testing.assert_array_equal(alone[task.primary], found[task.primary][1:])
    guess = task.guess(ROWS, Series())
    assert guess.shape == scores.shape
    once = np.ones((1, ROWS), int)
    assert found[task.primary][0] > task.metrics(y, guess, once, only=(task.primary,))[task.primary][0]
    within = task.resampled_within(y)
    assert (within.shape, within.dtype.kind) == ((ROWS,), "i")
    rows = task.breakdown(y, scores)
    assert bool(rows) == bool(task.breakdown_title)
    assert all(np.isfinite([value for value in row.values() if not isinstance(value, str)]).all() for row in rows)
    json.dumps(task.details(y, scores))
    assert all(len(column) == ROWS for column in task.beside_predictions(y, scores).values())
    places, titles, count = task.mistakes(y, scores, 5)
    assert (len(places), len(titles), count) == (0, 0, 0)  # a good network makes none
    task.check_held_out(y, "t")
    assert task.absent(y) == []


@every_task
def test_a_task_has_models_to_compare_with(name):
    example, task, y, scores = fitted(name)
    x = np.stack([example.signal(y), NOISE[:, 0]], axis=1)
    models = task.traditional(1, 1)
    assert list(models) == [task.linear_name, task.forest_name, task.boosting_name]
    for model in models.values():
        if "n_estimators" in model.get_params():
            model.set_params(n_estimators=5)
        model.set_params(**{name: 5 for name in model.get_params() if name.endswith("min_samples_leaf")})  # of 30 samples
        found = task.scores_of_model(model.fit(x, y), x)
        assert found.shape == scores.shape
        assert np.isfinite(list(task.metrics(y, found, np.ones((1, ROWS), int)).values())).all()
    compared = compare(task, y, {NETWORK: scores, task.guess_name: task.guess(ROWS, Series())}, resamples=20, seed=1)
    assert compared.values[NETWORK][task.primary] > compared.values[task.guess_name][task.primary]


@every_task
def test_a_task_is_divided_and_inspected(name):
    example, task, y, _ = fitted(name)
    strata = task.strata(y)
    assert strata.shape == (ROWS,)
    assert set(strata.tolist()) == set(range(strata.max() + 1))
    assert task.lacking(y) == []
    counted = task.counts_table()
    if counted:
        assert task.lacking(y[:1]) or task.absent(y[:1])
        assert sum(row["training_samples"] for row in counted) >= ROWS
    shares = task.shares(y)
    assert shares
    assert all(np.isfinite(value) and isinstance(key, str) for key, value in shares.items())
    findings = task.balance(y)
    assert findings
    assert all(isinstance(item, Finding) and item.severity in (OK, NOTE, WARNING) and item.finding.endswith(".") for item in findings)
    telling, flat = task.single_power(example.signal(y).astype(float), y), task.single_power(np.ones(ROWS), y)
    assert 0 <= flat <= 0.01 < 0.6 < telling <= 1


@every_task
def test_a_task_is_drawn(name, tmp_path):
    _, task, y, scores = fitted(name)
    panels = task.panels(y, {NETWORK: scores, task.guess_name: task.guess(ROWS, Series())})
    drawn([*panels, *task.target_panels(y)], tmp_path)
    parts = task.parts_panels({"train": y[1:], "test": y})
    assert all(f"test {len(y)} samples" in panel.says for panel in parts)
    drawn(parts, tmp_path)


@every_task
def test_a_task_has_words_for_everything(name):
    _, task, y, scores = fitted(name)
    assert task.title == ", ".join(task.target)
    for words in (task.what(), task.described(), task.guess_name, task.guess_called, task.linear_name, task.forest_name):
        assert words.strip()
    assert task.single_power_title.strip()
    assert all(
        isinstance(words, str)
        for words in (task.on_loss(), task.on_training(), task.on_metrics(), task.on_calibration(y, scores), task.resampling)
    )


# every registered thing is tested by its name


def names_in_tests() -> set[str]:
    """Names, attributes and words of all tests but this one, which goes by the registries."""
    found: set[str] = set()
    for path in sorted((ROOT / "tests" / "unit").rglob("*.py")):
        if path.name == Path(__file__).name:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.alias):
                found.add(node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_every_registered_thing_has_a_test_that_names_it():
    named = names_in_tests()
    wanted = {
        **{f"task {name}": {task.__name__, name} for name, task in TASKS.items()},
        **{f"family {name}": {name, f"train-{name}"} for name in FAMILIES},
        **{f"kind {form}": {form} for form in FORMS},
    }
    assert [what for what, names in wanted.items() if not names & named] == []


# newcomers


@pytest.fixture
def registries():
    """What a newcomer enters leaves the registries again."""
    before = [(registry, dict(registry)) for registry in (KINDS, FAMILIES, TASKS)]
    yield
    for registry, entries in before:
        registry.clear()
        registry.update(entries)


@dataclasses.dataclass(frozen=True)
class Count(Task):
    """A count is predicted (Poisson regression)."""

    mean: float = 1.0

    name: ClassVar[str] = "count"
    primary: ClassVar[str] = "deviance_explained"
    headline: ClassVar[tuple[str, ...]] = ("deviance_explained",)
    guess_name: ClassVar[str] = "mean"
    guess_called: ClassVar[str] = "guess of the mean"
    linear_name: ClassVar[str] = "Poisson regression"
    single_power_title: ClassVar[str] = "Rank correlation with the count"
    explained_as: ClassVar[str] = "logarithm"

    @classmethod
    def suits(cls, target):
        return False

    @classmethod
    def from_target(cls, target, where, positive, separator):
        return cls((target.columns[0],))

    def encode(self, target, where):
        return target[self.target[0]].to_numpy("float64")

    def fit(self, y):
        return dataclasses.replace(self, mean=float(y.mean()))

    def head(self):
        return Head(1, "exponential", "poisson", "mean_absolute_error")

    def for_loss(self, y, smoothing):
        return y.reshape(-1, 1).astype("float32")

    def loss(self, smoothing):
        return "poisson"

    def watched(self, smoothing, name):
        import keras

        return keras.metrics.Poisson(name=name)

    def guessing_loss(self, rows):
        return 1.0

    def guessing_losses(self, y, rows):
        return self.sample_losses(y, np.full(len(y), self.mean))

    def sample_losses(self, y, scores):
        return scores - y * np.log(scores)

    def scores(self, outputs):
        return outputs.astype("float64")[:, 0]

    def prediction_table(self, scores, probabilities=True):
        return pd.DataFrame({f"predicted_{self.target[0]}": scores})

    def metrics(self, y, scores, weights, only=None):
        def deviance(predicted):
            return weights @ (predicted - y + y * np.log(np.maximum(y, 1e-9) / predicted))

        found = {"deviance_explained": 1 - deviance(scores) / deviance(np.full(len(y), y.mean()))}
        return {name: found[name] for name in only or found}

    def disagreement(self, scores):
        return scores.std(axis=0)

    def panels(self, y, scores):
        return [plots.observed_predicted(y, scores[NETWORK], self.title)]

    def guess(self, rows, data):
        return np.full(len(data), self.mean)

    def traditional(self, seed, jobs):
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.linear_model import PoissonRegressor

        forest = RandomForestRegressor(10, criterion="poisson", random_state=seed, n_jobs=jobs)
        return {self.linear_name: PoissonRegressor(), self.forest_name: forest}

    def scores_of_model(self, model, x):
        return model.predict(x)

    def strata(self, y):
        return np.zeros(len(y), dtype=int)

    def shares(self, y):
        return {"mean": float(y.mean())}

    def balance(self, y):
        return [Finding(OK, "target", "Counts are there.")]

    def single_power(self, x, y):
        return 0.0

    def what(self):
        return "a count"

    def explainable(self):
        return (self.title,)

    def explained(self, values, targets):
        return values[:, :, 0].mean(axis=1)

    def to_explain(self, scores):
        return np.zeros(len(scores), dtype=int)


@pytest.mark.parametrize("name", sorted(Task.__abstractmethods__))
def test_a_task_that_lacks_a_method_is_told_which(name, registries):
    lacking = type("Lacking", (Count,), {"name": "lacking", name: getattr(Task, name)})
    with pytest.raises(TypeError, match=rf"^The task Lacking lacks {name}: see"):
        tasks.register(lacking)
    with pytest.raises(TypeError, match=name):
        lacking(("y",))
    assert "lacking" not in TASKS


def test_a_task_that_says_nothing_of_itself_is_told_what_to_say(registries):
    said = {name: value for name, value in vars(Count).items() if name not in ("primary", "guess_called")}
    with pytest.raises(TypeError, match=r"^The task Count lacks guess_called, primary: see"):
        tasks.register(type("Count", (Task,), said))


def counted(folder: Path) -> Files:
    """A table whose counts follow from a number."""
    random = np.random.default_rng(1)
    x = random.normal(size=80)
    table = pd.DataFrame({"x": x.round(3), "other": random.normal(size=80).round(3), "spots": random.poisson(np.exp(1 + x))})
    table.to_csv(folder / "counts.tsv", sep="\t", index=False)
    return Files(str(folder / "counts.tsv"))


def options_of(name: str, **fields: Any) -> Any:
    return importlib.import_module(f"biodl.commands.train_{name}").OPTIONS(**fields)


def written(trained, parts, kind, options, path: Path) -> None:
    with Outputs({"model": str(path), "report": str(path.with_suffix(".html"))}) as outputs:
        write_all(trained, parts, kind, options, {}, outputs, judge(trained, parts, options))


def test_a_new_task_needs_no_other_module(registries, tmp_path, biodl):
    tasks.register(Count)
    files = counted(tmp_path)
    options = options_of("feedforward", target=("spots",), task="count", epochs=60, learning_rate=0.02, dropout=0.0, l2=0.0)
    parts = prepare(table.KIND, files, None, options, say=lambda line: None)
    trained = train_on(parts, feedforward.FAMILY, options)
    assert isinstance(trained.task, Count)
    assert trained.history.rows[-1]["loss"] < trained.history.rows[0]["loss"]
    model = tmp_path / "count.keras"
    written(trained, parts, table.KIND, options, model)
    network = open_network(str(model))
    assert network.task == trained.task
    data = table.KIND.read_for(files, network.encoding, network.task)
    held = held_out(network, data, data)
    found = compare(network.task, held.y, predict_and_look(held, 1)[0], resamples=50, seed=1)
    assert list(found.values) == ["network", "mean", "Poisson regression", "random forest"]
    assert found.values["network"]["deviance_explained"] > 0.5
    assert found.differences["mean"][0] > 0
    outputs = {name: tmp_path / name for name in ("metrics", "metrics_json", "comparison", "classes", "predictions", "plots", "report")}
    result = biodl("evaluate", model=model, data=files.main, training=files.main, resamples=100, **outputs)
    assert (result.code, result.err) == (0, "")
    assert "The network did better than the guess of the mean" in result.out
    result = biodl("predict", model=model, data=files.main, predictions=tmp_path / "p.tsv")
    assert (result.code, result.err) == (0, "")
    predicted = pd.read_csv(tmp_path / "p.tsv", sep="\t")["predicted_spots"]
    np.testing.assert_allclose(predicted, found.scores["network"], rtol=1e-6)


@dataclasses.dataclass(frozen=True)
class WideOptions:
    """Shape of a network of one wide layer."""

    width: int = 8


def wide(tensor, valid, options):
    """One layer of ``options.width`` units."""
    import keras

    return keras.layers.Dense(options.width, activation="relu", name="wide")(tensor)


def test_a_new_family_trains(registries, tmp_path):
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'hidden'"):
        Family("wide", WideOptions)
    family = families.register(Family("wide", WideOptions, wide))
    fields = [(field.name, field.type, field) for field in dataclasses.fields(WideOptions)]
    base = type(options_of("feedforward"))
    both = dataclasses.make_dataclass("Options", fields, bases=(base,), frozen=True)
    options = both(target=("spots",), task="regression", **FEW)
    parts = prepare(table.KIND, counted(tmp_path), None, options, say=lambda line: None)
    trained = train_on(parts, family, options)
    assert trained.network.model.get_layer("wide").units == 8
    written(trained, parts, table.KIND, options, tmp_path / "wide.keras")
    assert open_network(str(tmp_path / "wide.keras")).metadata["family"] == "wide"


@dataclasses.dataclass(frozen=True)
class Dots(BaseDataset):
    """Points of a plane, each on a line of a file: x, y, class."""

    def row_hashes(self):
        return pd.util.hash_pandas_object(self.frame[["x", "y"]], index=False).to_numpy()

    def fit_encoding(self, options):
        return DotsEncoding(float(self.frame[["x", "y"]].to_numpy().std()))


@dataclasses.dataclass(frozen=True)
class DotsEncoding(BaseEncoding):
    """Divided by the spread of the training part."""

    spread: float
    shape: ClassVar[tuple[int, ...]] = (2,)
    inputs: ClassVar[dict[str, list[str]]] = {"dots": ["x", "y"]}

    def described(self):
        return "dots of a plane"

    def raw(self, data):
        return {"dots": data.frame[["x", "y"]].to_numpy("float32")}

    def layers(self):
        import keras

        start = keras.Input((2,), name="dots")
        return {"dots": start}, keras.layers.Rescaling(1 / self.spread)(start)

    def to_json(self):
        return {"spread": self.spread}


def read_dots(files: Files, wanted: bool = True) -> Dots:
    frame = pd.read_csv(files.main, names=["x", "y", "side"])
    frame.index += 1
    return Dots("file of dots", "0" * 64, frame, frame[["side"]] if wanted else None, [], None)


def write_dots(files, data, parts):
    for inside, path in parts:
        data.frame[inside].to_csv(path, header=False, index=False)


def read_dots_for(files, encoding, task):
    return read_dots(files, task is not None)


DOTS: dict[str, Any] = {
    "name": "dots",
    "forms": ("dots",),
    "called": "sample",
    "steps": False,
    "in_order": False,
    "options": TargetOptions,
    "read_training": lambda files, options: read_dots(files),
    "read_for": read_dots_for,
    "sorts": ("a table",),
    "read_pieces": whole(read_dots_for),
    "read_to_split": lambda files, options: read_dots(files),
    "read_to_inspect": lambda files, options: (read_dots(files), []),
    "encoding_from": lambda stored: DotsEncoding(**stored),
    "columns_to_copy": lambda files, data, encoding, task, keep: data.frame[[]].assign(line=data.frame.index),
    "write_parts": write_dots,
    "look": lambda data, files, task: Inspection([Finding(OK, "volume", "Dots are there.")], [{"part": "x"}], [], ["Dots."]),
    "rank": 99,
}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Kind)])
def test_a_kind_that_lacks_something_is_told_what(name):
    missing({field.name for field in dataclasses.fields(Kind)}, DOTS, "an entry of the made-up kind")
    with pytest.raises(TypeError, match=f"missing 1 required positional argument: '{name}'"):
        Kind(**{key: value for key, value in DOTS.items() if key != name})


@pytest.fixture
def dots(registries, tmp_path) -> tuple[Kind, Files]:
    random = np.random.default_rng(2)
    x = random.normal(size=(90, 2)).round(3)
    rows = [f"{a},{b},{'above' if b > a else 'below'}\n" for a, b in x]
    (tmp_path / "dots.csv").write_text("".join(rows))
    return contract.register(Kind(**DOTS)), Files(str(tmp_path / "dots.csv"))


def test_a_new_kind_needs_no_other_module(dots, tmp_path, biodl, capsys):
    kind, files = dots
    data = kind.read_training(files, None)
    check_dataset(data, kind)
    offers(data.fit_encoding(None), contract.Encoding)
    options = options_of("feedforward", target=("side",), epochs=30, learning_rate=0.02)
    parts = prepare(kind, files, None, options, say=lambda line: None)
    trained = train_on(parts, feedforward.FAMILY, options)
    model = tmp_path / "dots.keras"
    written(trained, parts, kind, options, model)
    result = biodl("evaluate", model=model, data=files.main, training=files.main, resamples=100, metrics_json=tmp_path / "m.json")
    assert (result.code, result.err) == (0, "")
    assert json.loads((tmp_path / "m.json").read_text())["metrics"]["network"]["accuracy"] > 0.8
    result = biodl("predict", model=model, data=files.main, predictions=tmp_path / "p.tsv")
    assert (result.code, result.err) == (0, "")
    columns = ["line", "predicted_side", "probability_above", "probability_below", "unlike_training"]
    assert list(pd.read_csv(tmp_path / "p.tsv", sep="\t")) == columns
    found = inspect(kind, files, inspect_command.OPTIONS())
    assert {STOP, WARNING} & {item.severity for item in found.findings} == set()
    paths = {name: str(tmp_path / name) for name in ("train", "validation", "test")}
    with Outputs(paths) as outputs:
        split(kind, files, split_command.OPTIONS(), (0.6, 0.2, 0.2), outputs)
    assert sum(len(Path(path).read_text().splitlines()) for path in paths.values()) == 90


def test_every_step_taking_family_refuses_what_it_cannot_work_on():
    import keras

    start = keras.Input((4, 3))
    for family, options in (
        (recurrent.FAMILY, recurrent.RecurrentOptions(front_kernel=9)),
        (convolutional.FAMILY, convolutional.ConvolutionalOptions(kernel_size=9)),
    ):
        with pytest.raises(InputError, match="longer than what reaches it"):
            family.hidden(start, None, options)
