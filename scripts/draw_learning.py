#!/usr/bin/env python3
"""Draw how a network learns, for the tutorials: tutorials/images/learning_*.png, from a real training on the sample data.

A small network learns breast cancer from two columns, by the suite's own modules. Each picture holds the words that tell its content, and
the fingerprint of this script and of the data; the words are put into the tutorials as well. Needs the tools' environment.
"""

import dataclasses
import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import numpy as np  # noqa: E402

import small_png  # noqa: E402
from biodl.reporting.plots.sheet import Panel, blank, drawn, words_of  # noqa: E402
from biodl.reporting.plots.style import BLACK, BLUE, GREY, ORANGE, PALE, WHITE, styled  # noqa: E402

DATA = ROOT / "test-data" / "breast_cancer.tsv"
PICTURES = ROOT / "tutorials" / "images"
KEY, WORDS = "Fingerprint", "Description"
"""What a picture's text is kept under."""
COLUMNS = ("mean radius", "mean texture")
UNITS, EPOCHS, RATE = 4, 200, 0.003
MOMENTS = (1, 5, 20)
"""Epochs that are shown, beside the best."""
NAMES = ("benign", "malignant")
_MARKS = (("o", BLUE), ("^", ORANGE))
_START, _STEPS, _RATES = (-2.5, 3.5), 12, (1.0, 12.0)
"""Of the gradient descent: weights to begin with, steps, and a moderate and a high learning rate."""


@dataclasses.dataclass(frozen=True)
class Training:
    """A training with its weights after every epoch.

    Attributes:
        x: training samples, standardised [samples, columns].
        y: 1 for malignant [samples].
        mean, spread: of the columns, by which they were standardised.
        losses: of the training and of the validation part, an epoch each.
        best: the epoch, from 1, with the lowest validation loss.
        weights: by epoch (0: before training): of the hidden layer [columns, units] and [units], of the head [units] and its bias.
    """

    x: np.ndarray
    y: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    losses: tuple[list[float], list[float]]
    best: int
    weights: list[tuple[np.ndarray, np.ndarray, np.ndarray, float]]

    @property
    def moments(self) -> tuple[int, ...]:
        return (*MOMENTS, self.best)


def fingerprint() -> str:
    """Of all that the pictures are made from, but the suite's modules, whose numbers a test compares."""
    return hashlib.sha256(Path(__file__).read_bytes() + DATA.read_bytes()).hexdigest()


def trained() -> Training:
    """Train, and keep the weights of each epoch."""
    from biodl.commands.train_feedforward import Options
    from biodl.data import table
    from biodl.data.kind import Files
    from biodl.networks.assemble import assemble
    from biodl.networks.families import feedforward
    from biodl.networks.running import run_model
    from biodl.program import runtime
    from biodl.training.fit import fit
    from biodl.training.prepare import prepare
    from biodl.training.train import body

    options = Options(
        target=("diagnosis",), features=COLUMNS, numeric_encoding="standardised", hidden_layers=(UNITS,), dropout=0.0, l2=0.0,
        epochs=EPOCHS, patience=0, learning_rate=RATE,
    )  # fmt: skip
    parts = prepare(table.KIND, Files(str(DATA)), None, options, say=lambda line: None)
    runtime.start(options.seed)
    encoding, task = parts.encoding, parts.task
    network = assemble(*encoding.layers(), body(encoding, feedforward.FAMILY, options), task)

    def encoded(data: Any) -> tuple[np.ndarray, np.ndarray]:
        return run_model(network.encoder, encoding.raw(data)), task.encode(data.target, data.where)

    training, validation = encoded(parts.training), encoded(parts.validation)
    weights = [network.trainable.get_weights()]
    history = fit(network.trainable, task, options, training, validation, log=lambda line: weights.append(network.trainable.get_weights()))
    raw = parts.training.frame[list(COLUMNS)].to_numpy(float)
    mean, spread = raw.mean(axis=0), raw.std(axis=0)
    assert np.allclose((raw - mean) / spread, training[0], atol=1e-3), "columns are standardised in another way now"
    return Training(
        np.asarray(training[0], float),
        np.asarray(training[1], float).ravel(),
        mean,
        spread,
        (history.column("loss"), history.column("val_loss")),
        history.best_epoch,
        [(w.astype(float), b.astype(float), v[:, 0].astype(float), float(c[0])) for w, b, v, c in weights],
    )


def hidden(x: np.ndarray, weights: tuple) -> np.ndarray:
    """What the hidden units give [samples, units]."""
    return np.maximum(0, x @ weights[0] + weights[1])


def says(x: np.ndarray, weights: tuple) -> np.ndarray:
    """The probability of malignant [samples]."""
    return 1 / (1 + np.exp(-(hidden(x, weights) @ weights[2] + weights[3])))


