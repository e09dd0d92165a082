"""Mutagenesis against a plain loop, motifs that were planted, MEME text, and the biology of splice junctions."""

import dataclasses
import importlib
import re
from types import SimpleNamespace

import logomaker
import numpy as np
import pandas as pd
import pytest
from explained import of_file, untrained
from matplotlib.figure import Figure

from biodl.data.kind import Files
from biodl.explanation import motif_file
from biodl.explanation.attribution import INTEGRATED, MUTAGENESIS, Attributions, Subject
from biodl.explanation.kinds import letters, sequences
from biodl.explanation.kinds.explainers import attribute, explainer_of
from biodl.explanation.logos import colours_of, draw_logo
from biodl.explanation.meme import meme_text, word, words_apart
from biodl.explanation.motifs import Motif, background_of, gather
from biodl.explanation.said import what_matters
from conftest import DATA, write_rows

ENCODINGS = ("one_hot", "embedding", "kmer")


def files_of(folder, texts):
    return Files(str(write_rows(folder / "t.tsv", [["sequence", "class"], *([text, "ab"[n % 2]] for n, text in enumerate(texts))])))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("alphabet", "texts"),
    [("dna", ["ACGTNACGTA", "TTGACCA", "GATT-ACA", "CCCCCCCCC"]), ("protein", ["MKVLAWX", "GGHEDRY", "MKKLIFPSTW", "QNCVA"])],
    ids=["dna", "protein"],
)
def test_mutagenesis_is_that_of_a_loop(encoding, alphabet, texts, tmp_path):
    changes = {"sequence_encoding": encoding, "kmer_size": 2, "alphabet": alphabet}
    files = files_of(tmp_path, texts)
    subject, raw, _ = untrained(tmp_path, "sequence", "convolutional", files=files, **changes)
    targets = np.array([1, 0, 1, 1])
    found = attribute(subject, raw, targets, MUTAGENESIS)
    plain = letters.plain_letters(subject.encoding)
    assert plain == ("ACGT" if alphabet == "dna" else "ACDEFGHIKLMNPQRSTVWY")
    variants = [
        (row, place, number, text[:place] + letter + text[place + 1 :])
        for row, text in enumerate(texts)
        for place in range(len(text))
        for number, letter in enumerate(plain)
    ]
    asked = {"text": np.array([[text] for *_, text in variants], dtype=object)}
    rows = np.array([row for row, *_ in variants])
    outputs = sequences.removed(sequences.GROUND, subject, asked, targets[rows], np.zeros((len(rows), 10), dtype=bool))
    expected = np.zeros((len(texts), 10, len(plain)))
    for (row, place, number, _), output in zip(variants, outputs, strict=True):
        expected[row, place, number] = output - found.outputs[row]
    if encoding == "one_hot":
        gap = (np.array([text.ljust(10) for text in texts]).view("U1").reshape(4, 10) == "-")[:, :, None]
        expected *= ~gap  # the network sees nothing there
    np.testing.assert_allclose(found.values, expected, atol=2e-5)
    assert np.abs(expected).max() > 1e-3


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_letters_are_told_from_what_the_network_reads(encoding, tmp_path):
    texts = ["ACGUUA", "GGACU", "UUUCCA", "AGCUA"]
    changes = {"sequence_encoding": encoding, "alphabet": "rna"}
    subject, raw, _ = untrained(tmp_path, "sequence", "convolutional", files=files_of(tmp_path, texts), **changes)
    stand = sequences.stand(subject, raw)
    assert ["".join("ACGU"[place] for place in row.argmax(-1)[row.any(-1)]) for row in stand] == texts
    assert sequences.held(subject, raw).sum(axis=1).tolist() == [6, 5, 6, 5]
    assert sequences.complement_of(subject.encoding) == (3, 2, 1, 0)
    assert not sequences.both_strands(subject)


# motifs


def planted(both: bool):
    """Sequences with TATAAA at random places (in a third of them its other strand), where values are high; elsewhere there is noise."""
    draw = np.random.default_rng(1)
    codes, values = draw.integers(0, 4, (120, 80)), draw.normal(0, 0.02, (120, 80))
    motif = np.array([3, 0, 3, 0, 0, 0])
    for row in range(120):
        place = draw.integers(5, 65)
        codes[row, place : place + 6] = (3 - motif)[::-1] if both and row % 3 == 0 else motif
        values[row, place : place + 6] += 0.3
    stand = np.eye(4)[codes]
    return values[..., None] * stand, stand


