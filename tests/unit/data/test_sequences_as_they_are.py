"""Sequences as files really hold them: marks, comments, packing, line ends, columns beside them, stray letters, NA."""

import gzip
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import fasta, sequence_rows

from biodl.data.files.fasta import read_all, read_fasta
from biodl.data.kind import Files
from biodl.data.sequence import dataset
from biodl.data.sequence.alphabet import guess
from biodl.errors import InputError
from biodl.tasks import find_task
from conftest import write_rows

OPTIONS = dataset.TrainSequenceOptions(target=("class",))
AMINO = "ACDEFGHIKLMNPQRSTVWY"


def sequences(letters: str, count: int, length: int, seed: int = 1) -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choice(letters) for _ in range(length)) for _ in range(count)]


def table(path, **columns):
    """A table of columns, and a class that goes to and fro."""
    count = len(next(iter(columns.values())))
    rows = [[*columns, "class"], *([*(column[n] for column in columns.values()), "ab"[n % 2]] for n in range(count))]
    return Files(str(write_rows(path / "t.tsv", rows)))


def choice(data, what):
    """The only choice of that name."""
    (found,) = [one for one in data.choices if one.what == what]
    return found


def sentence(call, *arguments) -> str:
    with pytest.raises(InputError) as refused:
        call(*arguments)
    return str(refused.value)


