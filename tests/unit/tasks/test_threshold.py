"""The decision threshold: each goal held against a search through all of them by scikit-learn, and what cannot be met is said."""

import dataclasses

import numpy as np
import pytest
from sklearn import metrics as reference

from biodl.errors import InputError
from biodl.stored import UnfitError
from biodl.tasks import Binary, Labels, Multiclass, Number, task_from_json
from biodl.tasks.threshold import GOALS, Wish, choose, counts, shown


def samples(seed, size=60):
    random = np.random.default_rng(seed)
    y = (random.random(size) < 0.3).astype(int)
    y[:2] = 0, 1
    return y, (1 / (1 + np.exp(-(2 * y - 1 + random.normal(size=size))))).round(2)


def searched(y, positive, worth):
    """The best worth at any of a hundred thresholds, one between every two scores; minus infinity where none is useful."""
    found = [worth((positive > at).astype(int)) for at in np.linspace(-0.005, 0.995, 101)]
    return max(found)


def useful(y, predicted):
    return predicted.any() and not predicted[y == 0].all()


WORTHS = {
    "youden": lambda y, taken: reference.recall_score(y, taken) + reference.recall_score(1 - y, 1 - taken) - 1,
    "f1": lambda y, taken: reference.f1_score(y, taken, zero_division=0),
    "recall": lambda y, taken: (
        reference.recall_score(1 - y, 1 - taken) if useful(y, taken) and reference.recall_score(y, taken) >= 0.8 else -np.inf
    ),
    "precision": lambda y, taken: (
        reference.recall_score(y, taken) if useful(y, taken) and reference.precision_score(y, taken, zero_division=0) >= 0.7 else -np.inf
    ),
    "costs": lambda y, taken: -(2 * ((taken == 1) & (y == 0)).sum() + 5 * ((taken == 0) & (y == 1)).sum()),
}


@pytest.mark.parametrize("goal", WORTHS)
@pytest.mark.parametrize("seed", range(3))
def test_no_threshold_does_better(goal, seed):
    y, positive = samples(seed)
    wish = Wish(goal, recall=0.8, precision=0.7, false_alarm=2, miss=5)
    at, said = choose(y, positive, wish, "ill")
    best = searched(y, positive, lambda taken: WORTHS[goal](y, taken))
    assert WORTHS[goal](y, (positive > at).astype(int)) == pytest.approx(best)
    assert f"The decision threshold is {at:.3g}, where " in said
    assert "chosen on 60 validation samples (recall " in said
    assert said.endswith("of the rarer class the choice is rough.")


def test_a_hand_made_case():
    y, positive = np.array([0, 0, 1, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.8])
    assert choose(y, positive, Wish("recall", recall=1.0), "ill")[0] == pytest.approx(0.25)
    assert choose(y, positive, Wish("precision", precision=1.0), "ill")[0] == pytest.approx(0.5)
    assert choose(y, positive, Wish("costs", false_alarm=1, miss=10), "ill")[0] == pytest.approx(0.25)
    assert choose(y, positive, Wish("costs", false_alarm=10, miss=1), "ill")[0] == pytest.approx(0.5)
    _, said = choose(y, positive, Wish("recall", recall=0.9), "ill")
    assert "(recall 1.000, specificity 0.667, precision 0.750 there). With 3 samples of the rarer class the choice is rough." in said


def test_counts_are_those_of_samples_above():
    y, positive = samples(1, 200)
    found = counts(y, positive)
    above = positive[None, :] > found.at[:, None]
    assert (found.hits.tolist(), found.alarms.tolist()) == ((above @ y).tolist(), (above @ (1 - y)).tolist())
    assert (found.hits[0], found.hits[-1]) == (y.sum(), 0)


def test_what_cannot_be_met_is_said():
    y, positive = np.array([0, 1, 0, 1]), np.array([0.2, 0.1, 0.4, 0.3])
    at, said = choose(y, positive, Wish("recall", recall=0.99), "ill")
    assert at == 0.5
    assert (
        said == "The decision threshold stays 0.5: on 4 validation samples a recall of 0.99 is reached only by taking every sample for ill."
    )
    assert choose(np.array([0, 1, 1]), np.array([0.1, 0.2, 0.6]), Wish("recall", recall=0.5), "ill")[0] == pytest.approx(0.15)
    at, said = choose(y, positive, Wish("precision", precision=0.8), "ill")
    assert at == 0.5
    assert said == (
        "The decision threshold stays 0.5: on 4 validation samples no threshold reaches a precision of 0.8 (the highest is 0.500)."
    )
    at, said = choose(np.zeros(3, int), np.full(3, 0.5), Wish("f1"), "ill")
    assert (at, said) == (0.5, "The decision threshold stays 0.5: the 3 validation samples are all of one class, which cannot choose one.")


