#!/usr/bin/env python3
"""Screen settings of the feed-forward network on the tables of the benchmark's choosing half: quick, the network alone.

Sets, folds, preprocessing, losses and fitting are those of accuracy.py and of the suite, but the networks of all five folds, and the
members of an ensemble in each, are stacked in one graph, as the suite trains members: 30 networks at the cost of one or two. What wins
here is measured by accuracy.py (--set) before it becomes a default. A single network sees its samples in another order than when it is
trained alone; nothing else differs. For each setting: a single network, and ensembles of 3 and 5, as they are and calibrated.

A line of the plan (a file) is a set and settings, as `glass dropout=0.2 l2=0.001`; `linear_path=true` leads the input to the head beside
the hidden layers. The plan is read again after each line. Results are kept in --cache. Prints a row of a Markdown table for each.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks import accuracy  # noqa: E402

FOLDS, MEMBERS, SIZES = 5, 5, (3, 5)


def options_of(item: accuracy.Set, settings: dict[str, str]) -> Any:
    """Options of Train, with settings as the command line takes them; numbers are standardised alone, unless a line says otherwise: Train
    itself tries two networks."""
    from biodl.commands.train_feedforward import OPTIONS
    from biodl.program.options import add_arguments, read_options

    parser = argparse.ArgumentParser()
    add_arguments(parser, OPTIONS)
    words = [
        word
        for name, text in {"numeric_encoding": "standardised", **dict(item.options), **settings}.items()
        for word in ("--" + name.replace("_", "-"), text)
    ]
    return read_options(OPTIONS, parser.parse_args(words))


@dataclasses.dataclass
class Fold:
    """Encoded samples of a fold: x and y, training and validation rows behind each other; what is tested on; one share a network."""

    x: Any
    y: Any
    x_test: Any
    y_test: Any
    shares: list[Any]
    task: Any
    rows: int


def fold_of(item: accuracy.Set, fold: int, source: Path, options: Any, folder: Path) -> Fold:
    """Read, divide and encode as Train does; the first share is that of a single network, the others are those of members."""
    import keras

    from biodl.data import table
    from biodl.data.kind import Files
    from biodl.networks.running import run_model
    from biodl.training.fit import batch_size_for
    from biodl.training.prepare import prepare
    from biodl.training.shares import Share, share_out

    train, test = accuracy.halves(accuracy.Job(item, "feedforward", fold, FOLDS, str(source), ()), folder)
    parts = prepare(table.KIND, Files(str(train)), None, options, say=lambda line: None)
    data = [parts.training, parts.validation, table.KIND.read_for(Files(str(test)), parts.encoding, parts.task)]
    inputs, encoded = parts.encoding.layers()
    encoder = keras.Model(inputs, parts.encoding.embed(encoded, options)[0])  # what hidden layers start from, none of it learned
    x, x_held, x_test = (run_model(encoder, parts.encoding.raw(part)) for part in data)
    y, y_held, y_test = (parts.task.encode(part.target, part.where) for part in data if part.target is not None)
    alone = Share(np.arange(len(y)), len(y) + np.arange(len(y_held)), options.seed)
    shares = [alone, *share_out(parts.training, y, parts.task, options.seed, MEMBERS)]
    return Fold(np.concatenate([x, x_held]), np.concatenate([y, y_held]), x_test, y_test, shares, parts.task, batch_size_for(len(y)))


def body_of(linear: bool, hidden: Any) -> Any:
    """The family's layers, or these with the input beside them."""
    import keras

    return (lambda tensor: keras.layers.Concatenate()([hidden(tensor), tensor])) if linear else hidden