RECORDS = [("s0", "ACGTACGTAC"), ("s1", "GGGTTTAAAC"), ("s2", "TTTTTTTTTTAA")]
PLAIN = "".join(f">{name} made\n{text}\n" for name, text in RECORDS)
DRESSES = {
    "mark": "\ufeff".encode() + PLAIN.encode(),
    "blank lines above": b"\n \n" + PLAIN.encode(),
    "comments": b"; made by hand\n" + PLAIN.replace("\n", "\n;a comment\n", 2).encode(),
    "windows": PLAIN.replace("\n", "\r\n").encode(),
    "old mac": PLAIN.replace("\n", "\r").encode(),
    "gzip": gzip.compress(PLAIN.encode()),
    "gzip and mark": gzip.compress("\ufeff".encode() + PLAIN.encode()),
    "utf-16": PLAIN.encode("utf-16"),
    "lower case": PLAIN.lower().encode(),
    "no last line end": PLAIN.rstrip().encode(),
    "blanks in lines": PLAIN.replace("ACGTAC", "ACG TAC").encode(),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_fasta_in_any_dress(dress, tmp_path):
    path = tmp_path / "x.dat"
    path.write_bytes(DRESSES[dress])
    found = read_fasta(str(path))
    assert [(record.name, record.sequence.upper()) for record in found] == RECORDS
    files = Files(str(path), str(write_rows(tmp_path / "l.tsv", [["name", "class"], *([f"s{n}", "ab"[n % 2]] for n in range(3))])))
    data = dataset.read_training(files, OPTIONS)
    assert [text.upper() for text in data.texts] == [text for _, text in RECORDS]
    assert data.target["class"].tolist() == ["a", "b", "a"]


def test_comments_are_counted_and_lines_are_those_of_the_file(tmp_path):
    path = tmp_path / "x.fa"
    path.write_bytes(DRESSES["comments"])
    found = read_all(str(path))
    assert found.comments == 3
    assert [record.line for record in found.records] == [2, 6, 8]
    data = dataset.read_samples(Files(str(path)), dataset.SequenceSource())
    assert str(choice(data, "format")) == "format FASTA (3 records, 3 lines of comments left out)"


OTHERS = {
    "FASTQ": (b"@r1\nACGTACGT\n+\nIIIIIIII\n@r2\nACGTACGT\n+\nIIIIIIII\n", "is a FASTQ file, which is not read: convert it to FASTA"),
    "FASTQ, packed": (gzip.compress(b"@r1\nACGTACGT\n+\nIIIIIIII\n"), "is a FASTQ file, which is not read: convert it to FASTA"),
    "GenBank": (b"LOCUS       X1   10 bp  DNA\nORIGIN\n        1 acgt\n//\n", "is a GenBank file, which is not read: convert it to FASTA"),
    "Stockholm": (b"# STOCKHOLM 1.0\ns1 ACGT\n//\n", "is a Stockholm alignment, which is not read: convert it to FASTA (tool 'seqret'"),
    "Clustal": (b"CLUSTAL W (1.83) multiple\n\ns1 ACGT\ns2 ACGA\n", "is a Clustal alignment, which is not read"),
    "Nexus": (b"#NEXUS\nBegin data;\n", "is a Nexus file, which is not read"),
    "SAM": (b"@HD\tVN:1.6\n@SQ\tSN:1\tLN:5\n", "is a SAM file, which is not read: convert it to FASTA (tool 'Samtools fastx' does)"),
    "GFF": (b"##gff-version 3\n1\ta\tgene\n", "is a GFF file of places in a genome, which is not read"),
    "PIR": (b">P1;CRAB\nALPHA CRYSTALLIN\nMDITIHNPL*\n", "is a PIR (NBRF) file, which is not read"),
    "IG": (b"; comment\nNAME\nACGTACGTACGT1\n", "is FASTA without '>', or an IG file, which is not read: put a '>' in front of each name."),
    ".ts": (
        b"@problemName Toy\n@univariate true\n@data\n1,2,3:a\n",
        "is a .ts file (sktime, aeon), which is not read: write it as a table",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_are_named(name, tmp_path):
    content, words = OTHERS[name]
    (tmp_path / "x.dat").write_bytes(content)
    assert words in sentence(dataset.read_training, Files(str(tmp_path / "x.dat")), OPTIONS)


def test_a_damaged_packing_is_told(tmp_path, biodl):
    (tmp_path / "x.fa.gz").write_bytes(gzip.compress(PLAIN.encode())[:-12])
    result = biodl("inspect", kind="fasta", data=tmp_path / "x.fa.gz", findings=tmp_path / "f")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "damaged or cut off" in result.err


def test_parts_are_packed_like_their_source(tmp_path):
    rows = sequence_rows(20)
    plain = fasta(tmp_path / "x.fa", rows)
    packed = tmp_path / "x.fa.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    for path in (plain, packed):
        data = dataset.read_samples(Files(str(path)), dataset.SequenceSource())
        dataset.write_parts(Files(str(path)), data, [(np.arange(20) < 5, tmp_path / f"{path.name}.part")])
    part = (tmp_path / "x.fa.gz.part").read_bytes()
    assert part[:2] == b"\x1f\x8b"
    assert gzip.decompress(part) == (tmp_path / "x.fa.part").read_bytes()
    assert [record.sequence for record in read_fasta(str(tmp_path / "x.fa.gz.part"))] == [row[1] for row in rows[1:6]]


def test_an_organism_or_a_remark_is_no_sequence(tmp_path):
    organisms = [["Saccharomyces", "Mycobacterium", "Influenzavirus"][n % 3] for n in range(40)]
    data = dataset.read_training(table(tmp_path, peptide=sequences(AMINO, 40, 9), organism=organisms), OPTIONS)
    assert data.column == "peptide"
    taken = choice(data, "column of sequences")
    assert (taken.chosen, taken.close) == ("'peptide'", "")
    assert taken.why == "letters alone, 100% of them distinct, 9 on average, and its name"
    genes = ["".join(chr(65 + (n // 26**p) % 26) for p in range(4)) for n in range(40)]
    assert dataset.read_training(table(tmp_path, gene=genes, x=sequences("ACGT", 40, 3)), OPTIONS).column == "x"
    telling = dataset.read_training(table(tmp_path, x=sequences("ACGT", 40, 30), peptide=sequences(AMINO, 40, 9)), OPTIONS)
    assert telling.column == "peptide"
    assert "but 'x' looks like sequences as well" in choice(telling, "column of sequences").close
    alone = sentence(dataset.read_training, table(tmp_path, organism=organisms), OPTIONS)
    assert alone.startswith("No column of table 't.tsv' holds sequences (letters only in every row) (column 'organism' holds letters, but")


def test_two_columns_of_sequences_are_a_close_choice(tmp_path):
    files = table(tmp_path, light=sequences(AMINO, 40, 12, 2), heavy=sequences(AMINO, 40, 20, 3))
    data = dataset.read_training(files, OPTIONS)
    assert data.column == "heavy"
    assert choice(data, "column of sequences").close == (
        "Column 'heavy' was taken for the sequences, but 'light' looks like sequences as well. "
        "Choose the sequence column if that one is meant"
    )
    chosen = dataset.read_training(files, dataset.TrainSequenceOptions(target=("class",), sequence_column=("light",)))
    assert (chosen.column, choice(chosen, "column of sequences").why) == ("light", "chosen in the form")


def test_a_stray_cell_does_not_turn_to_another_column(tmp_path):
    texts = sequences("ACGT", 40, 12)
    texts[4] = "AC?GT"
    files = table(tmp_path, seq=texts, tissue=sequences(AMINO, 40, 6))
    assert sentence(dataset.read_training, files, OPTIONS) == (
        "Column 'seq' of table 't.tsv' holds 'AC?GT' in line 6, which is no sequence: correct it."
    )


def test_the_odd_letter_does_not_change_the_alphabet(tmp_path, biodl):
    texts = [*sequences("ACGT", 199, 40), "ACGTE" * 8]
    files = table(tmp_path, seq=texts)
    assert sentence(dataset.read_training, files, OPTIONS) == (
        "The sequence in line 201 of table 't.tsv' holds 'E', which is no letter of DNA: correct it or choose another alphabet."
    )
    result = biodl("inspect", kind="sequence", data=files.data, target="class", findings=tmp_path / "f")
    assert result.code == 0, result.err
    assert "stop\tletters\t'E' is no letter of DNA: in 1 sequences, first 'E' in line 201.\t" in (tmp_path / "f").read_text()
    rna = sequences("ACGU", 60, 40)
    rna[::7] = [text[:20] + "I" + text[21:] for text in rna[::7]]
    inosine = sentence(dataset.read_training, table(tmp_path, seq=rna), OPTIONS)
    assert inosine == "The sequence in line 2 of table 't.tsv' holds 'I', which is no letter of RNA: correct it or choose another alphabet."
    mixed = [*sequences("ACGT", 40, 20), *(text.replace("T", "U") for text in sequences("ACGT", 5, 20))]
    assert sentence(dataset.read_training, table(tmp_path, seq=mixed), OPTIONS) == (
        "The sequence in line 42 of table 't.tsv' holds 'U', which is no letter of DNA: write either T or U throughout, "
        "or choose another alphabet."
    )


def test_the_alphabet_is_said(tmp_path):
    data = dataset.read_training(table(tmp_path, seq=sequences("ACGU", 30, 20)), OPTIONS)
    assert str(choice(data, "alphabet")) == "alphabet RNA (nearly all letters are bases in 30 of 30 sequences)"
    assert data.fit_encoding(OPTIONS).alphabet == "rna"
    chosen = dataset.TrainSequenceOptions(target=("class",), alphabet="protein")
    data = dataset.read_training(table(tmp_path, seq=sequences("ACGT", 30, 20)), chosen)
    assert str(choice(data, "alphabet")) == "alphabet protein (chosen in the form)"
    assert data.fit_encoding(chosen).alphabet == "protein"


def test_alphabets_that_are_close():
    protein = guess(sequences(AMINO, 50, 30))
    assert (protein.alphabet, protein.close) == ("protein", "")
    some_bases = guess([*sequences(AMINO, 50, 30), "ACGTACGTACGTACGTACGT"])
    assert some_bases.alphabet == "protein"
    assert "but 1 of 51 hold bases alone (first ACGTACGTACGTACGTACGT). Take out what is no protein" in some_bases.close
    short = guess(sequences("ACGT", 50, 8))
    assert short.alphabet == "dna"
    assert "could be peptides, since none is longer than 8 letters. Set the alphabet if they are" in short.close
    assert guess(sequences("ACGT", 50, 8), "Peptide").alphabet == "protein"
    assert guess(sequences("ACGT", 50, 30), "Peptide").alphabet == "dna"
    words = guess(["zoo", "job", "ouzo", "boxou", "jumbo"] * 5)
    assert "no sequences at all" in words.close
    masked = guess(["X" * 30 + text for text in sequences("ACGT", 20, 20)])
    assert masked.alphabet == "dna"
    degenerate = guess(["ACGTNRYSWACGTKMACGTB"] * 5)
    assert (degenerate.alphabet, degenerate.close) == ("dna", "")


def test_na_is_a_dipeptide(tmp_path):
    pairs = [*sequences(AMINO, 38, 2), "NA", "NA"]
    data = dataset.read_training(table(tmp_path, peptide=pairs), OPTIONS)
    assert data.texts == pairs
    alone = write_rows(tmp_path / "new.tsv", [["peptide"], ["AC"], ["NA"], ["DE"], ["NA"]])
    new = dataset.read_for(Files(str(alone)), data.fit_encoding(OPTIONS), None)
    assert (new.texts, new.frame.index.tolist()) == (["AC", "NA", "DE", "NA"], [2, 3, 4, 5])
    long = [*sequences(AMINO, 39, 20), "NA"]
    missing = sentence(dataset.read_training, table(tmp_path, peptide=long), OPTIONS)
    assert "holds 'NA' in line 41, which is no sequence but means that a value is missing: add the sequence or remove" in missing
    empty = sentence(dataset.read_training, table(tmp_path, peptide=[*pairs, ""]), OPTIONS)
    assert empty == "Column 'peptide' of table 't.tsv' has no sequence in line 42: add it or remove the row."


def test_the_column_that_names_sequences_is_kept(tmp_path):
    rows = sequence_rows(20)
    path = fasta(tmp_path / "x.fa", rows)
    labels = [["number", "name", "class"], *([n, row[0], row[2]] for n, row in enumerate(rows[1:]))]
    files = Files(str(path), str(write_rows(tmp_path / "l.tsv", labels)))
    options = dataset.TrainSequenceOptions(target=("class",), id_column=("name",))
    data = dataset.read_training(files, options)
    encoding = data.fit_encoding(options)
    assert encoding.identifier == "name"
    task = find_task(data.target, data.where)
    again = dataset.read_for(files, dataset.encoding_from(encoding.to_json()), task)
    assert again.target["class"].tolist() == data.target["class"].tolist()
    first = Files(str(path), str(write_rows(tmp_path / "m.tsv", [["who", "class"], *([row[0], row[2]] for row in rows[1:])])))
    assert dataset.read_for(first, encoding, task).target["class"].tolist() == data.target["class"].tolist()


def encoded(data, encoding):
    return encoding.raw(data)["text"].ravel().tolist()


@pytest.mark.parametrize("form", ["column", "FASTA"])
def test_one_value_has_one_meaning(form, tmp_path):
    rows = sequence_rows(40)
    rows[3][1] = " " + rows[3][1].lower() + " "
    files = Files(str(write_rows(tmp_path / "t.tsv", rows)))
    if form == "FASTA":
        files = Files(str(fasta(tmp_path / "x.fa", rows)), files.data)
    data = dataset.read_training(files, OPTIONS)
    encoding = data.fit_encoding(OPTIONS)
    again = dataset.read_for(files, dataset.encoding_from(encoding.to_json()), None)
    assert encoded(again, encoding) == encoded(data, encoding)
    assert again.alphabet == data.alphabet == "dna"


@st.composite
def written(draw):
    """Sequences, and a FASTA file of them in a dress of its own."""
    texts = draw(st.lists(st.text("ACGTN-", min_size=1, max_size=40), min_size=1, max_size=6))
    out = draw(st.sampled_from(["", "\n", "; a comment\n", "\n;x\n \n"]))
    for number, text in enumerate(texts):
        width = draw(st.integers(1, 50))
        dressed = "".join(letter.lower() if draw(st.booleans()) else letter for letter in text)
        out += f">{draw(st.sampled_from(['', ' ', chr(9)]))}s{number}{draw(st.sampled_from(['', ' of é', ' >x ;y']))}\n"
        out += "".join(
            dressed[at : at + width] + draw(st.sampled_from(["\n", " \n", "\n\n", "\n; note\n"])) for at in range(0, len(text), width)
        )
    out = out.rstrip("\n") if draw(st.booleans()) else out
    out = out.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    content = out.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))
    return texts, gzip.compress(content) if draw(st.booleans()) else content


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written())
def test_any_dress_gives_the_same_samples(tmp_path, made):
    texts, content = made
    path = tmp_path / "x.dat"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    data = dataset.read_samples(Files(str(path)), dataset.SequenceSource())
    plain = tmp_path / "plain.fa"
    plain.write_text("".join(f">s{number}\n{text}\n" for number, text in enumerate(texts)))
    expected = dataset.read_samples(Files(str(plain)), dataset.SequenceSource())
    assert [text.upper() for text in data.texts] == texts == expected.texts
    assert data.frame["id"].tolist() == expected.frame["id"].tolist()
    assert data.row_hashes().tolist() == expected.row_hashes().tolist()
