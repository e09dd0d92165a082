"""Controls of explanations: likeness, networks at random, deletion, members; a good network passes, one that ignores its input fails."""

import contextlib
import dataclasses
import importlib
import time
from types import SimpleNamespace

import numpy as np
import pytest
from explained import untrained
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr
from sklearn.decomposition import PCA

from biodl.commands.any_family import trained_with
from biodl.data.kind import Files
from biodl.explanation import agreement, checks, choose, randomised
from biodl.explanation import explain as explaining
from biodl.explanation.attribution import INTEGRATED, MUTAGENESIS, PERMUTATION, Attributions, Explainer, Subject
from biodl.explanation.budget import Budget
from biodl.explanation.deletion import SHARES, deletion
from biodl.explanation.explain import Checked, Explanation, Wish, explain
from biodl.explanation.explain_report import that_fit
from biodl.explanation.held import Held, opened_on
from biodl.explanation.importance import Column, Importance
from biodl.explanation.kinds.explainers import attribute, explainer_of
from biodl.explanation.likewise import LEAST_PARTS, likeness, rank_correlation, structural_similarity
from biodl.explanation.map import flattened
from biodl.explanation.nearest import nearest
from biodl.explanation.overall import Averages, attributed
from biodl.explanation.pictures_of import check_panels, not_drawn
from biodl.explanation.said import in_lines, what_matters
from biodl.explanation.shuffled import trained_on_shuffled, with_shuffled_targets
from biodl.networks.ensemble import MEMBERS
from biodl.networks.opened import open_network
from biodl.networks.running import run_model
from biodl.reporting.plots import Panel
from conftest import DATA

WISH = Wish("first", "", 2, shuffled=False, seed=1)


@pytest.fixture(scope="module")
def cancer() -> Held:
    opened = open_network(str(DATA / "breast_cancer.keras"))
    data = opened.kind.read_for(Files(str(DATA / "breast_cancer_test.tsv")), opened.encoding, opened.task)
    return opened_on(opened, data, None, None, "")


# how alike


def test_rank_correlation_is_that_of_scipy():
    draw = np.random.default_rng(1)
    one, other = draw.normal(size=(3, 12)), draw.normal(size=(3, 12)).round(1)
    held = np.ones((3, 12), dtype=bool)
    held[1, 6:] = False
    held[2, 4:] = False  # too few
    found = rank_correlation(one, other, held)
    assert found[0] == pytest.approx(spearmanr(one[0], other[0]).statistic)
    assert found[1] == pytest.approx(spearmanr(one[1, :6], other[1, :6]).statistic)
    assert np.isnan(found[2])
    assert np.isnan(rank_correlation(np.ones((1, 9)), one[:1, :9], held[:1, :9]))[0]


def test_structural_similarity_of_known_maps():
    draw = np.random.default_rng(1).normal(size=(2, 16, 14, 3))
    np.testing.assert_allclose(structural_similarity(draw, 3 * draw), 1, atol=1e-5)  # scale does not count
    assert (np.abs(structural_similarity(draw, np.random.default_rng(2).normal(size=draw.shape))) < 0.2).all()
    ones = np.ones((1, 8, 8, 1))
    constant = (0.01 * 2) ** 2  # of the formula, for values of a range of 2
    np.testing.assert_allclose(structural_similarity(ones, 0 * ones), constant / (1 + constant), rtol=1e-4)


# networks that know nothing


def test_layers_are_put_at_random_from_the_head_down_and_back_again(cancer):
    subject = cancer.subject
    before = {layer.name: layer.get_weights() for layer in subject.model.layers}

    def as_before(layer) -> bool:
        return all(np.array_equal(new, old) for new, old in zip(layer.get_weights(), before[layer.name], strict=True))

    names = []
    with contextlib.suppress(KeyError), randomised.lent(subject) as trained:
        for name in randomised.cascade(subject, trained, 5):
            names.append(name)
            for layer in subject.model.layers:
                assert as_before(layer) == (layer.name not in names) or not layer.weights
                for new, old in zip(layer.get_weights(), before[layer.name], strict=True):
                    np.testing.assert_array_equal(np.sort(new, axis=None), np.sort(old, axis=None))
        raise KeyError  # whatever happens
    assert names == ["head", "dense_1"]
    assert all(map(as_before, subject.model.layers))


