"""Train a network on prepared parts: a function that can be called again and again, prints nothing and writes nothing."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from ..data.kind import Dataset, Encoding
from ..errors import InputError, counted
from ..networks.assemble import Network, assemble
from ..networks.ensemble import Joined
from ..networks.families import Family
from ..networks.modelfile import refuse_unopenable
from ..networks.opened import Opened
from ..networks.running import EncodedLater, output_shapes, run_model
from ..program import runtime
from ..program.search import as_text
from ..tasks import Task
from .diagnose import verdicts
from .finetune import FineTuneOptions, rebuild
from .fit import FitOptions, History, batch_size_for, fit, resolved, steps_of
from .kept import Kept, look, plain_loss
from .members import Ended, stacked, train_in_turn, train_stacked
from .prepare import Parts
from .shares import Share, share_out
from .temperature import applies, calibrate, told
from .watching import Reached, Watch, with_others

BY_SAMPLES = "chosen by the kind and length of samples"
_CLEARLY = 0.9
"""A network that sees more is kept where its validation loss is below this share of that of the simplest."""
_IN_MEMORY = 128 * 2**20
"""Bytes of encoded samples above which images are read batch by batch."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        network: with the weights of the best epoch.
        history: what happened in each epoch.
        kept: what the kept weights do on both parts.
        family: of the network.
        task: what was learned.
        encoding: what the network sees of samples.
        verdicts: keyword and sentence on how training went, most important first.
        temperatures: by which probabilities were calibrated, one a member; nothing where they were not.
        tried: validation loss by what was tried of the encoding, in words, what was kept first; nothing where that was settled before.
    """

    network: Network
    history: History
    kept: Kept
    family: Family
    task: Task
    encoding: Encoding
    verdicts: list[tuple[str, str]]
    temperatures: tuple[float, ...] = ()
    tried: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def decided(self) -> str:
        """What was found out of the encoding, in a sentence, or nothing."""
        if not self.tried:
            return ""
        (words, loss), *others = self.tried.items()
        if not others:
            return f"Kept: {words}; nothing else could be trained"
        ((other, others_loss),) = others
        if loss < others_loss:
            return f"Kept: {words}; the validation loss is {loss:.4g}, and {others_loss:.4g} with {other}"
        share = f"a network that is kept only where its loss is lower by more than {1 - _CLEARLY:.0%}"
        return f"Kept: {words}; the validation loss is {loss:.4g}, and {others_loss:.4g} with {other}, {share}"


def train_on(
    parts: Parts,
    family: Family,
    options: FitOptions,
    origin: Opened | None = None,
    say: Callable[[str], None] = lambda line: None,
    watch: Watch | None = None,
) -> Trained:
    """Build and fit a network.

    Args:
        parts: what to learn from and to watch training by.
        family: builds the hidden layers.
        options: those of the family and of the encoding as well; the same seed gives the same network.
        origin: a network to start from; options are then those of :class:`biodl.training.finetune.FineTuneOptions` as well.
        say: is told how far training is.
        watch: is told what is reached by which share of the epochs, and may end all by raising. Where several networks are trained of
            which the best is kept, it is told of the last, and the best that any of them had by then; of members that are trained one
            after another it is told of the first.

    Raises:
        InputError: when a layer cannot work on these samples, or the loss stops being a number.
    """
    runtime.start(options.seed)
    devices = runtime.devices()
    say(f"Training on {', '.join(devices)} with {counted(runtime.slots(), 'core')}")
    alternatives = {} if origin else parts.encoding.alternatives()
    with runtime.strategy(devices):
        if not alternatives:
            return _trained(parts, family, options, origin, say, watch)
        found: dict[str, Trained] = {}
        reached: list[Reached] = []
        for number, (words, encoding) in enumerate(alternatives.items(), start=1):
            runtime.reseed(options.seed)  # each as if it had been chosen
            say(f"Network {number} of {len(alternatives)}: {words}")
            own: list[Reached] = []
            last = number == len(alternatives)
            watched = None if watch is None else with_others(watch, reached) if last else own.append
            try:
                found[words] = _trained(dataclasses.replace(parts, encoding=encoding), family, options, None, say, watched)
                reached += own
            except InputError as error:
                if last and not found:
                    raise
                say(f"Left out, {words}: {error}")
                if last and watched:
                    for other in reached:  # from where it broke down what the others reached counts
                        watched(other._replace(loss=math.inf))
    return _better(found, say)


def _trained(
    parts: Parts, family: Family, options: FitOptions, origin: Opened | None, say: Callable[[str], None], watch: Watch | None
) -> Trained:
    """See :func:`train_on`, where nothing is left to decide."""
    encoding, task = parts.encoding, parts.task
    run = _ensemble if options.members > 1 else _single
    network, (history, temperatures) = run(parts, family, options, origin, say, watch)
    kept = look(network.model, encoding, task, parts.training, parts.validation, options.seed)
    raised_by = [
        *(["dropout"] if _drops(network.trainable) else []),
        *(["augmentation"] if encoding.augmentation(options, options.seed) else []),
    ]
    other = bool(raised_by and (temperatures or history.members) and history.best["loss"] > history.best["val_loss"])
    plain = plain_loss(network.model, encoding, task, parts.training, temperatures, _shares(parts, options)) if other else None
    if temperatures:
        say(told(temperatures))
    return Trained(network, history, kept, family, task, encoding, verdicts(history, kept, raised_by, plain), temperatures)


def _better(found: dict[str, Trained], say: Callable[[str], None]) -> Trained:
    """Of networks that differ in what they see, the one with the lowest validation loss (of an ensemble, on its members' own shares), but
    the first, which sees least, unless another's is lower by a tenth: validation parts are small."""
    losses = {words: trained.history.best["val_loss"] for words, trained in found.items()}
    simplest, best = next(iter(losses)), min(losses, key=losses.__getitem__)
    kept = best if losses[best] < _CLEARLY * losses[simplest] else simplest
    tried = {kept: losses[kept]} | losses
    say((trained := dataclasses.replace(found[kept], tried=tried)).decided)
    return trained


def _single(
    parts: Parts, family: Family, options: FitOptions, origin: Opened | None, say: Callable[[str], None], watch: Watch | None
) -> tuple[Network, Ended]:
    encoding, task = parts.encoding, parts.task
    options = _resolved(options, len(parts.training), say)
    network = _built(parts, family, options, origin, say)
    refuse_unopenable(network.model)
    _check_memory(network, options, parts.training)
    training, validation = (_encoded(network, encoding, part, task) for part in (parts.training, parts.validation))
    history = fit(network.trainable, task, options, training, validation, say, watch)
    return network, (history, (calibrate(network, *validation, task),) if options.calibrate and applies(task) else ())


def _ensemble(
    parts: Parts, family: Family, options: FitOptions, origin: Opened | None, say: Callable[[str], None], watch: Watch | None
) -> tuple[Network, Ended]:
    """Members each with a share of the training part to end their own training by; the validation part steers none."""
    encoding, task, data = parts.encoding, parts.task, parts.training
    shares = _shares(parts, options)
    sized = dataclasses.replace(options, batch_size=options.batch_size or batch_size_for(len(data)))  # that of a single network
    options = _resolved(sized, max(len(share.learned) for share in shares), say)
    which = "samples of its own" if data.order() is None else "the latest samples"
    say(
        f"An ensemble of {options.members} members: each sets aside {which}, {len(shares[0].held)} of {len(data)}, "
        "to choose its best epoch by; the validation part steers no training"
    )
    network = None if origin or len(runtime.devices()) > 1 else stacked(encoding, family, task, options, shares)
    if network is not None:
        refuse_unopenable(network.model)
        _check_memory(network, options, data)
        shape = network.encoder.output.shape[1:]  # wider than encoded samples where numbers are in pieces
        runtime.check_memory(len(data), shape, data.where)
        return network, train_stacked(network, task, options, *_encoded(network, encoding, data, task), shares, say, watch)
    networks = []
    for place, share in enumerate(shares):
        runtime.reseed(share.seed)
        own = dataclasses.replace(options, seed=share.seed)
        networks.append(_built(parts, family, own, origin, (lambda line: None) if place else say, place))
    joined = Joined(networks, task)
    refuse_unopenable(joined.network.model)
    _check_memory(networks[0], options, data)
    x, y = _encoded(networks[0], encoding, data, task)
    return joined.network, train_in_turn(networks, joined, task, options, x, y, shares, say, watch)


def _resolved(options: FitOptions, samples: int, say: Callable[[str], None]) -> FitOptions:
    """Options whose batch size and epochs are numbers, for training on so many samples; epochs that nobody typed are told."""
    found = resolved(options, samples)
    if not options.epochs:
        say(f"At most {found.epochs} epochs of {counted(steps_of(found, samples), 'step')}, chosen by the number of samples")
    return found


def _shares(parts: Parts, options: FitOptions) -> list[Share]:
    """The samples of each member of an ensemble; none of a single network."""
    data, task = parts.training, parts.task
    assert data.target is not None
    if options.members == 1:
        return []
    return share_out(data, task.encode(data.target, data.where), task, options.seed, options.members)


def _built(
    parts: Parts, family: Family, options: FitOptions, origin: Opened | None, say: Callable[[str], None], member: int = 0
) -> Network:
    """A single network, not yet trained."""
    encoding, task = parts.encoding, parts.task
    augmentation = encoding.augmentation(options, options.seed)
    if origin:
        assert isinstance(options, FineTuneOptions)
        network, frozen = rebuild(origin, task, options, augmentation, member)
        say(frozen)
        return network
    network = assemble(*encoding.layers(), body(encoding, family, options), task, augmentation)
    for name, values in family.chosen(network.trainable, options).items():
        say(f"{name.replace('_', ' ').capitalize()} {as_text(values)}, {BY_SAMPLES}")
    return network


def body(encoding: Encoding, family: Family, options: FitOptions) -> Callable[[Any], Any]:
    """From the encoded tensor to what the head sees: features of the hidden layers, and beside them those that a kind of data has."""

    def features(encoded: Any) -> Any:
        import keras

        hidden, beside = family.hidden(*encoding.embed(encoded, options), options), encoding.beside(encoded, options)
        return hidden if beside is None else keras.layers.Concatenate(name="hidden_and_beside")([hidden, beside])

    return features


def _drops(model: Any) -> bool:
    """Whether any layer leaves values out in training, inside of models as well."""
    import keras

    return any(_drops(layer) if isinstance(layer, keras.Model) else getattr(layer, "rate", 0) > 0 for layer in model.layers)


def _check_memory(network: Network, options: FitOptions, data: Dataset) -> None:
    """Raise InputError when what the layers put out for one batch, which is kept for the way back, cannot fit in the job's memory."""
    values = sum(runtime.values_in(tuple(size or 1 for size in shape)) for shape in output_shapes(network.trainable))
    runtime.check_batch_memory(options.batch_size, values, data.where)


def _encoded(network: Network, encoding: Encoding, data: Dataset, task: Task) -> tuple[Any, Any]:
    """Encoded samples, or what encodes them when they are asked for, and coded targets."""
    raw = encoding.raw(data)
    assert data.target is not None
    y = task.encode(data.target, data.where)
    if encoding.streams and 4 * len(data) * runtime.values_in(encoding.shape) > _IN_MEMORY:
        return EncodedLater(network.encoder, raw), y
    return run_model(network.encoder, raw), y
