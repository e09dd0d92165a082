"""Near copies: what counts as one is found wherever it lies, and nothing else is."""

import dataclasses
import random
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import image_zip, png

from biodl.commands import train_convolutional
from biodl.data.checks import copies
from biodl.data.files.pixels import Store
from biodl.data.fingerprints import identical
from biodl.data.groups import kept_together, known_among, with_near
from biodl.data.image.near import eight_ways, near_images
from biodl.data.image.shrunk import small_pictures
from biodl.data.kind import Files
from biodl.data.kinds import kind_of_form
from biodl.data.near_duplicates import sharing
from biodl.data.partition import partition
from biodl.data.sequence.alphabet import DNA, PROTEIN, RNA, reverse_complement
from biodl.data.sequence.dataset import SequenceDataset
from biodl.data.sequence.identity import Pairs, errors, unlike
from biodl.data.sequence.near import near_sequences
from biodl.data.sequence.sketch import Letters
from biodl.model_selection.folds import CrossValidationOptions, folds_of
from biodl.training.prepare import divide, read
from biodl.training.shares import share_out
from conftest import write_rows

LETTERS = {DNA: "ACGT", RNA: "ACGU", PROTEIN: "ACDEFGHIKLMNPQRSTVWY"}
quick = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def sequences(draw, count, length, alphabet=DNA):
    return ["".join(draw.choices(LETTERS[alphabet], k=length)) for _ in range(count)]


def changed(draw, text, most, alphabet=DNA):
    """A copy with up to ``most`` letters that are others, put in or left out."""
    letters = list(text)
    for _ in range(most):
        place, how = draw.randrange(len(letters)), draw.random()
        if how < 0.6:
            letters[place] = draw.choice(LETTERS[alphabet])
        elif how < 0.8:
            letters.insert(place, draw.choice(LETTERS[alphabet]))
        else:
            del letters[place]
    return "".join(letters)


def fewest_errors(short, long):
    """The table of edits, written out (Sellers 1980): the shorter laid into the longer, whose ends are free."""
    row = [0] * (len(long) + 1)
    for number, letter in enumerate(short, start=1):
        new = [number]
        for place, other in enumerate(long, start=1):
            new.append(min(row[place - 1] + (letter != other), row[place] + 1, new[-1] + 1))
        row = new
    return min(row)


