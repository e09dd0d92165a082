"""The one error that users cause and can mend."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence


class InputError(Exception):
    """A fault in what the user handed in.

    Its text is one sentence: what is wrong, where, and what to do. The command line prints it on
    stderr without a traceback and exits with 1.
    """


class UnlikeError(InputError):
    """A file that is nothing like what a network learned from; ``reason``: why, in words that follow 'but'."""

    def __init__(self, sentence: str, reason: str):
        super().__init__(sentence)
        self.reason = reason


@contextlib.contextmanager
def role(name: str) -> Iterator[None]:
    """Say, in front of an :class:`InputError`, which field of the form the file was chosen in, where it could be one of several."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def shorten(text: object, width: int = 60) -> str:
    """Quote ``text`` for an error message, on one line and no longer than ``width`` characters; what cannot be seen is escaped."""
    line = " ".join(str(text).split())
    if not line.isprintable():
        line = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line[:width])
    return f"'{line}'" if len(line) <= width else f"'{line[: width - 1]}…'"


def listing(names: Iterable[object], limit: int = 5) -> str:
    """Quote the first ``limit`` of ``names`` and count the rest."""
    return listed([shorten(name) for name in names], limit)


def listed(items: Sequence[str], most: int = 6) -> str:
    """The first of many, and how many more there are."""
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" and {rest} more" if rest > 0 else "")


def counted(count: int, noun: str, one: str = "", many: str = "") -> str:
    """A number of things, and what ``one`` of them or ``many`` do: "1 row holds", "2 rows hold"."""
    return f"{count} {noun} {one}".rstrip() if count == 1 else f"{count} {noun}s {many}".rstrip()


def span(low: int, high: int) -> str:
    """From the lowest to the highest of numbers, or the one that all are."""
    return str(low) if low == high else f"{low} to {high}"
