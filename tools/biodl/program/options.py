"""Options of a command: one dataclass is the command line, the JSON that Galaxy writes, and the defaults.

Every field is declared with :func:`option`, which holds its help, its choices and its bounds. Values
come from ``--params FILE`` (Galaxy's ``<inputs>`` JSON, whatever its nesting) and from flags; flags win.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import InputError, listing, shorten
from .given import is_file
from .search import Search

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_MOST_NUMBERS = 64
"""So many numbers an option may list: a network of some hundred layers takes minutes to build alone."""
_MOST_DIGITS = 400
"""Of a number; more lie out of all bounds, and Python reads no more than 4,300."""
_SHOWN = 30
_COLUMN_NUMBER = "[0-9]{1,9}"

Options = TypeVar("Options", bound="DataclassInstance")


@dataclasses.dataclass(frozen=True)
class ColumnNumber:
    """A column named by its 1-based number, as Galaxy's ``data_column`` parameters do."""

    number: int


Columns = tuple[str | ColumnNumber, ...]
"""Columns as a user names them."""


def option(
    default: Any,
    help: str,
    *,
    type: str,
    choices: tuple[str, ...] = (),
    low: float = -math.inf,
    high: float = math.inf,
    names: str = "",
    search: Search | None = None,
) -> Any:
    """Declare a field.

    Args:
        default: the value when nobody sets it.
        help: one line for ``--help``.
        type: ``int``, ``float``, ``bool``, ``text``, ``choice``, ``integers`` (comma-separated) or ``columns``.
        choices: the values of a ``choice``.
        low, high: inclusive bounds of a number, or of each of several.
        names: the field of columns of which this text names one, where a form cannot list columns.
        search: values that are worth a try, the default among them; None where none is better than another for all samples.
    """
    return dataclasses.field(
        default=default,
        metadata={"help": help, "type": type, "choices": choices, "low": low, "high": high, "names": names, "search": search},
    )


def add_arguments(parser: argparse.ArgumentParser, options: type[DataclassInstance]) -> None:
    """Give ``parser`` one flag for each field of the dataclass ``options``, ``--params`` and ``--names``."""
    parser.add_argument("--params", metavar="JSON", help="file with options as JSON (flags below override it)")
    parser.add_argument("--names", metavar="JSON", help="file with what users call input files, by their paths")
    group = parser.add_argument_group("options")
    for field in dataclasses.fields(options):
        meta = field.metadata
        default = field.default
        if isinstance(default, tuple):
            default = ",".join(map(str, default)) or None
        suffix = "" if default in (None, "") else f" (default: {default})"
        text = meta["help"] + (f": {', '.join(meta['choices'])}" if meta["choices"] else "") + suffix
        group.add_argument(
            "--" + field.name.replace("_", "-"),
            dest=field.name,
            default=None,
            metavar="NAME[,NAME]" if meta["type"] == "columns" else meta["type"].upper(),
            help=text.replace("%", "%%"),
        )


def read_options(options: type[Options], arguments: argparse.Namespace) -> Options:
    """Build ``options`` from ``--params`` and flags.

    Raises:
        InputError: for an unknown name, a value of the wrong kind or out of bounds.
    """
    fields = {field.name: field for field in dataclasses.fields(options)}
    values: dict[str, Any] = {}
    if arguments.params:
        for name, value in _flatten(_read_json(arguments.params)).items():
            if name in fields:
                values[name] = _convert(fields[name], value, from_json=True)
            elif value is not None and not name.endswith("_selector"):  # no file, or a form's own switch between sets of options
                raise InputError(f"Option {shorten(name)} in {shorten(arguments.params)} is not one of this command's.")
    for name, field in fields.items():
        flag = getattr(arguments, name)
        if flag is not None:
            values[name] = _convert(field, flag, from_json=False)
    for name, field in fields.items():
        column, listed = str(values.get(name, "")).strip(), field.metadata["names"]
        if listed and column:
            if values.get(listed) not in (None, (), (column,)):
                raise InputError(f"The {listed} was chosen from the list and named as well ({shorten(column)}): do one of the two.")
            values[listed] = (column,)
    return options(**values)


