"""Several networks on one test part: from files that may come from anywhere to words, tables and a picture."""

import dataclasses
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biodl import tasks
from biodl.evaluation import compare as evaluate_compare
from biodl.evaluation import several
from biodl.evaluation.paired import delong
from biodl.evaluation.record import Evaluation, HeldPart, Judged, read_evaluation
from biodl.evaluation.several import compared, names_of
from biodl.evaluation.several_words import in_lines, on_tests, sentences
from conftest import DATA, ROOT

FILES = [DATA / f"breast_cancer{name}_evaluation.json" for name in ("", "_small", "_texture")]


@pytest.fixture
def compare(biodl, tmp_path):
    def run(files, **options):
        paths = {name: tmp_path / f"{name}.out" for name in ("verdict", "plots", "report", "networks", "differences")}
        return biodl("compare", evaluations=list(files), **paths, **{"resamples": 1000, **options}), paths

    return run


def changed(path: Path, source: Path, **parts) -> Path:
    """A copy of an evaluation with other parts; None leaves a part out, a dict changes what it names."""
    document = json.loads(source.read_text())
    for name, value in parts.items():
        if value is None:
            del document[name]
        else:
            document[name] = document[name] | value if isinstance(value, dict) and isinstance(document.get(name), dict) else value
    path.write_text(json.dumps(document))
    return path


def made(number: int, y, scores, task=None, places=None, **beside) -> Evaluation:
    """An evaluation as it is read, of network ``number``."""
    places = tuple(range(len(y))) if places is None else tuple(places)
    tested = HeldPart("table 'x'", "f", f"{places}", places)
    network = Judged(f"n{number}.keras", "recurrent", str(number), 10)
    return Evaluation(f"net {number}", network, task or tasks.Number(("t",)), tested, y, {"network": scores, **beside})


def test_three_networks_and_the_best_simpler_model(compare):
    result, paths = compare(FILES)
    assert result.code == 0, result.err
    networks = pd.read_csv(paths["networks"], sep="\t").set_index("model")
    document = json.loads(FILES[0].read_text())
    assert list(networks["kind"]) == ["feed-forward network", "simpler model", "feed-forward network", "feed-forward network"]
    assert list(networks.index)[1] == "logistic regression"
    assert networks["balanced_accuracy"].is_monotonic_decreasing
    y, scores = (np.array(document[key]) if key == "observed" else np.array(document[key]["network"]) for key in ("observed", "predicted"))
    right = scores.argmax(axis=1) == y
    assert networks.loc["breast_cancer_evaluation", "accuracy"] == pytest.approx(right.mean(), abs=1e-4)
    rows = pd.read_csv(paths["differences"], sep="\t")
    assert len(rows) == 6
    worse = np.array(json.loads(FILES[1].read_text())["predicted"]["network"]).argmax(axis=1) == y
    row = rows[(rows["better"] == "breast_cancer_evaluation") & (rows["other"] == "breast_cancer_small_evaluation")].iloc[0]
    assert row["right_better_alone"] == (right & ~worse).sum()
    assert row["right_other_alone"] == (worse & ~right).sum()
    assert row["beyond_chance"] == "yes"
    assert (rows["p_holm"] >= rows["p"]).all()
    assert result.out.startswith("Best: breast_cancer_evaluation, with a balanced accuracy of 0.98")
    assert "Clear: breast_cancer_evaluation is better than breast_cancer_small_evaluation by 0.2 (95 % interval " in result.out
    assert "Simpler model: nothing shows that a network is needed: logistic regression does about as well as" in result.out
    assert ", or better, but was chosen on these same samples." in result.out
    told = "The simpler model, logistic regression, is the best of those beside the networks on these same samples, which flatters it."
    assert told in result.out
    assert told in paths["report"].read_text()
    assert "Caution: the best of 3 on a test part looks better than it is" in result.out


def test_a_report_and_a_picture(compare):
    result, paths = compare(FILES[:2], simpler=False)
    assert result.code == 0, result.err
    page = paths["report"].read_text()
    for words in ("The best beside each other", "Every two models", "Holm", "McNemar", "DeLong", "breast_cancer_test.tsv", "trained on"):
        assert words in page
    assert "logistic" not in page
    assert re.search(r'alt="[^"]*breast_cancer_evaluation is better than breast_cancer_small_evaluation by 0\.19', page)


