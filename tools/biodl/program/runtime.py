"""What a job is allowed and has: threads, memory, accelerators; signals that end it; and the seed that makes it repeatable."""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
"""Where libraries look for the number of their threads."""
OF_BOOSTING = "OMP_NUM_THREADS"
"""Where scikit-learn's boosted trees do, which nothing else here goes by: one. Several wait for each other in a loop: two took a third less
time where nobody else had the cores, and two to six times as long where others had (docs/decisions/0020-boosting-on-one-core.md)."""


def slots() -> int:
    """Number of cores of the job: ``GALAXY_SLOTS``, but no more than there are, else those this process may use."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_number_of("GALAXY_SLOTS") or there, max(there, os.cpu_count() or 1))  # threads without cores only get in each other's way


def _number_of(name: str) -> int:
    """A whole number of the environment; 0 where there is none."""
    text = os.environ.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else 0


def prepare_environment(folder: Path) -> None:
    """Set what libraries read when they are imported. Call before any of them is.

    Args:
        folder: belongs to this job alone.
    """
    os.environ.update({**dict.fromkeys(THREADS, str(slots())), OF_BOOSTING: "1"})
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # a keras.json that somebody else wrote could change the float type, and a job must not write into a home folder
    os.environ["KERAS_HOME"] = str(folder / "keras")
    if "MPLCONFIGDIR" not in os.environ and not _has_writable_home():
        os.environ["MPLCONFIGDIR"] = str(folder / "matplotlib")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


def _has_writable_home() -> bool:
    """Whether matplotlib can keep its settings and its list of fonts where it wants to."""
    try:
        places = [Path(os.environ.get(f"XDG_{name}_HOME") or Path.home() / f".{name.lower()}") for name in ("CONFIG", "CACHE")]
    except RuntimeError:  # nobody's home is known
        return False
    nearest = [next(folder for folder in (place / "matplotlib", place, *place.parents) if folder.exists()) for place in places]
    return all(folder.is_dir() and os.access(folder, os.W_OK) for folder in nearest)


@contextlib.contextmanager
def own_temporary_files(folder: Path) -> Iterator[None]:
    """Have libraries put what they write on the way into a folder of the job's own: TensorFlow leaves byte code behind."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals that end the job wait until this is done; those that whoever started the job has it ignore stay ignored.

    Raises:
        KeyboardInterrupt: then.
    """
    if threading.current_thread() is not threading.main_thread():  # Python hears signals in the main thread alone
        yield
        return
    waiting: list[int] = []
    heard = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, lambda number, frame: waiting.append(number)) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if waiting:
        raise KeyboardInterrupt


def import_libraries() -> None:
    """Import Keras and TensorFlow, and start none of their threads."""
    with _without("sklearn", "matplotlib"), _for_good():
        import keras  # noqa: F401


def start(seed: int) -> None:
    """Import TensorFlow with the job's threads, and make what follows repeatable from ``seed``."""
    import_libraries()
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel(logging.ERROR)
    with contextlib.suppress(RuntimeError):  # threads can be set once a process; tests start more than once
        tf.config.threading.set_intra_op_parallelism_threads(slots())
        tf.config.threading.set_inter_op_parallelism_threads(slots())
    for device in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(device, True)
    keras.utils.clear_session(free_memory=False)  # what earlier trainings of this process left in Keras' memory
    reseed(seed)
    tf.config.experimental.enable_op_determinism()


def reseed(seed: int) -> None:
    """Begin everything that is drawn from here on anew: another network of the same process."""
    import keras

    keras.utils.set_random_seed(seed)


@contextlib.contextmanager
def _without(*packages: str) -> Iterator[None]:
    """Let an import find these packages missing: Keras takes them along where they are, and a second with them, for what we do not use."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python marks a module that cannot be imported
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def _for_good() -> Iterator[None]:
    """Have Python look for no garbage among what is imported inside: half a million objects, which would be gone through time and again."""
    if "keras" in sys.modules:
        yield
        return
    gc.collect()  # what is garbage by now does not stay
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def devices() -> list[str]:
    """Names of the devices to train on: all visible GPUs, else the CPU."""
    import tensorflow as tf

    return [device.name for device in tf.config.list_logical_devices("GPU")] or ["CPU"]


def strategy(names: list[str]) -> Any:
    """Scope in which to build and fit a model: mirrored over several devices, plain for one."""
    if len(names) < 2:
        return contextlib.nullcontext()
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(names).scope()


@contextlib.contextmanager
def forgotten_gradients() -> Iterator[None]:
    """Inside, networks may be trained again and again without growing memory.

    TensorFlow enters the gradient of each optimizer's sum over devices into a list under a name of its own, for good, and with it the
    graphs of the training. Nothing looks it up once training is over, so it is taken out again.
    """
    from tensorflow.python.framework import ops

    before = set(ops.gradient_registry.list())
    try:
        yield
    finally:
        entries = getattr(ops.gradient_registry, "_registry", {})  # there is no public way to take one out
        for name in set(entries) - before:
            entries.pop(name)


def values_in(shape: tuple[int, ...]) -> int:
    """Number of values of one sample."""
    return math.prod(shape)


def allowed_memory() -> int:
    """Megabytes that the job may use, ``GALAXY_MEMORY_MB``; 0 where nobody said."""
    return _number_of("GALAXY_MEMORY_MB")


_LIBRARIES = 700
"""Megabytes that libraries take."""


def memory_for(samples: int, shape: tuple[int, ...]) -> int:
    """Megabytes that a training takes on so many samples of a shape, held as float32."""
    copies = 3
    return _LIBRARIES + copies * samples * values_in(shape) * 4 // 2**20


def check_memory(samples: int, shape: tuple[int, ...], where: str) -> None:
    """Raise InputError when so many samples of a shape cannot fit in ``GALAXY_MEMORY_MB`` as float32."""
    needed, width = memory_for(samples, shape), values_in(shape)
    if 0 < allowed_memory() < needed:
        raise InputError(
            f"The {where} needs about {needed} MB of memory once encoded ({samples} rows x {width} values), but the "
            f"job has {allowed_memory()} MB: leave out columns or ask the administrator for more memory."
        )


def check_picture_memory(height: int, width: int, where: str) -> None:
    """Raise InputError when not even one image of a size can pass a network within ``GALAXY_MEMORY_MB``, before any is read.

    A first layer of 16 filters is taken, the fewest that are of use, held four times: convolved, normalised, and the gradients of both.
    """
    needed = _LIBRARIES + 4 * 16 * height * width * 4 // 2**20
    if 0 < allowed_memory() < needed:
        raise InputError(
            f"A network on images of {height} x {width} pixels needs more than {needed} MB of memory for one image of {where}, but the "
            f"job has {allowed_memory()} MB: choose a smaller height and width or ask the administrator for more memory."
        )


def check_batch_memory(samples: int, values: int, where: str) -> None:
    """Raise InputError when a batch cannot pass a network within ``GALAXY_MEMORY_MB``; ``values``: what all layers put out for a sample."""
    needed = _LIBRARIES + samples * values * 4 // 2**20
    if 0 < allowed_memory() < needed:
        raise InputError(
            f"The network needs about {needed} MB of memory for a batch of {samples} samples of {where}, but the job has "
            f"{allowed_memory()} MB: choose smaller samples, a smaller batch or network, or ask the administrator for more."
        )
