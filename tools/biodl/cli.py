"""The command line: one program, one subcommand a tool.

A command module declares ``DESCRIPTION``, ``OPTIONS`` (a dataclass), ``INPUTS`` and ``OUTPUTS`` (:class:`File`), and
``run(options, inputs, outputs)``. It imports nothing heavy at its top, so that arguments are checked at once.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from . import __version__
from .errors import InputError
from .options import add_arguments, read_options
from .runtime import prepare_environment

COMMANDS = {
    "inspect": "Inspect training data",
    "split": "Split data into train, validation and test",
    "train-feedforward": "Train a feed-forward network",
    "train-recurrent": "Train a recurrent network",
    "train-convolutional": "Train a convolutional network",
    "evaluate": "Evaluate a network",
    "predict": "Predict with a network",
}


@dataclasses.dataclass(frozen=True)
class File:
    """A file a command reads or writes, given as ``--NAME PATH``."""

    name: str
    help: str
    required: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise InputError(f"{message[:1].upper()}{message[1:]}: see '{self.prog} --help'.")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, or 1 with one sentence on stderr."""
    try:
        _run(sys.argv[1:] if arguments is None else arguments)
        return 0
    except InputError as error:
        return _fail(str(error))
    except MemoryError:
        return _fail("The job ran out of memory: use fewer rows or columns, or ask the administrator for more.")
    except KeyboardInterrupt:
        return _fail("Stopped.")
    except Exception as error:  # a fault of ours still ends in one sentence
        if os.environ.get("BIODL_DEBUG"):
            traceback.print_exc()
        if type(error).__name__ == "ResourceExhaustedError":
            return _fail("The device ran out of memory: use a smaller network or batch, or ask for more memory.")
        text = " ".join(str(error).split())[:300]
        return _fail(f"Unexpected {type(error).__name__}: {text} (set BIODL_DEBUG=1 to see where; please report it).")


def _fail(sentence: str) -> int:
    print(f"Error: {sentence}", file=sys.stderr)
    return 1


def _run(arguments: list[str]) -> None:
    parser = _Parser(prog="biodl", description="Neural networks on biological data.")
    parser.add_argument("--version", action="version", version=__version__)
    names = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, title in COMMANDS.items():
        names.add_parser(name, help=title, add_help=False)
    if not arguments or arguments[0] not in COMMANDS:
        parser.parse_args(arguments)
    name = arguments[0]
    command = importlib.import_module(f".commands.{name.replace('-', '_')}", __package__)
    parser = _Parser(prog=f"biodl {name}", description=command.DESCRIPTION, allow_abbrev=False)
    for title, files, verb in (("inputs", command.INPUTS, "read"), ("outputs", command.OUTPUTS, "write")):
        group = parser.add_argument_group(title)
        for file in files:
            group.add_argument(f"--{file.name.replace('_', '-')}", metavar="PATH", required=file.required, help=f"{verb} {file.help}")
    add_arguments(parser, command.OPTIONS)
    parsed = parser.parse_args(arguments[1:])
    options = read_options(command.OPTIONS, parsed)
    inputs = {file.name: getattr(parsed, file.name) for file in command.INPUTS}
    outputs = {file.name: getattr(parsed, file.name) for file in command.OUTPUTS if getattr(parsed, file.name)}
    if not outputs:
        raise InputError(f"No output was asked for: see 'biodl {name} --help'.")
    prepare_environment()
    with Outputs(outputs) as writable:
        command.run(options, inputs, writable)


class Outputs:
    """Output files that appear together, when all is done, or not at all.

    Inside the ``with`` block each output has a temporary path; leaving it without an error moves them in place.
    """

    def __init__(self, targets: dict[str, str]):
        self._targets = targets

    def __enter__(self) -> Outputs:
        self._folder = Path(tempfile.mkdtemp(prefix="biodl-"))
        return self

    def __exit__(self, kind, error, trace) -> None:
        try:
            if kind is None:
                self._move()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __contains__(self, name: str) -> bool:
        return name in self._targets

    def __getitem__(self, name: str) -> Path:
        """Where to write output ``name`` for now."""
        return self._folder / name

    def _move(self) -> None:
        for name, target in self._targets.items():
            made = self._folder / name
            if not made.exists():
                continue
            try:
                shutil.copyfile(made, target)
            except OSError as error:
                for written in self._targets.values():
                    Path(written).unlink(missing_ok=True)
                raise InputError(f"The output {target} cannot be written: {error.strerror}.") from None
