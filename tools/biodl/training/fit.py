"""Train: compile and fit a Keras model with early stopping, and say how far it is."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import InputError
from ..networks.description import MOST_MEMBERS
from ..program import runtime
from ..program.options import option
from ..program.search import Log, OneOf
from ..tasks import Task
from .in_memory import STEPS_A_CALL, fit_in_memory, orders_of
from .watching import Reached, Watch

OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "exponential", "plateau")
CLASS_WEIGHTS = ("none", "balanced")
_SMALLEST_BATCH, _LARGEST_BATCH, _STEPS = 32, 512, 200
_FEW_SAMPLES = 300
_FEWEST_EPOCHS, _MOST_EPOCHS, _ALL_STEPS = 40, 200, 1000
_PACE = 10
_READ_AHEAD = 4
_MOST_VALUES = 2**22
"""Values in a validation batch, no more, since hidden layers hold many times as many."""
_LOSS = "unpenalised_loss"


@dataclasses.dataclass(frozen=True)
class FitOptions:
    """How the network is trained."""

    epochs: int = option(200, "most passes over the training data", type="int", low=1, high=100000)
    batch_size: int = option(
        0, "rows in one training step, 0 chooses by the number of rows", type="int", low=0, high=1000000, search=OneOf((0, 16, 64))
    )
    optimizer: str = option("adam", "optimizer", type="choice", choices=OPTIMIZERS)
    learning_rate: float = option(0.003, "learning rate at the start", type="float", low=1e-8, high=10, search=Log(1e-4, 1e-2))
    schedule: str = option("cosine", "how the learning rate changes", type="choice", choices=SCHEDULES)
    patience: int = option(40, "stop after so many epochs without a better validation loss, 0 never stops", type="int", low=0, high=100000)
    class_weight: str = option("none", "weight of rare classes in the loss", type="choice", choices=CLASS_WEIGHTS)
    label_smoothing: float = option(
        0.0, "share of certainty taken from each class, so that mistakes in labels weigh less", type="float", low=0, high=0.5
    )
    members: int = option(
        1, "networks of an ensemble, whose predictions are averaged; 1: a single network", type="int", low=1, high=MOST_MEMBERS
    )
    calibrate: bool = option(False, "soften or sharpen probabilities by a temperature fitted on validation samples", type="bool")
    seed: int = option(1, "the same seed gives the same network again", type="int", low=0, high=2**31 - 1)


@dataclasses.dataclass(frozen=True)
class SmoothedFitOptions(FitOptions):
    """The same for networks with many weights a sample, with defaults measured on sequences, series and images."""

    epochs: int = option(
        0, "most passes over the training data, 0 chooses by the number of rows: about 1,000 steps", type="int", low=0, high=100000
    )
    label_smoothing: float = option(
        0.1, "share of certainty taken from each class, so that mistakes in labels weigh less", type="float", low=0, high=0.5
    )
    calibrate: bool = option(True, "soften or sharpen probabilities by a temperature fitted on validation samples", type="bool")


@dataclasses.dataclass(frozen=True)
class History:
    """What happened in training.

    Attributes:
        rows: one an epoch: ``epoch``, ``loss`` (without penalties), the task's metric, both with ``val_``, and ``learning_rate``;
            of an ensemble the means over its members, each on its own samples.
        best_epoch: the epoch, from 1, whose weights were kept; of an ensemble the median of those of its members.
        planned: the most epochs allowed.
        members: of an ensemble, what happened to each member.
    """

    rows: list[dict[str, float]]
    best_epoch: int
    planned: int
    members: tuple[History, ...] = ()

    @property
    def stopped_early(self) -> bool:
        return len(self.rows) < self.planned

    @property
    def best_epochs(self) -> tuple[int, ...]:
        """Of each member; of a single network one."""
        return tuple(member.best_epoch for member in self.members) or (self.best_epoch,)

    def column(self, name: str) -> list[float]:
        return [row[name] for row in self.rows]

    @property
    def best(self) -> dict[str, float]:
        """The row of the kept epoch; of an ensemble the means over its members, each at its own."""
        if self.members:
            return means([member.best for member in self.members])
        return self.rows[self.best_epoch - 1]


def of_members(members: Sequence[History]) -> History:
    """The history of an ensemble; a member whose training has ended counts with its last epoch."""
    longest = max(len(member.rows) for member in members)
    rows = [
        {**means([member.rows[min(place, len(member.rows) - 1)] for member in members]), "epoch": place + 1} for place in range(longest)
    ]
    middle = statistics.median_low(member.best_epoch for member in members)
    return History(rows, middle, members[0].planned, tuple(members))


def means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each of some numbers by name."""
    return {name: statistics.fmean(row[name] for row in rows) for name in rows[0]}


def batch_size_for(samples: int) -> int:
    """A power of two that gives about 200 steps an epoch, between 32 and 512; 16 for so few samples that 32 would give hardly ten."""
    size = _SMALLEST_BATCH if samples >= _FEW_SAMPLES else _SMALLEST_BATCH // 2
    while size < _LARGEST_BATCH and samples / size > _STEPS:
        size *= 2
    return size


