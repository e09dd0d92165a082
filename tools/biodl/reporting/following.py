"""What comes next: each report ends with the tools that follow in the order of work, and what to give them."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Step:
    """A tool, by its name in Galaxy, and what to give it, by the names of outputs and fields."""

    tool: str
    give: str


AFTER = {
    "inspect": (
        Step("Split data", "the same data. It puts a test part aside, which training must never see."),
        Step("Train a feed-forward network", "afterwards, for a table: its training part."),
        Step("Train a recurrent network", "afterwards, for sequences, series or text: their training part."),
        Step("Train a convolutional network", "afterwards, for images: their training part."),
    ),
    "train": (
        Step("Evaluate a network", "this network and, as held-out samples, the test part of 'Split data'. Give it the training samples "
             "too: it then compares the network with simpler models."),
        Step("Explain a network", "this network and the test part: what matters to it, and whether that can be believed."),
        Step("Draw a learning curve", "the training part, if the result does not suffice: would more samples help?"),
    ),
    "learning_curve": (
        Step("Tune a network", "the training part, if more samples would hardly help: other settings may."),
        Step("Evaluate a network", "a network that a Train tool made from all the training part, and the test part."),
    ),
    "evaluate": (
        Step("Explain a network", "this network and the same held-out samples: why does it say so?"),
        Step("Compare networks", "the output 'Evaluation to compare' of this network and of others, evaluated on the same test part."),
        Step("Predict with a network", "this network and new samples, of which nobody knows the answer."),
    ),
    "compare": (
        Step("Explain a network", "the network that you choose and the test part: why does it say so?"),
        Step("Predict with a network", "the network that you choose and new samples."),
    ),
    "explain": (
        Step("Predict with a network", "this network and new samples, if its explanation can be believed."),
        Step("Inspect training data", "the training samples, if it leans on something that it should not know: look for leaks."),
    ),
}  # fmt: skip
"""By what a report is on; a tuned network is followed by what follows any training. The first is what most people want."""
