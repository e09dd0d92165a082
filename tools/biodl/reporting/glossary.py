"""The words of reports in a learner's words: shown in the report where they occur, and all together in docs/glossary.md."""

from __future__ import annotations

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Term:
    """A word and what it means.

    Attributes:
        name: as it is called.
        meaning: one to three sentences that need no other knowledge.
        also: other words for it that occur in texts.
    """

    name: str
    meaning: str
    also: tuple[str, ...] = ()

    def occurs(self, text: str) -> bool:
        """Whether ``text`` uses the word; capitals do not count but in abbreviations."""
        forms = "|".join(map(re.escape, (self.name, *self.also)))
        return bool(re.search(rf"(?<![\w-])(?:{forms})(?:s|es)?(?![\w-])", text, 0 if self.name.isupper() else re.IGNORECASE))


TERMS = (
    # data
    Term("sample", "What one prediction is made for: a row of a table, a sequence, a series, a text or an image."),
    Term("feature", "A column that the network learns from, such as the expression of a gene."),
    Term("target", "What the network learns to predict: the column that holds the answer."),
    Term("class", "One of the possible answers where the answer is a word, such as benign or malignant."),
    Term(
        "task",
        "What kind of answer is wanted. Binary: one of two classes. Multiclass: one of several. Multilabel: any number of several. "
        "Regression: a number. Forecasting: the next values of a series. It follows from the target.",
    ),
    Term(
        "leak",
        "Something in the data that gives the answer away, and will not be there for new samples. The result looks too good.",
        ("leakage",),
    ),
    Term(
        "near copies",
        "Samples that are almost the same, such as one picture turned, or a sequence and its reverse complement. If one is in training and "
        "the other in the test, the test asks what the network has seen.",
        ("near copy", "near duplicate"),
    ),
    Term("series", "Numbers in time order, of one channel or several, such as the leads of an ECG."),
    Term("table of labels", "A table that names sequences or images and says for each the answer."),
    Term("data kind", "What samples are: tables, sequences, series, forecasts, text or images. It decides how they become numbers."),
    Term("group", "Samples that belong together, such as all cells of one patient. A group must lie in one part as a whole."),
    Term("outlier", "A value far away from all others: often a mistake in the file, sometimes the finding."),
    Term("one-hot", "A word or letter as a row of zeros with a single one, since networks calculate with numbers only."),
    Term(
        "in pieces",
        "The range of a column is cut in up to eight pieces, with about as many samples in each, and the network is told how far a value "
        "has come through each. So it can treat small, middling and large values differently, as trees do.",
        ("piecewise",),
    ),
    Term(
        "standardised",
        "Shifted and scaled so that the mean is 0 and the standard deviation 1, as measured on the training part.",
        ("standardized",),
    ),
    # parts
    Term("part", "Samples are divided into a training, a validation and a test part, which no sample leaves."),
    Term("training part", "The samples that the weights are fitted to."),
    Term(
        "validation part",
        "Samples beside training that tell when to stop, and which settings are better. They steer, so they do not judge.",
    ),
    Term(
        "test part",
        "Samples that neither training nor any choice has seen. They are used once, for the honest result.",
        ("held-out", "held out"),
    ),
    Term("fold", "One of the equal parts of cross-validation: predicted once, by a network that learned from the others."),
    Term(
        "cross-validation",
        "The samples are divided into folds, and a new network is trained for each fold on the other ones. So every sample is predicted by "
        "a network that did not see it, and one sees how much chance moves the result.",
        ("out-of-fold",),
    ),
    # network and training
    Term("network", "Layers of simple sums, one after the other, whose weights are learned from samples."),
    Term("weights", "The numbers inside a network that training changes; all that it has learned lies in them."),
    Term("layer", "One step of calculation of the network. What comes out of it must fit what the next one takes in, as with pipes."),
    Term("unit", "One number that a layer calculates. More units can tell more patterns apart, and learn more noise by heart."),
    Term("head", "The last layer. It follows from the task: one unit for two classes or a number, one for each of several classes."),
    Term("family", "A way to build the hidden layers: feed-forward, recurrent or convolutional. It follows from the data."),
    Term("model file", "One file (.keras) that holds the trained network and how its data are prepared."),
    Term("feed-forward", "A network for tables: each unit sees all columns."),
    Term(
        "recurrent", "A network that reads step by step and keeps a memory: for sequences, series and text. LSTM and GRU are kinds of it."
    ),
    Term("convolutional", "A network that looks for the same small patterns everywhere: for images, and for motifs in sequences."),
    Term("loss", "One number that says how wrong the predictions are. Training makes it small, step by step."),
    Term(
        "learning rate",
        "How far the weights move in each step downhill (gradient descent). Too large: the loss jumps. Too small: it hardly moves.",
    ),
    Term("epoch", "One pass through all training samples."),
    Term("batch size", "How many samples are looked at before the weights move once."),
    Term("dropout", "During training a share of the units is switched off at random, so that the network cannot learn by heart."),
    Term("augmentation", "Random changes of training samples that do not change the answer, such as turning an image."),
    Term(
        "early stopping",
        "Training ends when the loss on the validation part no longer falls; the best weights are kept.",
        ("stopped early", "patience"),
    ),
    Term(
        "overfit",
        "The network knows its training samples by heart and does worse on others. More data or more dropout helps.",
        ("overfitting",),
    ),
    Term("underfit", "The network has not learned even its training samples. A larger network or more epochs may help.", ("underfitting",)),
    Term("ensemble", "Several networks whose predictions are averaged. Where its members disagree, nobody should be sure."),
    Term("seed", "The number that all chance starts from. The same seed and data give the same network again."),
    Term("trial", "One training with one choice of settings, while better settings are searched."),
    Term("fine-tuning", "To go on from a network that was trained on other samples, rather than from nothing."),
    # judging
    Term("accuracy", "The share of samples whose class was predicted right. With 95 % of one class, guessing reaches 0.95."),
    Term("balanced accuracy", "The share predicted right, first in each class, then averaged: rare classes count as much as common ones."),
    Term("recall", "Of the samples that are of a class, the share that was found (also: sensitivity)."),
    Term("precision", "Of the samples that were said to be of a class, the share that is."),
    Term("F1", "One number from precision and recall, high only if both are."),
    Term("ROC AUC", "How well the network ranks samples of two classes, whatever the threshold: 0.5 is guessing, 1 perfect."),
    Term("MCC", "Matthews correlation coefficient: agreement of predictions and truth. 0 is guessing, 1 perfect; fair to rare classes."),
    Term("log loss", "How wrong the probabilities are. Being sure and wrong costs most; lower is better."),
    Term("R²", "The share of the variation of a number that the network explains: 0 is no better than the mean, 1 perfect."),
    Term("MAE", "Mean absolute error: how far predictions are off on average, in the unit of the target."),
    Term("RMSE", "Root mean squared error: like the mean absolute error, but large errors count more."),
    Term("confusion matrix", "A table of true and predicted classes: it shows which classes are taken for which."),
    Term("baseline", "A model that always says the commonest class, or the mean. A network must beat it."),
    Term(
        "linear model",
        "Logistic or ridge regression: a weighted sum of the columns. If it does as well, prefer it.",
        ("logistic regression", "ridge regression"),
    ),
    Term("random forest", "Many decision trees, each grown on other samples and columns, that vote. Strong on small tables."),
    Term("gradient boosting", "Decision trees one after the other, each mending what the earlier ones got wrong. Strong on tables."),
    Term(
        "95 % interval",
        "The range that the true value plausibly lies in. Few samples make it wide: then two results may differ by chance alone.",
        ("95 % intervals",),
    ),
    Term("bootstrap", "Drawing the test samples again and again, with repeats, to see how much chance moves a metric."),
    Term("calibration", "A network is well calibrated if it is right in 80 of 100 cases where it says 80 %.", ("calibrated",)),
    Term("threshold", "The probability from which on the positive class is said."),
    Term("coverage", "How often the true answer lies in what was named: in a set of classes, or in an interval.", ("prediction set",)),
    Term("power law", "A curve that falls quickly first and slowly later; errors often follow it as samples are added."),
    # explaining
    Term("permutation importance", "How far the metric falls when the values of one column are shuffled among the samples."),
    Term(
        "integrated gradients",
        "Divides a prediction among the parts of its sample (columns, letters, pixels), so that the parts sum to it.",
    ),
    Term("partial dependence", "What the network would say if one column had this or that value, and all else stayed."),
    Term("Grad-CAM", "A map of the places of an image that speak for a class, as the last convolution sees them."),
    Term("occlusion", "Covers a part of a sample and looks how the prediction changes."),
    Term("motif", "A short pattern of letters that occurs again and again, such as the place that a protein binds to."),
    Term("principal component", "A direction in which samples differ most; two of them make a picture of many numbers."),
)
"""Ordered from data to explanations, as a learner meets them."""

WHERE = "docs/glossary.md"


def used(text: str) -> list[Term]:
    """Terms that occur in a text, by the alphabet."""
    return sorted((term for term in TERMS if term.occurs(text)), key=lambda term: term.name.lower())


def in_markdown() -> str:
    """The whole glossary as a page."""
    rows = "".join(f"| {term.name} | {term.meaning} |\n" for term in sorted(TERMS, key=lambda term: term.name.lower()))
    return (
        "# Glossary\n\nWhat the words in forms and reports mean. Each report ends with those that occur in it. (Made from\n"
        "`tools/biodl/reporting/glossary.py`; a test compares them.)\n\n| Word | Means |\n|---|---|\n" + rows
    )