@quick
@given(seeds, st.integers(60, 300), st.sampled_from([DNA, RNA, PROTEIN]))
def test_a_copy_with_few_changes_is_found_on_either_strand(seed, length, alphabet):
    draw = random.Random(seed)
    texts = sequences(draw, 20, length, alphabet)
    copy = changed(draw, texts[7], length // 25, alphabet)
    if alphabet != PROTEIN and draw.random() < 0.5:
        copy = reverse_complement(copy, alphabet)
    codes = near_sequences([*texts, copy.lower()], alphabet)
    assert codes[20] == codes[7]
    assert len(set(codes.tolist())) == 20


@quick
@given(seeds, st.integers(60, 300), st.floats(0, 0.39))
def test_a_sequence_cut_at_its_ends_is_found(seed, length, cut):
    draw = random.Random(seed)
    texts = sequences(draw, 20, length)
    lost = int(length * cut)
    first = draw.randint(0, lost)
    codes = near_sequences([*texts, texts[3][first : length - lost + first]], DNA)
    assert codes[20] == codes[3]
    assert len(set(codes.tolist())) == 20


def test_half_a_sequence_is_another_one_and_chance_makes_none():
    draw = random.Random(1)
    texts = sequences(draw, 2000, 60)
    assert len(set(near_sequences([*texts, texts[0][:30], texts[1][:19]], DNA).tolist())) == 2002
    short = sequences(draw, 500, 12)
    assert len(set(near_sequences(short, DNA).tolist())) == len(set(short))  # chance makes short ones alike


@quick
@given(seeds, st.sampled_from([DNA, PROTEIN]))
def test_neither_the_order_of_samples_nor_a_second_run_changes_what_is_found(seed, alphabet):
    draw = random.Random(seed)
    base = sequences(draw, 12, 80, alphabet)
    texts = [changed(draw, draw.choice(base), draw.randint(0, 9), alphabet) for _ in range(40)]
    order = draw.sample(range(40), 40)
    codes = near_sequences(texts, alphabet)
    again = near_sequences([texts[place] for place in order], alphabet)
    pairs = codes[:, None] == codes
    np.testing.assert_array_equal(pairs[np.ix_(order, order)], again[:, None] == again)
    np.testing.assert_array_equal(codes, near_sequences(texts, alphabet))


@quick
@given(seeds)
@example(2_355_669_692)  # of two of one length, only one fits when it is laid into the other: ends are free on one side alone
def test_what_is_found_is_as_alike_as_is_said(seed):
    """Each sequence found beside another has one with at most a tenth of errors, by the table of edits on both strands."""
    draw = random.Random(seed)
    base = sequences(draw, 3, 50)
    texts = [changed(draw, draw.choice(base), draw.randint(0, 12)) for _ in range(8)]
    codes = near_sequences(texts, DNA)

    def near(one, other):
        laid = [(short, long) for short, long in ((one, other), (other, one)) if len(short) <= len(long)]
        return any(fewest_errors(short, way) <= len(short) // 10 for short, long in laid for way in (long, reverse_complement(long)))

    for place, text in enumerate(texts):
        mates = [other for other in range(8) if other != place and codes[other] == codes[place]]
        assert not mates or any(near(text, texts[other]) for other in mates)


@quick
@given(seeds, st.integers(20, 70), st.booleans())
def test_errors_are_those_of_the_table_of_edits(seed, length, turned):
    draw = random.Random(seed)
    long = sequences(draw, 1, length)[0]
    first = draw.randint(0, length // 4)
    short = changed(draw, long[first:], draw.randint(0, 6))[: length - first]
    letters = Letters.of([long, reverse_complement(short) if turned else short], strands=True)
    pairs = Pairs(np.array([0]), np.array([1]), np.array([turned]), np.array([first]))
    assert errors(letters, pairs, np.array([30])) == [fewest_errors(short, long)]
    laid = [letter != (long[first + place] if first + place < length else "") for place, letter in enumerate(short)]
    assert unlike(letters, pairs) == [sum(laid)]


@pytest.mark.parametrize("turned", [False, True])
def test_errors_of_long_sequences_are_those_of_pieces_raised_to_their_length(turned):
    """Known by how they were made: letters exchanged for others; a genome's table of edits would take minutes."""
    draw = random.Random(8)
    long = sequences(draw, 1, 30_000)[0]
    letters = list(long)
    for place in draw.sample(range(30_000), 2_000):
        letters[place] = draw.choice("ACGT".replace(letters[place], ""))
    for place in draw.sample(range(10_000), 5):
        letters[place] = ""
    short = "".join(letters)
    laid = Letters.of([long, reverse_complement(short) if turned else short], strands=True)
    (found,) = errors(laid, Pairs(np.array([0]), np.array([1]), np.array([turned]), np.array([2])), np.array([3_000]))
    assert abs(found - 2_000) < 3 * np.sqrt(2_000 * 30_000 / 4_096)  # drawn letters: 16 x 256 of 30,000


def test_genomes_are_told_apart_in_seconds():
    draw = random.Random(9)
    base = sequences(draw, 1, 60_000)[0]
    near, far = ("".join(draw.choice("ACGT") if draw.random() < share else letter for letter in base) for share in (0.05, 0.25))
    codes = near_sequences([base, near[:100] + near[103:], far[:100] + far[103:]], DNA)
    assert codes[0] == codes[1] != codes[2]


@pytest.mark.parametrize(("alphabet", "unclear"), [(DNA, "N"), (DNA, "-"), (PROTEIN, "X")])
def test_letters_that_fill_sequences_up_make_none_alike(alphabet, unclear):
    """All share a primer and what they are filled up with, as windows at the ends of contigs and aligned sequences do."""
    draw = random.Random(10)
    primer = sequences(draw, 1, 25, alphabet)[0]
    texts = [primer + sequences(draw, 1, 25, alphabet)[0] for _ in range(6)]
    filled = [text + unclear * 150 for text in texts]
    copy = ("A" if texts[0][30] != "A" else "C").join((texts[0][:30], texts[0][31:])) + unclear * 150
    codes = near_sequences([*filled, copy, unclear * 150, unclear * 149, ""], alphabet)
    assert codes[6] == codes[0]
    assert len(set(codes.tolist())) == 6 + 3


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=60))
def test_all_of_one_key_are_reached_by_few_pairs(values):
    keys = np.sort(np.array(values, dtype="uint64"))
    pairs = [(int(one), int(other)) for first, second in sharing(keys) for one, other in zip(first, second, strict=True)]
    assert all(keys[one] == keys[other] and one < other for one, other in pairs)
    assert len(pairs) == len(set(pairs)) <= 8 * len(keys)
    reached = {0: 0} | {other: one for one, other in sorted(pairs, reverse=True)}
    assert all(place in reached or keys[place] != keys[place - 1] for place in range(len(keys)))


# images


def store(pictures):
    kept = Store(pictures[0].shape, pictures[0].dtype.name)
    for pixels in pictures:
        kept.append(pixels)
    return kept.close()


def pictures(random, count, height=24, width=24, channels=1):
    """Smooth random pictures, as photographs are."""
    coarse = random.normal(size=(count, 5, 5, channels))
    rows, columns = (np.linspace(0, 4, size) for size in (height, width))
    fine = np.empty((count, height, width, channels))
    for number in range(count):
        for channel in range(channels):
            across = np.array([np.interp(columns, range(5), line) for line in coarse[number, :, :, channel]])
            fine[number, :, :, channel] = np.array([np.interp(rows, range(5), line) for line in across.T]).T
    low, high = fine.min(axis=(1, 2, 3), keepdims=True), fine.max(axis=(1, 2, 3), keepdims=True)
    return (25 + 200 * (fine - low) / (high - low)).astype("uint8")


@quick
@given(seeds, st.integers(10, 40), st.sampled_from([1, 3]))
def test_each_of_the_eight_ways_to_lay_an_image_is_found(seed, side, channels):
    made = pictures(np.random.default_rng(seed), 10, side, side, channels)
    ways = [way[0] for way in eight_ways(made[4:5])]
    assert len({way.tobytes() for way in ways}) == 8
    codes = near_images([store(list(made)), store(ways)])
    assert set(codes[10:].tolist()) == {codes[4]}
    assert len(set(codes.tolist())) == 10


@quick
@given(seeds)
def test_a_little_noise_or_light_changes_nothing_and_order_neither(seed):
    random = np.random.default_rng(seed)
    made = pictures(random, 12, 40, 40)
    noisy = np.clip(made + random.normal(0, 4, made.shape), 0, 255).astype("uint8")
    darker = (made * 0.7 + 10).astype("uint8")
    every = np.concatenate([made, noisy[:, ::-1], darker[:, :, ::-1]])
    codes = near_images([store(list(every))])
    np.testing.assert_array_equal(codes[:12], codes[12:24])
    np.testing.assert_array_equal(codes[:12], codes[24:])
    assert len(set(codes.tolist())) == 12
    order = random.permutation(36)
    again = near_images([store(list(every[order]))])
    np.testing.assert_array_equal((codes[:, None] == codes)[np.ix_(order, order)], again[:, None] == again)


def test_images_that_show_nothing_are_no_copies():
    flat = [np.full((9, 9, 1), grey, dtype="uint8") for grey in (0, 0, 90)]
    assert len(set(near_images([store([*flat, *pictures(np.random.default_rng(1), 2, 9, 9)])]).tolist())) == 2 + 2


def test_images_of_one_grey_each_are_near_those_of_the_same_grey_alone():
    """As empty wells and stained tiles are; areas of 50 x 33 pixels sum their weights to 1 but for rounding."""
    for values, size, kind in (((0.1, 0.2, 0.3, 0.7, 0.1), (50, 33), "float32"), ((3, 7, 90, 91, 3), (9, 9), "uint8")):
        codes = near_images([store([np.full((*size, 1), value, dtype=kind) for value in values])])
        assert codes[0] == codes[4]
        assert len(set(codes.tolist())) == 4


@pytest.mark.parametrize("size", [(32, 32), (50, 33), (7, 5)])
def test_small_pictures_are_means_of_areas(size):
    made = pictures(np.random.default_rng(2), 2, *size)
    found = small_pictures(store(list(made)))
    fine = np.kron(made[0, :, :, 0].astype(float), np.ones((8, 8)))  # each pixel 8 x 8 times, so that 8 areas are whole blocks of it
    expected = fine.reshape(8, size[0], 8, size[1]).mean(axis=(1, 3))
    np.testing.assert_allclose(found[0], expected, rtol=1e-5)
    np.testing.assert_allclose(small_pictures(store(list(made[:, ::-1]))), found[:, ::-1], rtol=1e-5)


# what stays together


def dataset(texts):
    frame = pd.DataFrame({"sequence": texts}, index=range(2, len(texts) + 2))
    return SequenceDataset("table", "", frame, frame[["sequence"]], [], None, "sequence", alphabet=DNA)


def test_near_copies_stay_together_and_it_is_said():
    draw = random.Random(3)
    texts = sequences(draw, 30, 60)
    data = dataset([*texts, texts[0], *(reverse_complement(changed(draw, text, 2)) for text in texts[:5])])
    kept = with_near(data)
    assert str(kept.notes[-1]) == "5 samples are near copies of others and stay with them where samples are divided"
    codes = kept_together(kept)
    np.testing.assert_array_equal(codes[31:], codes[:5])
    assert len(set(kept_together(data).tolist())) == 35
    rows = np.array([31, 0, 2])
    assert len(set(kept_together(kept.take(rows)).tolist())) == 2
    np.testing.assert_array_equal(
        known_among(data.take(np.arange(29, 36)), data.take(np.arange(3))).inside, [False, True, True, True, True, False, False]
    )


def test_samples_that_hang_together_in_a_chain_are_told_of_with_what_to_do():
    """Windows of one genome: each is a near copy of the next, and the first has nothing of the last."""
    draw = random.Random(6)
    genome = sequences(draw, 1, 1000)[0]
    windows = [genome[first : first + 100] for first in range(0, 200, 10)]
    data = with_near(dataset([*windows, windows[0], *sequences(draw, 20, 100)]))
    assert [str(note) for note in data.notes] == [
        "19 samples are near copies of others and stay with them where samples are divided",
        "21 of 41 samples hang together, each nearly a copy of the next, and end in one part: if they are different ones that look alike "
        "(cells of one shape), turn 'Keep near copies together' off; if they overlap (windows of one genome), give samples from more "
        "places",
    ]
    found = copies(data, data.near)[-1]
    assert found.severity == "warning"
    assert found.finding == "21 of 41 samples hang together, each nearly a copy of the next, and end in one part."
    few = with_near(dataset([*windows[:5], *sequences(draw, 20, 100)]))
    assert len(few.notes) == 1


def test_without_near_copies_samples_are_divided_as_before():
    """Their numbers, and so the parts that a seed gives, are those of exact copies alone."""
    texts = sequences(random.Random(4), 40, 60)
    data = dataset([*texts, *texts[:7]])
    kept = with_near(data)
    assert kept is data
    strata = np.zeros(47, dtype=int)
    expected = partition((0.7, 0.3), strata, identical(data), 5)
    np.testing.assert_array_equal(partition((0.7, 0.3), strata, kept_together(kept), 5), expected)


def families(folder, together):
    """40 sequences of two classes, each with two near copies, one of them on the other strand, read to learn from; and the options."""
    draw = random.Random(11)
    rows = [["sequence", "class"]]
    for number, text in enumerate(sequences(draw, 40, 60)):
        copies_of_it = (text, changed(draw, text, 2), reverse_complement(changed(draw, text, 2)))
        rows += [[one, "ab"[number % 2]] for one in copies_of_it]
    options = train_convolutional.OPTIONS(kind="sequence", target=("class",), near_together=together, validation_fraction=0.3)
    files = Files(str(write_rows(folder / "families.tsv", rows)))
    return read(kind_of_form("sequence"), files, None, options, say=lambda line: None), options


def inside_of(data):
    """Families of which any sequence is among these samples; by the number of the line, of which the first is that of names."""
    return set(((data.frame.index.to_numpy() - 2) // 3).tolist())


def both_sides(one, other):
    return len(inside_of(one) & inside_of(other))


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_that_divides_to_train_and_to_judge_keeps_near_copies_together_while_that_is_wished(together, seed, tmp_path):
    """The validation share, folds, the validation share inside of a fold, and the shares of an ensemble's members."""
    samples, options = families(tmp_path, together)
    options = dataclasses.replace(options, seed=seed)

    def aside(some):
        parts = divide(some, kind_of_form("sequence"), None, options, say=lambda line: None)
        return parts.training, parts.validation

    training, validation = aside(samples)
    assert len(training) + len(validation) == 120
    shared = [both_sides(training, validation)]
    for fold in folds_of(samples, CrossValidationOptions(folds=4), seed):
        shared += [both_sides(samples.data.take(fold.learn), samples.data.take(fold.held)), both_sides(*aside(samples.take(fold.learn)))]
    y = samples.task.encode(training.target, training.where)
    for share in share_out(training, y, samples.task, seed, 3):
        shared.append(both_sides(training.take(share.learned), training.take(share.held)))
    assert len(shared) == 1 + 2 * 4 + 3
    assert not any(shared) if together else all(shared)


def test_reverse_complements_to_train_with_stay_with_their_sequences():
    texts = sequences(random.Random(5), 10, 40)
    kept = with_near(dataset([*texts, texts[0][:-2]]))
    turned = kept.augmented(dataclasses.make_dataclass("Options", ["reverse_complement", "alphabet"])(True, DNA))
    assert len(turned) == len(turned.near) == 22
    np.testing.assert_array_equal(turned.near[:11], turned.near[11:])


# a lesion in several mirrored copies: what a public tutorial fell for, with labels that the picture says nothing of


def lesions(tmp_path):
    """40 pictures with labels drawn by lot, each in four of its eight ways; the ZIP, pixels, and labels."""
    random = np.random.default_rng(6)
    made = pictures(random, 40, 16, 16)
    labels = random.permutation([0, 1] * 20)
    shown, truth, members = [], [], {}
    for number, picture in enumerate(made):
        for way in random.choice(8, 4, replace=False):
            pixels = eight_ways(picture[None])[way][0]
            members[f"{'ab'[labels[number]]}/{len(shown):03d}.png"] = png(np.ascontiguousarray(pixels[:, :, 0]))
            shown.append(pixels)
            truth.append(labels[number])
    return image_zip(tmp_path / "lesions.zip", members), np.array(shown, dtype=float), np.array(truth)


def nearest(shown, truth, test):
    """Accuracy of the label of the nearest training picture, whichever way it lies."""
    ways = np.concatenate([way.reshape(len(way), -1) for way in eight_ways(shown[~test])])
    labels = np.tile(truth[~test], 8)
    found = [labels[((ways - picture.reshape(-1)) ** 2).sum(axis=1).argmin()] for picture in shown[test]]
    return float(np.mean(np.array(found) == truth[test]))


def test_mirrored_copies_of_a_lesion_fool_a_careless_split_but_not_ours(biodl, tmp_path):
    archive, shown, truth = lesions(tmp_path)
    accuracy = {}
    for together in ("true", "false"):
        paths = {part: tmp_path / f"{part}_{together}.zip" for part in ("train", "test")}
        summary = tmp_path / f"{together}.tsv"
        done = biodl(
            "split", kind="image", data=archive, validation_size=0, test_size=0.3, near_together=together, summary=summary, **paths
        )
        assert done.code == 0, done.err
        inside = {int(name[2:5]) for name in zipfile.ZipFile(paths["test"]).namelist()}
        test = np.isin(np.arange(160), list(inside))
        accuracy[together] = nearest(shown, truth, test)
        lesions_of_test = set((np.flatnonzero(test) // 4).tolist())
        apart = len(lesions_of_test & set((np.flatnonzero(~test) // 4).tolist()))
        told = pd.read_csv(summary, sep="\t").set_index("part").nearly_in_train["test"]
        if together == "true":
            assert apart == 0
            assert told == 0
            assert "120 samples are near copies of others and stay with them" in done.out
        else:
            assert apart > 20
            assert told == sum((number // 4) in set((np.flatnonzero(~test) // 4).tolist()) for number in inside)
            assert f"{told} samples of other parts differ little from one in train" in done.out
    assert accuracy["false"] > 0.95
    assert accuracy["true"] < 0.7


def test_samples_that_are_all_near_copies_cannot_be_divided_and_the_switch_is_named(biodl, tmp_path):
    text = sequences(random.Random(7), 1, 60)[0]
    rows = [["sequence", "class"], *([changed(random.Random(number), text, 2), "ab"[number % 2]] for number in range(40))]
    table = write_rows(tmp_path / "d.tsv", rows, "\t")
    flags = {"kind": "sequence", "data": table, "target": "class"}
    flags |= {part: tmp_path / f"{part}.tsv" for part in ("train", "validation", "test")}
    done = biodl("split", **flags)
    assert done.code == 1
    assert "without class 'a', 'b'" in done.err
    assert done.err.endswith("Near copies stay together, which makes it harder: turn 'Keep near copies together' off to see.\n")
    assert biodl("split", near_together="false", **flags).code == 0
