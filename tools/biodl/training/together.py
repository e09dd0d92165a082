"""Fit the members of an ensemble together: one graph with stacked weights, in which each member sees samples of its own.

Nothing is shared between members: each has its own rows in its own order, and the sum of their losses sends each its own gradient. So
each learns what it would learn alone, but all of them cost the calls of one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..program import runtime
from ..tasks import Head, Task
from .fit import FitOptions, History, history_of, means, of_members, optimizer_for, rate_of, resolved, steps_of, teller, weights_of
from .in_memory import orders_of
from .shares import Share
from .watching import Reached, Watch

if TYPE_CHECKING:
    import numpy as np

_PIECE = 1024
"""Samples that each member predicts at a time."""


def can(options: FitOptions) -> bool:
    """Whether members can be fitted together: not where what one of them reaches sets the learning rate of all."""
    return options.schedule != "plateau"


@runtime.forgotten_gradients()
def fit_together(
    model: Any,
    task: Task,
    options: FitOptions,
    x: np.ndarray,
    y: np.ndarray,
    shares: Sequence[Share],
    log: Callable[[str], None],
    watch: Watch | None = None,
) -> History:
    """Train ``model`` in place; afterwards each member has the weights of the epoch with its own lowest validation loss.

    Args:
        model: from [samples, members, ...] to the heads [samples, members, units]; all its weights are stacked by member.
        task: gives the loss and the metric.
        options: how to train; :func:`biodl.training.fit.resolved` here, if they are not yet.
        x: encoded samples.
        y: their coded targets.
        shares: the samples of each member, and its seed.
        log: called with a line after each epoch.
        watch: as for :func:`biodl.training.fit.fit`; is told the mean over the members.

    Raises:
        InputError: when a loss stops being a number.
    """
    import numpy as np

    most = max(len(share.learned) for share in shares)
    options = resolved(options, most)
    optimizer = optimizer_for(options, steps_of(options, most))
    optimizer.build(model.trainable_variables)
    run, look = _functions(model, task, options, optimizer, x, y, options.batch_size)
    orders = [orders_of(share.learned, share.seed) for share in shares]  # drawn here: a pipeline a member costs more than the training
    kept = _Kept(model, len(shares), options.patience or options.epochs)
    tell, metric, unit = teller(options.epochs, log), task.head().metric, task.unit()
    for epoch in range(1, options.epochs + 1):
        learned = run(np.stack([np.resize(next(order), most) for order in orders], axis=1)).numpy() / most
        held = _held(look, shares)
        rows = [
            {
                **{"epoch": epoch, "loss": float(learned[0, place]), metric: float(learned[1, place]) * unit},
                **{"val_loss": float(held[0, place]), f"val_{metric}": float(held[1, place]) * unit},
                "learning_rate": rate_of(optimizer),
            }
            for place in range(len(shares))
        ]
        kept.add(rows)
        tell(means(rows))
        if watch:
            watch(Reached(epoch / options.epochs, kept.lowest))
        if kept.over or kept.broken:
            break
    kept.restore()
    history = of_members([history_of(rows, options.epochs) for rows in kept.rows])
    if watch:
        watch(Reached(1.0, kept.lowest))
    return history


class _Kept:
    """The best weights of each member, and how long each has been waiting for better ones; as Keras' early stopping does for one."""

    def __init__(self, model: Any, members: int, patience: int):
        import numpy as np

        self._model, self._patience = model, patience
        self._best = np.full(members, np.inf)
        self._waited = np.zeros(members, dtype=int)
        self._weights = [weight.reshape(members, -1).copy() for weight in model.get_weights()]
        self.rows: list[list[dict[str, float]]] = [[] for _ in range(members)]

    @property
    def lowest(self) -> float:
        """The mean of the lowest losses of all members."""
        return float(self._best.mean())

    @property
    def over(self) -> bool:
        """Whether the training of every member has ended."""
        return bool((self._waited >= self._patience).all())

    @property
    def broken(self) -> bool:
        """Whether the loss of a member stopped being a number before its training ended; after that nobody looks at it."""
        return any(not math.isfinite(rows[-1][name]) for rows in self.rows for name in ("loss", "val_loss"))

    def add(self, rows: Sequence[dict[str, float]]) -> None:
        """Note an epoch, a row a member; a member whose training has ended is left as it was."""
        import numpy as np

        losses = np.array([row["val_loss"] for row in rows])
        running = self._waited < self._patience
        better = running & (losses < self._best)
        self._waited = np.where(better, 0, self._waited + running)
        self._best = np.where(better, losses, self._best)
        for place in np.flatnonzero(running):
            self.rows[place].append(rows[place])
        if better.any():
            for mine, now in zip(self._weights, self._model.get_weights(), strict=True):
                mine[better] = now.reshape(mine.shape)[better]

    def restore(self) -> None:
        """Give every member its best weights."""
        self._model.set_weights([mine.reshape(now.shape) for mine, now in zip(self._weights, self._model.weights, strict=True)])


