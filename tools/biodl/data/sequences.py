"""Sequences (DNA, RNA, protein) as training data: in FASTA with a table of labels, or in a column of a table."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from ..errors import InputError, listing, shorten
from ..program.options import option
from ..task import Task
from . import dataset
from .columns import Note
from .dataset import Files, fingerprint, lacking, with_target
from .fasta import is_fasta, read_fasta, where_of, write_fasta
from .labels import join_labels
from .near import alike_sequences
from .table import copy_records, read_header, read_table
from .tabular import need_target
from .tokens import EMBEDDING, KMER, ONE_HOT, TextEncoding, TextSamples

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

NAME = "sequence"
FASTA_NAME = "id"
"""Column of the names of records."""
AUTO, DNA, RNA, PROTEIN = "auto", "dna", "rna", "protein"
_BASES = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT", "X": "ACGT",
}  # fmt: skip
_AMINO = "ACDEFGHIKLMNPQRSTVWY"
_RESIDUES = {**{letter: letter for letter in _AMINO}, "B": "DN", "Z": "EQ", "J": "IL", "X": _AMINO, "U": "C", "O": "K"}
LETTERS = {
    DNA: _BASES,
    RNA: {"U" if name == "T" else name: of.replace("T", "U") for name, of in _BASES.items()},
    PROTEIN: _RESIDUES,
}
"""Alphabets: each letter (IUPAC) and what it may stand for."""
GAPS = "-.*"
"""Characters that stand for no residue: encoded as nothing."""
_COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVNXacgturyswkmbdhvnx", "TGCAAYRSWMKVHDBNXtgcaayrswmkvhdbnx")
_MAX_LENGTH = 2000
_MOSTLY = 0.9
"""Share of letters that are plain bases, above which sequences are taken for nucleotides."""


@dataclasses.dataclass(frozen=True)
class SequenceColumns:
    """Where sequences and their names stand."""

    sequence_column: tuple = option((), "column of sequences in a table; found by its letters if not given", kind="columns")
    id_column: tuple = option((), "column of a label table that names sequences or images; the first if not given", kind="columns")


@dataclasses.dataclass(frozen=True)
class SequenceOptions:
    """How sequences become numbers."""

    alphabet: str = option(AUTO, "alphabet", kind="choice", choices=(AUTO, DNA, RNA, PROTEIN))
    sequence_encoding: str = option(ONE_HOT, "how letters become numbers", kind="choice", choices=(ONE_HOT, EMBEDDING, KMER))
    kmer_size: int = option(3, "letters in a k-mer", kind="int", low=2, high=8)
    max_length: int = option(
        0, "letters, k-mers or words that count of each sample, 0: as many as the longest has", kind="int", low=0, high=100000
    )
    reverse_complement: bool = option(False, "train with the reverse complement of each sequence as well", kind="bool")
    embedding_dim: int = option(32, "size of learned vectors for letters, k-mers or words", kind="int", low=1, high=4096)


class SequenceDataset(TextSamples):
    """Sequences, compared without case."""

    @property
    def naming(self) -> tuple[str, ...]:
        return (FASTA_NAME,) if FASTA_NAME in self.frame else ()

    def lengths(self, encoding: TextEncoding) -> np.ndarray:
        """int [samples]: tokens of each sequence."""
        return self.frame[self.column].str.len().to_numpy() - (encoding.kmer - 1)

    def row_hashes(self) -> np.ndarray:
        import pandas as pd

        return pd.util.hash_array(self.frame[self.column].str.upper().to_numpy(dtype=object), categorize=False)

    def augmented(self, options: SequenceOptions) -> SequenceDataset:
        """With the reverse complement of each sequence, if that was chosen."""
        import pandas as pd

        if not options.reverse_complement:
            return self
        alphabet = alphabet_of(self, options.alphabet)
        if alphabet == PROTEIN:
            raise InputError("Proteins have no reverse complement: turn that option off.")
        turned = self.frame.assign(**{self.column: [reverse_complement(text, alphabet) for text in self.texts]})
        target = None if self.target is None else pd.concat([self.target, self.target])
        return dataclasses.replace(self, frame=pd.concat([self.frame, turned]), target=target)

    def fit_encoding(self, options: SequenceOptions) -> TextEncoding:
        alphabet = alphabet_of(self, options.alphabet)
        check_letters(self, alphabet)
        letters = LETTERS[alphabet]
        plain = [name for name, of in letters.items() if name == of]
        kmer = options.kmer_size if options.sequence_encoding == KMER else 1
        lengths = self.frame[self.column].str.len() - (kmer - 1)
        if lengths.max() < 1:
            raise InputError(f"The sequences of {self.where} are shorter than one k-mer ({kmer} letters): lower the k-mer size.")
        length = min(int(lengths.max()), options.max_length or _MAX_LENGTH)
        if options.sequence_encoding == ONE_HOT:
            names = tuple(name.lower() for name in letters)
            weights = tuple(tuple((letter in of) / len(of) for letter in plain) for of in letters.values())
        elif options.sequence_encoding == EMBEDDING:
            names, weights = tuple(name.lower() for name in letters), ()
        else:
            if len(plain) ** kmer > 200_000:
                raise InputError(f"There are {len(plain) ** kmer} k-mers of {kmer} letters, too many to learn: lower the k-mer size.")
            names, weights = tuple(" ".join(word).lower() for word in itertools.product(plain, repeat=kmer)), ()
        return TextEncoding(
            self.column,
            options.sequence_encoding,
            names,
            length,
            kmer,
            bool((lengths.clip(upper=length) < length).any()),
            alphabet,
            weights,
        )


def reverse_complement(text: str, alphabet: str = DNA) -> str:
    """The other strand, in its own reading direction; ambiguity codes, case and gaps are kept."""
    turned = text.translate(_COMPLEMENT)[::-1]
    return turned.replace("T", "U").replace("t", "u") if alphabet == RNA else turned


def guess_alphabet(texts: list[str]) -> str:
    """The alphabet of sequences: nucleotides if nearly all letters are plain bases."""
    counts: Counter = Counter()
    for text in texts:
        counts.update(text.upper())
    letters = sum(count for letter, count in counts.items() if letter not in GAPS)
    bases = sum(counts[letter] for letter in "ACGTUN")
    if letters and bases >= _MOSTLY * letters and set(counts) <= {*_BASES, "U", *GAPS}:
        return RNA if counts["U"] > counts["T"] else DNA
    return PROTEIN


def alphabet_of(data: SequenceDataset, wanted: str) -> str:
    """The alphabet that was chosen, or the one that fits."""
    return guess_alphabet(data.texts) if wanted == AUTO else wanted


def check_letters(data: SequenceDataset, alphabet: str) -> None:
    """Raise InputError when a sequence has letters that the alphabet lacks."""
    allowed = {*LETTERS[alphabet], *(letter.lower() for letter in LETTERS[alphabet]), *GAPS}
    for line, text in zip(data.frame.index, data.texts, strict=True):
        odd = sorted(set(text) - allowed)
        if odd:
            called = {DNA: "DNA", RNA: "RNA", PROTEIN: "a protein"}[alphabet]
            raise InputError(
                f"The sequence in line {line} of {data.where} holds {listing(odd, 3)}, which is no letter of {called}: "
                "correct it or choose another alphabet."
            )


def read_training(files: Files, options: Any) -> SequenceDataset:
    """Read sequences to learn from; those without a target are left out with a note.

    Raises:
        InputError: for anything that is no sequence, or without any target.
    """
    need_target(options.target)
    return read_samples(files, options)


def read_samples(files: Files, options: Any) -> SequenceDataset:
    """Read sequences, with targets if a target was chosen."""
    if is_fasta_file(files):
        frame, columns, notes, where = _from_fasta(files, options.id_column, options.target)
        column = "sequence"
    else:
        header = read_header(files.main)
        where, columns = header.where, header.resolve(options.target, "target")
        chosen = header.resolve(options.sequence_column, "sequence column")
        frame, notes = read_table(header, {*columns, *chosen}), []
        column = chosen[0] if chosen else _find_column(frame, columns, where)
        frame[column] = _texts(frame[column], where)
    target = None
    if columns:
        frame, target, found = with_target(frame, columns, where, "sequences")
        notes += found
    return SequenceDataset(where, fingerprint(files.main), frame, column, target, notes)


def is_fasta_file(files: Files) -> bool:
    """Whether the samples are FASTA; a file that cannot be read is left to the reader of tables."""
    try:
        return is_fasta(files.main)
    except OSError:
        return False


def read_for(files: Files, encoding: TextEncoding, task: Task | None) -> SequenceDataset:
    """Read sequences for a trained model, with targets when ``task`` is given.

    Raises:
        InputError: when columns or targets are missing, or a letter is none of the alphabet.
    """
    wanted = task.target if task else ()
    column = encoding.column
    if is_fasta_file(files):
        if task and not files.labels:
            raise InputError(f"The {where_of(files.main)} has no targets: give the table of labels as well.")
        frame, _, notes, where = _from_fasta(Files(files.data, files.labels if task else None), (), wanted)
        frame = frame.rename(columns={"sequence": column})
    else:
        header = read_header(files.main)
        refusal = lacking(header, wanted, wanted)
        if refusal:
            raise refusal
        where, notes = header.where, []
        frame = read_table(header, {*wanted, *({column} & set(header.names))})
        if column not in header.names:
            found = _find_column(frame, wanted, where)
            notes.append(Note("", f"Column {shorten(found)} of {where} was taken for the sequences ({shorten(column)} in training)"))
            frame = frame.rename(columns={found: column})
        frame[column] = _texts(frame[column], where)
    target = None
    if task:
        frame, target, found = with_target(frame, wanted, where, "sequences")
        notes += found
    data = SequenceDataset(where, fingerprint(files.main), frame, column, target, notes)
    check_letters(data, encoding.alphabet)
    return data


def encoding_from(stored: Any) -> TextEncoding:
    """The encoding that a model file holds."""
    return TextEncoding.from_json(stored)


def beside(files: Files, data: SequenceDataset, encoding: TextEncoding, task: Task, keep: tuple) -> pd.DataFrame:
    """Columns to copy beside predictions."""
    return dataset.beside(files.main, data, {*encoding.names, *task.target}, keep)


def _from_fasta(files: Files, identifier: tuple, target: tuple):
    import pandas as pd

    records = read_fasta(files.main)
    where = where_of(files.main)
    frame = pd.DataFrame(
        {FASTA_NAME: [record.name for record in records], "sequence": [record.sequence for record in records]},
        index=[record.line for record in records],
    )
    if files.labels:
        frame, columns, notes = join_labels(frame, lambda name: [name], files.labels, identifier, target, "sequences", where)
        return frame, columns, notes, where
    if target:
        raise InputError(f"The {where} has no targets: give a table that names the sequences and holds the target column.")
    return frame, (), [], where


def _texts(column: pd.Series, where: str) -> pd.Series:
    """Sequences without blanks around them.

    Raises:
        InputError: for a row without a sequence, or one with characters that are no letters.
    """
    empty = column.index[column.isna()]
    if len(empty):
        raise InputError(f"Column {shorten(column.name)} of {where} has no sequence in line {empty[0]}: add it or remove the row.")
    text = column.astype(str).str.strip()
    odd = text[~text.str.fullmatch(r"[A-Za-z*.\-]+")]
    if len(odd):
        raise InputError(
            f"Column {shorten(column.name)} of {where} holds {shorten(odd.iloc[0], 30)} in line {odd.index[0]}, "
            "which is no sequence: correct it."
        )
    return text


def _find_column(frame: pd.DataFrame, target: tuple[str, ...], where: str) -> str:
    """The column of sequences: letters only in every row, and the longest of these."""
    lengths = {}
    for name in frame.columns:
        if name in target or frame[name].dtype.kind in "iufb":
            continue
        text = frame[name].dropna().astype(str).str.strip()
        if len(text) and text.str.fullmatch(r"[A-Za-z*.\-]{2,}").all():
            lengths[name] = text.str.len().mean()
    if not lengths:
        raise InputError(f"No column of {where} holds sequences (letters only in every row): choose the column.")
    return max(lengths, key=lengths.get)


def write_parts(files: Files, data: SequenceDataset, parts: list[tuple[np.ndarray, Path]]) -> None:
    """Copy the records or lines of samples, those at which a mask is true, into one file a part."""
    if not is_fasta_file(files):
        copy_records(read_header(files.main), [(data.frame.index[inside], path) for inside, path in parts])
        return
    records = {record.line: record for record in read_fasta(files.main)}
    for inside, path in parts:
        write_fasta([records[line] for line in data.frame.index[inside]], path)


def alike(data: SequenceDataset) -> np.ndarray | None:
    """int [samples]: near duplicates share a number."""
    return alike_sequences(data.texts)
