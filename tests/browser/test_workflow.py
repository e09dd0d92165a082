"""A workflow from its list to its report: few clicks, and the report shows what matters."""

import re
import sys

from playwright.sync_api import Page, expect

from conftest import DATA, ROOT, URL, Hand, new_history

sys.path.insert(0, str(ROOT / "scripts"))
import demo

MOST_CLICKS, MOST_FIELDS = 6, 2
TABLE = "feedforward-tabular"
TALL = {"width": 1400, "height": 8000}

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


def test_editor_opens_without_complaints(page, galaxy):
    for name in demo.WORKFLOWS:
        page.goto(f"{URL}/workflows/edit?id={imported(galaxy, name)}")
        expect(page.get_by_text("Inspect", exact=False).first).to_be_visible()
        page.wait_for_timeout(1500)
        expect(page.get_by_text("Issues loading this workflow")).to_have_count(0)


def test_boxes_of_steps_lie_apart(page, galaxy):
    for name in demo.WORKFLOWS:
        page.goto(f"{URL}/workflows/edit?id={imported(galaxy, name)}")
        expect(page.locator(".workflow-node").first).to_be_visible()
        page.wait_for_timeout(1500)
        boxes = [node.bounding_box() for node in page.locator(".workflow-node").all()]
        assert len(boxes) > 7
        for number, one in enumerate(boxes):
            for other in boxes[number + 1 :]:
                beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                below = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
                assert beside or below, (name, one, other)


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
    assert_report(page, invocation["id"], ["Result", "Simpler model"], pictures=6)


def assert_report(page: Page, invocation: str, topics: list[str], pictures: int) -> None:
    """The sentences are there, none of their lines is cut, and the pictures have loaded."""
    page.set_viewport_size(TALL)
    page.goto(f"{URL}/workflows/invocations/{invocation}/report")
    expect(page.locator("pre").filter(has_text=f"{topics[0]}:").first).to_be_visible()
    page.wait_for_timeout(4000)
    page.screenshot(path="/tmp/wf/report.png")
    words = page.locator("pre").filter(has_text=re.compile("^\\s*(Result|Data|Training):"))
    said = [words.nth(number).inner_text() for number in range(words.count())]
    for topic in topics:
        assert any(re.search(f"(?m)^{topic}: ", text) for text in said), (topic, said)
    for number in range(words.count()):
        assert not words.nth(number).evaluate(_CUT), said[number]
    shown = page.locator(".center-panel img, #center img").evaluate_all("images => images.map(image => image.naturalWidth)")
    assert len([width for width in shown if width > 800]) >= pictures, shown
    page.set_viewport_size({"width": 1400, "height": 1000})