def test_a_planted_motif_is_found():
    (found,) = gather(*planted(False), "TATA")
    assert (found.consensus("ACGT"), found.sites, found.name) == ("TATAAA", 120, "TATA_1")
    assert found.adds == pytest.approx(1.8, abs=0.1)
    np.testing.assert_allclose(found.counts.sum(axis=1), 120)


def test_both_strands_are_one_motif_where_that_is_asked():
    values, stand = planted(True)
    (found,) = gather(values, stand, "x", (3, 2, 1, 0))
    assert (found.consensus("ACGT"), found.sites) == ("TATAAA", 120)
    apart = gather(values, stand, "x")
    assert [(motif.consensus("ACGT"), motif.sites) for motif in apart] == [("TATAAA", 80), ("TTTATA", 40)]


def test_noise_holds_no_motif():
    _, stand = planted(False)
    assert gather(np.random.default_rng(2).normal(0, 0.02, stand.shape) * stand, stand, "x") == []
    assert gather(np.zeros(stand.shape), stand, "x") == []


def parsed(text: str):
    """A strict reader of the minimal MEME format, version 4: alphabet, strands, background, and motifs with their matrices.

    No E-value may stand there, for none is computed.
    """
    lines = text.split("\n")
    assert lines.pop(0) == "MEME version 4"
    alphabet = re.fullmatch(r"\nALPHABET= ([A-Z]+)", "\n".join([lines.pop(0), lines.pop(0)]))[1]
    assert alphabet in ("ACGT", "ACGU", "ACDEFGHIKLMNPQRSTVWY")
    assert lines.pop(0) == ""
    strands = None
    if lines[0].startswith("strands:"):
        strands = lines.pop(0).removeprefix("strands: ")
        assert strands in ("+", "+ -")
        assert lines.pop(0) == ""
    assert re.fullmatch(r"Background letter frequencies( \(from .+\):)?", lines.pop(0))
    cells = lines.pop(0).split(" ")
    assert "".join(cells[::2]) == alphabet
    background = [float(cell) for cell in cells[1::2]]
    assert sum(background) == pytest.approx(1, abs=1e-9)
    assert lines.pop(0) == ""
    motifs = {}
    while lines and lines != [""]:
        name, consensus = re.fullmatch(r"MOTIF (\S+) (\S+)", lines.pop(0)).groups()
        head = re.fullmatch(
            r"letter-probability matrix: alength= (\d+) w= (\d+) nsites= (\d+)", lines.pop(0)
        )  # no E-value: none was computed
        assert int(head[1]) == len(alphabet)
        rows = [[float(cell) for cell in lines.pop(0).split()] for _ in range(int(head[2]))]
        assert all(len(row) == len(alphabet) and sum(row) == pytest.approx(1, abs=1e-9) for row in rows)
        assert lines.pop(0) == ""
        assert name not in motifs
        motifs[name] = (consensus, int(head[3]), rows)
    return alphabet, strands, background, motifs


def test_meme_text_is_of_its_format_and_tells_the_motif():
    values, stand = planted(False)
    background = background_of(stand)
    found = gather(values, stand, word("T cells (CD4) / 1"))
    alphabet, strands, shares, motifs = parsed(meme_text(found, "ACGT", background, False))
    assert (alphabet, strands) == ("ACGT", "+")
    counts = stand.reshape(-1, 4).sum(axis=0)
    np.testing.assert_allclose(shares, counts / counts.sum(), atol=1e-3)
    consensus, sites, rows = motifs["T_cells_CD4_1_1"]
    assert (consensus, sites) == ("TATAAA", 120)
    np.testing.assert_allclose(rows, (found[0].counts + background) / 121, atol=2e-6)
    assert parsed(meme_text(found, "ACGT", background, True))[1] == "+ -"


@pytest.mark.parametrize("plain", ["ACGU", "ACDEFGHIKLMNPQRSTVWY"])
def test_meme_text_of_other_alphabets(plain):
    counts = np.random.default_rng(0).integers(1, 30, (5, len(plain))).astype(float)
    motif = Motif("class a", counts, 40, 1.0)
    alphabet, strands, _, motifs = parsed(meme_text([motif], plain, np.full(len(plain), 1 / len(plain)), False))
    assert (alphabet, strands, list(motifs)) == (plain, None, ["class_a"])
    assert len(motifs["class_a"][2]) == 5
    assert parsed(meme_text([], plain, np.full(len(plain), 1 / len(plain)), False))[3] == {}


def test_information_is_relative_entropy():
    from scipy.stats import entropy

    background = np.array([0.4, 0.1, 0.1, 0.4])
    motif = Motif("x", np.array([[8.0, 1, 1, 0], [1, 1, 1, 7]]), 10, 1.0)
    expected = entropy(motif.probabilities(background), background[None], base=2, axis=1)
    np.testing.assert_allclose(motif.information(background).sum(axis=1), expected)


