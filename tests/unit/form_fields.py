"""What forms show a user: fields with their choices, outputs, names of tools; read from the XML, for tests of what is written of them."""

import dataclasses
import functools
import re
from collections.abc import Iterator

from test_forms import NAMES as TOOLS
from test_forms import expanded
from tutorial_text import DATA, table


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of a form; ``path`` is how the web client writes it (``samples|target``; branches of a conditional share one), ``needs``
    are the choices (label, text) that have to be made for it to be seen."""

    path: str
    name: str
    label: str
    type: str
    options: tuple[str, ...]
    values: tuple[str, ...]
    low: float
    high: float
    default: str
    needs: tuple[tuple[str, str], ...]


@functools.cache
def form(tool: str) -> tuple[Field, ...]:
    """All fields of a tool's form."""
    return tuple(_fields(expanded(tool).find("inputs"), "", ()))


def _fields(node, above, needs) -> Iterator[Field]:
    for child in node:
        inside = f"{above}{child.get('name')}|"
        if child.tag == "param":
            yield _field(child, above, needs)
        elif child.tag == "section":
            yield from _fields(child, inside, needs)
        elif child.tag == "conditional":
            chooser = _field(child.find("param"), inside, needs)
            yield chooser
            for when in child.iter("when"):
                if when in list(child):
                    text = chooser.options[chooser.values.index(when.get("value"))]
                    more = () if text == chooser.default else ((chooser.label, text),)
                    yield from _fields(when, inside, (*needs, *more))


def _field(param, above, needs) -> Field:
    options = list(param.iter("option"))
    chosen = [item.text for item in options if item.get("selected") == "true"] or [item.text for item in options[:1]]
    default = chosen[0] if chosen else param.get("value") or ("Yes" if param.get("checked") == "true" else "No")
    return Field(
        above + param.get("name"),
        param.get("name"),
        param.get("label"),
        param.get("type"),
        tuple(item.text for item in options),
        tuple(item.get("value") for item in options),
        float(param.get("min") or "-inf"),
        float(param.get("max") or "inf"),
        default,
        needs,
    )


@functools.cache
def tools() -> dict[str, str]:
    """Name of each tool by its id."""
    return {f"biodl_{tool}": expanded(tool).get("name") for tool in TOOLS}


@functools.cache
def sections() -> frozenset[str]:
    return frozenset(item.get("title") for tool in TOOLS for item in expanded(tool).iter("section"))


@functools.cache
def made(tool: str) -> tuple[str, ...]:
    """What the outputs of a tool, and the elements of its collections, are called, as far as no name of a dataset comes in."""
    items = [item for tag in ("data", "collection") for item in expanded(tool).find("outputs").iter(tag)]
    return tuple(start_of(item.get("label")) for item in items)


def start_of(label: str) -> str:
    """What an output is called, without what it was made from."""
    return re.sub(r" (of|on|for)$", "", re.split(r"#if|\$|#", label)[0].strip())


def fits(field: Field, value: str) -> bool:
    """Whether a value can be chosen in, or typed into, a field."""
    if field.type == "select":
        return value in field.options
    if field.type == "boolean":
        return value in ("Yes", "No")
    if field.type in ("integer", "float"):
        return bool(re.fullmatch(r"-?\d+(\.\d+)?", value)) and field.low <= float(value) <= field.high
    if field.type == "data_column":
        return any(value in table(path.name)[0] for path in DATA.glob("*.tsv"))
    return field.type == "text"
