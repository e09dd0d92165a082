"""Pictures of how a network learns are those that the script draws of the present data, and tell what the present code gives."""

import re

import draw_learning
import numpy as np
import pytest
from PIL import Image

from biodl.reporting.plots.style import DPI, WIDTH, styled

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def training():
    return draw_learning.trained()


@pytest.mark.parametrize("picture", draw_learning.DRAWINGS)
def test_pictures_are_fresh_and_tell_what_training_gives(picture, training):
    with Image.open(draw_learning.PICTURES / picture) as image:
        about, width = image.info, image.width
    assert about["Fingerprint"] == draw_learning.fingerprint(), "draw anew: .env/tools/bin/python scripts/draw_learning.py"
    assert width == round(WIDTH * DPI)
    with styled():
        _, words = draw_learning.DRAWINGS[picture](training)
    assert _NUMBER.sub("", words) == _NUMBER.sub("", about["Description"])
    now, then = ([float(number) for number in _NUMBER.findall(text)] for text in (words, about["Description"]))
    assert now == pytest.approx(then, rel=0.15, abs=0.05)


def test_nothing_else_lies_beside_the_pictures():
    assert {path.name for path in draw_learning.PICTURES.iterdir()} == set(draw_learning.DRAWINGS)


def test_slopes_are_those_of_the_loss(training):
    number, _, weights = draw_learning.tiny(training)
    sample = draw_learning.passed(training, number, weights)
    step = 1e-6

    def loss(hidden, head):
        moved = (weights[0] + hidden, weights[1], weights[2] + head, weights[3])
        return draw_learning.passed(training, number, moved).loss

    for unit in (0, 1):
        change = np.eye(2)[unit] * step
        assert sample.slope_head[unit] == pytest.approx((loss(0, change) - loss(0, -change)) / (2 * step), abs=1e-5)
        for column in (0, 1):
            change = np.zeros((2, 2))
            change[column, unit] = step
            assert sample.slope_hidden[column, unit] == pytest.approx((loss(change, 0) - loss(-change, 0)) / (2 * step), abs=1e-5)


def test_the_network_learns(training):
    right = {moment: np.mean((draw_learning.says(training.x, training.weights[moment]) > 0.5) == training.y) for moment in training.moments}
    assert right[1] < 0.5 < 0.85 < right[20] <= right[training.best]
    good, high = (draw_learning.descend(training, rate) for rate in (1.0, 12.0))
    assert good.losses == sorted(good.losses, reverse=True)
    assert good.losses[-1] < high.losses[-1]
