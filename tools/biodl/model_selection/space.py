"""The space to search: options that family, fitting and encoding say are worth a try, as far as a user left them alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ..data.kind import AnyKind
from ..errors import InputError
from ..networks.families import Family
from ..program.search import Search, applies
from ..training.fit import FitOptions

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

TRAINING, NETWORK, ENCODING = "training", "network", "encoding"
PARTS = (NETWORK, TRAINING, ENCODING)

Space = dict[str, Search]
"""What to try, by name of the option; an option stands behind those that it needs."""


def space_of(options: DataclassInstance, family: Family, kind: AnyKind, parts: Collection[str]) -> Space:
    """What there is to try.

    Args:
        options: of a training; where they are not the defaults, they stay as they are.
        family: of the network.
        kind: of the data.
        parts: of :data:`PARTS`; all if empty.

    Raises:
        InputError: when nothing is left to try.
    """
    owners = {NETWORK: family.options, TRAINING: FitOptions, ENCODING: kind.options}
    names = {field.name for part in parts or PARTS for field in dataclasses.fields(owners[part])}
    space = {
        field.name: field.metadata["search"]
        for field in dataclasses.fields(options)
        if field.name in names and field.metadata["search"] and getattr(options, field.name) == field.default
    }
    if not space:
        raise InputError(
            f"There is nothing to search: the {' and '.join(parts or PARTS)} of a {family.called} network on a {kind.name} has no setting "
            "to try that you left at its default; choose more parts of the network to search."
        )
    reached = {name for name, search in space.items() if search.needs[0] not in _fixed(kind, space) or _met(options, search)}
    return dict(sorted(((name, space[name]) for name in reached), key=lambda item: (bool(item[1].needs[0]), item[0])))


def _fixed(kind: AnyKind, space: Space) -> set[str]:
    """Options of the kind that stay as they are."""
    return {field.name for field in dataclasses.fields(kind.options)} - set(space)


def _met(options: Any, search: Search) -> bool:
    name, values = search.needs
    return getattr(options, name) in values


def defaults_in(space: Space, options: Any) -> dict[str, Any]:
    """The settings of ``options`` in a space: those that count."""
    settings: dict[str, Any] = {}
    for name, search in space.items():
        if applies(search, settings):
            settings[name] = getattr(options, name)
    return settings


def settings_known(space: Space, stored: Any) -> dict[str, Any]:
    """Settings that JSON holds.

    Raises:
        ValueError: when they are none of this space.
    """
    if not isinstance(stored, dict):
        raise ValueError("settings are no object")
    settings: dict[str, Any] = {}
    for name, search in space.items():
        if applies(search, settings):
            if name not in stored:
                raise ValueError(f"{name} is missing")
            settings[name] = search.known(stored[name])
    if set(stored) != set(settings):
        raise ValueError("settings that are not searched")
    return settings