def test_the_same_bootstrap_as_that_of_evaluate():
    draw = np.random.default_rng(0)
    y = draw.integers(0, 3, 90)
    task = tasks.Multiclass(("t",), classes=("a", "b", "c"), counts=(4, 3, 3))
    scores = [draw.dirichlet(np.where(np.eye(3)[code] > 0, strength, 1)) for strength in (4, 2) for code in y]
    one, two = np.array(scores[:90]), np.array(scores[90:])
    found = compared([made(1, y, one, task), made(2, y, two, task)], simpler=False, resamples=500, seed=7)
    wanted = evaluate_compare.compare(task, y, {"network": one, "other": two}, 500, 7)
    assert found.intervals == {"net 1": wanted.beside["network"], "net 2": wanted.beside["other"]}
    assert (found.pairs[0].low, found.pairs[0].high) == wanted.differences["other"]
    assert found.values["net 2"] == wanted.values["other"]


def test_intervals_of_numbers_equal_those_drawn_by_hand():
    """R² of scikit-learn on rows drawn one by one."""
    from sklearn.metrics import r2_score

    draw = np.random.default_rng(2)
    y = draw.normal(size=60)
    one, two = (y + draw.normal(size=60) * noise for noise in (0.3, 0.6))
    found = compared([made(1, y, one), made(2, y, two)], simpler=False, resamples=1000, seed=3)
    again = np.random.default_rng(3)
    rows = [again.choice(np.arange(60), 60) for _ in range(1000)]
    apart = np.array([r2_score(y[row], one[row]) - r2_score(y[row], two[row]) for row in rows])
    assert (found.pairs[0].low, found.pairs[0].high) == pytest.approx(tuple(np.percentile(apart, [2.5, 97.5])))
    assert found.pairs[0].p == pytest.approx(2 * (min((apart <= 0).sum(), (apart >= 0).sum()) + 1) / 1001)


def test_the_work_of_many_networks_is_bounded_and_clear_differences_are_still_found(monkeypatch):
    """Twelve networks ask for 6,600 resamples; with room for 300 the probabilities that none of them shows come from a normal tail."""
    draw = np.random.default_rng(4)
    y = draw.integers(0, 2, 150)
    task = tasks.Binary(("t",), classes=("a", "b"), counts=(75, 75))
    items = []
    for number in range(12):
        positive = 1 / (1 + np.exp(-(2 * y - 1) * (3 if number == 5 else 0.5) - draw.normal(size=150)))
        items.append(made(number, y, np.column_stack([1 - positive, positive]), task))
    whole = compared(items, simpler=False, resamples=200, seed=1)
    assert (whole.resamples, whole.too_many) == (100 * 66, 0)
    monkeypatch.setattr(several, "_MOST_SCORES", 300 * 12 * 300)
    few = compared(items, simpler=False, resamples=200, seed=1)
    assert (few.resamples, few.too_many) == (300, 6600)
    assert few.best.name == whole.best.name == "net 5"
    clear = [[pair.second for pair in found.pairs if pair.beyond_chance and pair.first == "net 5"] for found in (whole, few)]
    assert clear[0] == clear[1]
    assert len(clear[1]) == 11
    assert min(pair.p for pair in few.pairs) < 2 / 301  # than 300 resamples can count
    assert any(sentence.startswith("So many pairs ask for 6600 resamples, which would take too long") for sentence in on_tests(few))
    assert not any("too long" in sentence for sentence in on_tests(whole))
    pair = few.pairs[0]
    one, two = (next(model.scores for model in few.models if model.name == name) for name in (pair.first, pair.second))
    assert pair.areas == delong(y == 1, one[:, 1], two[:, 1])
    monkeypatch.setattr(several, "_MOST_SCORES", 1)
    assert compared(items[:2], simpler=False, resamples=200, seed=1).resamples == 200  # what was asked for is done


def test_fifty_networks_on_five_thousand_samples_are_a_bounded_work():
    scores = np.zeros((5000, 2))
    models = [several.Model(f"n{number}", tasks.Binary(("t",)), scores, True, None) for number in range(50)]
    assert several._resamples(models, 1000) == (10_000, 122_500)


