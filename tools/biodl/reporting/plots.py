"""Figures as PNG, drawn without a screen. Colours stay apart for colour-blind readers (Okabe-Ito)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

Panel: TypeAlias = Callable[[Any], None]
"""Fills one matplotlib axes."""
Curve: TypeAlias = "tuple[str, np.ndarray, np.ndarray, float]"
"""A line's name, x and y, and the area below it."""
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#666666"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9", "#F0E442", "#000000")
_MANY_CLASSES = 12
"""Above so many classes, curves show the average alone and matrices leave out their numbers."""


def figure(panels: Sequence[Panel], path: Path, columns: int = 2, size: tuple[float, float] = (5.2, 4.2)) -> None:
    """Draw ``panels`` (each fills one matplotlib axes) side by side and save them as one PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    sheet = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    FigureCanvasAgg(sheet)
    for number, panel in enumerate(panels, start=1):
        axes = sheet.add_subplot(rows, columns, number)
        axes.spines[["top", "right"]].set_visible(False)
        panel(axes)
    with open(path, "wb") as handle:
        sheet.savefig(handle, format="png", dpi=100, metadata={"Software": None})


def result(headline: Sequence[dict[str, Any]], comparison: Sequence[dict[str, Any]], primary: str, path: Path) -> None:
    """Draw headline metrics, and models compared by the ``primary`` metric."""
    panels = [
        bars([row[name] for row in rows], [row["value"] for row in rows], title, "")
        for rows, name, title in ((headline, "metric", "Metrics of the network"), (comparison, "model", primary))
    ]
    figure(panels, path)


def gallery(pictures: Sequence[np.ndarray] | np.ndarray, titles: Sequence[str], title: str, path: Path) -> None:
    """Draw images with a title each, four a row."""
    figure([images(pictures, titles, title, across=4)], path)


def label(text: str, width: int = 24) -> str:
    """Text for an axis: one line, cut to ``width``, with matplotlib's formula sign taken literally."""
    line = " ".join(str(text).split())
    return (line if len(line) <= width else line[: width - 1] + "…").replace("$", r"\$")


def learning_curves(rows: Sequence[dict[str, float]], metric: str, best_epoch: int) -> list[Panel]:
    """Panels of loss and metric by epoch, on the training and the validation part."""
    epochs = [row["epoch"] for row in rows]

    def panel(name: str, title: str) -> Panel:
        def draw(axes: Any) -> None:
            marker = "o" if len(epochs) == 1 else None
            axes.plot(epochs, [row[name] for row in rows], color=BLUE, label="training", marker=marker)
            axes.plot(epochs, [row[f"val_{name}"] for row in rows], color=ORANGE, label="validation", marker=marker)
            axes.axvline(best_epoch, color=GREY, linestyle=":", label=f"kept: epoch {best_epoch}")
            axes.set(xlabel="epoch", ylabel=title, title=f"{title.capitalize()} by epoch")
            axes.legend(frameon=False)

        return draw

    return [panel("loss", "loss"), panel(metric, metric.replace("_", " "))]


def bars(names: Sequence[str], values: Sequence[float], title: str, xlabel: str, limit: int = 25) -> Panel:
    """A panel of horizontal bars, the first on top; no more than ``limit``."""

    def draw(axes: Any) -> None:
        shown = list(zip(names, values, strict=True))[:limit]
        positions = range(len(shown))
        axes.barh(positions, [value for _, value in shown], color=BLUE)
        axes.set_yticks(positions, [label(name) for name, _ in shown], fontsize=8)
        axes.invert_yaxis()
        rest = len(names) - len(shown)
        axes.set(xlabel=xlabel, title=title + (f" ({rest} more not shown)" if rest > 0 else ""))

    return draw


def histogram(values: Sequence[float] | np.ndarray, title: str, xlabel: str) -> Panel:
    """A panel with the distribution of numbers."""

    def draw(axes: Any) -> None:
        axes.hist(values, bins=30, color=BLUE)
        axes.set(xlabel=label(xlabel), ylabel="count", title=title)

    return draw


def lines(x: Sequence[float], values: Mapping[str, Sequence[float] | np.ndarray], title: str, xlabel: str, ylabel: str) -> Panel:
    """A panel of lines by name."""

    def draw(axes: Any) -> None:
        for number, (name, y) in enumerate(values.items()):
            axes.plot(x, y, color=CYCLE[number % len(CYCLE)], label=label(name), marker="o" if len(y) <= 40 else None, markersize=3)
        axes.set(title=title, xlabel=xlabel, ylabel=label(ylabel))
        axes.legend(frameon=False, fontsize=8)

    return draw


