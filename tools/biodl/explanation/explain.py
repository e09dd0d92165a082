"""Everything that is found out about a network, the most telling first, as far as the minutes suffice."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset
from ..data.text.dataset import words as words_of
from ..errors import counted, listing
from ..networks.opened import Opened
from ..networks.running import piece_rows
from . import agreement, checks, choose, randomised, shuffled
from .attribution import CALLED, Attributions, Explainer, Subject, plural
from .budget import SHARES, Budget, at_random, was
from .deletion import Deletion, deletion
from .held import Held
from .importance import MOST_SAMPLES, Column, Importance, affordable, beside_random, columns_of, importances
from .kinds.explainers import explainer_of
from .kinds.sequences import motifs, stand
from .likewise import LEAST_PARTS, likeness, structural_similarity
from .map import Map, features_of, flattened
from .motifs import Motif
from .nearest import NEIGHBOURS, nearest
from .overall import MOST_SAMPLES as MOST_AVERAGED
from .overall import Averages, attributed, averages, averages_of_words, some_rows
from .partial import Dependence, dependence, grid_of
from .twins import groups_of_twins

if TYPE_CHECKING:
    import numpy as np

CHECKED = 24
"""Samples whose explanations are checked."""
NETWORKS, IMPORTANCE_NETWORKS = 5, 10
"""Networks with weights at random: for attributions, and for permutation importance, of which each gives one number for all samples."""
_STREAMED = 48
"""Samples over which attributions are averaged where samples stay on disk, which says that they are large."""
_GROUPED, _SHUFFLED = 1000, 100
"""Columns among which twins are looked for, and groups of columns that are shuffled: those with the strongest attributions."""
_COMPARED = 10000
"""Values of a column by which twins are found."""
_DEPENDENCES, _CURVES = 4, 200
"""Columns whose partial dependence is drawn, and samples behind each."""
_MAPPED, _SEARCHED = 2000, 20000
"""Samples on the map, the most that are run between two looks at the clock, and training samples among which the nearest are sought."""


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a user asks for; see :mod:`biodl.commands.explain`."""

    which: str
    names: str
    count: int
    shuffled: bool
    seed: int


@dataclasses.dataclass(frozen=True)
class Checked:
    """Samples whose explanations are checked: their inputs, attributions by method, these by unit, and which units they hold."""

    raw: dict[str, Any]
    made: dict[str, Attributions]
    units: dict[str, np.ndarray]
    inside: np.ndarray


