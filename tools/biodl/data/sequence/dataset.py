"""Sequences (DNA, RNA, protein) as training data: in FASTA with a table of labels, or in a column of a table."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...cells import MISSING
from ...errors import InputError, UnlikeError, listing, shorten
from ...program.options import Columns, option
from ...program.search import OneOf, Whole
from ...reporting.findings import Finding
from ...stored import demand
from ...tasks import Task
from ..files.fasta import is_fasta, read_all, read_fasta, where_of, write_fasta
from ..files.foreign import refuse_foreign
from ..files.label_table import LabelColumns, Labelled, identifier_of, join_labels
from ..files.names import exact
from ..files.table import Header, columns_beside, copy_records, read_header, read_table
from ..files.words import with_words
from ..fingerprints import fingerprint
from ..groups import with_near
from ..kind import Files, Note
from ..reading import Choice
from ..targets import NearOptions, TargetOptions, group_of, known_group, missing_words, need_target, with_target
from ..tokens import EMBEDDING, KMER, ONE_HOT, WORDS, EmbeddingOptions, LengthOptions, TextEncoding, TextSamples
from .alphabet import AUTO, CALLED, DNA, GAPS, LETTERS, PROTEIN, RNA, Guess, guess, reverse_complement
from .columns import SEQUENCE, find_column
from .near import near_sequences

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..kind import PartFiles
    from ..split import SplitOptions

FASTA_NAME = "id"
"""Column of the names of records."""
_SEQUENCE = "sequence"
_MAX_LENGTH = 2000
_WORD_MARGIN = 2
"""Letters that the shortest sequence is longer than a word such as NA, when that word can be no sequence."""
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
    sequence_encoding: str = option(
        ONE_HOT,
        "how letters become numbers",
        type="choice",
        choices=(ONE_HOT, EMBEDDING, KMER),
        search=OneOf((ONE_HOT, EMBEDDING, KMER)),
    )
    kmer_size: int = option(3, "letters in a k-mer", type="int", low=2, high=8, search=Whole(2, 5, needs=("sequence_encoding", (KMER,))))
    reverse_complement: bool = option(False, "train with the reverse complement of each sequence as well", type="bool")


@dataclasses.dataclass(frozen=True)
class SequenceSource(SequenceColumns, TargetOptions):
    """What it takes to read sequences."""


@dataclasses.dataclass(frozen=True)
class TrainSequenceOptions(SequenceOptions, LengthOptions, EmbeddingOptions, SequenceSource, NearOptions):
    """What it takes to read sequences to learn from, and to encode them."""


@dataclasses.dataclass(frozen=True)
class SequenceDataset(TextSamples):
    """Sequences, compared without case; ``alphabet`` is what they are written in, empty where nobody asked yet."""

    alphabet: str = dataclasses.field(default="", kw_only=True)

    @property
    def naming(self) -> tuple[str, ...]:
        return (FASTA_NAME,) if FASTA_NAME in self.frame else ()

    def lengths(self, encoding: TextEncoding) -> np.ndarray:
        """int [samples]: tokens of each sequence."""
        return self.frame[self.column].str.len().to_numpy() - (encoding.kmer - 1)

    def row_hashes(self) -> np.ndarray:
        import pandas as pd

        return pd.util.hash_array(self.frame[self.column].str.upper().to_numpy(dtype=object), categorize=False)

    def near_copies(self, *others: SequenceDataset) -> np.ndarray:
        """On either strand, of unequal length, with some letters changed; see :mod:`.near`."""
        return near_sequences([text for data in (self, *others) for text in data.texts], alphabet_of(self, AUTO))

    def augmented(self, options: SequenceOptions) -> SequenceDataset:
        """With the reverse complement of each sequence, if that was chosen."""
        import numpy as np
        import pandas as pd

        if not options.reverse_complement:
            return self
        alphabet = alphabet_of(self, options.alphabet)
        if alphabet == PROTEIN:
            raise InputError("Proteins have no reverse complement: turn that option off.")
        turned = self.frame.assign(**{self.column: [reverse_complement(text, alphabet) for text in self.texts]})
        target = None if self.target is None else pd.concat([self.target, self.target])
        group = None if self.group is None else pd.concat([self.group, self.group])
        near = None if self.near is None else np.concatenate([self.near, self.near])
        return dataclasses.replace(self, frame=pd.concat([self.frame, turned]), target=target, group=group, near=near)

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
            self.identifier,
            self.missing,
        )


def alphabet_of(data: SequenceDataset, wanted: str) -> str:
    """The alphabet that was chosen, or the one that fits."""
    return wanted if wanted != AUTO else data.alphabet or guess(data.texts).alphabet


def odd_letters(data: SequenceDataset, alphabet: str) -> dict[int, list[str]]:
    """By line, the letters of its sequence that the alphabet lacks; nothing for sequences that hold none."""
    allowed = {*LETTERS[alphabet], *(letter.lower() for letter in LETTERS[alphabet]), *GAPS}
    return {line: odd for line, text in zip(data.frame.index, data.texts, strict=True) if (odd := sorted(set(text) - allowed))}


def check_letters(data: SequenceDataset, alphabet: str) -> None:
    """Raise InputError when a sequence has letters that the alphabet lacks."""
    odd = odd_letters(data, alphabet)
    if not odd:
        return
    line, letters = next(iter(odd.items()))
    called = {DNA: "DNA", RNA: "RNA", PROTEIN: "a protein"}[alphabet]
    mend = "correct it or choose another alphabet"
    if {letter.upper() for letter in letters} in ({"T"}, {"U"}):
        mend = "write either T or U throughout, or choose another alphabet"
    raise InputError(f"The sequence in line {line} of {data.where} holds {listing(letters, 3)}, which is no letter of {called}: {mend}.")


def read_training(files: Files, options: TrainSequenceOptions) -> SequenceDataset:
    """Read sequences to learn from; those without a target are left out with a note.

    Raises:
        InputError: for anything that is no sequence, a letter that is none of the alphabet, or without any target.
    """
    need_target(options.target)
    data = in_alphabet(read_samples(files, options, options.group), options.alphabet)
    check_letters(data, data.alphabet)
    return with_near(data) if options.near_together else data


def in_alphabet(data: SequenceDataset, wanted: str = AUTO) -> SequenceDataset:
    """The sequences, with the alphabet that was chosen or that almost all are written in, and a word on the choice."""
    found = guess(data.texts, data.column) if wanted == AUTO else Guess(wanted, "chosen in the form")
    return dataclasses.replace(data, alphabet=found.alphabet, choices=[*data.choices, _choice_of(found)])


def _choice_of(found: Guess) -> Choice:
    return Choice("alphabet", CALLED[found.alphabet], found.why, found.close)


def read_samples(files: Files, options: SequenceSource, group: Columns = ()) -> SequenceDataset:
    """Read sequences, with targets if a target was chosen, and with groups."""
    refuse_foreign(files.main)
    missing, identifier = missing_words(options.missing), ""
    if is_fasta_file(files):
        labelled, where = _from_fasta(files, LabelColumns(options.id_column, options.target, group, missing))
        frame, columns, groups, notes, choices = labelled.frame, labelled.target, labelled.group, labelled.notes, labelled.choices
        column, identifier = _SEQUENCE, labelled.identifier
    else:
        header = read_header(files.main, missing)
        where, columns, groups = header.where, header.resolve(options.target, "target"), header.resolve(group, "group")
        chosen = header.resolve(options.sequence_column, "sequence column")
        frame, notes = read_table(header, {*columns, *chosen, *groups}), []
        column, choice = (chosen[0], _chosen_column(chosen[0])) if chosen else find_column(frame, columns + groups, where)
        frame = _with_sequences(frame, header, column)
        choices = [*header.choices, choice]
    target = None
    if columns:
        frame, target, found = with_target(frame, columns, where, "sequences")
        notes += found
    return SequenceDataset(
        where,
        fingerprint(files.main),
        frame,
        target,
        notes,
        group_of(frame, groups, where),
        column,
        choices=choices,
        identifier=identifier,
        missing=missing,
    )


def _chosen_column(name: str) -> Choice:
    return Choice("column of sequences", shorten(name), "chosen in the form")


def read_to_split(files: Files, options: SplitOptions) -> SequenceDataset:
    """Read sequences with what Split was told of them."""
    source = SequenceSource(
        sequence_column=options.sequence_column, id_column=options.id_column, target=options.target, missing=options.missing
    )
    return read_samples(files, source, options.group)


def read_to_inspect(files: Files, options: SequenceSource) -> tuple[SequenceDataset, list[Finding]]:
    """Read sequences as they are."""
    return in_alphabet(read_samples(files, options)), []


def is_fasta_file(files: Files) -> bool:
    """Whether the samples are FASTA; a file that cannot be read is left to the reader of tables."""
    try:
        return is_fasta(files.main)
    except InputError:
        return False


def read_for(files: Files, encoding: TextEncoding, task: Task | None) -> SequenceDataset:
    """Read sequences for a trained model, with targets when ``task`` is given.

    Raises:
        InputError: when columns or targets are missing, or a letter is none of the alphabet.
    """
    wanted = task.target if task else ()
    column = encoding.column
    refuse_foreign(files.main)
    if is_fasta_file(files):
        if task and not files.labels:
            raise InputError(f"The {where_of(files.main)} has no targets: give the table of labels as well.")
        identifier = identifier_of(files.labels, encoding.identifier) if task and files.labels else ()
        labels = Files(files.data, files.labels if task else None)
        labelled, where = _from_fasta(labels, LabelColumns(identifier, wanted, (), encoding.missing))
        frame, notes, choices = labelled.frame.rename(columns={_SEQUENCE: column}), labelled.notes, labelled.choices
    else:
        header = read_header(files.main, encoding.missing).known_as((column, *wanted))
        where, notes = header.where, []
        frame = read_table(header, {*wanted, column} & set(header.names))
        read, choice = column, Choice("column of sequences", shorten(column), "as in training")
        if column not in header.names:
            try:
                read, choice = find_column(frame, wanted, where)
            except InputError as error:
                raise UnlikeError(str(error), f"{where} has no column of sequences") from None
            notes.append(Note("", f"Column {shorten(read)} of {where} was taken for the sequences ({shorten(column)} in training)"))
        header.need(wanted, wanted)
        frame = _with_sequences(frame, header, read).rename(columns={read: column})
        choices = [*header.choices, choice]
    target = None
    if task:
        frame, target, left_out = with_target(frame, wanted, where, "sequences")
        notes += left_out
    choices = [*choices, Choice("alphabet", CALLED[encoding.alphabet], "as in training")]
    data = SequenceDataset(where, fingerprint(files.main), frame, target, notes, None, column, choices=choices, alphabet=encoding.alphabet)
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


def _from_fasta(files: Files, chosen: LabelColumns) -> tuple[Labelled, str]:
    """Names, sequences and labels, and the file in words."""
    import pandas as pd

    found = read_all(files.main)
    records, where = found.records, where_of(files.main)
    comments = f", {found.comments} lines of comments left out" if found.comments else ""
    done = f", {found.done}" if found.done else ""
    choices = [Choice("format", f"FASTA{done}", f"{len(records)} records{comments}")]
    frame = pd.DataFrame(
        {FASTA_NAME: [record.name for record in records], _SEQUENCE: [record.sequence for record in records]},
        index=[record.line for record in records],
    )
    if files.labels:
        labelled = join_labels(frame, exact, files.labels, chosen, "sequences", where)
        return dataclasses.replace(labelled, choices=[*choices, *labelled.choices]), where
    if chosen.target:
        raise InputError(f"The {where} has no targets: give a table that names the sequences and holds the target column.")
    return Labelled(frame, (), known_group(frame, chosen.group), [], choices), where


def _with_sequences(frame: pd.DataFrame, header: Header, column: str) -> pd.DataFrame:
    """The table with its sequences as they stand, without blanks around them; a word such as NA is a sequence, too.

    Raises:
        InputError: for a row without a sequence, or one with characters that are no letters.
    """
    where = header.where
    frame = with_words(frame, header, column)
    cells = frame[column]
    empty = cells.index[cells.isna()]
    if len(empty):
        raise InputError(f"Column {shorten(column)} of {where} has no sequence in line {empty[0]}: add it or remove the row.")
    text = cells.astype(str).str.strip()
    words = text.isin(MISSING)
    if words.any() and not words.all() and text[~words].str.len().min() > text[words].str.len().max() + _WORD_MARGIN:
        raise InputError(
            f"Column {shorten(column)} of {where} holds {shorten(text[words].iloc[0])} in line {text.index[words][0]}, which is no "
            "sequence but means that a value is missing: add the sequence or remove the row."
        )
    odd = text[~text.str.fullmatch(SEQUENCE.pattern)]
    if len(odd):
        raise InputError(
            f"Column {shorten(column)} of {where} holds {shorten(odd.iloc[0], 30)} in line {odd.index[0]}, "
            "which is no sequence: correct it."
        )
    return frame.assign(**{column: text})


def write_parts(files: Files, data: SequenceDataset, parts: PartFiles) -> None:
    """Copy the records or lines of samples, those at which a mask is true, into one file a part."""
    if not is_fasta_file(files):
        copy_records(read_header(files.main), [(data.frame.index[inside], path) for inside, path in parts])
        return
    records = {record.line: record for record in read_fasta(files.main)}
    for inside, path in parts:
        write_fasta([records[line] for line in data.frame.index[inside]], path, files.main)
