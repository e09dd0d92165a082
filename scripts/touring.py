"""What a guided tour asks its reader to do, read from the tour's own sentences; tests do exactly that, so that no tour can drift."""

import dataclasses
import re
from typing import Any

_SENTENCES = {
    "choose": re.compile(r"[Cc]hoose <b>(?P<what>[^<]+)</b> in <b>(?P<where>[^<]+)</b>"),
    "write": re.compile(r"[Ww]rite <b>(?P<what>[^<]+)</b> in <b>(?P<where>[^<]+)</b>"),
    "start": re.compile(r"[Pp]ress the arrow of <b>(?P<what>[^<]+)</b>"),
    "press": re.compile(r"[Pp]ress <b>(?P<what>[^<]+)</b>"),
    "wait": re.compile(r"[Ww]ait until <b>(?P<what>[^<]+)</b> is green"),
}


@dataclasses.dataclass(frozen=True)
class Deed:
    """One thing to do: ``choose`` or ``write`` ``what`` in the field labelled ``where``, ``press`` a button, ``start`` a workflow of
    the list, ``wait`` for a dataset."""

    verb: str
    what: str
    where: str = ""


def deeds(step: dict[str, Any]) -> list[Deed]:
    """What a step of a tour asks for, in the order of its sentences."""
    text = step["content"]
    found = [(match.start(), Deed(verb, **match.groupdict())) for verb, told in _SENTENCES.items() for match in told.finditer(text)]
    return [deed for _, deed in sorted(found, key=lambda item: item[0])]