@dataclasses.dataclass(frozen=True)
class Beside:
    """How alike explanations are to those of another network.

    Attributes:
        alike: float64 [samples], the rank correlation of attributions with their signs.
        sizes: the same of their sizes alone.
        maps: of images, float64 [samples], the structural similarity.
    """

    alike: np.ndarray
    sizes: np.ndarray
    maps: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of the cascade.

    Attributes:
        layers: how many layers with weights are at random, the last of the network first.
        of: how many it has.
        name: of the layer that came to the others.
        alike: the mean rank correlation of explanations with those of the trained network.
    """

    layers: int
    of: int
    name: str
    alike: float


@dataclasses.dataclass
class Explanation:
    """What was found; parts that were not made are None or empty.

    Attributes:
        held: what was explained.
        explainer: what its kind of data offers.
        chosen: positions of the samples that are explained one by one.
        choice: which they are, in a sentence.
        single: their attributions by method.
        rows: positions of many samples, and ``many``: their attributions by the usual method.
        checks: whether explanations can be believed.
        cascade: what happens when layers are put at random one after the other.
        deletions: curves by method.
        importances: of groups of columns.
        dependences: of the most important columns.
        mapped: positions of the samples on the map.
        neighbours: positions of training samples near each chosen one, and their distances.
        checked: samples whose explanations are checked.
        inside: of many series, bool [samples, steps, channels], where a value is known.
        stand: of many sequences, float32 [samples, positions, letters], what stands there.
        aligned: whether these are of one length, so that a position means the same in all.
        motifs: of sequences, for each class, named after it.
    """

    held: Held
    explainer: Explainer
    chosen: np.ndarray
    choice: str
    single: dict[str, Attributions] = dataclasses.field(default_factory=dict)
    rows: np.ndarray | None = None
    many: Attributions | None = None
    averages: Averages | None = None
    checks: list[checks.Check] = dataclasses.field(default_factory=list)
    cascade: list[Step] = dataclasses.field(default_factory=list)
    deletions: dict[str, Deletion] = dataclasses.field(default_factory=dict)
    importances: list[Importance] = dataclasses.field(default_factory=list)
    dependences: list[Dependence] = dataclasses.field(default_factory=list)
    mapped: np.ndarray | None = None
    map: Map | None = None
    neighbours: tuple[np.ndarray, np.ndarray] | None = None
    checked: Checked | None = None
    inside: np.ndarray | None = None
    stand: np.ndarray | None = None
    aligned: bool = False
    motifs: list[Motif] = dataclasses.field(default_factory=list)

    @property
    def usual(self) -> str:
        """The method by which averages and cascades are made."""
        return next(iter(self.explainer.methods))

    @property
    def by_place(self) -> bool:
        """Whether many samples were averaged along time points of series, or over pictures, where parts have places but no names."""
        if self.many is None or (self.averages is not None and self.averages.parts is not None):
            return False
        return self.many.values.ndim == 4 or (self.many.values.ndim == 3 and "channels" in self.many.axes)


def explain(held: Held, wish: Wish, budget: Budget, say: Callable[[str], None]) -> Explanation:
    """Make every part that there is time and data for; what is left out is told to the budget."""
    held = dataclasses.replace(held, subject=held.subject.within(budget))
    chosen, choice = choose.choose(held, wish.which, wish.names, wish.count)
    found = Explanation(held, explainer_of(held.subject), chosen, choice)
    _singles(found, budget)
    if found.single:
        say(choice)
    _many(found, wish.seed, budget)
    _check(found, wish.seed, budget, say)
    _columns(found, wish.seed, budget, say)
    _learned(found, wish.seed, budget, wish.shuffled)
    if wish.shuffled:
        _shuffled_targets(found, wish.seed, budget, say)
    return found


def _singles(found: Explanation, budget: Budget) -> None:
    held, rows = found.held, found.chosen
    raw, targets = held.raw(rows), held.task.to_explain(held.scores[rows])
    for method in found.explainer.methods:
        made = attributed(held.subject, raw, targets, method, budget, SHARES["samples"], piece=4)
        if made is not None:
            found.single[method] = made
        if made is None or len(made) < len(rows):
            without = [held.names[row] for row in rows[0 if made is None else len(made) :]]
            who = f"{listing(without, 3)} {'has' if len(without) == 1 else 'have'}"
            budget.leave_out(f"{who} no {CALLED[method]}: the minutes were spent.")


def _many(found: Explanation, seed: int, budget: Budget) -> None:
    import numpy as np

    held, encoding = found.held, found.held.subject.opened.encoding
    rows = some_rows(len(held.data), _values_of(held.subject.opened), _STREAMED if encoding.streams else MOST_AVERAGED, seed)
    drawn = np.random.default_rng(seed).permutation(rows)  # files stand in the order of classes: what there is time for is no first part
    raw, targets = held.raw(drawn), held.task.to_explain(held.scores[drawn])
    made = attributed(held.subject.roughly(), raw, targets, found.usual, budget, SHARES["many"])
    if made is None:
        motifs_too = ", no motif was looked for" if found.explainer.called == "position" else ""
        budget.leave_out(f"Nothing was averaged over many samples{motifs_too}, and no check was made: the minutes were spent.")
        return
    if len(rows) < len(held.data):
        budget.leave_out(f"Attributions were averaged over {len(rows)} of {len(held.data)} samples, drawn at random.")
    left = len(rows) - len(made)
    if left:
        budget.leave_out(f"{left} of {len(rows)} samples {'is' if left == 1 else 'are'} not among those averaged: the minutes were spent.")
    order = np.argsort(drawn[: len(made)])
    found.rows, found.many = drawn[order], made.take(order)
    if "channels" in made.axes and made.values.ndim == 3:
        found.inside = found.explainer.held(held.subject, held.raw(found.rows)).reshape(made.values.shape)
    if "letters" in made.axes:
        raw = held.raw(found.rows)
        found.stand = stand(held.subject, raw)
        found.motifs = motifs(held.subject, found.stand, found.many)
        found.aligned = len({len(text) for text in raw["text"][:, 0]}) == 1
    found.averages = _averaged(found, found.many)


def _values_of(opened: Opened) -> int:
    """Numbers of one sample, raw or encoded."""
    return max(math.prod(opened.encoding.shape), sum(map(len, opened.encoding.inputs.values())))


def _averaged(found: Explanation, made: Attributions) -> Averages:
    """Means of what means the same in all samples: columns, positions of aligned sequences, words."""
    held, names = found.held, found.held.task.explainable()
    assert found.rows is not None
    if found.explainer.called == "word":
        texts = [words_of(text) for text in held.raw(found.rows)["text"][:, 0]]
        return averages_of_words(made.values, texts, made.targets, names)
    own = averages(found.explainer, made, names)
    parts = None
    columns = made.axes.get("columns")
    if columns is not None and len(columns) == len(own.strength):
        parts = list(columns)
    elif found.aligned:
        parts = [f"{found.explainer.called} {place}" for place in range(1, len(own.strength) + 1)]
    return dataclasses.replace(own, parts=parts)


def _check(found: Explanation, seed: int, budget: Budget, say: Callable[[str], None]) -> None:
    checked = found.checked = _to_check(found, seed, budget)
    if checked is None:
        return
    say(f"Checking explanations of {counted(len(checked.inside), 'sample')}")
    parts = plural(found.explainer.called)
    for method, made in checked.made.items():
        take_out = functools.partial(deletion, found.explainer, found.held.subject, checked.raw, made, seed)
        curves = budget.made(SHARES["deletion"], take_out)
        if curves is None:
            budget.leave_out(f"Deletion curves of {CALLED[method]} were not made: the minutes were spent.")
            continue
        found.deletions[method] = curves
        found.checks.append(checks.of_deletion(curves, method, parts, seed))
    _against_random_weights(found, checked, seed, budget)
    if found.held.subject.opened.members > 1:
        _among_members(found, checked, budget)


def _to_check(found: Explanation, seed: int, budget: Budget) -> Checked | None:
    import numpy as np

    if found.many is None or found.rows is None:
        return None
    inside = np.sort(np.random.default_rng(seed + 1).permutation(len(found.many))[:CHECKED])
    held, rows = found.held, found.rows[inside]
    raw = held.raw(rows)
    made = {found.usual: found.many.take(inside)}
    for method in list(found.explainer.methods)[1:]:
        other = attributed(held.subject.roughly(), raw, made[found.usual].targets, method, budget, SHARES["deletion"])
        if other is not None and len(other) == len(rows):
            made[method] = other
        else:
            budget.leave_out(f"Explanations by {CALLED[method]} were not checked: the minutes were spent.")
    units = {method: found.explainer.units(one) for method, one in made.items()}
    return Checked(raw, made, units, found.explainer.held(held.subject, raw))


def _against_random_weights(found: Explanation, checked: Checked, seed: int, budget: Budget) -> None:
    """All methods on networks whose weights are all at random, and the cascade by the usual one."""
    beside: dict[str, list[Beside]] = {method: [] for method in checked.made}
    subject = found.held.subject.roughly()
    with randomised.lent(subject) as trained:
        for network in range(NETWORKS):
            made_of: dict[str, Beside] = {}
            if network == 0:  # its last step is the first network at random: the usual method is not asked twice
                made_of |= _cascade(found, checked, subject, trained, seed, budget)
            elif budget.within(SHARES["random"]):
                *_, _last = randomised.cascade(subject, trained, seed + network)
            else:
                break
            for method in checked.made:
                told = made_of.get(method) or _beside(found, checked, method, subject, budget, SHARES["random"])
                if told is not None:
                    beside[method].append(told)
    _tell_of_networks({method: len(own) for method, own in beside.items()}, budget)
    fails = "they do not tell of what was learned, so do not believe them"
    for method, own in beside.items():
        if own:
            found.checks.append(_compared(found, checked, method, checks.AT_RANDOM, own, fails))


def _tell_of_networks(compared: dict[str, int], budget: Budget) -> None:
    """With how few networks at random explanations by each method were compared, where these are not all."""
    for count in sorted(set(compared.values()) - {NETWORKS}):
        methods = " and by ".join(CALLED[method] for method, own in compared.items() if own == count)
        how = f"compared with those of only {count} of {NETWORKS}" if count else "not compared with those of"
        budget.leave_out(f"Explanations by {methods} were {how} networks with weights at random: the minutes were spent.")


def _compared(found: Explanation, checked: Checked, method: str, control: str, beside: list[Beside], fails: str) -> checks.Check:
    """The check of a method beside networks that know nothing."""
    import numpy as np

    maps = [item.maps for item in beside if item.maps is not None]
    also = {"structural_similarity": float(np.mean(maps))} if maps else {}
    constant = checks.says_nothing(checked.made[method], checked.units[method], checked.inside)
    return checks.of_likeness(method, control, [item.alike for item in beside], [item.sizes for item in beside], constant, fails, also)


def _beside(found: Explanation, checked: Checked, method: str, other: Subject, budget: Budget, share: float) -> Beside | None:
    """How alike explanations of another network are; None: no time."""
    import numpy as np

    made = checked.made[method]
    theirs = attributed(other, checked.raw, made.targets, method, budget, share)
    if theirs is None or len(theirs) < len(made):
        return None
    one, two, inside = checked.units[method], found.explainer.units(theirs), checked.inside
    maps = structural_similarity(made.values, theirs.values) if made.values.ndim == 4 else None
    return Beside(likeness(one, two, inside), likeness(np.abs(one), np.abs(two), inside), maps)


def _cascade(
    found: Explanation, checked: Checked, subject: Subject, trained: Sequence[np.ndarray], seed: int, budget: Budget
) -> dict[str, Beside]:
    """How alike explanations by the usual method stay, layer by layer; gives what was found once all layers are at random."""
    import numpy as np

    last: dict[str, Beside] = {}
    layers = len(randomised.layers_with_weights(subject.model))
    for place, name in enumerate(randomised.cascade(subject, trained, seed)):
        told = _beside(found, checked, found.usual, subject, budget, SHARES["random"])
        if told is None:
            budget.leave_out(_reached(place, layers))
            *_, _last = randomised.cascade(subject, trained, seed)
            return {}
        last = {found.usual: told}
        known = told.alike[~np.isnan(told.alike)]
        if len(known):
            found.cascade.append(Step(place + 1, layers, name, float(known.mean())))
    return last


def _reached(place: int, layers: int) -> str:
    """That the minutes ended before the layer at ``place`` from the end of the network was put at random."""
    last = "the last one was" if place == 1 else f"the last {place} were"
    few = f"Of the {layers} layers with weights only {last}" if place else "Layers were not"
    return f"{few} put at random one by one: the minutes were spent."


def _among_members(found: Explanation, checked: Checked, budget: Budget) -> None:
    each: list[np.ndarray] = []
    subject, targets = found.held.subject.roughly(), checked.made[found.usual].targets
    members = agreement.each_member(subject)
    for member in members:
        made = attributed(member, checked.raw, targets, found.usual, budget, SHARES["members"])
        if made is None or len(made) < len(targets):
            some = f"Only {len(each)} of {subject.opened.members}" if len(each) > 1 else "The"
            no = "" if len(each) > 1 else "not "
            budget.leave_out(f"{some} members of the ensemble were {no}compared: the minutes were spent.")
            break
        each.append(found.explainer.units(made))
    members.close()  # puts the trained weights back, if it was left before its end
    if len(each) > 1:
        agreed = agreement.mean_agreement(each, checked.inside)
        found.checks.append(checks.of_agreement(found.usual, agreed, len(each), subject.opened.members))


def _columns(found: Explanation, seed: int, budget: Budget, say: Callable[[str], None]) -> None:
    """Permutation importance with its control, and partial dependence, where samples have columns."""
    import numpy as np

    held, opened = found.held, found.held.subject.opened
    if opened.encoding.streams:
        return
    rows = some_rows(len(held.data), _values_of(opened), MOST_SAMPLES, seed)
    raw = held.raw(rows)
    columns = columns_of(opened.encoding.inputs, raw, least=1 if found.explainer.called == "column" else 2)
    if not columns:
        return
    if not budget.within(SHARES["importance"]):
        flat = any(raw[column.input].ndim == 2 for column in columns)
        no = [*(["no column was shuffled"] if held.y is not None else []), *(["no partial dependence was made"] if flat else [])]
        if no:
            budget.leave_out(f"{' and '.join(no).capitalize()}: the minutes were spent.")
        return
    groups = _grouped(found, columns, raw, budget)
    kept = np.arange(0)
    if held.y is not None:
        say(f"Shuffling {counted(len(groups), 'group')} of columns")
        found.importances, kept = _by_importance(found, rows, raw, groups, seed, budget)
    best = [item.columns[0] for item in found.importances] or [group[0] for group in groups]
    _dependences(found, [column for column in best if raw[column.input].ndim == 2][:_DEPENDENCES], raw, seed, budget)
    if found.importances:
        _importance_at_random(found, rows[kept], {name: values[kept] for name, values in raw.items()}, seed, budget)


def _by_importance(
    found: Explanation, rows: np.ndarray, raw: dict[str, Any], groups: list[list[Column]], seed: int, budget: Budget
) -> tuple[list[Importance], np.ndarray]:
    """Groups of columns by their importance, the most important first; and positions in ``rows`` of the samples that were shuffled."""
    held, share = found.held, SHARES["importance"]
    assert held.y is not None
    kept = affordable(held.subject, raw, seed, budget, share)
    few = {name: values[kept] for name, values in raw.items()}
    made = importances(held.subject, few, held.y[rows[kept]], groups, seed, budget, share)
    if made and len(kept) < len(held.data):
        why = "" if len(kept) == len(rows) else ": the minutes would not have sufficed for more"
        budget.leave_out(f"Columns were shuffled among {len(kept)} of {len(held.data)} samples, drawn at random{why}.")
    return sorted(made, key=lambda item: -item.mean), kept


def _importance_at_random(found: Explanation, rows: np.ndarray, raw: dict[str, Any], seed: int, budget: Budget) -> None:
    """The check of permutation importance beside networks with weights at random; ``rows``: positions of the samples of ``raw``."""
    import numpy as np

    held, groups, sure = found.held, len(found.importances), any(item.interval[0] > 0 for item in found.importances)
    assert held.y is not None
    alike = np.zeros(0)
    if sure and groups >= LEAST_PARTS:
        alike = beside_random(held.subject, raw, held.y[rows], found.importances, seed, IMPORTANCE_NETWORKS, budget, SHARES["importance"])
        if len(alike) < IMPORTANCE_NETWORKS:
            how = f"compared with that of only {len(alike)} of {IMPORTANCE_NETWORKS}" if len(alike) else "not compared with that of"
            budget.leave_out(f"Permutation importance was {how} networks with weights at random: the minutes were spent.")
        if not len(alike):
            return
    found.checks.append(checks.of_importance(alike, groups, sure))


def _dependences(found: Explanation, columns: list[Column], raw: dict[str, Any], seed: int, budget: Budget) -> None:
    """What the network says along columns, on some of the samples of ``raw``."""
    count = len(found.held.data)
    some = some_rows(len(next(iter(raw.values()))), 1, _CURVES, seed)
    few = {name: values[some] for name, values in raw.items()}
    for place, column in enumerate(columns):
        grid = grid_of(raw[column.input][:, column.place])
        made = budget.made(SHARES["importance"], functools.partial(_dependence_of, found.held.subject, few, column, grid))
        if made is None:
            names = listing([column.name for column in columns[place:]], 3)
            budget.leave_out(f"The partial dependence of {names} was not made: the minutes were spent.")
            return
        if not place and len(some) < count:
            budget.leave_out(f"Partial dependence is that of {len(some)} of {count} samples, drawn at random.")
        found.dependences += made


def _dependence_of(subject: Subject, raw: dict[str, Any], column: Column, grid: np.ndarray) -> list[Dependence]:
    """The partial dependence of one column; of one that never changes there is none."""
    made = dependence(subject, raw, column, grid)
    return [] if made is None else [made]


def _grouped(found: Explanation, columns: list[Column], raw: dict[str, Any], budget: Budget) -> list[list[Column]]:
    """Columns with the strongest attributions, those that say nearly the same together, the strongest first."""
    import numpy as np

    strength = np.ones(len(columns))
    if found.many is not None and found.many.values.shape[-1] == len(columns):
        strength = np.abs(found.many.values).reshape(-1, len(columns)).mean(axis=0)  # of series over all time points
    order = np.argsort(-strength, kind="stable")[:_GROUPED]
    kept = [columns[place] for place in order]
    share = budget.share_after(0.5, SHARES["importance"])  # lest no time is left for the shuffling itself
    twins = budget.made(share, functools.partial(_twins, kept, raw, budget.look))
    shuffled = found.held.y is not None
    if twins is None and shuffled:
        hidden = "so that they are shuffled one by one, and may hide each other"
        budget.leave_out(f"Columns that say nearly the same were not looked for, {hidden}: the minutes were spent.")
    groups = [[column] for column in kept] if twins is None else twins
    left = len(columns) - sum(map(len, groups[:_SHUFFLED]))
    if left and shuffled:
        which = "with the weakest attributions" if found.many is not None else "that stand last"
        budget.leave_out(f"{left} of {len(columns)} columns, {'that' if left == 1 else 'those'} {which}, {was(left)} not shuffled.")
    return groups[:_SHUFFLED]


def _twins(columns: list[Column], raw: dict[str, Any], look: Callable[[], None]) -> list[list[Column]]:
    """Columns, those that say nearly the same in one list."""
    import numpy as np

    numbers = []
    for column in columns:
        look()
        numbers.append(_numbers(raw, column))
    categories = np.array([raw[column.input].dtype.kind != "f" for column in columns])
    return [[columns[place] for place in group] for group in groups_of_twins(np.stack(numbers, axis=1), categories, look)]


def _numbers(raw: dict[str, Any], column: Column) -> np.ndarray:
    """float64 [values]: a column over all samples (and steps), or some of these; categories by their place in the alphabet."""
    import numpy as np

    values = raw[column.input][..., column.place].ravel()
    values = values[:: -(-len(values) // _COMPARED)]
    return values.astype("float64") if values.dtype.kind == "f" else np.unique(values.astype(str), return_inverse=True)[1].astype("float64")


def _learned(found: Explanation, seed: int, budget: Budget, shuffled_too: bool) -> None:
    """The map of held-out samples, and the training samples nearest to the chosen ones; ``shuffled_too``: the control follows."""
    training, timely = found.held.training, budget.within(SHARES["map"])
    if timely:
        _mapped(found, seed, budget)
    else:
        near = "" if training is None else ", and the nearest training samples were not looked for"
        budget.leave_out(f"The map of what the network has learned was not made{near}: the minutes were spent.")
    if training is None:
        also = "" if shuffled_too else ", and the control by shuffled targets was not made"
        budget.leave_out(f"The nearest training samples were not looked for{also}: give the training samples as well.")
    elif timely:
        _nearest(found, training, seed, budget)


def _mapped(found: Explanation, seed: int, budget: Budget) -> None:
    """The map of held-out samples: of a piece of them at least."""
    import numpy as np

    held = found.held
    rows = some_rows(len(held.data), features_of(held.subject), _MAPPED, seed)
    if len(rows) < len(held.data):
        budget.leave_out(f"The map has {len(rows)} of {len(held.data)} samples, drawn at random.")
    pieces = at_random(len(rows), _piece_of(held), seed)
    features = np.concatenate(list(_hidden(held.subject, held.data.take(rows), pieces, budget, SHARES["map"])))
    if len(features) < len(rows):
        budget.leave_out(f"The map shows {len(features)} of {len(rows)} samples, drawn at random: the minutes were spent.")
    reached = np.concatenate(pieces)[: len(features)]
    order = np.argsort(reached)
    found.mapped, found.map = rows[reached[order]], flattened(features[order])


def _nearest(found: Explanation, training: Dataset, seed: int, budget: Budget) -> None:
    """The training samples nearest to the chosen ones."""
    import numpy as np

    held, share = found.held, SHARES["map"]
    chosen = budget.made(share, lambda: held.subject.hidden_layer(held.raw(found.chosen)))
    if chosen is None or not budget.within(share):
        budget.leave_out("The nearest training samples were not looked for: the minutes were spent.")
        return
    rows = some_rows(len(training), 1, _SEARCHED, seed)
    if len(rows) < len(training):
        budget.leave_out(f"The nearest training samples were looked for among {len(rows)} of {len(training)}.")
    pieces = at_random(len(rows), _piece_of(held), seed)
    near, distances, searched = nearest(chosen, _hidden(held.subject, training.take(rows), pieces, budget, share), NEIGHBOURS)
    if searched < len(rows):
        budget.leave_out(f"The nearest training samples were looked for among {searched} of them: the minutes were spent.")
    found.neighbours = rows[np.concatenate(pieces)[near]], distances
    if held.without_training:
        budget.leave_out(f"The nearest training samples are shown without their targets. {held.without_training}")


def _piece_of(held: Held) -> int:
    """Samples that are run between two looks at the clock."""
    import numpy as np

    return min(_MAPPED, piece_rows(held.subject.model, held.raw(np.arange(1))))


def _hidden(subject: Subject, data: Dataset, pieces: Sequence[np.ndarray], budget: Budget, share: float) -> Iterator[np.ndarray]:
    """The last hidden layer of the first piece of samples, and of as many others as the time suffices for; a piece at a time."""
    for place, rows in enumerate(pieces):
        if place and not budget.within(share):
            return
        yield subject.hidden_layer(subject.encoding.raw(data.take(rows)))


def _shuffled_targets(found: Explanation, seed: int, budget: Budget, say: Callable[[str], None]) -> None:
    held, checked = found.held, found.checked
    if held.training is None or held.training.target is None or checked is None:
        why = "the minutes were spent" if checked is None else held.without_training or "give the training samples as well"
        budget.leave_out(f"The control by shuffled targets was not made: {why.rstrip('.')}.")
        return
    say("Training a network on shuffled targets")
    other = shuffled.trained_on_shuffled(held.subject.roughly(), held.training, held.retrain, seed, budget, SHARES["shuffled"])
    if other is None:
        return
    for method in checked.made:
        told = _beside(found, checked, method, other, budget, SHARES["compared"])
        if told is None:
            what = f"Explanations by {CALLED[method]} were not compared with those of the network trained on shuffled targets"
            budget.leave_out(f"{what}: the minutes were spent.")
            continue
        fails = "what they point to lies in the samples alone and not in what tells the target, so do not believe them"
        found.checks.append(_compared(found, checked, method, checks.SHUFFLED, [told], fails))
