"""Temperature scaling (Guo et al. 2017): one number by which the values before the last activation are divided.

It is fitted to samples that did not teach the network, and folded into the weights of the head, so that the network stays plain. A
temperature above 1 softens probabilities that were too bold; one below 1 sharpens them, as label smoothing asks for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..networks.assemble import HEAD, Network
from ..networks.running import piece_rows
from ..tasks import Task

if TYPE_CHECKING:
    import numpy as np

_LEAST, _MOST = 0.2, 10.0
_SPREAD = 0.5
"""Standard deviation of the logarithm of a temperature that is expected before any sample was seen (a prior around 1): it takes some
dozens of samples to go far from 1, and few samples without a mistake cannot make a network sure of everything."""


def applies(task: Task) -> bool:
    """Whether a task predicts probabilities."""
    return _activation(task) is not None


def fit_temperature(logits: np.ndarray, y: np.ndarray, task: Task, spread: float = _SPREAD) -> float:
    """The temperature at which probabilities fit the truth best.

    Args:
        logits: [samples, units], what enters the last activation.
        y: coded targets of the same samples.
        task: gives the loss.
        spread: of the prior of the logarithm; infinite for none.

    Returns:
        From 0.2 to 10: where the sum of the losses and of the prior's is least.
    """
    import numpy as np
    from scipy.optimize import minimize_scalar

    activation = _activation(task)
    assert activation is not None
    wide = np.asarray(logits, dtype="float64")

    def cost(log: float) -> float:
        return float(task.sample_losses(y, task.scores(activation(wide / math.exp(log)))).sum()) + (log / spread) ** 2 / 2

    found = minimize_scalar(cost, bounds=(math.log(_LEAST), math.log(_MOST)), method="bounded", options={"xatol": 1e-6})
    return float(math.exp(found.x))


def calibrate(network: Network, samples: Any, y: np.ndarray, task: Task, member: int | None = None) -> float:
    """Fit the temperature of a network, or of one member of an ensemble whose heads are stacked, and fold it into its head.

    Args:
        network: is changed.
        samples: encoded, not those that it learned from.
        y: their coded targets.
        task: what is predicted.
        member: its place.
    """
    import keras
    import numpy as np

    head = network.model.get_layer(HEAD)
    features = keras.Model(network.encoder.output, head.input)
    rows = piece_rows(features, {"samples": samples})  # of large images a few, lest their layers fill the memory
    pieces = [np.asarray(features(samples[start : start + rows], training=False)) for start in range(0, len(samples), rows)]
    kernel, bias = head.get_weights()
    own = ... if member is None else member
    seen = np.concatenate(pieces) if member is None else np.concatenate(pieces)[:, member]
    temperature = fit_temperature(seen @ kernel[own] + bias[own], y, task)
    kernel[own] /= temperature
    bias[own] /= temperature
    head.set_weights([kernel, bias])
    return temperature


def uncalibrated(weight: np.ndarray, temperatures: Sequence[float]) -> np.ndarray:
    """A weight of a head as it was before :func:`calibrate`, [...] or of an ensemble [members, ...]; without temperatures as it is."""
    import numpy as np

    if not temperatures:
        return weight
    return weight * np.reshape(np.asarray(temperatures, dtype=weight.dtype), (-1, *[1] * (weight.ndim - 1)))


def told(temperatures: tuple[float, ...]) -> str:
    """A sentence on temperatures, or nothing where there are none."""
    if not temperatures:
        return ""
    what = {"softened": sum(value > 1 for value in temperatures), "sharpened": sum(value < 1 for value in temperatures)}
    did = [name for name, count in what.items() if count] or ["left as they were"]
    numbers = ", ".join(f"{value:.2f}" for value in temperatures)
    if len(temperatures) == 1:
        return f"Probabilities were {did[0]} by the temperature {numbers}, fitted on the validation part."
    how = " and ".join(f"{name} in {what[name]}" for name in did) + " of the members" if len(did) > 1 else did[0]
    return f"Probabilities were {how} by the temperatures {numbers} (one a member, each fitted on the member's own validation share)."


def _activation(task: Task) -> Any:
    """From what enters the last activation to probabilities, or None where none are predicted."""
    from scipy.special import expit, softmax

    return {"sigmoid": expit, "softmax": lambda values: softmax(values, axis=1)}.get(task.head().activation)
