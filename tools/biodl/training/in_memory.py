"""Epochs over samples in memory on the processor: rows are gathered where they lie, many steps a call.

Steps, losses, metrics and callbacks are Keras' own; what is left out is what its ``fit`` does around them, for data of any source: two
iterators an epoch, and a pipeline that hands over each batch. With few samples that takes several times what learning takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

STEPS_A_CALL = 64
"""After so many steps Python has its turn, which may be told to end."""


def fit_in_memory(
    model: Any,
    learned: Sequence[np.ndarray],
    held: Sequence[np.ndarray],
    batches: tuple[int, int],
    orders: Iterator[np.ndarray],
    epochs: int,
    callbacks: Sequence[Any],
) -> None:
    """Train a compiled ``model`` in place as its ``fit`` does.

    Args:
        model: compiled, with all variables made: a graph cannot make them halfway.
        learned: encoded samples, their targets, and if wished how much each weighs in the loss.
        held: samples and targets that are looked at after each epoch.
        batches: rows in a batch of either.
        orders: rows as each epoch learns from them.
        epochs: most of them.
        callbacks: Keras' own or alike; what they do after batches they do after each call.
    """
    import keras
    import numpy as np

    as_they_lie = np.arange(len(held[0]))
    learn, look = _whole(model, model.train_step, learned, batches[0]), _whole(model, model.test_step, held, batches[1])
    told = keras.callbacks.CallbackList(list(callbacks), model=model)
    model.stop_training = False
    told.on_train_begin()
    for epoch in range(epochs):
        told.on_epoch_begin(epoch)
        logs = learn(next(orders), told.on_train_batch_end)
        logs |= {f"val_{name}": value for name, value in look(as_they_lie, told.on_test_batch_end).items()}
        told.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    model.optimizer.finalize_variable_values(model.trainable_weights)
    told.on_train_end(logs)


def orders_of(rows: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """Rows in another order each epoch."""
    import numpy as np

    random = np.random.default_rng(seed)
    while True:
        yield random.permutation(rows)


def _whole(model: Any, step: Callable[..., Any], arrays: Sequence[np.ndarray], batch: int) -> Callable[..., dict[str, float]]:
    """All batches of rows in a given order, by a step of Keras'; gives the metrics over them."""
    import tensorflow as tf

    tensors = tuple(tf.constant(values) for values in arrays)

    # one graph for pieces of any size; without AutoGraph, which writes files, and fails where the disk is full
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)], autograph=False)
    def several(rows: Any) -> Any:
        def one(start: Any) -> Any:
            step(tuple(tf.gather(values, rows[start : start + batch]) for values in tensors))
            return (start + batch,)

        tf.while_loop(lambda start: start < tf.size(rows), one, (tf.constant(0),))
        return model.get_metrics_result()

    def whole(order: np.ndarray, after: Callable[[int, dict[str, float]], None]) -> dict[str, float]:
        model.reset_metrics()
        logs: dict[str, float] = {}
        for start in range(0, len(order), batch * STEPS_A_CALL):
            piece = order[start : start + batch * STEPS_A_CALL]
            logs = {name: float(value) for name, value in several(piece).items()}
            after((start + len(piece) - 1) // batch, logs)
            if model.stop_training:
                break
        return logs

    return whole