def loss_of(probability: np.ndarray, y: np.ndarray) -> float:
    """Mean cross-entropy."""
    kept = np.clip(probability, 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(kept) + (1 - y) * np.log(1 - kept)))


def _named(training: Training, epoch: int) -> str:
    return f"epoch {epoch}" + (", the best" if epoch == training.best else "")


def _plane(training: Training) -> tuple[Any, Any, np.ndarray]:
    """Axes in the units of the columns, and all points of the plane, standardised; with room for a legend at the right."""
    lows, highs = training.x.min(axis=0) - 0.3, training.x.max(axis=0) + np.array([1.0, 0.3])
    across, up = (np.linspace(low, high, 160) for low, high in zip(lows, highs, strict=True))
    points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    return across * training.spread[0] + training.mean[0], up * training.spread[1] + training.mean[1], points


def loss(training: Training) -> tuple[Any, str]:
    """The loss by epoch, with the moments that the other pictures show."""

    def draw(axes: Any) -> None:
        epochs = range(1, EPOCHS + 1)
        for values, name, colour, dash in zip(
            training.losses, ("training part", "validation part"), (BLUE, ORANGE), ("-", "--"), strict=True
        ):
            axes.plot(epochs, values, dash, color=colour, label=name, linewidth=1.8)
        for moment in training.moments:
            value = training.losses[1][moment - 1]
            axes.plot([moment], [value], "o", color=BLACK, zorder=3)
            axes.annotate(_named(training, moment), (moment, value), xytext=(6, 10), textcoords="offset points")
        axes.set(xlabel="epoch: once through all training samples", ylabel="loss", ylim=(0, None))
        axes.legend(loc="upper right")

    told = "; ".join(f"{training.losses[0][moment - 1]:.2f} and {training.losses[1][moment - 1]:.2f} after {_named(training, moment)}"
                     for moment in training.moments)  # fmt: skip
    panel = Panel("Loss of the training and of the validation part", told, draw, 3.0, wide=True)
    return drawn([panel]), words_of([panel])


def regions(training: Training) -> tuple[Any, str]:
    """What the network says of each point of the plane, at four moments."""
    across, up, points = _plane(training)
    raw = training.x * training.spread + training.mean

    def panel(moment: int) -> Panel:
        weights = training.weights[moment]
        right = np.mean((says(training.x, weights) > 0.5) == training.y)

        def draw(axes: Any) -> None:
            found = says(points, weights).reshape(len(up), len(across))
            axes.contourf(across, up, found, levels=[0, 0.5, 1], colors=[PALE, "#FBE3D3"])
            axes.contour(across, up, found, levels=[0.5], colors=[BLACK], linewidths=1.8)
            for number, (mark, colour) in enumerate(_MARKS):
                chosen = training.y == number
                axes.scatter(*raw[chosen].T, s=9, marker=mark, color=colour, linewidth=0, label=NAMES[number])
            axes.set(xlabel=COLUMNS[0], ylabel=COLUMNS[1])
            if moment == MOMENTS[0]:
                axes.legend(loc="upper right", framealpha=0.9, frameon=True, handletextpad=0.1, borderpad=0.3)

        return Panel(_named(training, moment).capitalize(), f"{100 * right:.0f} % of the training samples lie on the right side", draw, 2.7)

    panels = [panel(moment) for moment in training.moments]
    return drawn(panels), words_of(panels)


def layer(training: Training) -> tuple[Any, str]:
    """What each hidden unit gives over the plane, at four moments: a row a unit, a column a moment."""
    across, up, points = _plane(training)
    moments = training.moments
    sheet = blank(1.35 * UNITS + 0.7)
    cells = sheet.subplots(UNITS, len(moments), sharex=True, sharey=True)
    most = max(hidden(points, training.weights[moment]).max() for moment in moments)
    for column, moment in enumerate(moments):
        found = hidden(points, training.weights[moment])
        for unit in range(UNITS):
            axes = cells[unit, column]
            shown = axes.pcolormesh(
                across, up, found[:, unit].reshape(len(up), len(across)), cmap="Blues", vmin=0, vmax=most, shading="auto"
            )
            weight = training.weights[moment][2][unit]
            axes.set_title(f"weight {weight:+.2f}", fontsize=10)
            if not column:
                axes.set_ylabel(f"unit {unit + 1}")
            axes.set(xticks=[], yticks=[])
        cells[-1, column].set_xlabel(_named(training, moment))
    sheet.colorbar(shown, ax=cells, label="what the unit gives", aspect=40, pad=0.02)
    last = training.weights[training.best]
    told = (
        f"Each of {UNITS} hidden units is 0 on one side of a line and grows on the other; the lines turn from epoch {moments[0]} to epoch "
        f"{training.best}. Weights of the units in the head at the end: {', '.join(f'{value:+.2f}' for value in last[2])}."
    )
    return sheet, told


