"""The contract of explanations of single samples: what is explained, what an attribution is, and what each kind of data offers.

What is explained of a sample is one number, by :meth:`biodl.tasks.Task.explained`: of classes and labels the log-odds of one of them,
ln(p / (1 - p)), since probabilities near 0 and 1 hardly change whatever the sample holds; of numbers the number in its own unit; of a
forecast a step, or the mean of all steps. Ensembles are explained as they predict: log-odds of the mean probability.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..networks.assemble import HEAD
from ..networks.opened import Opened
from ..networks.running import caller, run_model, traced
from ..reporting.plots.style import number
from .budget import Budget, unlimited
from .cut import Cut, last_maps

if TYPE_CHECKING:
    import numpy as np

    from ..reporting.plots import Panel

INTEGRATED, MUTAGENESIS, GRADCAM, OCCLUSION = "integrated_gradients", "mutagenesis", "gradcam", "occlusion"
"""Methods; each kind of data offers the first and some of the others."""
PERMUTATION = "permutation_importance"
"""Of groups of columns over all samples; a method among checks alone."""
CALLED = {
    INTEGRATED: "integrated gradients",
    MUTAGENESIS: "mutagenesis",
    GRADCAM: "Grad-CAM",
    OCCLUSION: "occlusion",
    PERMUTATION: "permutation importance",
}


@dataclasses.dataclass(frozen=True)
class Subject:
    """A network that is explained.

    Attributes:
        opened: the checked model file: kind, task, encoding.
        model: its Keras model, or one of the same layers with other weights (for controls).
        exact: whether sums of integrated gradients must hold; means and ranks of many samples need no such precision, and cost a tenth.
        budget: its clock is looked at before each piece of samples that the network is asked about.
    """

    opened: Opened
    model: Any
    exact: bool = True
    budget: Budget = dataclasses.field(default_factory=unlimited)

    @classmethod
    def of(cls, opened: Opened, budget: Budget | None = None) -> Subject:
        """The network of a file, loaded."""
        return cls(opened, opened.model(), budget=budget or unlimited())

    def within(self, budget: Budget) -> Subject:
        """The same network under another budget."""
        return self if budget is self.budget else dataclasses.replace(self, budget=budget)

    @property
    def encoding(self) -> Any:
        """Its fitted preprocessing, which modules of a kind know to be their own."""
        return self.opened.encoding

    @functools.cached_property
    def cut(self) -> Cut:
        """Its network, cut behind the encoding; made once, for making it takes seconds."""
        return self._watched(Cut(self.opened, self.model))

    @functools.cached_property
    def cut_at_maps(self) -> Cut:
        """The same, which also gives the last maps of a convolutional network and how what it says changes with them."""
        return self._watched(Cut(self.opened, self.model, tuple(last_maps(self.model))))

    def _watched(self, cut: Cut) -> Cut:
        cut.look = self.budget.look
        return cut

    @functools.cached_property
    def _call(self) -> Callable[[Any], Any]:
        return self._looking(traced(self.model))

    def _looking(self, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A call that looks at the clock first."""

        def look_and_call(tensors: Any) -> Any:
            self.budget.look()
            return call(tensors)

        return look_and_call

    def scores(self, raw: dict[str, Any]) -> np.ndarray:
        """What the network says of raw samples, as its task judges it; traced once, for it is asked hundreds of times."""
        return self.opened.task.scores(run_model(self.model, raw, call=self._call))

    @functools.cached_property
    def _before_head(self) -> tuple[Any, Callable[[Any], Any]]:
        import keras

        features = self.model.get_layer(HEAD).input
        flat = features if len(features.shape) == 2 else keras.layers.Flatten()(features)
        model = keras.Model(self.model.inputs, flat)
        return model, self._looking(caller(model))

    def hidden_layer(self, raw: dict[str, Any]) -> np.ndarray:
        """float32 [samples, values] of what enters the head, of all members of an ensemble one after the other."""
        model, call = self._before_head
        return run_model(model, raw, call=call)

    def roughly(self) -> Subject:
        """The same network, explained less exactly; what is kept is kept for both."""
        other = dataclasses.replace(self, exact=False)
        other.__dict__.update({name: self.__dict__[name] for name in _KEPT if name in self.__dict__}, cut=self.cut)
        return other

    def with_model(self, model: Any) -> Subject:
        """The same file with another network of the same layers in its place."""
        return dataclasses.replace(self, model=model)


_KEPT = [name for name, item in vars(Subject).items() if isinstance(item, functools.cached_property)]


def plural(called: str) -> str:
    """What several units are called: ``squares of pixels``."""
    head, of, rest = called.partition(" of ")
    return f"{head}s{of}{rest}"


