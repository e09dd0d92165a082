"""The example history explains itself: every output of every workflow has a note, and what to look at first is tagged."""

import re
import types

import annotating
from conftest import ROOT

WORKFLOWS = {path.parent.name: path.read_text(encoding="utf-8") for path in (ROOT / "workflows").glob("*/*.gxwf.yml")}


def outputs(text):
    return re.findall(r"  - id: (.+)\n    outputSource: ", text)


def test_every_output_of_every_workflow_has_a_note():
    used = set()
    for text in WORKFLOWS.values():
        for name in outputs(text):
            tag, note = annotating.note_of(name)
            assert note.endswith((".", "?")), name
            used.add((tag, note))
        first = [name for name in outputs(text) if annotating.note_of(name)[0] == "look-1"]
        assert any(name.lower().endswith("result in words") for name in first)
    assert used == set(annotating.NOTES.values())  # none that no workflow needs


def test_first_words_that_fit_count():
    assert annotating.note_of("Recurrent result in words") == annotating.NOTES["result in words"]
    assert annotating.note_of("Result") == annotating.NOTES["result"]
    assert annotating.note_of("Convolutional tables of the evaluation") == annotating.NOTES["tables of the"]
    assert annotating.note_of("Learning curve report") == annotating.NOTES["report"]
    assert annotating.note_of("Tuned network") == annotating.NOTES["network"]


def test_history_is_annotated_and_published():
    done = []
    histories = types.SimpleNamespace(
        update_history=lambda history, **given: done.append((history, given)),
        update_dataset=lambda history, dataset, **given: done.append((dataset, given)),
        update_dataset_collection=lambda history, collection, **given: done.append((collection, given)),
    )
    galaxy = types.SimpleNamespace(url="http://here/api", histories=histories, make_put_request=done.append)
    invocation = {
        "outputs": {"Result in words": {"id": "r"}, "Diagram": {"id": "d"}},
        "output_collections": {"Tables of the data": {"id": "t"}},
    }
    annotating.annotate(galaxy, "h", "Feed-forward network on a table", invocation)
    (history, of_history), *of_outputs, published = done
    assert history == "h"
    assert of_history["tags"] == ["example"]
    assert of_history["annotation"].startswith("Results of the workflow 'Feed-forward network on a table' on sample data. Look at ")
    assert of_outputs == [
        ("r", {"annotation": annotating.NOTES["result in words"][1], "tags": ["look-1"]}),
        ("d", {"annotation": annotating.NOTES["diagram"][1]}),
        ("t", {"annotation": annotating.NOTES["tables of the"][1]}),
    ]
    assert published == "http://here/api/histories/h/publish"