@dataclasses.dataclass(frozen=True)
class Descent:
    """A path on the surface of the loss over two weights.

    Attributes:
        units: which two weights of the head are changed.
        path: weights before the first step and after each [steps + 1, 2].
        losses: at these.
    """

    units: tuple[int, int]
    rate: float
    path: np.ndarray
    losses: list[float]


def surface(training: Training) -> tuple[tuple[int, int], Callable[[np.ndarray], float], Callable[[np.ndarray], np.ndarray]]:
    """The two units that matter most to the trained head, and the loss and its slope over their two weights, all others as trained."""
    weights = training.weights[training.best]
    given = hidden(training.x, weights)
    first, second = np.argsort(-np.abs(weights[2]) * given.std(axis=0))[:2]

    def probability(two: np.ndarray) -> np.ndarray:
        head = weights[2].copy()
        head[[first, second]] = two
        return 1 / (1 + np.exp(-(given @ head + weights[3])))

    def slope(two: np.ndarray) -> np.ndarray:
        return (probability(two) - training.y) @ given[:, [first, second]] / len(training.y)

    return (int(first), int(second)), lambda two: loss_of(probability(two), training.y), slope


def descend(training: Training, rate: float) -> Descent:
    units, cost, slope = surface(training)
    path = [np.array(_START)]
    for _ in range(_STEPS):
        path.append(path[-1] - rate * slope(path[-1]))
    return Descent(units, rate, np.array(path), [cost(two) for two in path])


def descent(training: Training) -> tuple[Any, str]:
    """Gradient descent on the surface of the loss, with a moderate and with a high learning rate."""
    units, cost, _ = surface(training)
    walks = [descend(training, rate) for rate in _RATES]
    both = np.concatenate([walk.path for walk in walks])
    lows, highs = both.min(axis=0) - 1.0, both.max(axis=0) + 1.0
    across, up = (np.linspace(low, high, 90) for low, high in zip(lows, highs, strict=True))
    found = np.array([[cost(np.array([one, two])) for one in across] for two in up])

    def panel(walk: Descent) -> Panel:
        def draw(axes: Any) -> None:
            lines = axes.contour(
                across, up, found, levels=np.quantile(found, [0.02, 0.08, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9]), colors=GREY, linewidths=0.7
            )
            axes.clabel(lines, lines.levels[2::2], fontsize=10, fmt="%.1f")
            axes.plot(*walk.path.T, "-o", color=ORANGE, markersize=4, linewidth=1.6)
            axes.annotate("start", walk.path[0], xytext=(6, 4), textcoords="offset points", weight="bold")
            axes.set(xlabel=f"weight of unit {units[0] + 1}", ylabel=f"weight of unit {units[1] + 1}")

        told = f"in {_STEPS} steps the loss goes from {walk.losses[0]:.2f} over {walk.losses[1]:.2f} to {walk.losses[-1]:.2f}"
        return Panel(f"Learning rate {walk.rate:.0f}", told, draw, 3.0)

    panels = [panel(walk) for walk in walks]
    return drawn(panels), words_of(panels)


@dataclasses.dataclass(frozen=True)
class Sample:
    """One sample on its way through two hidden units and back; slopes are of its loss by each weight."""

    x: np.ndarray
    y: float
    given: np.ndarray
    probability: float
    loss: float
    slope_head: np.ndarray
    slope_hidden: np.ndarray


def passed(training: Training, number: int, weights: tuple) -> Sample:
    """A training sample forward and back; ``weights`` as in Training."""
    x, y = training.x[number], training.y[number]
    given = hidden(x[None], weights)[0]
    probability = float(says(x[None], weights)[0])
    back = probability - y  # of the cross-entropy by what goes into the last sigmoid
    inner = back * weights[2] * (given > 0)
    return Sample(x, float(y), given, probability, loss_of(np.array([probability]), np.array([y])), back * given, np.outer(x, inner))


def tiny(training: Training) -> tuple[int, tuple[int, int], tuple]:
    """A sample, and two units after epoch 1 that it makes speak, as a network of their own: number of the sample, units, weights."""
    w, b, v, c = training.weights[MOMENTS[0]]
    given = hidden(training.x, training.weights[MOMENTS[0]])
    awake = np.argsort(-given.mean(axis=0))[:2]
    units = (int(min(awake)), int(max(awake)))
    weights = (w[:, units], b[list(units)], v[list(units)], c)
    hard = (training.y == 1) & (given[:, list(units)] > 0.2).all(axis=1)
    wrong = np.where(hard, says(training.x, weights), 2)
    return int(np.argmin(wrong)), units, weights


