"""Sequences (DNA, RNA, protein) as training data: in FASTA with a table of labels, or in a column of a table."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError, listing, shorten
from ...program.options import Columns, option
from ...reporting.findings import Finding
from ...stored import demand
from ...tasks import Task
from ..files.fasta import is_fasta, read_fasta, where_of, write_fasta
from ..files.label_table import join_labels
from ..files.table import columns_beside, copy_records, read_header, read_table
from ..fingerprints import fingerprint
from ..kind import Files, Note
from ..near_duplicates import alike_sequences
from ..targets import GroupOptions, TargetOptions, group_of, known_group, need_target, with_target
from ..tokens import EMBEDDING, KMER, ONE_HOT, WORDS, EmbeddingOptions, LengthOptions, TextEncoding, TextSamples
from .alphabet import AUTO, DNA, GAPS, LETTERS, PROTEIN, RNA, guess_alphabet, reverse_complement

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..kind import PartFiles
    from ..split import SplitOptions

FASTA_NAME = "id"
"""Column of the names of records."""
_MAX_LENGTH = 2000
_SKETCH = 257


@dataclasses.dataclass(frozen=True)
class SequenceColumns:
    """Where sequences and their names stand."""

    sequence_column: Columns = option((), "column of sequences in a table; found by its letters if not given", type="columns")
    id_column: Columns = option((), "column of a label table that names sequences or images; the first if not given", type="columns")


@dataclasses.dataclass(frozen=True)
class SequenceOptions:
    """How sequences become numbers."""

    alphabet: str = option(AUTO, "alphabet", type="choice", choices=(AUTO, DNA, RNA, PROTEIN))
    sequence_encoding: str = option(ONE_HOT, "how letters become numbers", type="choice", choices=(ONE_HOT, EMBEDDING, KMER))
    kmer_size: int = option(3, "letters in a k-mer", type="int", low=2, high=8)
    reverse_complement: bool = option(False, "train with the reverse complement of each sequence as well", type="bool")


@dataclasses.dataclass(frozen=True)
class SequenceSource(SequenceColumns, TargetOptions):
    """What it takes to read sequences."""


@dataclasses.dataclass(frozen=True)
class TrainSequenceOptions(SequenceOptions, LengthOptions, EmbeddingOptions, SequenceSource, GroupOptions):
    """What it takes to read sequences to learn from, and to encode them."""


@dataclasses.dataclass(frozen=True)
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
        group = None if self.group is None else pd.concat([self.group, self.group])
        return dataclasses.replace(self, frame=pd.concat([self.frame, turned]), target=target, group=group)

    def sketch(self, without: Sequence[str] = ()) -> np.ndarray | None:
        """Shares of triplets of letters, by their hash; gene families and relatives are alike in them."""
        import numpy as np

        counts = np.zeros((len(self), _SKETCH), dtype="float32")
        for row, text in enumerate(self.texts):
            codes = np.frombuffer(text.upper().encode(), dtype="uint8").astype("int64")
            triplets = (codes[:-2] * 961 + codes[1:-1] * 31 + codes[2:]) % _SKETCH
            np.add.at(counts[row], triplets, 1 / max(1, len(triplets)))
        return counts

    def fit_encoding(self, options: TrainSequenceOptions) -> TextEncoding:
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


def read_training(files: Files, options: TrainSequenceOptions) -> SequenceDataset:
    """Read sequences to learn from; those without a target are left out with a note.

    Raises:
        InputError: for anything that is no sequence, or without any target.
    """
    need_target(options.target)
    return read_samples(files, options, options.group)


def read_samples(files: Files, options: SequenceSource, group: Columns = ()) -> SequenceDataset:
    """Read sequences, with targets if a target was chosen, and with groups."""
    if is_fasta_file(files):
        frame, columns, groups, notes, where = _from_fasta(files, options.id_column, options.target, group)
        column = "sequence"
    else:
        header = read_header(files.main)
        where, columns, groups = header.where, header.resolve(options.target, "target"), header.resolve(group, "group")
        chosen = header.resolve(options.sequence_column, "sequence column")
        frame, notes = read_table(header, {*columns, *chosen, *groups}), []
        column = chosen[0] if chosen else _find_column(frame, columns + groups, where)
        frame[column] = _texts(frame[column], where)
    target = None
    if columns:
        frame, target, found = with_target(frame, columns, where, "sequences")
        notes += found
    return SequenceDataset(where, fingerprint(files.main), frame, target, notes, group_of(frame, groups, where), column)


def read_to_split(files: Files, options: SplitOptions) -> SequenceDataset:
    """Read sequences with what Split was told of them."""
    source = SequenceSource(sequence_column=options.sequence_column, id_column=options.id_column, target=options.target)
    return read_samples(files, source, options.group if options.method == "grouped" else ())


def read_to_inspect(files: Files, options: SequenceSource) -> tuple[SequenceDataset, list[Finding]]:
    """Read sequences as they are."""
    return read_samples(files, options), []


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
        frame, _, _, notes, where = _from_fasta(Files(files.data, files.labels if task else None), (), wanted, ())
        frame = frame.rename(columns={"sequence": column})
    else:
        header = read_header(files.main)
        header.need(wanted, wanted)
        where, notes = header.where, []
        frame = read_table(header, {*wanted, *({column} & set(header.names))})
        if column not in header.names:
            found = _find_column(frame, wanted, where)
            notes.append(Note("", f"Column {shorten(found)} of {where} was taken for the sequences ({shorten(column)} in training)"))
            frame = frame.rename(columns={found: column})
        frame[column] = _texts(frame[column], where)
    target = None
    if task:
        frame, target, left_out = with_target(frame, wanted, where, "sequences")
        notes += left_out
    data = SequenceDataset(where, fingerprint(files.main), frame, target, notes, None, column)
    check_letters(data, encoding.alphabet)
    return data


def encoding_from(stored: Any) -> TextEncoding:
    """The encoding that a model file holds."""
    encoding = TextEncoding.from_json(stored)
    demand(encoding.encoding != WORDS and encoding.alphabet in LETTERS, "its sequences are of an unknown alphabet")
    return encoding


def columns_to_copy(files: Files, data: SequenceDataset, encoding: TextEncoding, task: Task, keep: Columns) -> pd.DataFrame:
    """Those wished, else those that the network does not use."""
    return columns_beside(data.frame, files.main, {*encoding.names, *task.target}, keep)


def _from_fasta(
    files: Files, identifier: Columns, target: Columns, group: Columns
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...], list[Note], str]:
    """Names, sequences and labels; target columns; group column; notes; and the file in words."""
    import pandas as pd

    records = read_fasta(files.main)
    where = where_of(files.main)
    frame = pd.DataFrame(
        {FASTA_NAME: [record.name for record in records], "sequence": [record.sequence for record in records]},
        index=[record.line for record in records],
    )
    if files.labels:
        found = join_labels(frame, lambda name: [name], files.labels, identifier, target, group, "sequences", where)
        return *found, where
    if target:
        raise InputError(f"The {where} has no targets: give a table that names the sequences and holds the target column.")
    return frame, (), known_group(frame, group), [], where


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
    return max(lengths, key=lambda name: lengths[name])


def write_parts(files: Files, data: SequenceDataset, parts: PartFiles) -> None:
    """Copy the records or lines of samples, those at which a mask is true, into one file a part."""
    if not is_fasta_file(files):
        copy_records(read_header(files.main), [(data.frame.index[inside], path) for inside, path in parts])
        return
    records = {record.line: record for record in read_fasta(files.main)}
    for inside, path in parts:
        write_fasta([records[line] for line in data.frame.index[inside]], path)


def near_duplicates(data: SequenceDataset) -> np.ndarray | None:
    """int [samples]: near duplicates share a number."""
    return alike_sequences(data.texts)
