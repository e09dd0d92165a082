"""Words and pairs of neighbours as features: exact on small examples, equal to scikit-learn's, blind to the test part."""

import itertools
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from biodl.data import word_pairs
from biodl.data.word_pairs import count_pairs

TRAIN = np.array(
    [
        [2, 3, 2, 3, 0],
        [3, 2, 1, 4, 0],
        [4, 4, 0, 0, 0],
    ]
)


def test_words_and_pairs_that_occur_twice_are_the_features():
    train, test = count_pairs(TRAIN, np.array([[3, 2, 3, 9, 9]]))
    # words 2, 3, 4 and the pairs (2, 3) and (3, 2), each of which occurs twice; (4, 4) occurs once; 1 and 0 part neighbours
    assert train.shape == (3, 5)
    assert (train.toarray() > 0).tolist() == [
        [True, True, False, True, True],
        [True, True, True, False, True],
        [False, False, True, False, False],
    ]
    assert (test.toarray() > 0).tolist() == [[True, True, False, True, True]]
    assert train.dtype == test.dtype == np.float32
    np.testing.assert_allclose(np.sqrt(train.power(2).sum(axis=1)), 5, rtol=1e-6)


def texts(count: int = 60, longest: int = 20, words: int = 30, seed: int = 1) -> np.ndarray:
    """Tokens of texts of unequal lengths, unknown words among them."""
    draw = np.random.default_rng(seed)
    tokens = draw.integers(1, words, (count, longest))
    return np.where(np.arange(longest) < draw.integers(1, longest + 1, count)[:, None], tokens, 0)


def grams(tokens: np.ndarray) -> list[list]:
    """Known words and pairs of neighbours of each text, slowly."""
    lists = [[[word for word in row if word > 1], [pair for pair in itertools.pairwise(row) if min(pair) > 1]] for row in tokens.tolist()]
    return [words + pairs for words, pairs in lists]


def test_the_same_as_scikit_learn_makes_of_these_features():
    train, test = texts(seed=1), texts(seed=2)
    every = Counter(itertools.chain.from_iterable(grams(train)))
    pairs = sorted(gram for gram, count in every.items() if isinstance(gram, tuple) and count > 1)
    assert len(pairs) > 20
    vocabulary = [*sorted(gram for gram in every if not isinstance(gram, tuple)), *pairs]
    reference = TfidfVectorizer(analyzer=lambda gram: gram, vocabulary=vocabulary, lowercase=False, sublinear_tf=True)
    expected = [5 * reference.fit_transform(grams(train)), 5 * reference.transform(grams(test))]
    for one, other in zip(count_pairs(train, test), expected, strict=True):
        np.testing.assert_allclose(one.toarray(), other.toarray(), rtol=1e-5)


def test_the_training_part_alone_decides():
    train, test = texts(seed=1), texts(seed=2)
    alone, nothing = count_pairs(train, np.zeros((2, 20), dtype=int))
    beside, _ = count_pairs(train, np.concatenate([test, np.full((50, 20), 77)]))
    assert (alone != beside).nnz == 0
    assert nothing.nnz == 0


def test_pieces_make_no_difference(monkeypatch):
    train, test = texts(seed=1), texts(seed=2)
    whole = count_pairs(train, test)
    monkeypatch.setattr(word_pairs, "_PIECE", 7 * 20)
    for one, other in zip(whole, count_pairs(train, test), strict=True):
        assert one.shape == other.shape
        assert (one != other).nnz == 0


def test_no_more_features_than_allowed(monkeypatch):
    train = np.array([[2, 3, 2, 3, 2, 3, 4, 5, 4, 5]])
    monkeypatch.setattr(word_pairs, "_MOST", 3)
    # 2 and 3 and the pair (2, 3) occur three times each, all else twice
    assert count_pairs(train, train)[0].shape == (1, 3)
    np.testing.assert_allclose(count_pairs(train, np.array([[2, 3]]))[1].toarray(), [[5 / np.sqrt(3)] * 3], rtol=1e-6)


def test_few_pairs_are_watched_at_a_time(monkeypatch):
    monkeypatch.setattr(word_pairs, "_MOST_WATCHED", 4)
    monkeypatch.setattr(word_pairs, "_PIECE", 4)
    train = np.array([[2, 3, 2, 3], [4, 5, 6, 7], [2, 3, 9, 8]])
    # what occurs once is forgotten after each piece, and what occurred twice is not
    assert count_pairs(train, train)[0].shape == (3, 3)


def test_order_tells_where_words_do_not():
    draw = np.random.default_rng(3)
    tokens, classes = draw.integers(2, 8, (200, 12)), np.arange(200) % 2
    for row, label in enumerate(classes):
        place = draw.integers(0, 11)
        tokens[row, place : place + 2] = (20, 21) if label else (21, 20)
    train, test = count_pairs(tokens[:150], tokens[150:])
    assert LogisticRegression().fit(train, classes[:150]).score(test, classes[150:]) == 1
    train, test = (part[:, :8] for part in (train, test))  # the words alone
    assert LogisticRegression().fit(train, classes[:150]).score(test, classes[150:]) < 0.8


@pytest.mark.parametrize("tokens", [np.zeros((3, 4), dtype=int), np.ones((3, 4), dtype=int), np.zeros((3, 1), dtype=int)])
def test_texts_without_known_words(tokens):
    train, test = count_pairs(tokens, np.array([[2, 3, 4, 5]]))
    assert train.shape == (3, 1)
    assert test.shape == (1, 1)
    assert train.nnz == test.nnz == 0