def images(pictures: Sequence[np.ndarray] | np.ndarray, titles: Sequence[str], title: str, across: int = 6) -> Panel:
    """A panel of images (float [height, width, channels]), each with its own range of grey, in rows of ``across``."""

    def draw(axes: Any) -> None:
        axes.set_axis_off()
        axes.set_title(title)
        rows = max(1, -(-len(pictures) // across))
        for number, (picture, name) in enumerate(zip(pictures, titles, strict=True)):
            row, column = divmod(number, across)
            place = axes.inset_axes((column / across, 1 - (row + 1) / rows, 0.94 / across, 0.8 / rows))
            shown = picture[:, :, :3] if picture.shape[2] >= 3 else picture[:, :, 0]
            low, high = float(shown.min()), float(shown.max())
            place.imshow((shown - low) / (high - low or 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            place.set_title(label(name, 30), fontsize=6, pad=2)
            place.set_axis_off()

    return draw


def diagram(rows: Sequence[dict[str, Any]], links: Sequence[tuple[int, int]], path: Path) -> None:
    """Draw a network from top to bottom and save it as PNG: a box a layer, wide where much passes through, filled where it learns.

    Args:
        rows: as :func:`biodl.networks.describe.layer_table` gives them.
        links: as :func:`biodl.networks.describe.links` gives them; those that skip layers are drawn beside the boxes.
        path: the file to write.
    """
    import math

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    sheet = Figure(figsize=(7.5, 0.42 * len(rows) + 0.6), layout="constrained")
    FigureCanvasAgg(sheet)
    axes = sheet.add_subplot()
    axes.set_axis_off()
    axes.set(xlim=(0, 11), ylim=(len(rows) - 0.3, -0.7))
    widths = []
    for place, row in enumerate(rows):
        passing = math.prod(int(size) for size in row["output_shape"].split(" x ") if size.isdigit())
        widths.append(4.5 + 5 * min(1.0, math.log10(max(passing, 1)) / 5))
        color = BLUE if row["parameters"] else "#B7D4E8" if row["fixed_parameters"] else "#EEEEEE"
        corner = (5 - widths[-1] / 2, place - 0.3)
        style = "round,pad=0,rounding_size=0.15"
        axes.add_patch(FancyBboxPatch(corner, widths[-1], 0.6, boxstyle=style, facecolor=color, edgecolor=GREY))
        words = f"{label(row['layer'], 30)}  ·  {row['type']}  ·  {row['output_shape']}"
        words += f"  ·  {row['parameters']:,}" if row["parameters"] else ""
        axes.text(5, place, words, ha="center", va="center", fontsize=7, color="white" if row["parameters"] else "black")
    for start, end in links:
        if end == start + 1:
            axes.annotate("", (5, end - 0.3), (5, start + 0.3), arrowprops={"arrowstyle": "->", "color": GREY})
        else:
            ends = (5 + widths[end] / 2, end), (5 + widths[start] / 2, start)
            bend = {"arrowstyle": "->", "color": ORANGE, "connectionstyle": f"arc3,rad={-0.7 / (end - start) ** 0.5:.2f}"}
            axes.annotate("", *ends, arrowprops=bend)
    with open(path, "wb") as handle:
        sheet.savefig(handle, format="png", dpi=100, metadata={"Software": None})


def confusion(matrix: np.ndarray, classes: Sequence[str]) -> Panel:
    """A panel with observed classes in rows and predicted ones in columns; colour is the share of the row."""

    def draw(axes: Any) -> None:
        shares = matrix / matrix.sum(axis=1, keepdims=True).clip(min=1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        ticks, names = range(len(classes)), [label(name, 16) for name in classes]
        small = 8 if len(classes) <= _MANY_CLASSES else 5
        axes.set_xticks(ticks, names, rotation=45, ha="right", fontsize=small)
        axes.set_yticks(ticks, names, fontsize=small)
        axes.set(xlabel="predicted", ylabel="observed", title="Confusion matrix")
        axes.spines[:].set_visible(False)
        if len(classes) <= _MANY_CLASSES:
            for row in ticks:
                for column in ticks:
                    dark = shares[row, column] > 0.5
                    axes.text(
                        column,
                        row,
                        int(matrix[row, column]),
                        ha="center",
                        va="center",
                        fontsize=small,
                        color="white" if dark else "black",
                    )

    return draw


def roc(curves: Sequence[Curve]) -> Panel:
    """A panel of ROC curves: (name, false positive rate, true positive rate, area)."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
        _lines(axes, curves, "area")
        axes.set(xlabel="false positive rate (1 - specificity)", ylabel="true positive rate (recall)", title="ROC curve")

    return draw


def precision_recall(curves: Sequence[Curve]) -> Panel:
    """A panel of precision-recall curves: (name, recall, precision, average precision)."""

    def draw(axes: Any) -> None:
        _lines(axes, curves, "AP")
        axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.03), title="Precision-recall curve")

    return draw


def _lines(axes: Any, curves: Sequence[Curve], score: str) -> None:
    for number, (name, x, y, value) in enumerate(curves):
        text = f"{label(name, 18)} ({score} {value:.3f})" if len(curves) <= _MANY_CLASSES else None
        axes.plot(x, y, color=CYCLE[number % len(CYCLE)], label=text, linewidth=1.5)
    if len(curves) <= _MANY_CLASSES:
        axes.legend(frameon=False, fontsize=7 if len(curves) > 4 else 9, loc="best")


def observed_predicted(observed: np.ndarray, predicted: np.ndarray, name: str) -> Panel:
    """A panel of predicted against observed values; perfect predictions lie on the line."""

    def draw(axes: Any) -> None:
        low, high = min(observed.min(), predicted.min()), max(observed.max(), predicted.max())
        axes.plot([low, high], [low, high], color=GREY, linestyle=":")
        axes.scatter(observed, predicted, s=12, alpha=0.6, color=BLUE, linewidths=0)
        axes.set(xlabel=f"observed {label(name)}", ylabel=f"predicted {label(name)}", title="Predicted against observed")

    return draw


def residuals(observed: np.ndarray, predicted: np.ndarray, name: str) -> Panel:
    """A panel of errors (observed - predicted) against predictions."""

    def draw(axes: Any) -> None:
        axes.axhline(0, color=GREY, linestyle=":")
        axes.scatter(predicted, observed - predicted, s=12, alpha=0.6, color=BLUE, linewidths=0)
        axes.set(xlabel=f"predicted {label(name)}", ylabel="observed - predicted", title="Residuals")

    return draw
