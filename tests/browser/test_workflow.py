"""A workflow from its list to its report: few clicks, and the report shows what matters."""

import itertools
import re
import sys

import pytest
from playwright.sync_api import Page, expect

from conftest import DATA, ROOT, URL, Hand, keep, new_history, upload

sys.path.insert(0, str(ROOT / "scripts"))
import demo

MOST_CLICKS, MOST_FIELDS = 6, 2
TABLE = "feedforward-tabular"
MOST_SHOWN = 6000
"""Pixels of a report that the README shows: explanations of single samples are left to those who run it."""
USUAL, TALL = {"width": 1400, "height": 1000}, {"width": 1400, "height": 14000}
TARGETS = {
    "feedforward-tabular": "diagnosis",
    "small-data-tabular": "diagnosis",
    "sequence-classification": "class",
    "image-classification": "class",
}

_CUT = """
node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    for (let box = node.parentElement ?? node; box; box = box.parentElement) {
        const style = getComputedStyle(box), edge = box.getBoundingClientRect();
        const clips = [style.overflowX, style.overflowY].some(value => value !== "visible");
        if (clips && (text.bottom > edge.bottom + 1 || text.right > edge.right + 1)) return true;
    }
    return text.height === 0;
}
"""
"""Whether text of an element is cut off by a box around it."""


def label_of(name: str) -> str:
    return re.search("^label: (.*)$", (ROOT / "workflows" / name / f"{name}.gxwf.yml").read_text(), re.MULTILINE)[1]


def imported(galaxy, name: str) -> str:
    return demo.import_workflow(galaxy, ROOT / "workflows" / name / f"{name}.gxwf.yml")


@pytest.mark.parametrize("name", demo.WORKFLOWS)
def test_editor_opens_without_complaints_and_boxes_lie_apart(page, galaxy, name):
    page.goto(f"{URL}/workflows/edit?id={imported(galaxy, name)}")
    expect(page.locator(".workflow-node").filter(has_text="Predict")).to_have_count(2)  # an input, and the step: all are drawn
    page.wait_for_timeout(1500)
    expect(page.get_by_text("Issues loading this workflow")).not_to_be_visible()
    boxes = [
        node.evaluate("n => [n.offsetLeft, n.offsetTop, n.offsetWidth, n.offsetHeight]") for node in page.locator(".workflow-node").all()
    ]
    assert len(boxes) >= 10
    for (x, y, width, height), (left, top, *size) in itertools.combinations(boxes, 2):
        assert x + width <= left or left + size[0] <= x or y + height <= top or top + size[1] <= y, (x, y, left, top)


def test_from_a_table_to_a_report(page, galaxy):
    imported(galaxy, TABLE)
    history = new_history(galaxy, page, "Journey by workflow", DATA / "breast_cancer.tsv")
    page.goto(URL)
    hand = Hand(page)
    hand.click(page.locator("#activity-workflows"))
    card = page.locator(".g-card").filter(has_text=label_of(TABLE))
    hand.click(card.locator("[id^='g-card-primary-action-run'], [title='Run workflow'], .btn-primary").last)
    expect(page.get_by_text("breast_cancer.tsv").first).to_be_visible()
    hand.write(page.get_by_placeholder("please provide text input", exact=True), "diagnosis")
    hand.click(page.get_by_role("button", name="Run Workflow"))
    expect(page.get_by_text(re.compile("invoked")).first).to_be_visible()
    print(f"By workflow: {hand.clicks} clicks, {hand.fields} fields")
    assert hand.clicks <= MOST_CLICKS
    assert hand.fields <= MOST_FIELDS
    (invocation,) = galaxy.invocations.get_invocations(history_id=history)
    assert not demo.wait(galaxy, invocation["id"])
    assert_report(page, invocation["id"], ["Result", "Simpler model"], pictures=10)


def finished(galaxy, name: str) -> str:
    """Id of an invocation of the workflow whose steps all ran, new samples included; the workflow tests leave one behind."""
    for invocation in galaxy.invocations.get_invocations(view="element"):
        states = set(galaxy.invocations.get_invocation_summary(invocation["id"])["states"])
        workflow = galaxy.workflows.show_workflow(invocation["workflow_id"], instance=True)
        if workflow["name"].startswith(label_of(name)) and states == {"ok"}:
            return invocation["id"]
    inputs = demo.WORKFLOWS[name].inputs
    files = [DATA / value for value in inputs.values() if demo.is_file(value)]
    history = galaxy.histories.create_history(f"For the report: {name}")["id"]
    ids = dict(zip((path.name for path in files), upload(galaxy, history, *files), strict=True))
    given = {key: {"src": "hda", "id": ids[value]} if value in ids else value for key, value in inputs.items()}
    started = galaxy.workflows.invoke_workflow(
        imported(galaxy, name), inputs=given, inputs_by="name", history_id=history, parameters_normalized=True
    )
    assert not demo.wait(galaxy, started["id"])
    return started["id"]


@pytest.mark.parametrize(
    ("name", "topics", "pictures"),
    [
        ("feedforward-tabular", ["Result", "Simpler model", "Training", "Data", "What matters", "Can it be believed"], 10),
        ("small-data-tabular", ["Result", "Best", "Chance", "Training", "Cross-validation", "Tuning", "More samples", "Data"], 10),
        ("sequence-classification", ["Result", "Other network", "Training", "Data", "What matters", "Can it be believed"], 14),
        ("image-classification", ["Result", "Simpler model", "Training", "Data", "What matters", "Can it be believed"], 11),
    ],
)
def test_report_shows_sentences_pictures_and_first_rows(page, galaxy, name, topics, pictures):
    assert_report(page, finished(galaxy, name), topics, pictures)
    page.set_viewport_size(TALL)
    expect(page.get_by_text(f"predicted_{TARGETS[name]}").first).to_be_visible()  # the head of the predictions
    keep(page, f"report_{name}", MOST_SHOWN)
    page.set_viewport_size(USUAL)


def assert_report(page: Page, invocation: str, topics: list[str], pictures: int) -> None:
    """The sentences are there, none of their lines is cut, and the pictures have loaded."""
    page.set_viewport_size(TALL)
    page.goto(f"{URL}/workflows/invocations/{invocation}/report")
    for topic in topics:  # a long report loads piece by piece
        expect(page.locator("pre").filter(has_text=f"{topic}: ").first).to_be_visible()
    page.wait_for_timeout(4000)
    first = re.compile("^\\s*(Result|Best|Data|Training|Learning curve|What matters|Caution):")
    told = page.locator("pre").filter(has_text=first)  # collections show logs as well
    words = [box for box in told.all() if max(map(len, box.inner_text().splitlines())) <= 68]
    said = [box.inner_text() for box in words]
    for topic in topics:
        assert any(re.search(f"(?m)^{topic}: ", text) for text in said), (topic, said)
    assert not [text for box, text in zip(words, said, strict=True) if box.evaluate(_CUT)]
    shown = page.locator(".center-panel img, #center img").evaluate_all("images => images.map(image => image.naturalWidth)")
    assert len([width for width in shown if width > 800]) >= pictures, shown
    page.set_viewport_size(USUAL)