def _read_json(path: str) -> dict[str, Any]:
    """What a form's JSON says, in its nesting.

    Raises:
        InputError: when it cannot be read, or is none.
    """
    try:
        loaded = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        if not isinstance(loaded, dict):
            raise InputError(f"The options file {shorten(path)} must hold a JSON object.")
        _flatten(loaded)  # whatever is nested too deeply is found here
        return loaded
    except OSError as error:
        raise InputError(f"The options file {shorten(path)} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"The options file {shorten(path)} is not UTF-8 text: save it as such.") from None
    except json.JSONDecodeError as error:
        raise InputError(f"The options file {shorten(path)} is not JSON: {error}.") from None
    except ValueError:  # Python reads no whole numbers of more than 4,300 digits
        raise InputError(f"The options file {shorten(path)} holds a number of too many digits: correct it.") from None
    except RecursionError:
        raise InputError(f"The options file {shorten(path)} is nested too deeply: give options one by one.") from None


def _flatten(tree: dict[str, Any]) -> dict[str, Any]:
    """Lift the leaves of nested sections and conditionals; leaf names are unique in each of our forms."""
    leaves: dict[str, Any] = {}
    for name, value in tree.items():
        if is_file(value):  # files are given by flags
            continue
        found = _flatten(value) if isinstance(value, dict) else {} if name.startswith("__") else {name: value}
        for leaf in found.keys() & leaves.keys():
            if not leaf.endswith("_selector"):
                raise InputError(f"Option {shorten(leaf)} stands in two sections of the form: give it once.")
        leaves.update(found)
    return leaves


def _convert(field: dataclasses.Field, value: Any, from_json: bool) -> Any:
    meta = field.metadata
    flag = "--" + field.name.replace("_", "-")
    if value is None or (isinstance(value, str) and not value.strip()) or value == []:
        return field.default
    wanted = meta["type"]
    if wanted == "columns":
        return _columns(value, from_json)
    if wanted == "text":
        return _text(flag, value)
    if wanted == "choice":
        if value not in meta["choices"]:
            raise InputError(f"Option {flag} is {shorten(value)}, but must be one of {listing(meta['choices'], 20)}.")
        return value
    if wanted == "bool":
        if str(value).lower() not in ("true", "false"):
            raise InputError(f"Option {flag} is {shorten(value)}, but must be true or false.")
        return str(value).lower() == "true"
    if wanted == "integers":
        parts = value if isinstance(value, list) else [part for part in re.split(r"[,\s]+", str(value)) if part]
        if len(parts) > _MOST_NUMBERS:
            raise InputError(f"Option {flag} lists {len(parts)} numbers, but may list no more than {_MOST_NUMBERS}.")
        return tuple(_number(flag, part, int, meta) for part in parts)
    return _number(flag, value, int if wanted == "int" else float, meta)


def _text(flag: str, value: Any) -> str:
    """Text that can be written again: no list, and no half of a character."""
    if isinstance(value, list | dict):
        raise InputError(f"Option {flag} is {shorten(value)}, but must be text.")
    try:
        str(value).encode()
    except UnicodeEncodeError:
        raise InputError(f"Option {flag} is {shorten(value)}, which is not UTF-8 text: correct it.") from None
    return str(value)


def _number(flag: str, value: Any, convert: Callable[[str], int | float], meta: Mapping[str, Any]) -> int | float:
    try:
        number = convert(str(value)[:_MOST_DIGITS])
    except ValueError:
        wanted = "a whole number" if convert is int else "a number"
        raise InputError(f"Option {flag} is {shorten(value)}, but must be {wanted}.") from None
    if not meta["low"] <= number <= meta["high"]:
        shown = number if len(str(value)) <= _SHOWN else shorten(value)
        raise InputError(f"Option {flag} is {shown}, but must lie between {meta['low']:g} and {meta['high']:g}.")
    return number


def _columns(value: Any, from_json: bool) -> Columns:
    """A form hands over 1-based numbers, or names as text; on the command line names count, and ``#3`` is the third column."""
    if not from_json:
        parts = [part.strip() for part in str(value).split(",") if part.strip()]
        return tuple(ColumnNumber(int(p[1:])) if re.fullmatch("#" + _COLUMN_NUMBER, p) else p for p in parts)
    listed = value if isinstance(value, list) else [part.strip() for part in str(value).split(",") if part.strip()]
    parts = [str(part) for part in listed if part is not None]
    return tuple(ColumnNumber(int(part)) if re.fullmatch(_COLUMN_NUMBER, part.strip()) else part for part in parts)
