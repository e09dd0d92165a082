"""What every Train command does: read, cross-validate if wished, train on all samples, write."""

from __future__ import annotations

import dataclasses
import functools

from ..data.kind import AnyKind, Files
from ..errors import role
from ..model_selection import fold_report as of_folds
from ..model_selection.crossvalidate import Work, cross_validate
from ..model_selection.folds import CrossValidationOptions, folds_of
from ..networks.families import Family
from ..program.files import Outputs
from ..training import report
from ..training.finetune import known_to, known_validation, read_origin
from ..training.judgement import judge, refuse_unfit
from ..training.prepare import TrainOptions, divide, read
from ..training.train import train_on

OUTPUTS = report.outputs_with(of_folds.OUTPUTS)


@dataclasses.dataclass(frozen=True)
class TrainAndJudgeOptions(CrossValidationOptions, TrainOptions):
    """What every Train command offers; it stands behind what changes its defaults."""


def train(
    family: Family,
    kind: AnyKind,
    options: TrainAndJudgeOptions,
    files: Files,
    validation: Files | None,
    start: str | None,
    outputs: Outputs,
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
    say = functools.partial(print, flush=True)
    with role("Network to start from"):
        origin = read_origin(start, kind, family) if start else None
    samples = read(kind, files, validation, options, origin)
    folds = folds_of(samples, options, options.seed) if options.wanted else []
    parts = divide(samples, kind, validation, options, origin)
    known = known_validation(origin, parts.validation)
    seen = list(filter(None, [known_to(origin, samples.data) if folds else "", known]))
    for sentence in seen:
        say(sentence)
    parts = dataclasses.replace(parts, cautions=[*seen, *parts.cautions])
    refuse_unfit(options, parts)
    say(parts.summary)
    chapters = []
    if folds:
        work = Work(samples, kind.name, family.name, options, start, options.simple_models)
        done = cross_validate(work, folds, parts.encoding, options.cross_validation_minutes, say)
        chapters.append(of_folds.chapter(of_folds.judge(done), outputs))
        say("Now the network on all samples:")
    trained = train_on(parts, family, options, origin, say)
    paths = files.paths("data") | (validation.paths("validation") if validation else {}) | ({"start": start} if start else {})
    report.write_all(trained, parts, kind, options, paths, outputs, judge(trained, parts, options, bool(known)), chapters)