def test_shuffled_targets_are_those_of_others(cancer):
    noise = with_shuffled_targets(cancer.data, 3)
    assert (noise.target.index == cancer.data.target.index).all()
    assert sorted(noise.target["diagnosis"]) == sorted(cancer.data.target["diagnosis"])
    assert 0.3 < (noise.target["diagnosis"] == cancer.data.target["diagnosis"]).mean() < 0.8
    assert noise.frame is cancer.data.frame


def test_a_network_of_noise_explains_otherwise(cancer):
    """The control itself, beside its training: targets that are none of the network's, and unlike explanations."""
    retrain = importlib.import_module("biodl.commands.train_feedforward").OPTIONS(
        target=("diagnosis",), hidden_layers=(4,), batch_normalization=False
    )
    opened = dataclasses.replace(cancer.subject.opened, metadata={**cancer.subject.opened.metadata, "training": {"epochs": 2}})
    held = dataclasses.replace(cancer, subject=Subject(opened, cancer.subject.model), training=cancer.data, retrain=retrain)
    budget = Budget(60)
    found = explain(held, dataclasses.replace(WISH, shuffled=True), budget, lambda line: None)
    (control,) = [check for check in found.checks if check.control == checks.SHUFFLED]
    assert control.passed is True
    assert abs(control.value) < 0.5
    assert not any("shuffled targets" in sentence for sentence in budget.left_out)


@pytest.fixture
def to_compare(cancer, monkeypatch):
    """Explanations of six samples, and a network trained on shuffled targets that is the network itself."""
    rows = np.arange(6)
    raw = cancer.raw(rows)
    made = attributed(cancer.subject.roughly(), raw, np.zeros(6, dtype=int), INTEGRATED, Budget(5), 1.0)
    monkeypatch.setattr(explaining.shuffled, "trained_on_shuffled", lambda *given: cancer.subject.roughly())
    explainer = explainer_of(cancer.subject)
    checked = Checked(raw, {INTEGRATED: made}, {INTEGRATED: explainer.units(made)}, explainer.held(cancer.subject, raw))
    return SimpleNamespace(held=dataclasses.replace(cancer, training=cancer.data), explainer=explainer, checked=checked, checks=[])


def test_the_minutes_bound_the_comparison_after_a_training_too(to_compare):
    seconds = iter([0, 61])
    budget = Budget(1, clock=lambda: next(seconds))
    explaining._shuffled_targets(to_compare, 1, budget, lambda line: None)
    assert to_compare.checks == []
    assert budget.left_out == [
        "Explanations by integrated gradients were not compared with those of the network trained on shuffled targets: the minutes were "
        "spent."
    ]


def test_explanations_that_noise_gives_as_well_fail(to_compare):
    explaining._shuffled_targets(to_compare, 1, Budget(5), lambda line: None)
    (control,) = to_compare.checks
    assert (control.control, control.passed, control.value) == (checks.SHUFFLED, False, pytest.approx(1))
    assert "what they point to lies in the samples alone and not in what tells the target, so do not believe them" in control.sentence


def test_sequences_of_60_letters_are_explained_faster_than_a_default_network_is_trained(capsys):
    """100 of them by both methods, in processor seconds (twice those of 50, where what is done once counts twice as well); and what was
    learned from shuffled targets explains otherwise."""
    opened = open_network(str(DATA / "splice.keras"))
    files = Files(str(DATA / "splice_test.fasta"), labels=str(DATA / "splice.tsv"))
    data = opened.kind.read_for(files, opened.encoding, opened.task)
    options, epochs, ends = trained_with(opened), opened.metadata["training"]["epochs"], []
    few = Subject(dataclasses.replace(opened, metadata={**opened.metadata, "training": {"epochs": 2}}), opened.model())
    noise = trained_on_shuffled(few, data, options, 1, Budget(60, clock=lambda: ends.append(time.process_time()) or 0.0))
    training = (ends[-1] - ends[-2]) * epochs * opened.metadata["training"]["samples"]["training"] / len(data)
    raw, subject = opened.encoding.raw(data.take(np.arange(50))), Subject.of(opened)
    began = time.process_time()
    made = {method: attribute(subject, raw, method=method) for method in (INTEGRATED, MUTAGENESIS)}
    explaining_took = 2 * (time.process_time() - began)
    with capsys.disabled():
        print(f"explaining 100 sequences took {explaining_took:.1f} s of a processor, one training {training:.0f} s")
    assert explaining_took < training
    units, held = explainer_of(subject).units, explainer_of(subject).held(subject, raw)
    for method, own in made.items():
        alike = likeness(units(own), units(attribute(noise.roughly(), raw, own.targets, method)), held)
        assert abs(alike.mean()) < 0.3, method


