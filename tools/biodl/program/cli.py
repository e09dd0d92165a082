"""The command line: one program, one subcommand a tool.

A command module declares ``DESCRIPTION``, ``OPTIONS`` (a dataclass), ``INPUTS`` and ``OUTPUTS`` (:class:`.files.File`), and
``run(options, inputs, outputs)``. It imports nothing heavy at its top, so that arguments are checked at once.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from .. import __version__
from ..errors import InputError
from .files import Outputs, paths_by_name
from .given import linked, read_names
from .options import add_arguments, read_options
from .runtime import own_temporary_files, prepare_environment
from .side_by_side import end_processes
from .streams import of_disk, say_error, steady_streams

COMMANDS = {
    "inspect": "Inspect training data",
    "split": "Split data into train, validation and test",
    "train-feedforward": "Train a feed-forward network",
    "train-recurrent": "Train a recurrent network",
    "train-convolutional": "Train a convolutional network",
    "learning-curve": "Draw a learning curve",
    "tune": "Tune a network",
    "evaluate": "Evaluate a network",
    "compare": "Compare networks",
    "explain": "Explain a network",
    "predict": "Predict with a network",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message[:1].upper()}{message[1:]}: see '{self.prog} --help'.")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, or 1 with one sentence on stderr."""
    steady_streams()
    alone = arguments is None
    try:
        _run(sys.argv[1:] if arguments is None else arguments, alone)
        if alone:
            gc.freeze()  # taking apart all that libraries made takes up to two seconds, and the process ends now
        return 0
    except SystemExit as end:  # after --help and --version
        try:
            sys.stdout.flush()
        except InputError as error:
            return _fail(str(error))
        return int(end.code or 0)
    except InputError as error:
        return _fail(str(error))
    except MemoryError:
        return _fail("The job ran out of memory: use fewer rows or columns, or ask the administrator for more.")
    except KeyboardInterrupt:
        return _fail("Stopped.")
    except OSError as error:
        if os.environ.get("BIODL_DEBUG"):
            traceback.print_exc()
        return _fail(of_disk(error))
    except Exception as error:  # a fault of ours still ends in one sentence
        if os.environ.get("BIODL_DEBUG"):
            traceback.print_exc()
        if type(error).__name__ == "ResourceExhaustedError":
            return _fail("The device ran out of memory: use a smaller network or batch, or ask for more memory.")
        text = " ".join(str(error).split())[:300]
        return _fail(f"Unexpected {type(error).__name__}: {text} (set BIODL_DEBUG=1 to see where; please report it).")


def _fail(sentence: str) -> int:
    say_error(sentence)
    return 1


@contextlib.contextmanager
def _ended_at_once(outputs: Outputs) -> Iterator[None]:
    """SIGTERM, by which Galaxy ends jobs, and an interrupt end this process: cleaned up, but without unwinding.

    An exception raised wherever Python happens to be may pass through TensorFlow while its threads run, which can crash.
    """

    def end(number: int, frame: FrameType | None) -> None:
        try:
            end_processes()  # first, lest they write where all is cleared
            outputs.clear()
            say_error("Stopped.")
        finally:
            os._exit(1)

    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:  # whoever started this in the background may want it left alone
            signal.signal(number, end)
    yield


def _run(arguments: list[str], alone: bool) -> None:
    """Run a command; ``alone`` says that the process is there for it only."""
    parser = _Parser(prog="biodl", description="Neural networks on biological data.")
    parser.add_argument("--version", action="version", version=__version__)
    names = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, title in COMMANDS.items():
        names.add_parser(name, help=title, add_help=False)
    if not arguments or arguments[0] not in COMMANDS:
        parser.parse_args(arguments)
    name = arguments[0]
    command = importlib.import_module(f"biodl.commands.{name.replace('-', '_')}")
    parser = _Parser(prog=f"biodl {name}", description=command.DESCRIPTION, allow_abbrev=False)
    for title, files, verb in (("inputs", command.INPUTS, "read"), ("outputs", command.OUTPUTS, "write")):
        group = parser.add_argument_group(title)
        for file in files:
            how = "append" if file.several else "store"
            group.add_argument(file.flag, action=how, metavar="PATH", required=file.required, help=f"{verb} {file.help}")
    add_arguments(parser, command.OPTIONS)
    parsed = parser.parse_args(arguments[1:])
    options = read_options(command.OPTIONS, parsed)
    called = read_names(parsed.names) if parsed.names else {}
    inputs = paths_by_name(command.INPUTS, vars(parsed))
    outputs = {file.name: getattr(parsed, file.name) for file in command.OUTPUTS if getattr(parsed, file.name)}
    if not outputs:
        raise InputError(f"No output was asked for: see 'biodl {name} --help'.")
    writable = Outputs(outputs, {**inputs, "params": parsed.params, "names": parsed.names})
    with _ended_at_once(writable) if alone else contextlib.nullcontext(), writable:
        prepare_environment(writable.folder)
        with own_temporary_files(writable.folder):
            command.run(options, linked(inputs, called, writable.folder), writable)
        sys.stdout.flush()  # nothing is put in place when the log of it cannot be written
