"""The example history explains itself: every output of every workflow has a note, and what to look at first is tagged."""

import re
import types

import annotating
from conftest import ROOT

WORKFLOWS = {path.parent.name: path.read_text(encoding="utf-8") for path in (ROOT / "workflows").glob("*/*.gxwf.yml")}


def outputs(text):
    """Of a workflow, those that are datasets."""
    names = re.findall(r"  - id: (.+)\n    outputSource: ", text)
    return [name for name in names if "tables of the" not in name.lower()]


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
    assert annotating.note_of("Recurrent plots of the evaluation") == annotating.NOTES["plots of the evaluation"]
    assert annotating.note_of("Learning curve report") == annotating.NOTES["report"]
    assert annotating.note_of("Tuned network") == annotating.NOTES["network"]


def test_history_is_annotated_and_published():
    done = []
    histories = types.SimpleNamespace(
        update_history=lambda history, **given: done.append((history, given)),
        update_dataset=lambda history, dataset, **given: done.append((history, dataset, given)),
    )
    galaxy = types.SimpleNamespace(url="http://here/api", histories=histories, make_put_request=done.append)
    outputs = {"Network": {"id": "n"}, "Result in words": {"id": "r"}, "Diagram": {"id": "d"}}
    annotating.annotate(galaxy, "h", "A workflow", {"outputs": outputs, "output_collections": {"Tables of the data": {"id": "t"}}})
    notes = {name: annotating.NOTES[name.lower()][1] for name in outputs}
    told = "Results of the workflow 'A workflow' on sample data. Look at them in the order of their tags."
    told += f" look-1, Result in words: {notes['Result in words']} to-use, Network: {notes['Network']}"
    assert done == [
        ("h", {"annotation": told, "tags": ["example"]}),
        ("h", "n", {"annotation": notes["Network"], "tags": ["to-use"]}),
        ("h", "r", {"annotation": notes["Result in words"], "tags": ["look-1"]}),
        ("h", "d", {"annotation": notes["Diagram"]}),
        "http://here/api/histories/h/publish",
    ]