def test_equal_networks_and_clear_ones_in_words():
    draw = np.random.default_rng(5)
    y = draw.normal(size=80)
    good, bad = y + draw.normal(size=80) * 0.1, draw.normal(size=80)
    found = compared([made(1, y, good), made(2, y, good), made(3, y, bad)], simpler=False, resamples=1000, seed=1)
    assert sentences(found)[0] == "net 1 and net 2 did equally well."
    wanted = r"net 1 is better than net 3 by [\d.]+ in R² \(95 % interval [\d.]+ to [\d.]+; p = 0.006 after Holm's correction"
    assert re.match(wanted, sentences(found)[1])
    lines = list(map(str, in_lines(found)))
    assert lines[2] == "Chance: could alone explain what divides net 1 from net 2 (0 less)."
    assert lines[-1].startswith("Next: take net 1 or, of those that chance divides from it, the simplest")


def test_many_networks_get_resamples_enough_for_the_correction():
    draw = np.random.default_rng(6)
    y = draw.normal(size=40)
    networks = [made(number, y, y * (number > 0) + draw.normal(size=40) * 0.05) for number in range(12)]
    found = compared(networks, simpler=False, resamples=1000, seed=1)
    assert found.resamples == 6600  # 100 a pair
    assert all(found.pair("net 0", f"net {number}").beyond_chance for number in range(1, 12))


def test_alike_networks_are_seldom_called_different():
    """Of studies of four networks that are equally good no more than 5 in 100 may find any difference."""
    draw = np.random.default_rng(8)
    wrong = 0
    for seed in range(60):
        y = draw.normal(size=100)
        found = compared([made(n, y, y + draw.normal(size=100)) for n in range(4)], simpler=False, resamples=600, seed=seed)
        wrong += any(pair.beyond_chance for pair in found.pairs)
    assert wrong <= 7  # mean 3, two standard errors 3.4


def test_samples_that_one_network_could_not_read_are_left_out():
    draw = np.random.default_rng(9)
    y = draw.normal(size=50)
    one = made(1, y, y + 0.1, places=range(50))
    other = made(2, y[10:], y[10:] + np.arange(40) / 10, places=range(10, 50))
    found = compared([one, other], simpler=False, resamples=1000, seed=1)
    assert (len(found.y), found.left_out) == (40, 10)
    assert found.values["net 1"]["mae"] == pytest.approx(0.1)
    assert found.values["net 2"]["mae"] == pytest.approx(np.arange(40).mean() / 10)


def test_no_more_are_compared_than_the_form_says(compare):
    """Fifty pass this door, and are refused at the next one, since they are one network."""
    assert several.MOST == 50
    form = (ROOT / "tools" / "biodl_compare.xml").read_text()
    assert f"of two or more networks (up to {several.MOST}), all evaluated on the same test part." in form
    result, paths = compare([FILES[0]] * 51)
    wanted = "51 evaluations were chosen, but no more than 50 can be compared: choose fewer."
    assert (result.code, result.out, result.err) == (1, "", f"Error: {wanted}\n")
    assert not any(path.exists() for path in paths.values())
    result, _ = compare([FILES[0]] * 50)
    assert "are of the same network: choose each network once." in result.err


@pytest.mark.parametrize("task", ["labels", "forecast"])
def test_tasks_without_right_and_wrong(task, tmp_path):
    draw = np.random.default_rng(11)
    if task == "labels":
        y, kind = (draw.random((40, 2)) < 0.5) * 1.0, tasks.Labels(("t",), classes=("a", "b"), counts=(4, 5), separator=";")
        scores = [np.clip(y * strength + draw.random((40, 2)) * (1 - strength), 0, 1) for strength in (0.6, 0.1)]
    else:
        y, kind = draw.normal(size=(40, 3)), tasks.Forecast(("t",), horizon=3)
        scores = [y + draw.normal(size=y.shape) * noise for noise in (0.1, 1)]
    found = compared([made(n, y, item, kind) for n, item in enumerate(scores)], simpler=True, resamples=1000, seed=1)
    assert found.pairs[0].discordant is None
    assert found.pairs[0].areas is None
    assert found.best.name == "net 0"


