"""What stands in a picture, as it is drawn: for tests of pictures."""

import itertools
from unittest import mock

import numpy as np
from matplotlib.text import Text


def texts_of(figure):
    """Texts that are drawn of a figure, and their corners in inches from its lower left, [2, 2]."""
    found = {}

    def record(item, renderer, *rest):
        if item.get_visible() and item.get_text().strip():
            found[item] = item.get_window_extent(renderer).get_points() / figure.dpi

    with mock.patch.object(Text, "draw", record):
        figure.canvas.draw()
    return list(found.items())


def check(figure):
    """Text sizes, nothing outside, nothing over another, no empty axes."""
    width, height = figure.get_size_inches()
    assert width == 7
    found = texts_of(figure)
    assert found
    for item, (low, high) in found:
        assert item.get_fontsize() >= 10, item
        assert low[0] >= -0.01, f"{item} begins left of the sheet, at {low[0]:.2f} in"
        assert low[1] >= -0.01, f"{item} ends below the sheet, at {low[1]:.2f} in"
        assert high[0] <= width + 0.01, f"{item} ends {high[0] - width:.2f} in right of the sheet"
        assert high[1] <= height + 0.01, f"{item} begins {high[1] - height:.2f} in above the sheet"
    for (one, (low, high)), (other, (below, above)) in itertools.combinations(found, 2):
        shared = np.minimum(high, above) - np.maximum(low, below)
        assert shared.min() <= 0.02, f"{one} lies over {other}"
    for axes in figure.findobj(lambda item: hasattr(item, "plot") and hasattr(item, "get_xlim")):
        assert axes.lines or axes.patches or axes.images or axes.collections or axes.texts or axes.child_axes, f"{axes} is empty"
