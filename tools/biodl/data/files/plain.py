"""Text files as people have them: compressed, in other encodings, or no text at all."""

from __future__ import annotations

import codecs
import functools
import gzip
import os
import re
import shutil
import tempfile
import zlib

from ...errors import InputError

_PIECE = 2**20
_HEAD = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LARGEST = 64 * 2**30
"""A compressed file that unpacks to more than so many bytes is refused."""

_BINARY = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)", "save its sheet as tab-separated text or as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "save its sheet as tab-separated text or as CSV (UTF-8)"),
    (b"PAR1", "a Parquet file", "write it as tab-separated text"),
    (b"ARROW1", "a Feather file", "write it as tab-separated text"),
    (b"\x89HDF", "an HDF5 file (h5ad, loom, …)", "write the matrix as tab-separated text, a row a sample"),
    (b"SQLite format 3", "an SQLite database", "write the table as tab-separated text"),
    (b"%PDF", "a PDF document", "give the table as tab-separated text"),
    (b"BZh", "compressed by bzip2", "decompress it"),
    (b"\xfd7zXZ", "compressed by xz", "decompress it"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "decompress it"),
    (b"RDX", "an R data file", "write the data frame with write.table(…, sep = '\\t')"),
    (b"\x89PNG", "a picture", "give a table"),
    (b"\xff\xd8\xff", "a picture", "give a table"),
    (b"BAM\x01", "a BAM file", "convert it to text"),
)
_TEXT = (
    (re.compile(r"\s*@(problemname|timestamps|univariate|dimensions|equallength|serieslength|classlabel)\b", re.I),
     "a .ts file (sktime, aeon)", "write it as a table, a row a series or a row a time point, for example with pandas"),
    (re.compile(r"\s*@relation\b", re.I), "an ARFF file (Weka)", "write it as CSV"),
    (re.compile(r"@[^\n]*\n[A-Za-z.*-]+\r?\n\+[^\n]*\n"), "a FASTQ file", "convert it to FASTA (a tool of that name does)"),
    (re.compile(r"LOCUS {2,}"), "a GenBank file", "convert it to FASTA"),
    (re.compile(r"ID {3}\S+.*\n(XX|AC)"), "an EMBL or UniProt file", "convert it to FASTA"),
    (re.compile(r"\s*<(!doctype|html|\?xml)\b", re.I), "a web page or XML", "give the data as a table in plain text"),
    (re.compile(r'\s*[\[{]\s*["{\[]'), "JSON", "write it as a table"),
    (re.compile(r"%%MatrixMarket"), "a sparse matrix (Matrix Market)", "write it as a table, a row a sample"),
    (re.compile(r"\{\\rtf"), "a formatted document (RTF)", "save it as plain text"),
)  # fmt: skip


@functools.cache
def _workplace() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="biodl-")


def plain(path: str, where: str) -> tuple[str, str]:
    """A file's text as UTF-8, decompressed.

    Args:
        path: the file; it may be compressed by gzip, or in UTF-16 or (without a mark) in the Windows encoding of Western Europe.
        where: the file in words.

    Returns:
        The path of the plain text (``path`` itself where it is plain already), and what had to be done, in words; empty where nothing had.

    Raises:
        InputError: when it cannot be read, or is no text; the sentence says what it looks like, if that is known.
    """
    try:
        status = os.stat(path)
        return _plain(path, where, (status.st_mtime_ns, status.st_size))
    except OSError as error:
        raise InputError(f"The {where} cannot be read: {error.strerror}.") from None


@functools.lru_cache(maxsize=32)
def _plain(path: str, where: str, version: tuple[int, int]) -> tuple[str, str]:
    del version  # only tells one state of the file from another
    with open(path, "rb") as handle:
        head = handle.read(_HEAD)
    done = []
    if head.startswith(b"\x1f\x8b"):
        path = _unpacked(path, where)
        done.append("decompressed (gzip)")
        with open(path, "rb") as handle:
            head = handle.read(_HEAD)
    for start, name, advice in _BINARY:
        if head.startswith(start):
            raise InputError(f"The {where} is {name}, which is not read: {advice}.")
    letters = _encoding(path, where, head)
    if letters not in ("utf-8", "utf-8-sig"):
        path = _recoded(path, where, letters)
        done.append(f"read as {'Windows-1252 (Western Europe)' if letters == 'cp1252' else letters.upper()}")
    for ends, name in ((b"\r\r\n", "of carriage returns twice"), (b"\r", "of old Macintosh computers")):
        if _ends_alone(path, ends):
            path = _replaced(path, ends)
            done.append(f"line ends {name} replaced")
    return path, ", ".join(done)


