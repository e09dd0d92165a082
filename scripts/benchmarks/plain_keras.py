"""The leanest plain Keras scripts that train the same networks: what the suite is measured against."""

import io
import sys
import zipfile
from typing import Any, TypeAlias

import keras
import numpy as np
import pandas as pd

layers = keras.layers
Task: TypeAlias = tuple[np.ndarray, np.ndarray, Any, Any]
"""Samples, targets, a Keras model and its loss."""


def normalized(width: int, kernel: int, rank: int, tensor: Any) -> Any:
    """A convolution, batch normalization and ReLU."""
    kind = layers.Conv1D if rank == 1 else layers.Conv2D
    tensor = kind(width, kernel, padding="same", use_bias=False, kernel_initializer="he_normal")(tensor)
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(tensor))


def table(path: str, target: str) -> Task:
    """Standardised numbers, and a network of one hidden layer."""
    frame = pd.read_csv(path, sep="\t")
    y = (frame.pop(target).astype("category").cat.codes.to_numpy("float32")).reshape(-1, 1)
    x = frame.to_numpy("float32")
    mean, std = x.mean(axis=0), x.std(axis=0)
    start = keras.Input((x.shape[1],))
    hidden = layers.Dense(64, activation="relu", kernel_initializer="he_normal", kernel_regularizer=keras.regularizers.L2(0.01))(start)
    output = layers.Dense(1, activation="sigmoid")(layers.Dropout(0.5)(hidden))
    return (x - mean) / std, y, keras.Model(start, output), "binary_crossentropy"


def sequences(path: str, target: str) -> Task:
    """One-hot letters, a convolution in front of a GRU in both directions."""
    frame = pd.read_csv(path, sep="\t")
    codes = {letter: number for number, letter in enumerate("ACGT")}
    x = np.eye(4, dtype="float32")[[[codes[letter] for letter in text] for text in frame["sequence"]]]
    y = np.eye(frame[target].nunique(), dtype="float32")[frame[target].astype("category").cat.codes]
    start = keras.Input(x.shape[1:])
    tensor = layers.Dropout(0.3)(layers.MaxPooling1D(2)(normalized(64, 7, 1, start)))
    tensor = layers.Flatten()(layers.Bidirectional(layers.GRU(32, return_sequences=True))(tensor))
    output = layers.Dense(y.shape[1], activation="softmax")(layers.Dropout(0.5)(tensor))
    return x, y, keras.Model(start, output), keras.losses.CategoricalCrossentropy(label_smoothing=0.1)


def images(path: str, target: str) -> Task:
    """Standardised grey images, and three convolutions."""
    from PIL import Image

    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        x = np.stack([np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names]).astype("float32")[..., None]
    y = np.array([name.startswith("up") for name in names], dtype="float32").reshape(-1, 1)
    start = keras.Input(x.shape[1:])
    tensor = start
    for _ in range(3):
        tensor = layers.Dropout(0.2)(layers.MaxPooling2D(2)(normalized(64, 3, 2, tensor)))
    output = layers.Dense(1, activation="sigmoid")(layers.Dropout(0.5)(layers.Flatten()(tensor)))
    return (x - x.mean()) / x.std(), y, keras.Model(start, output), keras.losses.BinaryCrossentropy(label_smoothing=0.1)


kind, path, target, epochs, batch, out = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
keras.utils.set_random_seed(1)
x, y, model, loss = {"table": table, "sequences": sequences, "images": images}[kind](path, target)
order = np.random.permutation(len(x))
cut = int(0.85 * len(x))
train, rest = order[:cut], order[cut:]
model.compile("adam", loss, metrics=["accuracy"])
model.fit(x[train], y[train], batch_size=batch, epochs=epochs, validation_data=(x[rest], y[rest]), verbose=0)
model.save(out)
