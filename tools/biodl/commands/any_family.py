"""What commands share that train a network of whatever family fits: which one, and its Train tool's defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..data.forms import ALL, StepOrImageOptions, files_of
from ..data.kind import AnyKind, Files
from ..data.kinds import kind_of_form
from ..data.table.dataset import TrainTableOptions
from ..errors import InputError
from ..model_selection.folds import CrossValidationOptions
from ..networks.families import FAMILIES, Family, convolutional, feedforward
from ..networks.opened import Opened
from ..program.options import option
from . import train_convolutional, train_feedforward, train_recurrent

_TRAINS = {"feedforward": train_feedforward, "recurrent": train_recurrent, "convolutional": train_convolutional}


@dataclasses.dataclass(frozen=True)
class AnyNetworkOptions(StepOrImageOptions, TrainTableOptions):
    """Samples of any kind, and which network; all that is not asked for is as the family's Train tool has it."""

    kind: str = option("table", "what the samples are", type="choice", choices=ALL)
    family: str = option(
        "auto",
        "the network: feed-forward for tables, convolutional for all else if not chosen",
        type="choice",
        choices=("auto", *_TRAINS),
    )
    most_epochs: int = option(0, "most epochs of each training; 0: as the Train tools", type="int", low=0, high=100000)
    seed: int = option(1, "the same seed gives the same result again", type="int", low=0, high=2**31 - 1)


def asked(options: AnyNetworkOptions, inputs: Mapping[str, str | None]) -> tuple[AnyKind, Family, Any, Files]:
    """Kind and family of what a form asks for, what the family's Train tool would be told, and the files.

    Raises:
        InputError: when the family does not work on such samples.
    """
    family = family_for(options.family, options.kind)
    return kind_of_form(options.kind), family, options_of(options, family), files_of(inputs, options.broken)


def family_for(wanted: str, form: str) -> Family:
    """The family that was chosen, or the usual one.

    Args:
        wanted: its name, or ``auto``.
        form: what the samples are, as forms have it.

    Raises:
        InputError: for one that does not work on these samples.
    """
    usual = feedforward.FAMILY if form in _takes(feedforward.FAMILY) else convolutional.FAMILY
    chosen = FAMILIES.get(wanted, usual)
    if form not in _takes(chosen):
        raise InputError(
            f"A {chosen.called} network does not learn from samples of kind {form}, only from {', '.join(_takes(chosen))}: "
            "choose another network, or let the tool choose."
        )
    return chosen


def _form_of(family: Family) -> Any:
    """Options of a family's Train tool."""
    return next(module.OPTIONS for called, module in _TRAINS.items() if FAMILIES[called] is family)


def trained_with(network: Opened) -> Any:
    """Options of a network's Train tool as it was trained; defaults for what an earlier version did not ask."""
    form, said = _form_of(FAMILIES[network.metadata["family"]]), network.metadata["training"]["parameters"]
    known = {field.name: said[field.name] for field in dataclasses.fields(form) if field.name in said}
    return form(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})


def _takes(family: Family) -> tuple[str, ...]:
    """The choices of samples in the form of a family's Train tool."""
    field = _form_of(family).__dataclass_fields__.get("kind")
    return field.metadata["choices"] if field else ("table",)


def options_of(options: Any, family: Family) -> Any:
    """What the family's Train tool would be told: its defaults, and what a command was told of samples, target, epochs and seed."""
    form = _form_of(family)
    others = {field.name for field in dataclasses.fields(CrossValidationOptions)}  # what a command asks of its own folds
    shared = ({field.name for field in dataclasses.fields(form)} & {field.name for field in dataclasses.fields(options)}) - others
    epochs = {"epochs": options.most_epochs} if options.most_epochs else {}
    return form(**{name: getattr(options, name) for name in shared}, **epochs)