def epochs_for(steps: int) -> int:
    """As many epochs of so many steps as make 1,000 steps, between 40 and 200."""
    return max(_FEWEST_EPOCHS, min(_MOST_EPOCHS, -(-_ALL_STEPS // steps)))


def steps_of(options: FitOptions, samples: int) -> int:
    """Steps in an epoch of so many samples, by options as :func:`resolved` gives them."""
    return -(-samples // options.batch_size)


def resolved(options: FitOptions, samples: int) -> FitOptions:
    """The options, with numbers for what they leave to the number of samples: a batch size, no more than there are, and epochs."""
    batch = dataclasses.replace(options, batch_size=min(options.batch_size or batch_size_for(samples), samples))
    return dataclasses.replace(batch, epochs=options.epochs or epochs_for(steps_of(batch, samples)))


@runtime.forgotten_gradients()
def fit(
    model: Any,
    task: Task,
    options: FitOptions,
    train: tuple[Any, Any],
    validation: tuple[Any, Any],
    log: Callable[[str], None],
    watch: Watch | None = None,
) -> History:
    """Train ``model`` in place; afterwards it has the weights of the epoch with the lowest validation loss.

    Args:
        model: from encoded samples to the head.
        task: gives the loss and the metric.
        options: how to train; :func:`resolved` here, if they are not yet.
        train, validation: pairs of encoded samples (an array, or :class:`biodl.networks.running.EncodedLater`) and coded targets
            (numbers: in the target's unit).
        log: called with a line after each epoch.
        watch: is told what is reached, and may end the training by raising.

    Raises:
        InputError: when the loss stops being a number.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    metric, smoothing = task.head().metric, options.label_smoothing
    (x, y), (x_val, y_val) = ((samples, task.for_loss(target, smoothing)) for samples, target in (train, validation))
    options = resolved(options, len(x))
    steps = steps_of(options, len(x))
    model.compile(
        optimizer=optimizer_for(options, steps),
        loss=task.loss(smoothing),
        metrics=[metric, task.watched(smoothing, _LOSS)],
        # XLA trains convolutions half as fast on CPUs, gains recurrent layers little, and does not repeat itself
        jit_compile=False,
        # one Python call for many steps: same arithmetic, less overhead; mirrored devices cannot do it
        steps_per_execution=1 if tf.distribute.has_strategy() else min(steps, STEPS_A_CALL),
    )
    _make_variables(model, y)
    recorder = _recorder(task, options.epochs, metric, log, watch)
    watched = {"monitor": f"val_{_LOSS}", "mode": "min"}
    callbacks = [
        recorder,
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.EarlyStopping(patience=options.patience or options.epochs, restore_best_weights=True, **watched),
    ]
    if options.schedule == "plateau":
        callbacks.append(keras.callbacks.ReduceLROnPlateau(patience=max(1, (options.patience or 20) // 3), factor=0.3, **watched))
    weights = task.class_weights() if options.class_weight == "balanced" else None
    if _at_hand(x) and _at_hand(x_val):
        learned = (x, y) if weights is None else (x, y, weights_of(weights, train[1]))
        sizes = options.batch_size, _validation_batch(x, options.batch_size)
        fit_in_memory(model, learned, (x_val, y_val), sizes, orders_of(np.arange(len(x)), options.seed), options.epochs, callbacks)
    else:
        model.fit(
            **_data(x, y, x_val, y_val, options.batch_size, options.seed),
            epochs=options.epochs,
            class_weight=weights,
            callbacks=callbacks,
            shuffle=False,  # the pipeline does
            verbose=0,
        )
    history = history_of(recorder.rows, options.epochs)
    if watch:
        watch(Reached(1.0, history.best["val_loss"]))
    return history


def _make_variables(model: Any, y: Any) -> None:
    """Have all variables that training needs before it begins: else TensorFlow traces a step twice, once to make them."""
    import tensorflow as tf

    model.optimizer.build(model.trainable_variables)
    if not tf.distribute.has_strategy():  # mirrored devices count inside a step alone
        model.compute_metrics(None, y[:1], tf.zeros((1, *model.output_shape[1:])))
        model.reset_metrics()


def history_of(rows: list[dict[str, float]], planned: int) -> History:
    """The history of a network that was trained for these epochs.

    Raises:
        InputError: when its loss is not a number at the end.
    """
    if not rows or rows[-1]["val_loss"] != rows[-1]["val_loss"] or rows[-1]["loss"] != rows[-1]["loss"]:
        raise InputError(
            f"Training broke down in epoch {len(rows) + (not rows)}: the loss is no longer a number; "
            "lower the learning rate or check the data for extreme values."
        )
    losses = [row["val_loss"] for row in rows]
    return History(rows, best_epoch=losses.index(min(losses)) + 1, planned=planned)


def _at_hand(x: Any) -> bool:
    """Whether samples lie in memory beside the processor that learns from them; else they are read ahead of it."""
    import numpy as np

    return isinstance(x, np.ndarray) and runtime.devices() == ["CPU"]


def weights_of(weights: Mapping[int, float], y: Any) -> Any:
    """float32 [samples]: how much each weighs by its coded class, so that rare classes count as much as others."""
    import numpy as np

    return np.array([weights[code] for code in np.ravel(y).tolist()], dtype="float32")


def _validation_batch(x: Any, batch: int) -> int:
    import numpy as np

    return max(batch, min(1024, _MOST_VALUES // max(1, int(np.prod(x.shape[1:])))))


def _data(x: Any, y: Any, x_val: Any, y_val: Any, batch: int, seed: int) -> dict[str, Any]:
    """What Keras' ``fit`` learns from and is watched by."""
    return {"x": _batches(x, y, batch, seed), "validation_data": _batches(x_val, y_val, _validation_batch(x, batch), None)}


def _batches(x: Any, y: Any, batch: int, seed: int | None) -> Any:
    """Batches as a ``tf.data`` pipeline, read ahead of training; in another order each epoch if there is a seed.

    Its own, since the one that Keras makes of arrays tunes itself, and to end that tuning after an epoch can take seconds.
    """
    import numpy as np
    import tensorflow as tf

    make = _batches_in_memory if isinstance(x, np.ndarray) else _batches_encoded_later
    options = tf.data.Options()
    options.autotune.enabled = False
    return make(x, y, batch, seed).prefetch(_READ_AHEAD).with_options(options)


def _batches_in_memory(x: Any, y: Any, batch: int, seed: int | None) -> Any:
    import tensorflow as tf

    with tf.device("CPU"):  # where pipelines run
        x, y = tf.constant(x), tf.constant(y)
    rows = tf.data.Dataset.range(len(x))
    if seed is not None:
        rows = rows.shuffle(len(x), seed=seed)
    return rows.batch(batch).map(lambda chosen: (tf.gather(x, chosen), tf.gather(y, chosen)))


def _batches_encoded_later(x: Any, y: Any, batch: int, seed: int | None) -> Any:
    import numpy as np
    import tensorflow as tf

    random = None if seed is None else np.random.default_rng(seed)

    def each() -> Iterator[tuple[Any, Any]]:
        rows = np.arange(len(x)) if random is None else random.permutation(len(x))
        for start in range(0, len(x), batch):
            chosen = rows[start : start + batch]
            yield x[chosen], y[chosen]

    signature = (
        tf.TensorSpec((None, *x.shape[1:]), tf.float32),
        tf.TensorSpec((None, *y.shape[1:]), tf.as_dtype(y.dtype)),
    )
    found = tf.data.Dataset.from_generator(each, output_signature=signature)
    return found.apply(tf.data.experimental.assert_cardinality(-(-len(x) // batch)))


def optimizer_for(options: FitOptions, steps: int) -> Any:
    import keras

    rate: Any = options.learning_rate
    if options.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, decay_steps=steps * options.epochs)
    elif options.schedule == "exponential":
        rate = keras.optimizers.schedules.ExponentialDecay(rate, steps * options.epochs, decay_rate=0.01)
    kinds = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "nadam": keras.optimizers.Nadam,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": lambda rate: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
    }
    return kinds[options.optimizer](rate)


def _recorder(task: Task, planned: int, metric: str, log: Callable[[str], None], watch: Watch | None) -> Any:
    """A callback that keeps each epoch's numbers, and says and tells how far training is."""
    import keras

    unit, tell = task.unit(), teller(planned, log)

    class Recorder(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self.rows: list[dict[str, float]] = []

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            row: dict[str, float] = {"epoch": epoch + 1}
            for prefix in ("", "val_"):
                row[f"{prefix}loss"] = float(logs[f"{prefix}{_LOSS}"])
                row[f"{prefix}{metric}"] = float(logs[f"{prefix}{metric}"]) * unit
            row["learning_rate"] = rate_of(self.model.optimizer)
            self.rows.append(row)
            tell(row)
            if watch:
                watch(Reached(len(self.rows) / planned, min(row["val_loss"] for row in self.rows)))

    return Recorder()


def rate_of(optimizer: Any) -> float:
    """The learning rate as it stands, since float32 turns 0.001 into 0.001000000047."""
    import tensorflow as tf

    return float(f"{float(tf.convert_to_tensor(optimizer.learning_rate)):.6g}")


def teller(planned: int, log: Callable[[str], None]) -> Callable[[dict[str, float]], None]:
    """What is to be called with the row of each epoch when it ends, and says how far training is."""
    ends: list[float] = []

    def tell(row: dict[str, float]) -> None:
        ends.append(time.monotonic())
        recent = ends[-_PACE:]  # the first epoch is slow, so it must not set the pace
        pace = (recent[-1] - recent[0]) / (len(recent) - 1) if len(recent) > 1 else 0.0
        numbers = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if name not in ("epoch", "learning_rate"))
        left = f"  at most {pace * (planned - row['epoch']):.0f} s left" if pace else ""
        log(f"epoch {row['epoch']:.0f} of {planned}  {numbers}{left}")

    return tell