# deletion


def weights_in(found: np.ndarray, parts: np.ndarray):
    """An explainer of a made network that adds up the parts that are there, and attributions as said."""
    samples = len(parts)
    explainer = Explainer(
        kinds=("made",),
        called="part",
        methods={},
        removed=lambda subject, raw, targets, gone: (parts * ~gone).sum(axis=-1),
        units=lambda attributions: attributions.values,
        held=lambda subject, raw: np.ones(parts.shape, dtype=bool),
        panels=lambda *given: [],
    )
    whole = parts.sum(axis=1)
    nothing = np.zeros(samples)
    about = {"targets": nothing.astype(int), "outputs": whole, "baselines": nothing, "gap": nothing, "steps": nothing.astype(int)}
    made = Attributions(INTEGRATED, found, complete=nothing == 0, axes={}, baseline="nothing", **about)
    return explainer, made


def test_deletion_curve_of_a_sum_is_known():
    parts = np.abs(np.random.default_rng(2).normal(size=(20, 20)))
    explainer, made = weights_in(parts, parts)
    found = deletion(explainer, None, {}, made, seed=1)
    ordered = np.cumsum(-np.sort(-parts, axis=1), axis=1) / parts.sum(axis=1).mean()
    wanted = np.stack([ordered[:, round(20 * share) - 1] for share in SHARES], axis=1)
    np.testing.assert_allclose(found.explained[:, 1:-1], wanted, atol=1e-12)
    np.testing.assert_allclose(found.random.mean(axis=0), found.shares, atol=0.03)  # by chance a share of parts is a share of the sum
    assert checks.of_deletion(found, INTEGRATED, "parts", 1).passed


def test_deletion_fails_where_the_explanation_is_upside_down_or_made_up():
    draw = np.random.default_rng(2)
    parts = np.abs(draw.normal(size=(20, 20)))
    for said in (-parts, draw.normal(size=parts.shape)):
        explainer, made = weights_in(said, parts)
        assert checks.of_deletion(deletion(explainer, None, {}, made, seed=1), INTEGRATED, "parts", 1).passed is False
    explainer, made = weights_in(parts, 0 * parts)
    nothing = checks.of_deletion(deletion(explainer, None, {}, made, seed=1), INTEGRATED, "parts", 1)
    assert nothing.passed is False
    assert nothing.sentence.startswith("The network says the same whatever parts are taken out")


def test_one_part_has_no_order_and_few_samples_no_interval():
    parts = np.abs(np.random.default_rng(2).normal(size=(20, 20)))
    for made_up, words in ((parts[:, :1], "0 samples of several columns"), (parts[:4], "4 samples of several columns")):
        explainer, made = weights_in(made_up, made_up)
        found = checks.of_deletion(deletion(explainer, None, {}, made, seed=1), INTEGRATED, "columns", 1)
        assert found.passed is None
        assert words in found.sentence


def test_samples_that_cannot_be_compared_do_not_make_an_explanation_pass():
    """Explanations as at random where they can be compared; three in four samples have too few parts."""
    mine = np.random.default_rng(1).normal(size=(8, 12))
    held = np.ones((8, 12), dtype=bool)
    held[:6, 3:] = False
    alike = likeness(mine, mine, held)
    np.testing.assert_array_equal(np.isnan(alike), [True] * 6 + [False] * 2)
    found = checks.of_likeness(INTEGRATED, checks.AT_RANDOM, [alike], [alike], False, "do not", {})
    assert (found.passed, found.value) == (False, pytest.approx(1))
    np.testing.assert_array_equal(likeness(mine[6:], 0 * mine[6:], held[6:]), [0, 0])  # the control alone says nothing
    assert np.isnan(likeness(0 * mine[6:], mine[6:], held[6:])).all()


