"""The pictures of an explanation: what matters overall, single samples, what was learned, checks."""

from __future__ import annotations

from ..reporting import plots
from ..reporting.plots import Panel
from ..tasks.measures import in_a_sentence
from . import checks
from .attribution import CALLED, plural
from .explain import Explanation, Step
from .kinds.pictures import MOST_CHANNELS, over_images
from .motif_file import DRAWN, panels_of
from .overall import SEVERAL
from .partial import Dependence
from .said import means_of, part_names

_GROUPS, _PARTS, _CLASSES = 20, 8, 10
"""Groups of columns, parts of each class, and classes in a picture."""
_FAR = 0.1
"""Share of samples that are ringed on the map of a number: those predicted worst."""


def overall_panels(found: Explanation) -> list[Panel]:
    """Importance of columns, their partial dependence, and averages by class."""
    panels = []
    if found.importances:
        metric = in_a_sentence(found.held.task.primary)
        rows = [(item.name, item.mean, *item.interval) for item in found.importances[:_GROUPS]]
        panels.append(plots.costs(rows, "What shuffling columns costs", f"{metric} falls by (95 % interval of the mean)"))
    panels += [_dependence(found, item) for item in found.dependences]
    return panels + _class_panels(found) + panels_of(found)


def _dependence(found: Explanation, item: Dependence) -> Panel:
    """Of several outputs the one that the column moves most."""
    import numpy as np

    task = found.held.task
    code = int(item.reach.argmax())
    if item.curves.shape[2] == 1:
        output = task.title
    else:
        either = item.curves.shape[2] == 2 and np.allclose(item.curves.sum(axis=2), 1)  # two classes: each says all of the other
        code = 1 if either else code
        output = f"probability of {task.explainable()[code]}"
    return plots.dependence(item.grid, item.curves[:, :, code], item.column.name, output)


def not_drawn(found: Explanation) -> list[str]:
    """Sentences on what has no place in the picture of what matters, and where it is."""
    classes = len(found.averages.by_class) if found.averages is not None and _class_panels(found) else 0
    counts = (
        (classes, _CLASSES, "classes: the table of averages has all"),
        (len(found.importances), _GROUPS, "groups of columns: the table of importance has all"),
        (len(found.motifs), DRAWN, "motifs: the MEME file has all"),
        (_channels(found), MOST_CHANNELS, "channels, those that matter most"),
    )
    return [f"The picture of what matters shows {most} of {count} {what}." for count, most, what in counts if count > most]


def _channels(found: Explanation) -> int:
    """Channels of images, where these are told apart."""
    if found.many is None or found.many.values.ndim != 4:
        return 0
    return len(found.many.axes.get("channels", ()))


def _class_panels(found: Explanation) -> list[Panel]:
    """What speaks for each class on average: logos, lines along positions, or the strongest parts."""
    import numpy as np

    if found.averages is None or found.many is None:
        return []
    names, what = part_names(found), found.held.task.explained_as
    adds = f"adds to the {what}" if what != "prediction" else f"moves the {what}, up or down"
    made = found.many
    if "letters" in made.axes and found.aligned and found.stand is not None:
        from .logos import average_panels

        groups = {name: np.flatnonzero(made.targets == code) for code, name in enumerate(found.held.task.explainable())}
        return average_panels(made.values, found.stand, groups, "".join(made.axes["letters"]), what)[:_CLASSES]
    if names is None:
        return _along_steps(found)
    panels = []
    for name, values in list(means_of(found, found.averages).items())[:_CLASSES]:
        order = np.argsort(-np.abs(values), kind="stable")[:_PARTS]
        title = f"{name}: mean of {found.averages.samples[name]} samples"
        panels.append(plots.pushes([names[place] for place in order], values[order].tolist(), title, adds))
    return panels


