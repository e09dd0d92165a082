"""Prediction sets and intervals with a stated coverage: split conformal prediction (Papadopoulos et al. 2002, Lei et al. 2018).

How ill each truth of a calibration part fits its prediction is a number, its nonconformity. A set holds whatever would fit no worse than
the ceil((n + 1) coverage)-th smallest of them. Then a new sample's truth lies in its set with at least this probability, on average over
calibration parts and samples (marginally, not for each class or sample), if new samples are drawn as those were.
"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from ..errors import InputError
from ..stored import check_fields, demand, known_fields

if TYPE_CHECKING:
    import numpy as np

ORDER, GROUPS, ORIGIN, UNKNOWN = "order", "groups", "origin", "unknown"
"""Why new samples may not be drawn as the calibration part was: time order, groups, a network to start from that knows it; or that nobody
looked, as in files of earlier versions."""
_LESS_OFTEN = "new samples may be held less often"


@dataclasses.dataclass(frozen=True)
class Sets:
    """What a model file keeps of a calibration.

    Attributes:
        coverage: wished, between 0 and 1.
        samples: of the calibration part.
        quantiles: largest nonconformity that a set takes in; one, or one a step or label.
        steered: whether the calibration part also steered training, so that the coverage is approximate.
        repeated: samples of the calibration part that stand in the training part too, so that nothing is promised.
        near: further ones that are near copies of training samples, to the same end.
        doubts: what else speaks against a promise: :data:`ORDER`, :data:`GROUPS`, :data:`ORIGIN`, or :data:`UNKNOWN`.
    """

    coverage: float
    samples: int
    quantiles: tuple[float, ...]
    steered: bool
    repeated: int = 0
    near: int = 0
    doubts: tuple[str, ...] = (UNKNOWN,)

    @classmethod
    def fit(cls, nonconformity: np.ndarray, coverage: float, steered: bool, repeated: int = 0) -> Self:
        """Calibrate; ``nonconformity``: float [samples] or [samples, outputs].

        Raises:
            InputError: when the samples are too few for the coverage.
        """
        import numpy as np

        size = len(nonconformity)
        refuse_few(size, coverage)
        ordered = np.sort(nonconformity.reshape(size, -1), axis=0)
        return cls(coverage, size, tuple(ordered[rank(size, coverage) - 1].tolist()), steered, repeated)

    @classmethod
    def from_json(cls, stored: Any, outputs: int) -> Self:
        """What a model file holds.

        Raises:
            UnfitError: when it is of another type, or not for so many outputs.
        """
        check_fields(cls, stored, "its prediction sets")
        found = cls(**known_fields(cls, stored))
        demand(0 < found.coverage < 1 and found.samples > 0, "its prediction sets have an impossible coverage")
        demand(len(found.quantiles) == outputs, f"its prediction sets are for {len(found.quantiles)} outputs, not {outputs}")
        possible = min(found.repeated, found.near) >= 0 and found.repeated + found.near <= found.samples
        demand(possible, "its prediction sets repeat an impossible number of samples")
        demand(min(found.quantiles) >= 0, "its prediction sets have a quantile below 0")
        demand({ORDER, GROUPS, ORIGIN, UNKNOWN}.issuperset(found.doubts), "its prediction sets are doubted for no known reason")
        return dataclasses.replace(found, quantiles=tuple(found.quantiles), doubts=tuple(found.doubts))

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @property
    def limits(self) -> np.ndarray:
        """float64 [outputs]: the quantiles."""
        import numpy as np

        return np.array(self.quantiles)

    def held(self, nonconformity: np.ndarray) -> np.ndarray:
        """bool [samples, outputs]: whether truths that fit so ill (of :meth:`fit`) lie in their sets."""
        return nonconformity.reshape(len(nonconformity), -1) <= self.limits

    def doubted(self, *doubts: str) -> Self:
        """The same with further doubts."""
        return dataclasses.replace(self, doubts=tuple(dict.fromkeys((*self.doubts, *doubts))))

    def guarantee(self) -> str:
        """What may be relied on, in a sentence."""
        against = self._against()
        if against:
            said = "; ".join(f"{', and '.join(causes)}, so that {effect}" for effect, causes in against.items())
            return f"No coverage is promised: {said}."
        if self.steered:
            return "The validation part also chose the epoch, so the coverage is approximate."
        silent = " Whether it was calibrated on groups, or on near copies of training samples, the model file does not say."
        return (
            f"Over many calibration parts and samples the coverage is {self.coverage:.0%} or more on average (split conformal), for new "
            f"samples that are like those of training; not for each class by itself.{silent if UNKNOWN in self.doubts else ''}"
        )

    def _against(self) -> dict[str, list[str]]:
        """Causes, by what follows from them, for which nothing is promised."""
        these = f"of the {self.samples} samples that they were calibrated on"
        copies = "is a near copy" if self.near == 1 else "are near copies"
        told = (
            (self.repeated > 0, _LESS_OFTEN, f"the network learned from {self.repeated} {these}"),
            (self.near > 0, _LESS_OFTEN, f"{self.near} {these} {copies} of training samples"),
            (ORIGIN in self.doubts, _LESS_OFTEN, "the network that training started from knew the samples that they were calibrated on"),
            (GROUPS in self.doubts, "samples of new groups may be held less often", "samples of one group are alike"),
            (ORDER in self.doubts, "it may fall short where the series changes", "samples in time order are not drawn alike"),
        )
        against: dict[str, list[str]] = {}
        for holds, effect, cause in told:
            if holds:
                against.setdefault(effect, []).append(cause)
        return against


def rank(samples: int, coverage: float) -> int:
    """ceil((samples + 1) coverage), with the coverage as the decimal number that it was given as."""
    return math.ceil((samples + 1) * Fraction(str(coverage)))


def too_few(samples: int, coverage: float) -> bool:
    """Whether so few samples cannot tell a set of this coverage from everything."""
    return rank(samples, coverage) > samples


def refuse_few(samples: int, coverage: float) -> None:
    """Raise InputError for :func:`too_few`."""
    if too_few(samples, coverage):
        wanted = math.ceil(Fraction(str(coverage)) / (1 - Fraction(str(coverage))))
        raise InputError(
            f"A coverage of {coverage:g} needs {wanted} validation samples or more, but there are {samples}: lower the coverage, or set "
            "more samples aside."
        )