def judged(alike, sizes=None) -> checks.Check:
    """Of one likeness a sample, or of several networks [networks, samples]."""
    rows = np.atleast_2d(np.asarray(alike, dtype=float))
    return checks.of_likeness(
        INTEGRATED, checks.AT_RANDOM, list(rows), list(rows if sizes is None else np.atleast_2d(sizes)), False, "do not", {}
    )


def test_likeness_is_decided_on_several_samples_with_its_spread():
    """Below the bound for sure: passed. A mean below it whose interval reaches it, or few samples: nobody can tell."""
    assert judged([0.1, 0.2, 0.0, -0.1, 0.1, 0.0]).passed is True
    wide = judged([0.9, 0.9, 0.0, -0.1, 0.8, 0.0])
    assert wide.passed is None
    assert wide.value == pytest.approx(2.5 / 6)
    assert wide.high > 0.5
    assert "its 95 % interval reaches 0.5, from which on they are too much alike: this cannot be told" in wide.sentence
    assert judged([0.6] * 6).passed is False
    few = judged([0.1, 0.2])
    assert few.passed is None
    assert "2 samples are too few to tell" in few.sentence


def test_spread_over_networks_counts_as_that_over_samples():
    """Five networks at random that disagree, each the same on all samples."""
    rows = np.repeat([[0.9], [0.0], [0.8], [-0.1], [0.1]], 9, axis=1)
    value, _, high = checks.spread(rows)
    assert value == pytest.approx(0.34)
    assert high == pytest.approx(0.34 + 2.776 * rows[:, 0].std(ddof=1) / np.sqrt(5), abs=1e-3)
    assert judged(rows).passed is None


def test_sizes_that_are_alike_are_told_but_decide_nothing():
    found = judged([0.1, -0.1, 0.0, 0.1, 0.0], sizes=[0.8, 0.7, 0.9, 0.8, 0.8])
    assert found.passed is True
    assert found.also["rank_correlation_of_sizes"] == pytest.approx(0.8)
    assert found.sentence.endswith("as they should; without signs they are alike (0.8), so trust their signs more than their sizes.")


def test_how_few_networks_at_random_were_compared_is_told_of_each_method():
    budget = Budget(1)
    explaining._tell_of_networks({INTEGRATED: explaining.NETWORKS, MUTAGENESIS: explaining.NETWORKS}, budget)
    assert budget.left_out == []
    explaining._tell_of_networks({INTEGRATED: 2, MUTAGENESIS: 1}, budget)
    explaining._tell_of_networks({INTEGRATED: 0, MUTAGENESIS: 0}, budget)
    assert budget.left_out == [
        "Explanations by mutagenesis were compared with those of only 1 of 5 networks with weights at random: the minutes were spent.",
        "Explanations by integrated gradients were compared with those of only 2 of 5 networks with weights at random: the minutes were "
        "spent.",
        "Explanations by integrated gradients and by mutagenesis were not compared with those of networks with weights at random: the "
        "minutes were spent.",
    ]


@pytest.mark.parametrize(
    ("done", "says"),
    [
        (0, "Layers were not put at random one by one: the minutes were spent."),
        (1, "Of the 2 layers with weights only the last one was put at random one by one: the minutes were spent."),
        (2, ""),
    ],
)
def test_layers_at_random_are_told_in_words(done, says, cancer, monkeypatch):
    """In the sentence on what was left out no layer has a name; in the picture it is in brackets."""
    explainer, rows = explainer_of(cancer.subject), np.arange(6)
    raw = cancer.raw(rows)
    made = attributed(cancer.subject.roughly(), raw, np.zeros(6, dtype=int), INTEGRATED, Budget(5), 1.0)
    checked = Checked(raw, {INTEGRATED: made}, {INTEGRATED: explainer.units(made)}, explainer.held(cancer.subject, raw))
    found = Explanation(cancer, explainer, rows, "")
    told, usual = iter([True] * done + [False] * 2), explaining._beside
    monkeypatch.setattr(explaining, "_beside", lambda *given: usual(*given) if next(told) else None)
    budget, subject = Budget(60), cancer.subject.roughly()
    with randomised.lent(subject) as trained:
        explaining._cascade(found, checked, subject, trained, 1, budget)
    assert budget.left_out == ([says] if says else [])
    assert [(step.layers, step.of, step.name) for step in found.cascade] == [(1, 2, "head"), (2, 2, "dense_1")][:done]
    if done:
        (panel,) = check_panels(found)
        labels = ("trained network", "last layer at random (head)", "all 2 layers (dense_1)")
        assert all(name in panel.says for name in labels[: done + 1])