_EACH = ("values", "targets", "outputs", "baselines", "gap", "complete", "steps")
"""What :class:`Attributions` has of each sample."""


@dataclasses.dataclass(frozen=True)
class Attributions:
    """What each part of each sample adds to what a network says of it.

    Attributes:
        method: one of the names above.
        values: float32 [samples, ...]; of tables [columns] in the order of ``encoding.inputs``, of sequences [positions, letters] (by the
            plain letters of the alphabet), of series and forecasts [steps, channels], of texts [words], of images [height, width,
            channels] ([height, width, 1] where a method does not tell channels apart). 0 where a sample is padded.
        targets: int [samples]: which of :meth:`biodl.tasks.Task.explainable` is explained.
        outputs: float64 [samples]: what the network says of the target, as :meth:`biodl.tasks.Task.explained` gives it.
        baselines: float64 [samples]: the same of the baseline; NaN where the method has none.
        gap: float64 [samples]: sum of the values minus (outputs - baselines); NaN where the method promises no such sum.
        complete: bool [samples]: whether this is within a thousandth of the difference (or what single precision leaves of it); true where
            no sum is promised.
        steps: int [samples]: points at which the network was asked.
        axes: what stands along each axis of a sample, by name ("columns": names; "letters": ...); absent for mere positions,
            and for the channels of images that are the colours of one picture.
        baseline: what the sample is compared with, in words.
    """

    method: str
    values: np.ndarray
    targets: np.ndarray
    outputs: np.ndarray
    baselines: np.ndarray
    gap: np.ndarray
    complete: np.ndarray
    steps: np.ndarray
    axes: Mapping[str, Sequence[str]]
    baseline: str

    @classmethod
    def without_sum(
        cls,
        method: str,
        values: np.ndarray,
        targets: np.ndarray,
        outputs: np.ndarray,
        steps: np.ndarray,
        compared: str,
        axes: Mapping[str, Sequence[str]],
    ) -> Attributions:
        """Those of a method that promises no sum; ``compared``: with what."""
        import numpy as np

        unknown = np.full(len(outputs), np.nan)
        return cls(method, values, targets, outputs, unknown, unknown, np.ones(len(outputs), dtype=bool), steps, axes, compared)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: np.ndarray) -> Attributions:
        """Those of the samples at positions ``rows``."""
        return dataclasses.replace(self, **{name: getattr(self, name)[rows] for name in _EACH})


Method = Callable[[Subject, dict[str, Any], "np.ndarray"], Attributions]
"""From a subject, raw inputs and targets [samples] to attributions."""


@dataclasses.dataclass(frozen=True)
class Explainer:
    """What a kind of data offers for explanations.

    Attributes:
        kinds: names of the kinds of data.
        called: what attributions are given to, in the singular: "column", "position", "time point", "word", "pixel".
        methods: by name, the first is the usual one.
        removed: ``removed(subject, raw, targets, gone)``: what the network says of the targets (float64 [samples]) when the units marked
            in ``gone`` (bool [samples, units]) stand at the baseline, for deletion curves; or float64 [variants, samples], of bool
            [variants, samples, units]. Units are as in :attr:`units`.
        units: ``units(attributions)``: float32 [samples, units], the attribution of each thing that can be taken out: a column, a
            position, a time point of a channel, a word, a square of pixels. Signed; 0 where a sample is padded.
        held: ``held(subject, raw)``: bool [samples, units], whether a sample holds something there.
        panels: ``panels(subject, raw, found, names)``: a panel for each sample, to be drawn by :func:`biodl.reporting.plots.figure`.
            ``found``: attributions of the same samples by method; ``names``: of the samples.
    """

    kinds: tuple[str, ...]
    called: str
    methods: Mapping[str, Method]
    removed: Callable[[Subject, dict[str, Any], np.ndarray, np.ndarray], np.ndarray]
    units: Callable[[Attributions], np.ndarray]
    held: Callable[[Subject, dict[str, Any]], np.ndarray]
    panels: Callable[[Subject, dict[str, Any], Mapping[str, Attributions], Sequence[str]], list[Panel]]


def heading(subject: Subject, attributions: Attributions, row: int, name: str) -> str:
    """The sample, and what the network says of it and of the baseline."""
    task = subject.opened.task
    what = f"{task.explained_as} of {task.explainable()[attributions.targets[row]]}"
    said, baseline = number(attributions.outputs[row]), number(attributions.baselines[row])
    return f"{name}: {what} {said}" + ("" if baseline == "undefined" else f" (baseline {baseline})")
