"""The leanest plain Keras script that trains the same network: what the suite is measured against."""

import sys

import keras
import numpy as np
import pandas as pd

table, target, epochs, batch, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
keras.utils.set_random_seed(1)
frame = pd.read_csv(table, sep="\t")
y = (frame.pop(target).astype("category").cat.codes.to_numpy("float32")).reshape(-1, 1)
x = frame.to_numpy("float32")
order = np.random.permutation(len(x))
cut = int(0.85 * len(x))
train, rest = order[:cut], order[cut:]
mean, std = x[train].mean(axis=0), x[train].std(axis=0)
x = (x - mean) / std
model = keras.Sequential(
    [
        keras.Input((x.shape[1],)),
        keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal", kernel_regularizer=keras.regularizers.L2(0.01)),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x[train], y[train], batch_size=batch, epochs=epochs, validation_data=(x[rest], y[rest]), verbose=0)
model.save(out)