def test_few_members_are_told(cancer, monkeypatch):
    """One member alone is compared with nobody."""
    monkeypatch.setattr(explaining.agreement, "each_member", lambda subject: (subject for _ in range(4)))
    opened = dataclasses.replace(cancer.subject.opened, metadata={**cancer.subject.opened.metadata, "members": 4})
    held = dataclasses.replace(cancer, subject=Subject(opened, cancer.subject.model))
    rows = np.arange(6)
    explainer, raw = explainer_of(held.subject), held.raw(rows)
    made = attributed(held.subject.roughly(), raw, np.zeros(6, dtype=int), INTEGRATED, Budget(5), 1.0)
    checked = Checked(raw, {INTEGRATED: made}, {INTEGRATED: explainer.units(made)}, explainer.held(held.subject, raw))
    for done, says in (
        (0, "The members of the ensemble were not compared"),
        (1, "The members of the ensemble were not compared"),
        (3, "Only 3 of 4 members of the ensemble were compared"),
    ):
        found, budget, told = Explanation(held, explainer, rows, ""), Budget(60), iter([made] * done + [None])
        monkeypatch.setattr(explaining, "attributed", lambda *given, told=told: next(told))
        explaining._among_members(found, checked, budget)
        assert budget.left_out == [f"{says}: the minutes were spent."]
        assert len(found.checks) == (done > 1)


def test_the_verdict_names_the_first_thing_left_out_and_counts_the_others(cancer):
    found = Explanation(cancer, explainer_of(cancer.subject), np.arange(2), "")
    for sentences, says in (
        (["One has none: the minutes were spent."], "One has none: the minutes were spent."),
        (["One has none: the minutes were spent.", "Two."], "One has none: the minutes were spent; 1 more thing is named in the report."),
        (
            ["One has none: the minutes were spent.", *["Two."] * 6],
            "One has none: the minutes were spent; 6 more things are named in the report.",
        ),
    ):
        (line,) = [line for line in in_lines(found, Budget(1, left_out=sentences)) if line.topic == "Left out"]
        assert line.text == says


def test_one_part_is_not_said_to_be_the_same_as_itself():
    _, made = weights_in(np.ones((6, 1)), np.ones((6, 1)))
    assert not checks.says_nothing(made, made.values, np.ones((6, 1), dtype=bool))
    _, flat = weights_in(np.ones((6, 9)), np.ones((6, 9)))
    assert checks.says_nothing(flat, flat.values, np.ones((6, 9), dtype=bool))


def of(control: str, passed: bool | None) -> checks.Check:
    return checks.Check(INTEGRATED, control, passed, 0.2, 0.1, 0.3, "")


def test_no_more_is_claimed_than_was_checked():
    random, out, members = of(checks.AT_RANDOM, True), of(checks.TAKEN_OUT, True), of(checks.MEMBERS, True)
    assert checks.summary([random, out]) == (
        "passed all 2 checks: explanations depend on what was learned and point to what the network uses."
    )
    assert checks.summary([random]) == (
        "passed the only check: explanations depend on what was learned. Whether they point to what the network uses was not checked."
    )
    assert checks.summary([out, of(checks.AT_RANDOM, None)]) == (
        "passed the only check: explanations point to what the network uses. "
        "Whether they depend on what was learned was not checked. 1 check could not be decided."
    )
    assert "depend on what was learned" in checks.summary([random, out, members])
    assert checks.summary([random, of(checks.TAKEN_OUT, False)]).startswith("passed 1 of 2 checks: be careful")