def test_predictions_metrics_and_mistakes_go_by_the_threshold():
    y, positive = samples(3)
    scores = np.column_stack([1 - positive, positive])
    task = Binary(("state",), ("well", "ill"), (42, 18), threshold=0.3)
    predicted = (positive > 0.3).astype(int)
    assert task.predicted(scores).tolist() == predicted.tolist()
    assert task.prediction_table(scores)["predicted_state"].tolist() == [task.classes[code] for code in predicted]
    found = {name: value[0] for name, value in task.metrics(y, scores, np.ones((1, len(y)))).items()}
    assert found["recall"] == pytest.approx(reference.recall_score(y, predicted))
    assert found["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(y, predicted))
    assert found["mcc"] == pytest.approx(reference.matthews_corrcoef(y, predicted))
    assert task.details(y, scores)["confusion_matrix"] == reference.confusion_matrix(y, predicted).tolist()
    assert task.breakdown(y, scores)[1]["precision"] == pytest.approx(reference.precision_score(y, predicted))
    assert task.mistakes(y, scores, 100)[2] == (predicted != y).sum()
    alarms, recall = predicted[y == 0].mean(), predicted[y == 1].mean()
    _, roc, precision_recall, *_ = task.panels(y, {"network": scores})
    assert roc.says.endswith(f"; at threshold 0.3 false positive rate {alarms:.3f}, recall {recall:.3f}")
    assert f"; at threshold 0.3 recall {recall:.3f}, precision " in precision_recall.says
    assert task.plain() == dataclasses.replace(task, threshold=0.5)
    assert (
        "The network says ill where its probability is above 0.3, a threshold that was chosen on its validation part." in task.on_decision()
    )
    assert task.plain().on_decision() == ""


def test_the_point_of_networks_with_thresholds_of_their_own_is_that_of_what_they_say():
    y, positive = samples(3)
    scores = np.column_stack([1 - positive, positive])
    low, high = (Binary(("state",), ("well", "ill"), (42, 18), threshold=at) for at in (0.2, 0.7))
    places = np.arange(len(y))
    deciding = [(low, places[::2].tolist()), (high, places[1::2].tolist())]
    said = np.where(places % 2 == 0, positive > 0.2, positive > 0.7)
    matrix, roc, precision_recall, *_ = low.in_the_middle([low, high]).panels_of_several(y, {"network": scores}, deciding)
    at = f"false positive rate {said[y == 0].mean():.3f}, recall {said[y == 1].mean():.3f}"
    assert roc.says.endswith(f"; at thresholds of the networks {at}")
    assert f"; at thresholds of the networks recall {said[y == 1].mean():.3f}, precision " in precision_recall.says
    assert f"{(~said[y == 0]).sum()} of {(y == 0).sum()} well and {said[y == 1].sum()} of {(y == 1).sum()} ill right" in matrix.says
    middle = (positive > 0.45)[y == 0].mean()
    assert abs(middle - said[y == 0].mean()) > 0.01  # at the mean of the thresholds, where the point was drawn
    alone = low.panels_of_several(y, {"network": scores}, [(low, range(len(y)))])
    assert [panel.says for panel in alone] == [panel.says for panel in low.panels(y, {"network": scores})]


def test_a_threshold_close_to_one_does_not_look_like_it():
    """Nothing is above 1."""
    task = Binary(("y",), ("well", "ill"), threshold=0.99987)
    assert task.on_decision().startswith("The network says ill where its probability is above 0.9999, ")
    assert [shown(value) for value in (0.3, 0.12345, 0.999, 1 - 1e-9, 1.0, 0.0)] == ["0.3", "0.123", "0.999", "0.999999999", "1", "0"]


def test_half_is_the_likelier_class():
    scores = np.array([[0.5, 0.5], [0.4, 0.6], [0.6, 0.4]])
    assert Binary(("y",), ("a", "b")).predicted(scores).tolist() == scores.argmax(axis=1).tolist()


@pytest.mark.parametrize("task", [Multiclass(("y",), ("a", "b", "c")), Labels(("a", "b"), ("a", "b")), Number(("y",))])
def test_other_tasks_refuse_a_goal(task):
    with pytest.raises(InputError, match=f"^A decision threshold is for a binary task, but this task is {task.name}: leave .* 0.5.$"):
        task.check_threshold(Wish("f1"))


def test_errors_that_cost_nothing_are_refused():
    with pytest.raises(InputError, match="Both errors cost nothing"):
        Binary(("y",), ("a", "b")).check_threshold(Wish("costs", false_alarm=0, miss=0))
    assert GOALS[0] == "half"


@pytest.mark.parametrize("value", [-0.1, 1.5, "x", None, True])
def test_a_threshold_of_a_file_is_checked(value):
    stored = Binary(("y",), ("a", "b"), (2, 2)).to_json() | {"threshold": value}
    with pytest.raises(UnfitError, match="threshold"):
        task_from_json(stored).check_stored(4)
