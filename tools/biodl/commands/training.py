"""What every Train command does: prepare, train, write."""

from __future__ import annotations

import functools

from ..data.kind import AnyKind, Files
from ..errors import role
from ..networks.families import Family
from ..program.files import Outputs
from ..training.finetune import read_origin
from ..training.judgement import judge, refuse_unfit
from ..training.prepare import TrainOptions, prepare
from ..training.report import write_all
from ..training.train import train_on


def train(
    family: Family, kind: AnyKind, options: TrainOptions, files: Files, validation: Files | None, start: str | None, outputs: Outputs
) -> None:
    """Train a network and write what was asked for.

    Args:
        family: of the network.
        kind: of the data.
        options: everything the form offers.
        files: samples to learn from.
        validation: samples to watch training by, if given.
        start: a model file to start from, if given.
        outputs: where to write.
    """
    with role("Network to start from"):
        origin = read_origin(start, kind, family) if start else None
    parts = prepare(kind, files, validation, options, origin)
    refuse_unfit(options, parts)
    print(parts.summary, flush=True)
    trained = train_on(parts, family, options, origin, say=functools.partial(print, flush=True))
    paths = files.paths("data") | (validation.paths("validation") if validation else {}) | ({"start": start} if start else {})
    write_all(trained, parts, kind, options, paths, outputs, judge(trained, parts, options))