@pytest.mark.parametrize(
    ("alike", "groups", "sure", "passed", "says"),
    [
        (
            [0.1, -0.2, 0.0, 0.2],
            9,
            True,
            True,
            "differs from that of networks with weights at random (rank correlation over 9 groups of columns",
        ),
        ([0.9, 0.8, 0.7, 0.9], 9, True, False, "does not tell of what was learned, so do not believe it."),
        (
            [0.9, -0.5, 0.9, 0.0],
            9,
            True,
            None,
            "but its 95 % interval reaches 0.5, from which on they are too much alike: this cannot be told.",
        ),
        ([0.1, 0.1], 9, True, None, "but 2 networks are too few to tell."),
        ([0.9], 9, True, None, "but 1 network is too few to tell."),
        ([], 4, True, None, "is that of 4 groups of columns, too few, so that it cannot be compared with that of networks"),
        ([np.nan] * 10, 9, True, None, "is the same for all columns, so that it cannot be compared with that of networks"),
        ([], 9, False, None, "is above 0 for sure for no column, so that it cannot be compared with that of networks"),
    ],
)
def test_permutation_importance_is_decided_with_its_interval_over_networks(alike, groups, sure, passed, says):
    check = checks.of_importance(np.array(alike), groups, sure)
    assert (check.method, check.control, check.passed) == (PERMUTATION, checks.AT_RANDOM, passed)
    assert says in check.sentence
    np.testing.assert_allclose(check.value, np.mean(alike) if alike else np.nan)


@pytest.mark.parametrize(
    ("compared", "says"),
    [
        (10, []),
        (4, ["Permutation importance was compared with that of only 4 of 10 networks with weights at random: the minutes were spent."]),
        (0, ["Permutation importance was not compared with that of networks with weights at random: the minutes were spent."]),
    ],
)
def test_how_few_networks_permutation_importance_was_compared_with_is_told(compared, says, cancer, monkeypatch):
    monkeypatch.setattr(explaining, "beside_random", lambda *given: np.full(compared, 0.1))
    found, budget = Explanation(cancer, explainer_of(cancer.subject), np.arange(2), ""), Budget(60)
    found.importances = [Importance((Column("numeric", place, "a"),), np.array([0.1, 0.11])) for place in range(LEAST_PARTS)]
    explaining._importance_at_random(found, np.arange(3), {}, 1, budget)
    assert budget.left_out == says
    assert [check.passed for check in found.checks] == [True] * (compared > 0)


def test_permutation_importance_that_any_weights_give_fails(cancer):
    """A network that adds up all columns is right of many samples, and is the same with its weights in another order."""
    subject = cancer.subject
    with randomised.lent(subject):
        for layer in randomised.layers_with_weights(subject.model):
            layer.set_weights([np.full_like(array, 0.1 if array.ndim > 1 else 0.0) for array in layer.get_weights()])
        found = Explanation(cancer, explainer_of(subject), np.arange(1), "")
        budget = Budget(60)
        explaining._columns(found, 1, budget, lambda line: None)
    assert budget.left_out == []
    (check,) = found.checks
    assert (check.method, check.passed) == (PERMUTATION, False), check.sentence
    assert check.value == pytest.approx(1)
    assert in_lines(found, budget)[0].text == check.sentence  # the verdict begins so


# the minutes, and what a machine can open


def test_of_slow_networks_the_clock_is_looked_at_after_each_sample(cancer):
    subject = dataclasses.replace(cancer.subject)
    subject.cut.rows = 1  # a network of which no two samples fit
    seconds = iter([0, 0, 0, 1000])
    budget = Budget(1, clock=lambda: next(seconds))
    made = attributed(subject, cancer.raw(np.arange(9)), np.zeros(9, dtype=int), INTEGRATED, budget, 1.0)
    assert len(made) == 2


def test_classes_for_which_there_is_no_place_are_told():
    values = np.array([0.5, -0.1, 0.2])
    classes = {f"class {number}": values for number in range(12)}
    own = Averages(values, classes, dict.fromkeys(classes, 3), ["a", "b", "c"])
    about = {
        "importances": [],
        "motifs": [],
        "many": SimpleNamespace(axes={}, values=np.zeros((2, 3))),
        "held": SimpleNamespace(task=SimpleNamespace(explained_as="log-odds")),
    }
    found = SimpleNamespace(averages=own, **about)
    assert not_drawn(found) == ["The picture of what matters shows 10 of 12 classes: the table of averages has all."]
    assert what_matters(found).endswith("class 3: a, c; for 8 other classes see the table of averages.")
    few = SimpleNamespace(averages=dataclasses.replace(own, by_class=dict(list(classes.items())[:4])), **about)
    assert not_drawn(few) == []
    stains = SimpleNamespace(axes={"channels": list("abcdefg")}, values=np.zeros((2, 4, 4, 7)))
    many = SimpleNamespace(averages=None, importances=[0] * 21, motifs=[0] * 9, many=stains)
    assert not_drawn(many) == [
        "The picture of what matters shows 20 of 21 groups of columns: the table of importance has all.",
        "The picture of what matters shows 8 of 9 motifs: the MEME file has all.",
        "The picture of what matters shows 6 of 7 channels, those that matter most.",
    ]
    assert what_matters(few).endswith("class 3: a, c.")


