"""Text reaches the head twice: through hidden layers in its order, and as sums of vectors of words and of pairs, wherever they stand."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodl.data.kind import Files
from biodl.data.text.dataset import TrainTextOptions, read_training, words
from biodl.data.tokens import PAIRS, TextEncoding, check_stored
from biodl.stored import UnfitError

TEXTS = ["The cell wall grows.", "A cell, wall grows", "wall of the cell wall", "Grows", "the cell divides; a cell grows"]


def encoding_of(folder, texts, **changes):
    """The encoding fitted to some texts, and what its layers make of them, int [samples, values]."""
    import keras

    path = folder / "texts.tsv"
    path.write_text("text\tclass\n" + "".join(f"{text}\t{'ab'[place % 2]}\n" for place, text in enumerate(texts)), encoding="utf-8")
    options = TrainTextOptions(target=("class",), text_column=("text",), **changes)
    data = read_training(Files(str(path)), options)
    encoding = data.fit_encoding(options)
    return encoding, np.asarray(keras.Model(*encoding.layers())({"text": np.array(texts, dtype=object).reshape(-1, 1)}))


def test_pairs_are_those_that_occur_twice_and_the_commonest(tmp_path):
    encoding, _ = encoding_of(tmp_path, TEXTS)
    assert encoding.pairs == ("cell wall", "the cell", "a cell", "wall grows")  # 3, 3, 2 and 2 times; the others once
    assert encoding.usual_length == 4
    more, _ = encoding_of(tmp_path, [*TEXTS * 3, *["grows the wall a cell"] * 2], max_words=10)
    assert (more.pairs[:2], len(more.pairs)) == (("cell wall", "the cell"), 10)


def test_pairs_stand_behind_words_at_the_place_of_their_first(tmp_path):
    encoding, found = encoding_of(tmp_path, TEXTS)
    assert encoding.shape == found.shape[1:] == (2 * encoding.length,)
    for text, tokens, pairs in zip(TEXTS, *np.split(found, 2, axis=1), strict=True):
        own = words(text)
        seen = [" ".join(pair) for pair in itertools.pairwise(own)]
        numbers = [encoding.pairs.index(pair) + 2 if pair in encoding.pairs else 1 for pair in seen]
        assert pairs.tolist() == numbers + [0] * (encoding.length - len(numbers))
        assert (tokens > 0).sum() == len(own)


def test_models_that_count_for_themselves_see_words_alone(tmp_path):
    encoding, found = encoding_of(tmp_path, TEXTS)
    rows = encoding.as_rows(encoding.reduced(found))
    assert rows.sum(axis=1).tolist() == [len(words(text)) for text in TEXTS]


def test_sums_are_those_of_the_vectors_whatever_their_order(tmp_path):
    import keras

    encoding, found = encoding_of(tmp_path, TEXTS)
    start = keras.Input(encoding.shape, dtype="int64")
    model = keras.Model(start, encoding.beside(start, TrainTextOptions(embedding_dim=3)))
    tables = [model.get_layer(f"beside_{name}").get_weights()[0] for name in ("words", "pairs")]
    assert [len(table) for table in tables] == [len(encoding.vocabulary) + 2, len(encoding.pairs) + 2]
    for row, said in zip(found, model.predict(found, verbose=0), strict=True):
        halves = np.split(row, 2)
        expected = [sum(table[number] for number in half if number) for table, half in zip(tables, halves, strict=True)]
        expected = [np.zeros(3) if isinstance(one, int) else one for one in expected]  # a text of one word has no pair
        np.testing.assert_allclose(said, np.concatenate(expected) / 2, atol=1e-6)  # the middle text has four words
    shuffled = np.concatenate([np.random.default_rng(1).permuted(half, axis=1) for half in np.split(found, 2, axis=1)], axis=1)
    np.testing.assert_allclose(model.predict(shuffled, verbose=0), model.predict(found, verbose=0), atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("ab .,-É\t", max_size=12).filter(lambda text: words(text) and "\t" not in text), min_size=2, max_size=6))
def test_pairs_are_split_as_keras_splits_them(tmp_path_factory, texts):
    """Whatever stands between words: a pair that the texts hold twice is found by the layer of the model."""
    encoding, found = encoding_of(tmp_path_factory.mktemp("texts"), [*texts, *texts])
    if not encoding.pairs:
        assert all(len(words(text)) < 2 for text in texts)
        assert found.shape[1] == encoding.length
        return
    for text, pairs in zip(texts, found[:, encoding.length :], strict=False):
        own = words(text)
        expected = [f"{one} {other}" for one, other in itertools.pairwise(own)]
        assert [encoding.pairs[number - 2] for number in pairs if number > 1] == expected


def test_an_encoding_comes_back_as_it_was_and_earlier_ones_open(tmp_path):
    encoding, _ = encoding_of(tmp_path, TEXTS)
    stored = json.loads(json.dumps(encoding.to_json()))
    assert TextEncoding.from_json(stored) == encoding
    earlier = {name: value for name, value in stored.items() if name not in ("pairs", "usual_length")}
    assert TextEncoding.from_json(earlier).shape == (encoding.length,)
    assert PAIRS not in TextEncoding.from_json(earlier).stated()
    assert TextEncoding.from_json(earlier).to_json().keys() == earlier.keys()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pairs": ["cell wall", "cell wall"]}, "pair of words"),
        ({"usual_length": 0}, "its texts have no usual length"),
        ({"encoding": "embedding"}, "it knows pairs of words, but its samples are not made of words"),
    ],
)
def test_what_no_train_tool_writes_is_refused(tmp_path, changes, sentence):
    stored = json.loads(json.dumps(encoding_of(tmp_path, TEXTS)[0].to_json()))
    with pytest.raises(UnfitError, match=sentence):
        check_stored({**stored, **changes})


def test_texts_without_a_pair_that_occurs_twice_have_none(tmp_path):
    encoding, found = encoding_of(tmp_path, ["one two", "two three", "three four"])
    assert (encoding.pairs, encoding.usual_length, encoding.beside(found, TrainTextOptions())) == ((), 0, None)
    assert encoding.to_json().keys().isdisjoint({"pairs", "usual_length"})
