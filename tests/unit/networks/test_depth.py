"""A convolutional network is as deep as its samples are long, unless its blocks are chosen."""

import pytest

from biodl.errors import InputError
from biodl.networks.families import convolutional
from biodl.networks.families.convolutional import ConvolutionalOptions
from biodl.program import runtime


def blocks(shape, **options):
    """Filters of each block, and the steps that the last one hands on."""
    import keras

    runtime.start(1)
    x = keras.Input(shape)
    model = keras.Model(x, convolutional.FAMILY.hidden(x, None, ConvolutionalOptions(**options)))
    convolutions = [layer for layer in model.layers if layer.name.startswith("convolution_")]
    last = model.get_layer(f"dropout_{len(convolutions)}")
    return [layer.filters for layer in convolutions], last.output.shape[1]


@pytest.mark.parametrize(
    ("shape", "options", "count", "left"),
    [
        ((24, 2), {}, 3, 3),
        ((427, 1), {}, 3, 53),
        ((512, 1), {}, 3, 64),
        ((527, 1), {}, 4, 32),
        ((1460, 1), {}, 5, 45),
        ((1460, 1), {"pooling": 4}, 3, 22),
        ((1460, 1), {"pooling": 1}, 3, 1460),
        ((100000, 4), {}, 8, 390),
        ((1024, 1024, 1), {}, 3, 128),
    ],
)
def test_blocks_by_length(shape, options, count, left):
    assert blocks(shape, **options) == ([64] * count, left)


def test_blocks_that_are_chosen():
    assert blocks((1460, 1), filters=(8, 16)) == ([8, 16], 365)


@pytest.mark.parametrize("filters", [(8, 0), (0, 0)])
def test_no_block_without_filters(filters):
    with pytest.raises(InputError, match="Filters of each block are whole numbers from 1, or 0 alone"):
        blocks((100, 1), filters=filters)