def test_names():
    y = np.arange(3.0)

    def of(path: str, file: str, family: str, number: int) -> Evaluation:
        network = Judged(file, family, str(number), 9)
        return Evaluation(path, network, tasks.Number(("t",)), HeldPart("x", "f", "c", (0, 1, 2)), y, {"network": y})

    given = "/job/given/Evaluation to compare on dataset 3 and dataset 4"
    assert names_of([of("/x/a.json", "m", "recurrent", 1), of("/y/a.json", "m", "recurrent", 2)]) == ["a", "a (2)"]
    assert names_of([of(given, "m", "recurrent", 1), of(f"{given} (2)", "m", "convolutional", 2)]) == [
        "recurrent network", "convolutional network"]  # fmt: skip
    assert names_of([of(given, "Big.keras", "recurrent", 1), of(given, "Big.keras", "recurrent", 2), of("x", "m", "recurrent", 3)]) == [
        "Big", "Big (2)", "x"]  # fmt: skip
    assert names_of([of("a", "m", "r", 1), of("a (2)", "m", "r", 2), of("a", "m", "r", 3)]) == ["a", "a (2)", "a (3)"]
    long = "Recurrent network on dataset 12, dataset 14 and dataset "
    assert names_of([of(long + "15", "m", "r", 1), of(long + "16", "m", "r", 2)]) == [
        "Recurrent network on…et 14 and dataset 15", "Recurrent network on…et 14 and dataset 16"]  # fmt: skip


def test_what_evaluate_writes_is_what_compare_reads(biodl, tmp_path):
    path, predictions, metrics = (tmp_path / name for name in ("e.json", "p.tsv", "m.json"))
    flags = {"model": DATA / "lynx.keras", "data": DATA / "lynx.tsv", "resamples": 100}
    result = biodl("evaluate", evaluation=path, predictions=predictions, metrics_json=metrics, **flags)
    assert result.code == 0, result.err
    found = read_evaluation(str(path))
    table = pd.read_csv(predictions, sep="\t")
    assert list(found.tested.places) == list(table["line"])
    assert found.y == pytest.approx(table.filter(like="observed").to_numpy())
    assert found.scores["network"] == pytest.approx(table.filter(like="predicted").to_numpy())
    assert (found.task.name, found.network.name, found.network.family) == ("forecasting", "lynx.keras", "recurrent")
    again = found.task.metrics(found.y, found.scores["network"], np.ones((1, len(found.y)), dtype=int))
    assert {name: value[0] for name, value in again.items()} == json.loads(metrics.read_text())["metrics"]["network"]  # to the last digit


def test_the_same_samples_packed_are_the_same_test_part(tmp_path, compare):
    other = changed(tmp_path / "other.json", FILES[1], tested={"file": "0" * 64})
    assert compare([FILES[0], other])[0].code == 0


DIFFERENT = (
    "The evaluations 'breast_cancer_evaluation.json' and 'x.json' are of different test parts (table 'breast_cancer_test.tsv' with 113 "
    "samples, table 'breast_cancer_test.tsv' with 113): evaluate both networks on the same file, with the same targets."
)