def _encoding(path: str, where: str, head: bytes) -> str:
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "")
    if marked == "utf-16":
        return marked
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):  # of ASCII text each other byte is 0
        if len(head) > 3 and not any(head[first::2][:64]) and all(head[1 - first :: 2][:64]):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open(path, "rb") as handle:
        try:
            while piece := handle.read(_PIECE):
                if b"\0" in piece:
                    raise InputError(f"The {where} is not text: give a plain text file.")
                if not piece.isascii() or decoder.getstate()[0]:
                    decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _western(path, where)
    return marked or "utf-8"


_FOREIGN = re.compile("[\u00c0-\u00ff]{3}|[A-Za-z\u00c0-\u00ff][\u0152\u0160\u017d][a-z]|[a-z\u00df-\u00ff][\u0152\u0160\u017d]")
"""Three letters with accents, or a capital inside a word: another alphabet, or a Macintosh's."""


def _ends_alone(path: str, ends: bytes) -> bool:
    """Whether lines end so, and none otherwise."""
    found = False
    with open(path, "rb") as handle:
        while piece := handle.read(_PIECE):
            while piece.endswith(b"\r") and (more := handle.read(1)):
                piece += more
            found = found or ends in piece
            rest = piece.replace(ends, b"")
            if not found or b"\n" in rest or b"\r" in rest:
                return False
    return found


def _replaced(path: str, ends: bytes) -> str:
    target = _new_file()
    with open(path, "rb") as source, open(target, "wb") as handle:
        while piece := source.read(_PIECE):
            while piece.endswith(b"\r") and (more := source.read(1)):
                piece += more
            handle.write(piece.replace(ends, b"\n"))
    return target


def _western(path: str, where: str) -> str:
    """``cp1252`` where every letter beyond ASCII is one that words of Western Europe, or units, hold."""
    known = set("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœŒšŠžŽ°µ±²³·–—‘’“”«»€\u00a0")
    with open(path, "rb") as handle:
        try:
            for piece in iter(lambda: handle.read(_PIECE), b""):
                text = piece.decode("cp1252")
                if {letter for letter in text if letter > "\x7f"} - known or _FOREIGN.search(text):
                    raise UnicodeDecodeError("cp1252", b"", 0, 1, "")
        except UnicodeDecodeError:
            raise InputError(f"The {where} is not UTF-8 text: save it as UTF-8.") from None
    return "cp1252"


def _new_file() -> str:
    number, path = tempfile.mkstemp(dir=_workplace().name)
    os.close(number)
    return path


def _unpacked(path: str, where: str) -> str:
    target = _new_file()
    try:
        with gzip.open(path, "rb") as source, open(target, "wb") as handle:
            size = 0
            while piece := source.read(_PIECE):
                handle.write(piece)
                size += len(piece)
                if size > _LARGEST:
                    raise InputError(f"The {where} unpacks to more than {_LARGEST // 2**30} GB: give less data.")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"The {where} is compressed (gzip) and damaged or cut off: compress it again.") from None
    return target


def _recoded(path: str, where: str, text: str) -> str:
    target = _new_file()
    try:
        with open(path, encoding=text, newline="") as source, open(target, "w", encoding="utf-8", newline="") as handle:
            shutil.copyfileobj(source, handle, _PIECE)
    except UnicodeError:
        raise InputError(f"The {where} is not complete {text.upper()} text: save it as UTF-8.") from None
    return target


def refuse_other_formats(path: str, where: str) -> None:
    """Raise InputError when plain text is of a known format that no tool reads; FASTA is not among them."""
    with open(path, encoding="utf-8-sig", errors="replace") as handle:
        head = handle.read(_HEAD)
    for pattern, name, advice in _TEXT:
        if pattern.match(head):
            raise InputError(f"The {where} is {name}, which is not read: {advice}.")