def test_a_picture_is_no_taller_than_can_be_opened():
    budget = Budget(1)
    panels = [Panel(f"{number}", "words", lambda axes: None, 50.0) for number in range(5)]
    assert that_fit(panels, budget) == panels[:2]
    assert budget.left_out == ["3 samples of 5 would make the picture too tall: other outputs have them."]
    assert that_fit([dataclasses.replace(panels[0], height=500.0)], budget)


# the whole


def test_a_good_network_passes(cancer, monkeypatch):
    asked, usual = [], explaining._beside
    monkeypatch.setattr(explaining, "_beside", lambda *given: asked.append(given[2]) or usual(*given))
    budget = Budget(10)
    found = explain(cancer, WISH, budget, lambda line: None)
    assert [(check.method, check.passed) for check in found.checks] == [(INTEGRATED, True), (INTEGRATED, True), (PERMUTATION, True)]
    assert asked == [INTEGRATED] * (2 + 4)  # two layers, the second of which makes the first network at random; and four more networks
    lines = in_lines(found, budget)
    assert lines[0].topic == "What matters"
    assert lines[0].text.startswith("worst radius and 5 like it (shuffled: balanced accuracy falls by 0.18)")
    assert lines[1].text.startswith("passed all 3 checks")
    agreed = dataclasses.replace(found, checks=[*found.checks, of(checks.MEMBERS, True)])
    told = {panel.title: panel.says for panel in check_panels(agreed)}
    assert "members" not in told["Likeness to networks that know nothing (good: below 0.5)"]
    assert "members of the ensemble 0.2" in told["Likeness of the members of the ensemble (good: 0.5 and more)"]


@pytest.mark.parametrize(("form", "family"), [("table", "feedforward"), ("sequence", "convolutional")])
def test_every_member_stands_alone(form, family, tmp_path):
    """Those that train together, and those that train one after another; the ensemble is as before when the last one has ended."""
    import keras

    subject, raw, _ = untrained(tmp_path, form, family, members=2)
    each = run_model(keras.Model(subject.model.inputs, subject.model.get_layer(MEMBERS).output), raw)
    assert not np.allclose(each[:, 0], each[:, 1])
    before = subject.scores(raw)
    for number, member in enumerate(agreement.each_member(subject)):
        np.testing.assert_allclose(run_model(member.model, raw), each[:, number], atol=1e-6)
    np.testing.assert_array_equal(subject.scores(raw), before)
    members = agreement.each_member(subject)
    np.testing.assert_allclose(run_model(next(members).model, raw), each[:, 0], atol=1e-6)
    members.close()  # where the minutes end
    np.testing.assert_array_equal(subject.scores(raw), before)


def test_agreement_is_the_mean_over_pairs():
    draw = np.random.default_rng(3)
    units = [draw.normal(size=(4, 9)) for _ in range(3)]
    held = np.ones((4, 9), dtype=bool)
    pairs = [spearmanr(units[a][2], units[b][2]).statistic for a, b in ((0, 1), (0, 2), (1, 2))]
    assert agreement.mean_agreement(units, held)[2] == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize(
    ("agreed", "passed", "says"),
    [
        (
            [0.9, 0.8, 0.85, 0.8, 0.9, 0.88],
            True,
            "of the ensemble explain samples alike (mean rank correlation of every two 0.855).",
        ),
        ([0.2, 0.1, 0.2, 0.3, 0.1, 0.2], False, "explain samples differently (mean rank correlation of every two 0.183): they reach"),
        ([0.9, 0.1, 0.8, 0.2, 0.9, 0.4], None, "reaches below 0.5, where they differ: this cannot be told."),
        ([0.9, 0.8], None, "but 2 samples are too few to tell."),
    ],
)
def test_agreement_is_decided_with_its_interval(agreed, passed, says):
    found = checks.of_agreement(INTEGRATED, np.array(agreed), 3, 3)
    assert (found.passed, says in found.sentence) == (passed, True), found.sentence
    assert found.sentence.startswith("The 3 members of the ensemble")
    fewer = checks.of_agreement(INTEGRATED, np.array(agreed), 2, 10)
    assert fewer.sentence.startswith("Of the 10 members of the ensemble 2 were compared, which explain samples")