ONE_TASK = "choose evaluations of networks for one task."
BOTH = "The evaluations 'breast_cancer_evaluation.json' and 'x.json'"
REFUSED = "The evaluation 'x.json' cannot be used, because {}: evaluate the network again."
NOT_ITS_CLASSES = REFUSED.format("its targets are no numbers of its classes")


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"tested": {"file": "0", "content": "1"}}, DIFFERENT),
        ({"observed": [0] * 113, "tested": {"content": "1"}}, DIFFERENT),
        ({"observed": [0] * 113}, DIFFERENT),
        (
            {"task": {"target": ["stage"]}},
            f"{BOTH} cannot be compared, since the first network predicts 'diagnosis', but the other 'stage': {ONE_TASK}",
        ),
        (
            {"task": {"classes": ["malignant", "benign"], "counts": [145, 243]}},
            f"{BOTH} cannot be compared, since the first network has the classes in the order 'benign', 'malignant', but the other "
            f"'malignant', 'benign' (another positive class): {ONE_TASK}",
        ),
        ({"network": json.loads(FILES[0].read_text())["network"]}, f"{BOTH} are of the same network: choose each network once."),
        ({"biodl_evaluation": 2}, "The evaluation 'x.json' was written by a newer version of this suite: update the tools."),
        ({"predicted": None}, REFUSED.format("it holds no predictions by model")),
        ({"observed": [0.5] * 113}, NOT_ITS_CLASSES),
        ({"observed": [2] * 113}, NOT_ITS_CLASSES),
        ({"observed": [0] * 112}, REFUSED.format("it does not have one target a sample")),
        ({"network": {"samples": "many"}}, REFUSED.format("its network part has a 'samples' that is not a whole number")),
        ({"task": {"kind": "poetry"}}, "The model is for the task 'poetry', which this version lacks: update the tools."),
    ],
)
def test_what_cannot_be_compared(parts, sentence, compare, tmp_path):
    result, paths = compare([FILES[0], changed(tmp_path / "x.json", FILES[1], **parts)])
    assert result.err == f"Error: {sentence}\n"
    assert not paths["verdict"].exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[]", "The file 'x.json' is no evaluation: choose what 'Evaluate a network' wrote, 'Evaluation to compare'."),
        ("{", "The file 'x.json' is no evaluation: choose what 'Evaluate a network' wrote, 'Evaluation to compare'."),
        ('{"task": "binary"}', "The file 'x.json' is no evaluation: choose what 'Evaluate a network' wrote, 'Evaluation to compare'."),
        ("[" * 100000, "The file 'x.json' is no evaluation: choose what 'Evaluate a network' wrote, 'Evaluation to compare'."),
        ('{"biodl_evaluation": 1}', "The evaluation 'x.json' cannot be used, because its network part is not a JSON object: evaluate the "
         "network again."),
    ],
)  # fmt: skip
def test_files_that_are_no_evaluations(content, sentence, compare, tmp_path):
    (tmp_path / "x.json").write_text(content)
    assert compare([FILES[0], tmp_path / "x.json"])[0].err == f"Error: {sentence}\n"


def test_predictions_that_are_none(compare, tmp_path):
    scores = json.loads(FILES[1].read_text())["predicted"]["network"]
    for row, reason in (
        ([0.5], "predictions of 'network' are not a table of numbers"),
        ([0.5, "a"], "predictions of 'network' are not a table of numbers"),
        ([0.5, float("nan")], "predictions of 'network' are not a table of numbers"),
        ([-0.5, 1.5], "its predictions are no probabilities"),
    ):
        other = changed(tmp_path / "x.json", FILES[1], predicted={"network": [*scores[:-1], row]})
        wanted = f"Error: The evaluation 'x.json' cannot be used, because {reason}: evaluate the network again.\n"
        assert compare([FILES[0], other])[0].err == wanted
    other = changed(tmp_path / "x.json", FILES[1], predicted=[])
    assert "it holds no predictions by model" in compare([FILES[0], other])[0].err


def test_names_in_a_file_of_anybody_are_shown_and_do_nothing(compare, tmp_path):
    odd = "<script>\x1b[31m\n\t\u202e$x$"
    predicted = json.loads(FILES[1].read_text())["predicted"]
    files = [tmp_path / f"Evaluation to compare on {number}" for number in (1, 2)]  # so that the names in the files are taken
    for number, file in enumerate(files):
        network = {"name": odd, "family": odd, "sha256": str(number)}
        changed(file, FILES[1], network=network, predicted=predicted | {odd: predicted["network"]})
    result, paths = compare(files)
    assert result.code == 0, result.err
    assert "<script>_[31m___$x$" in result.out
    assert "\x1b" not in result.out + paths["networks"].read_text()
    assert "<script" not in paths["report"].read_text()


def test_fewer_than_two(compare):
    wanted = "Error: One evaluation was chosen, but two or more are compared: choose another on the same test part.\n"
    assert compare(FILES[:1])[0].err == wanted
    assert "are of the same network" in compare([FILES[0], FILES[0]])[0].err