def scores_of(item: accuracy.Set, source: Path, settings: dict[str, str]) -> dict[str, Any]:
    """Train all folds together; targets and predictions of all folds by what predicts them, and the seconds."""
    from biodl.program import runtime
    from biodl.training.together import fit_together

    linear = settings.pop("linear_path", "") == "true"
    options = options_of(item, settings)
    runtime.start(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folds = [fold_of(item, fold, source, options, Path(name)) for fold in range(FOLDS)]
    began, task = time.process_time(), folds[0].task
    assert all(fold.x.shape[1] == folds[0].x.shape[1] and not task.differs(fold.task) for fold in folds)
    shares, before = [], 0
    for fold in folds:
        shares += [dataclasses.replace(share, learned=share.learned + before, held=share.held + before) for share in fold.shares]
        before += len(fold.y)
    model = stacked(folds, shares, options, linear)
    x, y = np.concatenate([fold.x for fold in folds]), np.concatenate([of_first(fold, task, fold.y) for fold in folds])
    sized = dataclasses.replace(options, batch_size=options.batch_size or folds[0].rows)
    history = fit_together(model, task, sized, x, y, shares, lambda line: None)
    found = [predicted(model, fold, place, task, x, y, shares) for place, fold in enumerate(folds)]
    return {
        "observed": np.concatenate([of_first(fold, task, fold.y_test) for fold in folds]).tolist(),
        "predicted": {name: np.concatenate([part[name] for part in found]).tolist() for name in found[0]},
        "seconds": time.process_time() - began,
        "epochs": len(history.rows),
    }


def stacked(folds: list[Fold], shares: list[Any], options: Any, linear: bool) -> Any:
    """One model of all networks, each with the first weights of a network alone."""
    import keras

    from biodl.networks.assemble import HEAD
    from biodl.networks.ensemble import stack_weights, together
    from biodl.networks.families import feedforward
    from biodl.program import runtime

    task, width, first = folds[0].task, folds[0].x.shape[1], []
    for share in shares:
        runtime.reseed(share.seed)
        start, head = keras.Input((width,)), task.head()
        features = body_of(linear, lambda tensor: feedforward.hidden(tensor, None, options))(start)
        first.append(keras.Model(start, keras.layers.Dense(head.units, activation=head.activation, name=HEAD)(features)).get_weights())
    runtime.reseed(options.seed)
    start = keras.Input((width,))
    network = together(
        start, start, lambda tensor: tensor, body_of(linear, lambda tensor: feedforward.together(tensor, options)), task, len(shares)
    )
    stack_weights(network.trainable, first)
    return network.trainable


def of_first(fold: Fold, task: Any, y: Any) -> Any:
    """Numbers in the unit of the first fold, as all networks share its head: each fold standardises by its own samples."""
    return (y - fold.task.mean) / fold.task.std * task.std + task.mean if hasattr(task, "mean") else y


def predicted(model: Any, fold: Fold, place: int, task: Any, x: Any, y: Any, shares: list[Any]) -> dict[str, Any]:
    """What single network and ensembles predict of a fold's test part: probabilities [samples, classes], or numbers."""
    from biodl.training.temperature import applies, fit_temperature

    places = range(place * (MEMBERS + 1), (place + 1) * (MEMBERS + 1))
    count = len(shares)

    def seen(samples: Any) -> Any:
        return np.asarray(model(np.repeat(samples[:, None], count, axis=1), training=False))

    tested = seen(fold.x_test)
    plain = [tested[:, at] for at in places]
    warm = []
    for at in places if applies(task) else ():
        held = shares[at].held
        heat = fit_temperature(logits(seen(x[held])[:, at]), y[held], task)
        warm.append(softened(tested[:, at], heat))
    found = {}
    for name, each in (("", plain), (" calibrated", warm)):
        if each:
            found[f"single{name}"] = unit(task, each[0])
            found |= {f"{size} members{name}": np.mean([unit(task, one) for one in each[1 : size + 1]], axis=0) for size in SIZES}
    return found


def unit(task: Any, values: Any) -> Any:
    return values * task.std + task.mean if hasattr(task, "mean") else values


def logits(values: Any) -> Any:
    held = np.clip(values.astype("float64"), 1e-12, 1 - 1e-12)
    return np.log(held / (1 - held)) if values.shape[1] == 1 else np.log(held)


def softened(values: Any, heat: float) -> Any:
    from scipy.special import expit, softmax

    return expit(logits(values) / heat) if values.shape[1] == 1 else softmax(logits(values) / heat, axis=1)


def judged(item: accuracy.Set, result: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """By what predicted: the benchmark's metric and log loss; for numbers R2 and root mean squared error."""
    from sklearn.metrics import balanced_accuracy_score, f1_score

    y = np.array(result["observed"])
    found = {}
    for name, values in result["predicted"].items():
        scores = np.array(values, dtype=float)
        if item.kind == "table, numbers":  # which may be whole
            wrong = ((scores.ravel() - y.ravel()) ** 2).mean()
            found[name] = (float(1 - wrong / y.var()), float(wrong**0.5))
            continue
        codes = y.ravel().astype(int)
        scores = np.hstack([1 - scores, scores]) if scores.shape[1] == 1 else scores
        own = np.clip(scores[np.arange(len(codes)), codes], 1e-12, 1)
        chosen = scores.argmax(axis=1)
        metric = f1_score(codes, chosen, average="macro") if scores.shape[1] > 2 else balanced_accuracy_score(codes, chosen)
        found[name] = (float(metric), float(-np.log(own).mean()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--tables", type=Path, required=True, help="folder of data_sets.py")
    parser.add_argument("--cache", type=Path, required=True)
    arguments = parser.parse_args()
    accuracy.warm_up()
    sets = {item.name: item for item in accuracy.SETS if item.half == "choosing" and item.kind.startswith("table")}
    results = json.loads(arguments.cache.read_text()) if arguments.cache.is_file() else {}
    while waiting := [line for line in map(str.strip, arguments.plan.read_text().splitlines()) if line and line not in results]:
        name, *settings = waiting[0].split()
        source = accuracy.source_of(sets[name], arguments.tables)
        assert source is not None, f"{name} is not at hand"
        results[waiting[0]] = scores_of(sets[name], source, dict(item.split("=") for item in settings))
        accuracy.keep(results, arguments.cache)
        for who, (metric, loss) in judged(sets[name], results[waiting[0]]).items():
            print(f"| {name} | {' '.join(settings) or 'defaults'} | {who} | {metric:.3f} | {loss:.3f} |", flush=True)
        print(f"{waiting[0]}: {results[waiting[0]]['seconds']:.1f} s, {results[waiting[0]]['epochs']} epochs", flush=True)


if __name__ == "__main__":
    main()