def test_names_of_marks_alone_are_told_apart():
    assert words_apart(["a/b", "a b", "x", "\u03b1"]) == ["a_b_no1", "a_b_no2", "x", "motif"]


def test_motifs_of_a_network_that_learned_both_strands_are_looked_for_on_both(tmp_path):
    values, there = planted(True)
    texts = ["".join("ACGT"[code] for code in row.argmax(axis=1)) for row in there]
    subject, _, _ = untrained(tmp_path, "sequence", "convolutional", files=files_of(tmp_path, texts))
    nothing = np.zeros(120)
    about = {"outputs": nothing, "steps": nothing.astype(int), "compared": "", "axes": {"letters": tuple("ACGT")}}
    made = Attributions.without_sum(INTEGRATED, values, nothing.astype(int), **about)
    for both, found in ((False, [("TATAAA", 80), ("TTTATA", 40)]), (True, [("TATAAA", 120)])):
        metadata = {**subject.opened.metadata, "training": {"parameters": {"reverse_complement": both}}}
        own = Subject(dataclasses.replace(subject.opened, metadata=metadata), subject.model)
        held = SimpleNamespace(many=made, stand=there, held=SimpleNamespace(subject=own), explainer=explainer_of(own))
        held.motifs = sequences.motifs(own, there, made)
        assert [(motif.consensus("ACGT"), motif.sites) for motif in held.motifs] == found
        assert parsed(motif_file.motif_text(held))[1] == ("+ -" if both else "+")
    held.many = held.stand = None
    assert motif_file.motif_text(held) == "# No motifs: the minutes were spent.\n"


# biology


def test_splice_junctions_show_their_signals():
    """Donors have GT at 31 and 32, acceptors AG at 29 and 30: these positions add most of all."""
    subject, raw, data = of_file("splice", Files(str(DATA / "splice_test.fasta"), str(DATA / "splice.tsv")))
    truth = subject.opened.task.encode(data.target, data.where)
    assert subject.opened.task.classes[:2] == ("ei", "ie")
    rows = np.concatenate([np.flatnonzero(truth == target)[:25] for target in (0, 1)])
    raw = {"text": raw["text"][rows]}
    found = attribute(subject, raw, truth[rows])
    assert found.complete.all()
    for target, places, pair in ((0, [30, 31], "GT"), (1, [28, 29], "AG")):
        mean = found.values[truth[rows] == target].mean(axis=0)
        assert sorted(np.argsort(-mean.sum(axis=-1))[:2].tolist()) == places
        assert "".join("ACGT"[place] for place in mean[places].argmax(axis=-1)) == pair


def test_motifs_of_sequences_that_do_not_lie_alike_are_what_matters():
    """Positions mean nothing there; letters that stand in more than half of the places are named."""
    counts = np.array([[3.0, 3, 2, 2], [9, 1, 0, 0], [4, 3, 3, 0], [0, 0, 0, 10], [3, 3, 3, 1]])
    made = [Motif("nls_1", counts, 10, 1.0), Motif("nls_2", counts[:1], 4, 0.5)]
    found = SimpleNamespace(importances=[], averages=None, motifs=made, many=SimpleNamespace(axes={"letters": tuple("ACGT")}))
    assert what_matters(found) == "motifs nls_1 A.T (10 places), nls_2 without a clear letter (4 places)."


def test_a_logo_is_that_of_logomaker_and_leaves_it_as_it_was():
    """Letters above and below the line, one of no height: the same outlines and colours, though each letter is measured once."""
    heights = np.random.default_rng(4).normal(size=(7, 4))
    heights[2, 1] = 0
    glyphs = importlib.import_module("logomaker.src.Glyph")
    before = glyphs.TextPath
    mine, theirs = (Figure().subplots() for _ in range(2))
    draw_logo(mine, heights, "ACGT", 5)
    assert glyphs.TextPath is before
    frame = pd.DataFrame(heights, columns=list("ACGT"), index=range(5, 12))
    usual = {"font_name": "DejaVu Sans", "flip_below": False, "baseline_width": 0.8}
    logomaker.Logo(frame, ax=theirs, color_scheme=colours_of("ACGT"), **usual)
    assert len(mine.patches) == len(theirs.patches) == 27
    for one, other in zip(mine.patches, theirs.patches, strict=True):
        np.testing.assert_array_equal(one.get_path().vertices, other.get_path().vertices)
        assert one.get_facecolor() == other.get_facecolor()
    assert mine.get_xlim() == theirs.get_xlim()
    assert mine.get_ylim() == theirs.get_ylim()