def test_too_many_predictions_are_left_out(monkeypatch, biodl, tmp_path, compare):
    flags = {"model": DATA / "lynx.keras", "data": DATA / "lynx.tsv", "resamples": 100}
    from biodl.evaluation import record

    samples = len(read_of(biodl, tmp_path, flags).y)
    monkeypatch.setattr(record, "MOST_NUMBERS", samples * 3)
    assert list(read_of(biodl, tmp_path, flags).scores) == ["network"]
    monkeypatch.setattr(record, "MOST_NUMBERS", samples * 3 - 1)
    biodl("evaluate", evaluation=tmp_path / "e.json", **flags)
    wanted = (
        "Error: The evaluation 'e.json' holds no predictions, since those of so many samples would fill the disk: "
        "evaluate each network on fewer samples.\n"
    )
    assert compare([tmp_path / "e.json", FILES[0]])[0].err == wanted


def read_of(biodl, folder: Path, flags: dict) -> Evaluation:
    assert biodl("evaluate", evaluation=folder / "e.json", **flags).code == 0
    return read_evaluation(str(folder / "e.json"))


def test_names_of_datasets_reach_the_tables(compare, tmp_path):
    links = []
    for number, source in enumerate(FILES[:2], start=1):
        links.append(tmp_path / f"dataset_{number}.dat")
        links[-1].write_bytes(source.read_bytes())
    names = tmp_path / "names.json"
    names.write_text(json.dumps({str(links[0]): "Deep", str(links[1]): "Evaluation to compare on dataset 1 and dataset 2"}))
    result, paths = compare(links, names=names, simpler=False)
    assert result.code == 0, result.err
    assert list(pd.read_csv(paths["networks"], sep="\t")["model"]) == ["Deep", "small"]  # the second as its network's file is called
    assert "dataset_1" not in result.out + paths["report"].read_text()


def test_an_output_cannot_be_one_of_the_evaluations(biodl, tmp_path):
    copies = [tmp_path / f"{number}.json" for number in (1, 2)]
    for copy, source in zip(copies, FILES[:2], strict=True):
        copy.write_bytes(source.read_bytes())
    result = biodl("compare", evaluations=copies, report=copies[1])
    wanted = f"Error: The output --report and the input --evaluations are one file ({copies[1]}): give each a path of its own.\n"
    assert result.err == wanted


def test_every_pair_is_there_once():
    draw = np.random.default_rng(12)
    y = draw.normal(size=30)
    found = compared([made(n, y, y + draw.normal(size=30)) for n in range(4)], simpler=False, resamples=1000, seed=1)
    assert {frozenset((pair.first, pair.second)) for pair in found.pairs} == {
        frozenset(pair) for pair in itertools.combinations([f"net {n}" for n in range(4)], 2)
    }
    assert all(pair.difference >= 0 for pair in found.pairs)


def test_each_network_decides_at_its_own_threshold_and_simpler_models_at_a_half():
    from sklearn.metrics import balanced_accuracy_score

    draw = np.random.default_rng(13)
    y = np.arange(80) % 2
    p = {name: np.clip(y * 0.4 + draw.random(80) * 0.6, 0, 1) for name in ("one", "two", "forest")}
    half = tasks.Binary(("t",), classes=("a", "b"), counts=(5, 5))
    low = dataclasses.replace(half, threshold=0.35)
    one, two, forest = (np.column_stack([1 - item, item]) for item in p.values())
    found = compared([made(1, y, one, half), made(2, y, two, low, forest=forest)], simpler=True, resamples=1000, seed=1)
    wanted = {
        "net 1": balanced_accuracy_score(y, p["one"] > 0.5),
        "net 2": balanced_accuracy_score(y, p["two"] > 0.35),
        "forest": balanced_accuracy_score(y, p["forest"] > 0.5),
    }
    assert {name: value["balanced_accuracy"] for name, value in found.values.items()} == pytest.approx(wanted)
    assert "The simpler model, forest, decides at a threshold of 0.5; one was chosen for net 2." in sentences(found)
    alike = compared([made(1, y, one, half), made(2, y, two, half, forest=forest)], simpler=True, resamples=1000, seed=1)
    assert not any("simpler model" in sentence for sentence in sentences(alike))
    right = {"net 1": (p["one"] > 0.5) == y, "net 2": (p["two"] > 0.35) == y}
    pair = found.pair("net 1", "net 2")
    assert pair.discordant.first == (right[pair.first] & ~right[pair.second]).sum()