def test_a_member_that_says_nothing_agrees_with_no_other():
    draw = np.random.default_rng(3)
    one = draw.normal(size=(1, 9))
    held = np.ones((1, 9), dtype=bool)
    assert agreement.mean_agreement([one, one, np.zeros_like(one)], held)[0] == pytest.approx(1 / 3)
    assert np.isnan(agreement.mean_agreement([one[:, :1], one[:, :1]], held[:, :1])).all()


# what was learned


@pytest.mark.parametrize("shape", [(30, 6), (6, 30), (7, 7), (2, 3)])
def test_map_is_that_of_principal_components(shape):
    values = np.random.default_rng(4).normal(size=shape) * [5, 3, *[1] * (shape[1] - 2)]
    found, wanted = flattened(values), PCA(2).fit(values)
    np.testing.assert_allclose(np.abs(found.places), np.abs(wanted.transform(values)), atol=1e-9)
    np.testing.assert_allclose(found.shares, wanted.explained_variance_ratio_, atol=1e-12)
    assert flattened(np.ones((3, 1))).shares == (0, 0)


def test_nearest_are_those_of_all_distances():
    draw = np.random.default_rng(5)
    mine, training = draw.normal(size=(4, 3)), draw.normal(size=(20, 3))
    rows, distances, searched = nearest(mine, iter([training[:3], training[3:15], training[15:]]), 5)
    assert searched == 20
    every = cdist(mine, training)
    np.testing.assert_array_equal(rows, np.argsort(every, axis=1)[:, :5])
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :5])
    assert nearest(mine, [training[:2]])[0].shape == (4, 2)


# which samples


def test_samples_are_chosen_as_wished(cancer):
    wrong = np.flatnonzero(cancer.scores.argmax(axis=1) != cancer.y)
    rows, said = choose.choose(cancer, "mistakes", "", 5)
    assert set(rows[:2]) == set(wrong)
    assert said == "Explained: the 2 most confident mistakes, and the first 3 others."
    assert choose.choose(cancer, "first", "", 3)[0].tolist() == [0, 1, 2]
    assert choose.choose(cancer, "chosen", "4, line 2,4", 5)[0].tolist() == [2, 0]
    rows, said = choose.choose(dataclasses.replace(cancer, y=None), "mistakes", "", 2)
    assert (rows.tolist(), said) == ([0, 1], "Explained: the first 2 samples.")
    assert choose.choose(cancer, "first", "4", 3)[1].endswith("you named were not looked for: choose 'Those named below'.")
    right = dataclasses.replace(cancer, y=cancer.scores.argmax(axis=1))
    assert choose.choose(right, "mistakes", "", 3)[1] == "Explained: the first 3 samples, since there is no mistake."


def test_samples_of_which_only_some_were_predicted_are_not_the_first_of_the_file(cancer):
    wrong = np.flatnonzero(cancer.scores.argmax(axis=1) != cancer.y)
    rows = np.sort(np.concatenate([wrong, np.arange(50, 58)]))
    some = dataclasses.replace(cancer, data=cancer.data.take(rows), y=cancer.y[rows], scores=cancer.scores[rows], given=len(cancer.data))
    only = f"Only {len(rows)} of {len(cancer.data)} samples were predicted"
    for count, others in ((2, ""), (3, ", and 1 other that was predicted"), (5, ", and 3 others that were predicted")):
        said = choose.choose(some, "mistakes", "", count)[1]
        assert said == f"Explained: the 2 most confident mistakes{others}. {only}: there may be worse ones."
    right = dataclasses.replace(some, y=some.scores.argmax(axis=1))
    found, said = choose.choose(right, "mistakes", "", 3)
    among = "3 of the samples that were predicted, among which there is no mistake"
    assert said == f"Explained: {among}. {only}: there may be mistakes among the others."
    assert found.tolist() == [0, 1, 2]
