"""What each result of a demonstration is, and in which order to look at them, as notes and tags in their history.

Somebody who only wants to look finds a history that explains itself. It is the run of the day, not an archive that was made once: an
archive is large, and older than the tools that it shall show. Others on the same Galaxy find it under published histories and can
import it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bioblend.galaxy import GalaxyInstance

NOTES = {
    "report": ("", "All of one step on one page."),
    "result in words": (
        "look-1",
        "Read this first: the one number to report, with its 95 % interval, on samples that training never saw; whether a simpler model"
        " does as well; what to do next.",
    ),
    "result": ("look-2", "The same as a picture: each metric with its interval, and the network beside simpler models."),
    "data in words": ("look-3", "How good the data are: samples, classes, warnings. A result is never better than its data."),
    "plots of the data": ("look-3", "Look for classes that are rare, values that lie far out, and columns that say the same."),
    "training in words": (
        "look-4",
        "Whether the network overfitted (learned by heart) or underfitted (learned too little), and which epoch was kept.",
    ),
    "learning curves": (
        "look-4",
        "Loss after each epoch. Both curves should fall; overfitting begins where that of the validation part rises.",
    ),
    "plots of the evaluation": (
        "look-5",
        "Which mistakes it makes: the confusion matrix counts them by class. Are some worse for you than others?",
    ),
    "mistakes": ("look-5", "The images that misled the network most: often their labels are wrong, or their quality is poor."),
    "comparison in words": ("look-1", "Which networks differ by more than chance, on the same test samples."),
    "tuning in words": ("look-4", "Whether searching for better settings was worth it."),
    "more samples in words": ("look-4", "Whether more samples would make it better."),
    "explanation in words": (
        "look-6",
        "What matters to the network, and whether that can be believed: it is compared with what networks that know nothing give.",
    ),
    "what matters": (
        "look-6",
        "The columns, positions or places that the network leans on most. What matters to it need not cause anything.",
    ),
    "single samples explained": ("look-6", "Why it says what it says of single samples, the most confident mistakes first."),
    "what the network has learned": (
        "look-6",
        "Test samples as its last layer sees them: classes should lie apart, mistakes between them.",
    ),
    "checks of the explanation": ("", "The controls: weights at random, and what happens when that which matters is taken out."),
    "motifs": ("", "Patterns of letters that speak for a class, as the MEME Suite (Tomtom, FIMO) reads them."),
    "attribution maps": ("", "The maps of single images as numbers, for your own pictures."),
    "network": (
        "to-use",
        "The trained network as one file. 'Predict with a network' applies it to new samples, 'Explain a network' says why.",
    ),
    "predictions": ("to-use", "What the network says of new samples, with probabilities."),
    "sizes of the parts": ("", "How many samples of each class lie in the training, validation and test part."),
    "diagram": ("", "The layers of the network, with shapes and numbers of weights."),
    "folds in pictures": ("", "Cross-validation: how the metric varies from fold to fold."),
    "trials in pictures": ("", "What the search tried, and what came of it."),
    "study": ("", "The search so far: give it to 'Tune a network' again, and it goes on."),
    "learning curve": ("", "The metric against the number of training samples."),
    "plots of the comparison": ("", "Each two networks beside each other, with the interval of their difference."),
    "evaluation": ("", "The evaluation as a file, for 'Compare networks'."),
}
"""By words in an output's name in a workflow, the first that fit: a tag, if it is one to look at, and what to tell of it."""
OF_HISTORY = "Results of the workflow '{workflow}' on sample data. Look at them in the order of their tags."


def note_of(output: str) -> tuple[str, str]:
    """Tag and note of a workflow's output: 'Recurrent result in words' is a 'result in words'."""
    return next(note for key, note in NOTES.items() if f" {key} " in f" {output.lower()} ")


def guide(workflow: str, outputs: Iterable[str]) -> str:
    """What stands at the head of the history: which workflow it was, and what each tagged output is, in the order of tags."""
    tagged = sorted((note_of(name)[0], name, note_of(name)[1]) for name in outputs)
    return " ".join([OF_HISTORY.format(workflow=workflow), *(f"{tag}, {name}: {note}" for tag, name, note in tagged if tag)])


def annotate(galaxy: "GalaxyInstance", history: str, workflow: str, invocation: dict[str, Any]) -> None:
    """Note on a history, and on each dataset that an invocation put into it, what it is; then publish it, so that others can import it.

    Tags show in the history, the notes of datasets under Edit; Galaxy keeps no note on a collection, so those get none.
    """
    outputs = invocation["outputs"]
    galaxy.histories.update_history(history, annotation=guide(workflow, outputs), tags=["example"])
    for name, output in outputs.items():
        tag, note = note_of(name)
        galaxy.histories.update_dataset(history, output["id"], annotation=note, **({"tags": [tag]} if tag else {}))
    galaxy.make_put_request(f"{galaxy.url}/histories/{history}/publish")
