"""Networks in blocks: what belongs together, in words; the drawing stays below nine inches for the defaults of every family."""

import keras
import pytest
from drawn import check

from biodl.commands import train_convolutional, train_feedforward, train_recurrent
from biodl.data.table.encoding import Feature, TableFeatures
from biodl.data.tokens import WORDS, TextEncoding
from biodl.networks.assemble import assemble
from biodl.networks.blocks import blocks
from biodl.networks.families import convolutional, feedforward, recurrent
from biodl.reporting.plots import Block, drawing, style
from biodl.tasks import TASKS
from biodl.training.train import body

TASK = TASKS["multiclass"](("y",), ("a", "b", "c"))
TRAINED_BY = {recurrent: train_recurrent.OPTIONS, convolutional: train_convolutional.OPTIONS}
CONV, RECURRENT = convolutional.ConvolutionalOptions, recurrent.RecurrentOptions


def network(family, options, shape, open_ended=False):
    """A network on raw numbers of a shape, whose samples may end early."""
    start = keras.Input(shape, name="series")
    encoded = keras.layers.Rescaling(0.5, name="standardise")(start)

    def body(tensor):
        valid = keras.ops.cast(keras.ops.not_equal(tensor[:, :, :1], 0), "float32") if open_ended else None
        return family.FAMILY.hidden(tensor, valid, options)

    return assemble({"series": start}, encoded, body, TASK).model


DEFAULTS = {
    "feed-forward": (feedforward, feedforward.FeedForwardOptions(), (30,)),
    "convolutions along steps": (convolutional, CONV(), (2000, 4)),
    "convolutions on images": (convolutional, CONV(), (64, 64, 3)),
    "residual along steps": (convolutional, CONV(architecture="residual"), (200, 4)),
    "residual on images": (convolutional, CONV(architecture="residual"), (64, 64, 3)),
    "separable": (convolutional, CONV(architecture="separable"), (64, 64, 3)),
    "recurrent": (recurrent, RECURRENT(), (60, 4)),
    "recurrent, long": (recurrent, RECURRENT(), (4000, 4)),
    "transformer": (recurrent, RECURRENT(cell="transformer"), (60, 4)),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_default_fits_on_a_page_and_counts_every_weight(name):
    family, options, shape = DEFAULTS[name]
    model = network(family, options, shape, open_ended=len(shape) == 2)  # with what padding asks for, where samples may end early
    found = blocks(model)
    assert sum(block.learned + block.fixed for block in found) == model.count_params()
    assert [found[0].title, found[-1].title] == ["Input and preprocessing", "Head"]
    assert found[-1].shape == "3"
    with style.styled():
        figure = drawing.stacked(found)
        check(figure)
    assert figure.get_size_inches()[1] <= 9


def test_a_feed_forward_network():
    assert blocks(network(*DEFAULTS["feed-forward"])) == [
        Block("Input and preprocessing", ("Input series (30)", "Rescaling"), "30"),
        Block("Dense layer", ("Dense 128", "ReLU", "Dropout 0.3"), "128", 3968),
        Block("Head", ("Dense 3 softmax",), "3", 387),
    ]


def test_pieces_of_numbers_are_preprocessing():
    features = [Feature(name, "numeric", edges=(-1.0, 0.0, 2.0), piece_means=(0.8, 0.4)) for name in "abc"]
    features += [Feature("d", "numeric"), Feature("e", "categorical", categories=("x", "y"))]
    encoding, options = TableFeatures(tuple(features)), train_feedforward.OPTIONS(hidden_layers=(8, 4))
    found = blocks(assemble(*encoding.layers(), body(encoding, feedforward.FAMILY, options), TASK).model)
    assert [(block.title, block.shape) for block in found] == [
        ("Input and preprocessing", "12"),
        ("Dense layer 1", "8"),
        ("Dense layer 2", "4"),
        ("Head", "3"),
    ]
    assert found[0].steps[-1] == "numbers in pieces too"
    assert sum(block.learned for block in found) == 13 * 8 + 9 * 4 + 5 * 3


def test_padding_is_not_part_of_what_is_told():
    found = blocks(network(*DEFAULTS["recurrent"], open_ended=True))
    assert [block.title for block in found] == ["Input and preprocessing", "Convolution block", "Recurrent layer", "Head"]
    assert found[1].steps == ("Conv1D 64", "BatchNormalization", "ReLU", "MaxPooling1D", "Dropout 0.3")
    assert found[2] == Block("Recurrent layer", ("Bidirectional GRU 2 × 32",), "30 x 64", 18816)
    assert found[3].steps == ("GlobalMaxPooling1D", "Dropout 0.5", "Dense 3 softmax")


@pytest.mark.parametrize("family", [recurrent, convolutional])
def test_sums_of_words_are_one_block_of_their_own(family):
    """They lead from the input to the head past the hidden layers, whatever order Keras keeps layers in."""
    encoding = TextEncoding("t", WORDS, ("cell", "wall"), 12, variable=True, pairs=("cell wall",), usual_length=4)
    model = assemble(*encoding.layers(), body(encoding, family.FAMILY, TRAINED_BY[family]()), TASK).model
    found = blocks(model)
    assert sum(block.learned + block.fixed for block in found) == model.count_params()
    titles = [block.title for block in found]
    assert titles[:2] == ["Input and preprocessing", "Embedding"]
    assert titles[-2:] == ["Beside the layers above, from the input", "Head"]
    assert found[1] == Block("Embedding", ("Embedding 32",), "12 x 32", 128)
    sums = ("2 × Embedding 32", "2 × GlobalAveragePooling1D", "2 × Rescaling", "Concatenate", "Dropout 0.5")
    assert found[-2] == Block("Beside the layers above, from the input", sums, "64", 128 + 96)
    assert not any("Embedding" in step for block in found[2:-2] for step in block.steps)


def test_skips_are_counted():
    first, second = blocks(network(*DEFAULTS["residual along steps"]))[1:3]
    assert first.title == "Residual convolution block 1"
    assert first.skips == second.skips == 1
    assert first.steps == second.steps
    assert first.steps == (
        *("Conv1D 64", "BatchNormalization", "ReLU", "Conv1D 64", "BatchNormalization"),
        *("add skip", "ReLU", "MaxPooling1D", "Dropout 0.2"),
    )
    transformer = blocks(network(*DEFAULTS["transformer"]))[2]
    assert (transformer.title, transformer.skips) == ("Transformer block", 3)
    with style.styled():
        words = {text.get_text() for text in drawing.stacked([first, transformer]).axes[0].texts}
    assert {"skip", "3 skips"} <= words


def test_equal_blocks_become_one_where_there_are_many():
    found = blocks(network(*DEFAULTS["recurrent, long"]))
    assert [block.title for block in found] == ["Input and preprocessing", "Convolution blocks 1 to 6, alike", "Recurrent layer", "Head"]
    assert found[1].shape == "62 x 64"
    assert found[1].learned == 7 * 4 * 64 + 5 * 7 * 64 * 64 + 6 * 128


def test_the_words_of_a_drawing(tmp_path):
    said = drawing.diagram([Block("Head", ("Dense 3",), "3", 1234, 5)], tmp_path / "d.png")
    assert said == "The network from input to output: Head (Dense 3) gives 3, 1,234 weights, 5 fixed."