def _held(look: Callable[..., Any], shares: Sequence[Share]) -> np.ndarray:
    """[2, members]: loss and metric of each member on its own validation share."""
    import numpy as np

    sizes = np.array([len(share.held) for share in shares])
    rows = np.stack([np.resize(share.held, sizes.max()) for share in shares], axis=1)
    counted = (np.arange(len(rows))[:, None] < sizes).astype("float32")  # shares may differ in size where groups do
    pieces = range(0, len(rows), _PIECE)
    return sum(look(rows[start : start + _PIECE], counted[start : start + _PIECE]).numpy() for start in pieces) / sizes


def _functions(model: Any, task: Task, options: FitOptions, optimizer: Any, x: np.ndarray, y: np.ndarray, batch: int) -> tuple[Any, Any]:
    """One epoch of training, and a look at samples; both take rows [samples, members] and give sums of loss and metric [2, members]."""
    import tensorflow as tf

    smoothing = options.label_smoothing
    learn, (loss, metric) = _loss(task.loss(smoothing)), _measures(task.head())
    samples, plain, targets = (tf.constant(values) for values in (x, task.for_loss(y, 0.0), task.for_loss(y, smoothing)))
    weight_of = tf.constant(weights_of(task.class_weights(), y)) if options.class_weight == "balanced" else None
    variables = model.trainable_variables

    def measured(rows: Any, found: Any) -> Any:
        truth = tf.gather(plain, rows)
        right = tf.cast(metric(truth, found), "float32")
        return tf.stack([loss(truth, found), right if right.shape.rank == 2 else tf.reduce_mean(right, axis=-1)])

    def step(rows: Any) -> Any:
        with tf.GradientTape() as tape:
            found = model(tf.gather(samples, rows), training=True)
            losses = learn(tf.gather(targets, rows), found)
            losses = losses if weight_of is None else losses * tf.gather(weight_of, rows)
            total = tf.reduce_sum(tf.reduce_mean(losses, axis=0)) + tf.add_n(model.losses or [0.0])
        optimizer.apply(tape.gradient(total, variables), variables)
        return tf.reduce_sum(measured(rows, found), axis=1)

    # without AutoGraph, which writes files, and fails where the disk is full
    @tf.function(reduce_retracing=True, autograph=False)
    def run(order: Any) -> Any:
        def one(start: Any, sums: Any) -> Any:
            return start + batch, sums + step(order[start : start + batch])

        begin = tf.constant(0), tf.zeros((2, model.output.shape[1]))
        return tf.while_loop(lambda start, sums: start < tf.shape(order)[0], one, begin)[1]

    @tf.function(reduce_retracing=True, autograph=False)
    def look(rows: Any, counted: Any) -> Any:
        return tf.reduce_sum(measured(rows, model(tf.gather(samples, rows), training=False)) * counted, axis=1)

    return run, look


def _loss(named: Any) -> Callable[[Any, Any], Any]:
    """Keras' loss as a function that gives one number a sample and member."""
    import keras

    found = keras.losses.get(named)
    return found.call if isinstance(found, keras.losses.Loss) else found


def _measures(head: Head) -> tuple[Any, Any]:
    """Keras' functions of the loss that is watched and of the metric; "accuracy" is another for one unit than for several, as in Keras."""
    import keras

    metrics = keras.metrics
    accuracy = metrics.binary_accuracy if head.units == 1 else metrics.sparse_categorical_accuracy
    return keras.losses.get(head.loss), accuracy if head.metric == "accuracy" else getattr(metrics, head.metric)
