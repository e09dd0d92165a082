"""A convolutional network is as deep as its samples are long, unless its blocks are chosen; the log and the report say so."""

import re

import pandas as pd
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


SOON_TRAINED = {"recurrent": {"units": "4", "bidirectional": "false", "cell": "simple_rnn"}, "convolutional": {}}
"""By family: what has no part in how deep a network is."""


@pytest.mark.parametrize(
    ("family", "option", "steps", "given", "chosen"),
    [
        ("convolutional", "filters", 24, {}, "64, 64, 64"),
        ("convolutional", "filters", 600, {}, "64, 64, 64, 64"),
        ("convolutional", "filters", 600, {"architecture": "residual", "convolutions": 2}, "64, 64, 64, 64"),
        ("convolutional", "filters", 600, {"members": 2}, "64, 64, 64, 64"),
        ("convolutional", "filters", 24, {"filters": "4,4"}, ""),
        ("recurrent", "front_filters", 24, {}, "64"),
        ("recurrent", "front_filters", 600, {"members": 2}, "64, 64, 64, 64"),
        ("recurrent", "front_filters", 24, {"front_filters": "0"}, ""),
    ],
)
def test_what_is_left_to_samples_is_said(family, option, steps, given, chosen, biodl, tmp_path, operation_by_operation):
    rows = [[float((step + sample) % 7) for step in range(steps)] + ["ab"[sample % 2]] for sample in range(12)]
    pd.DataFrame(rows, columns=[*map(str, range(steps)), "y"]).to_csv(tmp_path / "series.tsv", sep="\t", index=False)
    flags = {"data": tmp_path / "series.tsv", "kind": "series", "target": "y", "epochs": 1, **SOON_TRAINED[family], **given}
    result = biodl(f"train-{family}", model=tmp_path / "m.keras", report=tmp_path / "r.html", **flags)
    assert (result.code, result.err) == (0, "")
    name = option.replace("_", " ")
    line = [f"{name.capitalize()} {chosen}, chosen by the kind and length of samples"] if chosen else []
    assert [said for said in result.out.splitlines() if said.startswith(name.capitalize())] == line
    row = re.search(rf">{name}</t[hd]><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>", (tmp_path / "r.html").read_text())
    by_samples = "chosen by the kind and length of samples"
    assert row.groups() == ((f"{by_samples}: {chosen}",) * 2 if chosen else (given[option].replace(",", ", "), by_samples))
