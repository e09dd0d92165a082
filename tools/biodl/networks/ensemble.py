"""Several networks in one graph: their heads stacked to one, what each member says, and the average, which is the only output.

Probabilities are averaged, not logits: their mean is a probability of each class as the members see it, and never bolder than they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..tasks import Task
from .assemble import ENCODED, HEAD, Network
from .families.layers import dense_of_members

MEMBERS = "members"
"""Name of the layer that gives what each member says: [samples, members, units], in the user's unit."""
AVERAGED = "averaged"
"""Name of the layer behind it, the output."""
REPEATED = "repeated"
"""Name of the layer that hands encoded samples to each of the members that train together."""
FEATURES = "features_of_members"
"""Name of the layer where features of members that trained one after another come together."""
_OF_MEMBER = re.compile(r"member_(\d+)_")


def together(
    inputs: dict[str, Any], encoded: Any, embed: Callable[[Any], Any], body: Callable[[Any], Any], task: Task, members: int
) -> Network:
    """A network whose members are stacked in each layer; ``trainable`` takes [samples, members, ...], samples of its own for each member.

    Args:
        inputs: Keras inputs for raw data, by name.
        encoded: the tensor that a data kind makes of them, [samples, values].
        embed: from it to what hidden layers start from; nothing in it is trained, so that ``encoder`` has it too.
        body: from [samples, members, values] to features [samples, members, features].
        task: gives the head.
        members: how many.
    """
    import keras

    embedded = embed(keras.layers.Identity(name=ENCODED)(encoded))
    repeated = keras.layers.RepeatVector(members, name=REPEATED)(embedded)
    return _with_heads(inputs, embedded, repeated, body(repeated), task)


def stack_weights(network: Any, members: Sequence[Sequence[Any]]) -> None:
    """Give a network whose layers are stacked the weights of its members (arrays, in the order of layers)."""
    import numpy as np

    stacked = [np.stack(arrays) for arrays in zip(*members, strict=True)]
    network.set_weights([array.reshape(weight.shape) for array, weight in zip(stacked, network.weights, strict=True)])


class Joined:
    """Networks that are trained one after another, and the one graph in which they will stand.

    Attributes:
        network: the graph; :meth:`gather` gives it the weights that its members have by then.
    """

    def __init__(self, networks: Sequence[Network], task: Task):
        """Join networks of equal layers; encoding and inputs are those of the first."""
        import keras

        self._heads = [network.model.get_layer(HEAD) for network in networks]
        encoded = networks[0].encoder.output
        bodies = [keras.Model(network.encoder.output, head.input) for network, head in zip(networks, self._heads, strict=True)]
        copies = [_copy(body, encoded, of_member("", number)) for number, body in enumerate(bodies, start=1)]
        self._bodies = [(body, copy) for body, (copy, _) in zip(bodies, copies, strict=True)]
        features = keras.layers.Concatenate(name=FEATURES)([output for _, output in copies])
        features = keras.layers.Reshape((len(networks), features.shape[-1] // len(networks)), name=f"{FEATURES}_apart")(features)
        self.network = _with_heads(networks[0].model.input, encoded, encoded, features, task)

    def gather(self) -> None:
        """Copy the weights of all members."""
        for body, copy in self._bodies:
            copy.set_weights(body.get_weights())
        stack_weights(self.network.model.get_layer(HEAD), [head.get_weights() for head in self._heads])


def members_of(model: Any) -> Any:
    """What each member of a saved ensemble gives, one after the other: a tensor [samples, members * units]."""
    import keras

    return keras.layers.Flatten()(model.get_layer(MEMBERS).output)


def without_member(name: str) -> str:
    """The name of a layer in the network that is trained alone."""
    found = _OF_MEMBER.match(name)
    return name[found.end() :] if found else name


def of_member(name: str, number: int) -> str:
    """The name of a layer of a member, the inverse of :func:`without_member`."""
    return f"member_{number}_{name}"


def member_of(name: str) -> int:
    """The number of the member that a layer belongs to, from 1; 0 where it belongs to all."""
    found = _OF_MEMBER.match(name)
    return int(found[1]) if found else 0


def members_apart(model: Any) -> int:
    """How many members of a network were trained one after another, so that each can be taken out; 0 where that cannot be."""
    return len(model.get_layer(FEATURES).input) if FEATURES in [layer.name for layer in model.layers] else 0


def taken_out(model: Any, member: int) -> Any:
    """Features of one member, from copies of its layers that bear the names of a network alone."""
    import keras

    encoded = model.get_layer(ENCODED).output
    body = keras.Model(encoded, model.get_layer(FEATURES).input[member])
    copy, features = _copy(body, encoded, "")
    copy.set_weights(body.get_weights())
    return features


def _copy(body: Any, encoded: Any, prefix: str) -> tuple[Any, Any]:
    """The same layers on another tensor, under new names: a model that has their weights, and what they give."""
    import keras

    given = []

    def renamed(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "name": prefix + without_member(layer.name)})

    def called(layer: Any, *args: Any, **settings: Any) -> Any:
        given.append(layer(*args, **settings))
        return given[-1]

    copy = keras.models.clone_model(body, input_tensors=encoded, clone_function=renamed, call_function=called)
    return copy, given[-1]  # not the model's own output, which Keras cuts from what leads to its input


def _with_heads(inputs: Any, encoded: Any, start: Any, features: Any, task: Task) -> Network:
    """A network that ends in the heads of all members and their average; ``features``: [samples, members, features]."""
    import keras

    head = task.head()
    output = dense_of_members(features, head.units, activation=head.activation, name=HEAD)
    each = keras.layers.Identity(name=MEMBERS)(task.in_unit(output))
    average = keras.layers.GlobalAveragePooling1D(name=AVERAGED)(each)
    return Network(
        model=keras.Model(inputs, average, name="model"),
        encoder=keras.Model(inputs, encoded, name="encoder"),
        trainable=keras.Model(start, output, name="trainable"),
    )