def backprop(training: Training) -> tuple[Any, str]:
    """A sample forward through a tiny network (values, weights) and the slopes on their way back."""
    number, units, weights = tiny(training)
    sample = passed(training, number, weights)
    spots = {"x0": (0, 1.5), "x1": (0, 0), "h0": (3, 1.5), "h1": (3, 0), "p": (6, 0.75)}
    texts = {
        "x0": f"{COLUMNS[0]}\n{sample.x[0]:+.2f}",
        "x1": f"{COLUMNS[1]}\n{sample.x[1]:+.2f}",
        "h0": f"hidden unit {units[0] + 1}\n{sample.given[0]:.2f}",
        "h1": f"hidden unit {units[1] + 1}\n{sample.given[1]:.2f}",
        "p": f"probability\nof malignant\n{sample.probability:.2f}",
    }
    edges = [(f"x{i}", f"h{j}", weights[0][i, j], sample.slope_hidden[i, j]) for i in (0, 1) for j in (0, 1)]
    edges += [(f"h{j}", "p", weights[2][j], sample.slope_head[j]) for j in (0, 1)]

    def draw(axes: Any) -> None:
        axes.set_axis_off()
        axes.set(xlim=(-0.75, 7.95), ylim=(-0.45, 2.0))
        for one, two, weight, slope in edges:
            (left, low), (right, high) = spots[one], spots[two]
            axes.annotate(
                "", (right - 0.72, high), (left + 0.72, low), arrowprops={"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}
            )
            near = 0.24 if two != "p" and low != high else 0.5
            at = (left + 0.72 + near * (right - left - 1.44), low + near * (high - low))
            box = {"facecolor": WHITE, "edgecolor": "none", "pad": 0.8}
            axes.text(*at, f"{weight:+.2f}", color=BLUE, ha="center", va="bottom", bbox=box, zorder=3)
            axes.text(*at, f"{slope:+.3f}", color=ORANGE, ha="center", va="top", bbox=box, zorder=3)
        for name, (left, low) in spots.items():
            box = {"boxstyle": "round,pad=0.35", "facecolor": PALE, "edgecolor": BLACK}
            axes.text(left, low, texts[name], ha="center", va="center", bbox=box, zorder=4)
        axes.annotate("", (7.05, 0.75), (6.66, 0.75), arrowprops={"arrowstyle": "-|>", "color": GREY})
        axes.text(7.5, 0.75, f"truth: {sample.y:.0f}\nloss\n{sample.loss:.2f}", ha="center", va="center")
        axes.text(0.4, 1.93, "blue: weight, on the way forward", color=BLUE, va="center")
        axes.text(4.0, 1.93, "orange: slope of the loss, on the way back", color=ORANGE, va="center")

    first, second = (f"{name} {value:+.2f}" for name, value in zip(COLUMNS, sample.x, strict=True))
    told = (
        f"A malignant sample of {first} and {second} (standardised) makes the hidden units give {sample.given[0]:.2f} and "
        f"{sample.given[1]:.2f}, and the network say {sample.probability:.2f}; the loss is {sample.loss:.2f}. Its slopes by the two "
        f"weights of the head are {sample.slope_head[0]:+.3f} and {sample.slope_head[1]:+.3f}"
    )
    panel = Panel(f"One sample forward, and the slopes back, with the weights of epoch {MOMENTS[0]}", told, draw, 2.9, wide=True)
    return drawn([panel]), words_of([panel])


DRAWINGS: dict[str, Callable[[Training], tuple[Any, str]]] = {
    "learning_loss.png": loss,
    "learning_regions.png": regions,
    "learning_hidden.png": layer,
    "learning_descent.png": descent,
    "learning_backprop.png": backprop,
}
"""Each picture, and what draws it and tells its content."""


def tell(picture: str, words: str) -> None:
    """Put the words of a picture into the tutorials that show it."""
    for path in sorted(PICTURES.parent.glob("*/tutorial.md")):
        text = path.read_text(encoding="utf-8")
        new = re.sub(rf"!\[[^\]]*\](\([^)]*/{re.escape(picture)}\))", lambda found: f"![{words}]{found[1]}", text)
        if new != text:
            path.write_text(new, encoding="utf-8")


def main() -> None:
    training = trained()
    for picture, make in DRAWINGS.items():
        with styled():
            sheet, words = make(training)
            small_png.save(sheet, PICTURES / picture, 128, {KEY: fingerprint(), WORDS: words})
        tell(picture, words)
        print(f"{picture}: {words}")


if __name__ == "__main__":
    main()