def _along_steps(found: Explanation) -> list[Panel]:
    """Mean absolute attribution along the steps of series, a line a channel: of samples that have a value there, if they are several."""
    import numpy as np

    made = found.many
    if not found.by_place or made is None:
        return []
    if made.values.ndim == 4:
        return over_images(made)
    channels = made.axes["channels"]
    assert found.inside is not None
    count = found.inside.sum(axis=0)
    mean = np.abs(made.values).sum(axis=0) / np.maximum(count, 1)
    strength = np.where(count >= min(SEVERAL, len(made)), mean, np.nan)
    strength = strength[: int(np.flatnonzero(np.isfinite(strength).any(axis=1))[-1]) + 1] if np.isfinite(strength).any() else mean
    strongest = np.argsort(-np.nansum(strength, axis=0), kind="stable")[:_PARTS]
    lines = {channels[place]: strength[:, place] for place in strongest}
    steps = range(1, len(strength) + 1)
    return [plots.along(steps, lines, f"Where it matters: mean of {len(made)} samples", "time point", "mean absolute attribution")]


def sample_panels(found: Explanation) -> list[Panel]:
    """One panel a sample, as its kind of data draws it."""
    import numpy as np

    if not found.single:
        return []
    count = min(len(made) for made in found.single.values())
    rows = found.chosen[:count]
    own = {method: made.take(np.arange(count)) for method, made in found.single.items()}
    names = [found.held.described(int(row)) for row in rows]
    return found.explainer.panels(found.held.subject, found.held.raw(rows), own, names)


def learned_panels(found: Explanation) -> list[Panel]:
    """The map of held-out samples, coloured by what is known of them."""
    import numpy as np

    if found.map is None or found.mapped is None:
        return []
    held, rows, title = found.held, found.mapped, "Held-out samples in the last hidden layer"
    task, scores = held.task, held.scores[found.mapped]
    y = None if held.y is None else held.y[rows]
    right = None if y is None else task.right(y, scores)
    known = np.asarray(task.predicted(scores) if y is None else y)
    number = task.explained_as == "prediction"
    if known.ndim == 1 and not number:
        wrong = None if right is None else ~np.asarray(right)
        return [plots.map_of_samples(found.map.places, found.map.shares, known, task.explainable(), wrong, title)]
    if not number:  # labels: the commonest of a sample's
        counts = known.sum(axis=0)
        codes = np.where(known.any(axis=1), (known * (counts + 1)).argmax(axis=1), known.shape[1])
        wrong = None if y is None else (np.asarray(task.predicted(scores)) != y).any(axis=1)  # about any of them
        return [plots.map_of_samples(found.map.places, found.map.shares, codes, [*task.explainable(), "no label"], wrong, title)]
    values = known if known.ndim == 1 else known.mean(axis=1)
    far = np.zeros(len(rows), dtype=bool)
    if y is not None:
        losses = task.sample_losses(y, scores)
        far[np.argsort(-losses, kind="stable")[: int(np.ceil(_FAR * len(rows)))]] = True
    return [plots.map_of_numbers(found.map.places, found.map.shares, values, far, task.title, title)]


def _at_random(step: Step) -> str:
    """Which layers are at random, in words, and the one that came last by its name."""
    if step.layers == 1:
        return f"last layer at random ({step.name})"
    return f"{f'all {step.of}' if step.layers == step.of else f'last {step.layers}'} layers ({step.name})"


def check_panels(found: Explanation) -> list[Panel]:
    """The cascade, likeness to controls, and deletion curves."""
    panels = []
    if found.cascade:
        nan = float("nan")
        rows = [("trained network", 1.0, nan, nan), *((_at_random(step), step.alike, nan, nan) for step in found.cascade)]
        panels.append(
            plots.intervals(rows, "Do explanations change when layers are put at random?", "rank correlation with the trained network's")
        )
    for title, controls in (
        ("Likeness to networks that know nothing (good: below 0.5)", (checks.AT_RANDOM, checks.SHUFFLED)),
        ("Likeness of the members of the ensemble (good: 0.5 and more)", (checks.MEMBERS,)),
    ):
        told = [check for check in found.checks if check.control in controls and check.value == check.value]
        rows = [(f"{CALLED[check.method]}, {check.control}", check.value, check.low, check.high) for check in told]
        if rows:
            panels.append(plots.intervals(rows, title, "rank correlation"))
    if found.deletions:
        curves = {CALLED[method]: item.explained.mean(axis=0) for method, item in found.deletions.items() if len(item.explained)}
        if curves:
            first = next(item for item in found.deletions.values() if len(item.explained))
            panels.append(plots.taken_out(first.shares, curves, first.random.mean(axis=0), plural(found.explainer.called)))
    return panels
