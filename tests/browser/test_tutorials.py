"""Numbers that tutorials give of a workflow are what it gives on the test server; the invocation of the workflow tests is read."""

import sys

import demo
import pytest
from test_workflow import finished

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "unit"))
from tutorial_text import looked_up, numbers_of

NUMBERS = [(name, number) for name, number in numbers_of("workflow")]
WORKFLOWS = sorted({number.source.places[0] for _, number in NUMBERS})


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_numbers_are_what_the_workflow_gives(galaxy, workflow):
    found = galaxy.invocations.show_invocation(finished(galaxy, workflow))
    wrong = []
    for tutorial, number in NUMBERS:
        name, output, *places = number.source.places
        if name != workflow:
            continue
        label, _, element = output.partition("/")
        dataset = demo.element(galaxy, found["output_collections"][label]["id"], element) if element else found["outputs"][label]["id"]
        value = looked_up(demo.text_of(galaxy, dataset), tuple(places))
        if not number.agrees(value):
            wrong.append(f"{tutorial}, line {number.line}: {number.digits} is {value:g} by {' | '.join(number.source.places)}")
    assert wrong == []
