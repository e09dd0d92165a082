"""How well intervals hold, and how wide they are, if the networks of folds were kept (CV+, Barber et al. 2021) beside what is done now.

A ridge regression stands for the network, so that thousands of draws take seconds. Three ways, of 90 % coverage:

- split: a share of the samples calibrates and is learned from by nobody, as Train does it;
- CV+, own: each fold has a scale of its own, fitted to what it learns from, as folds of cross-validation have it;
- CV+, shared: all folds share one scale, fitted to all samples, as members of one model file share one encoding.

    PYTHONPATH=tools .env/tools/bin/python scripts/benchmarks/folds_kept.py
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

WISHED, FOLDS, FEATURES, DRAWS, NEW = 0.9, 10, 20, 400, 100
SHARES = (0.15, 0.3)


def fitted(x: Any, y: Any, scale_of: Any) -> Callable[[Any], Any]:
    """Weights of a ridge regression on scaled features; predictions are ``scaled(x) @ weights + mean``."""
    mean, deviation = scale_of.mean(axis=0), scale_of.std(axis=0)
    scaled = (x - mean) / deviation
    weights = np.linalg.solve(scaled.T @ scaled + np.eye(x.shape[1]), scaled.T @ (y - y.mean()))
    middle = y.mean()
    return lambda new: (new - mean) / deviation @ weights + middle


def split(x: Any, y: Any, new: Any, share: float) -> tuple[Any, Any] | None:
    """Low and high ends [new] of split conformal intervals; None where the share is too small."""
    held = round(share * len(y))
    place = int(np.ceil((held + 1) * WISHED))
    if place > held:
        return None
    predict = fitted(x[held:], y[held:], x[held:])
    wide = np.sort(abs(y[:held] - predict(x[:held])))[place - 1]
    return predict(new) - wide, predict(new) + wide


def cv_plus(x: Any, y: Any, new: Any, shared: bool) -> tuple[Any, Any]:
    """The same of CV+: from each sample's residual and what the network that did not see it says of the new ones."""
    fold = np.arange(len(y)) % FOLDS
    low, high = np.empty((len(y), len(new))), np.empty((len(y), len(new)))
    for number in range(FOLDS):
        own, rest = fold == number, fold != number
        predict = fitted(x[rest], y[rest], x if shared else x[rest])
        residuals = abs(y[own] - predict(x[own]))[:, None]
        low[own], high[own] = predict(new) - residuals, predict(new) + residuals
    place = int(np.ceil((len(y) + 1) * WISHED))
    return np.sort(low, axis=0)[len(y) - place], np.sort(high, axis=0)[place - 1]


def main() -> None:
    ways: dict[str, Any] = {f"split, {share:.0%}": functools.partial(split, share=share) for share in SHARES}
    ways |= {"CV+, own": functools.partial(cv_plus, shared=False), "CV+, shared": functools.partial(cv_plus, shared=True)}
    print("samples  way           coverage  standard error  width")
    for samples in (50, 100, 300):
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for seed in range(DRAWS):
            random = np.random.default_rng([samples, seed])
            slope = random.normal(size=FEATURES) / FEATURES**0.5
            x = random.lognormal(size=(samples + NEW, FEATURES))  # skewed, so that the scale depends on the samples
            y = np.log(x) @ slope + random.standard_t(4, samples + NEW)
            for name, way in ways.items():
                ends = way(x[:samples], y[:samples], x[samples:])
                if ends is not None:
                    inside = (ends[0] <= y[samples:]) & (y[samples:] <= ends[1])
                    found[name].append((inside.mean(), (ends[1] - ends[0]).mean()))
        for name, values in found.items():
            if not values:
                print(f"{samples:7}  {name:12}  too few samples to calibrate on")
                continue
            reached, wide = np.array(values).T
            print(f"{samples:7}  {name:12}  {reached.mean():8.4f}  {reached.std() / len(reached) ** 0.5:14.4f}  {np.median(wide):5.2f}")


if __name__ == "__main__":
    main()
