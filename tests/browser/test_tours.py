"""Guided tours, driven to their ends from a fresh history as a reader would: what the text asks for is done, then Continue is pressed."""

import csv
import io
import re
import sys
import time
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from conftest import ROOT, URL, new_history, settle, visible

sys.path.insert(0, str(ROOT / "scripts"))
import demo

from touring import Deed, deeds

MOST_SECONDS = 180
"""Of waiting in one tour."""
TOURS = ROOT / "tours"
FLOORS = {
    "biodl_feedforward": ("balanced_accuracy", 0.9),
    "biodl_recurrent": ("f1_macro", 0.85),
    "biodl_convolutional": ("balanced_accuracy", 0.9),
    "biodl_report": ("balanced_accuracy", 0.9),
}
"""By tour, a metric of the network at its end, and what a network that learned nothing misses by far: it reaches 0.5, or 0.23."""

_FIELDS = {"choose": "div[contains(concat(' ', @class, ' '), ' multiselect ')]", "write": "input[@type='text' or @type='number']"}
"""Where a value goes that is chosen or written."""
_LOOKS = 3
"""How often what a form lost is put in again: a history that still changes can take it more than once."""


class Reader:
    """Does what a tour's sentences ask for, and counts the seconds of waiting."""

    def __init__(self, page: Page):
        self.page, self.waited = page, 0.0
        self.filled: list[Deed] = []
        """What was put into the form that is open."""

    def do(self, deed: Deed) -> None:
        getattr(self, deed.verb)(deed)
        if deed.verb in _FIELDS:
            self.filled.append(deed)

    def field(self, label: str, what: str) -> Locator:
        """The first input or list after these words of the form."""
        return self.page.locator(f"xpath=//*[@id='center']//*[normalize-space(text())='{label}']/following::{what}").first

    def place(self, deed: Deed) -> Locator:
        """Where what is chosen or written goes."""
        return self.field(deed.where, _FIELDS[deed.verb])

    def choose(self, deed: Deed) -> None:
        settle(self.page)
        self.place(deed).click()
        self.place(deed).locator(".multiselect__option", has_text=deed.what).first.click()
        self.page.keyboard.press("Tab")  # Escape would end the tour
        expect(self.place(deed)).to_contain_text(deed.what)

    def write(self, deed: Deed) -> None:
        settle(self.page)
        self.place(deed).fill(deed.what)

    def press(self, deed: Deed) -> None:
        self.look_again()
        self.filled = []
        self.page.get_by_role("button", name=re.compile(deed.what)).first.click()

    def look_again(self) -> None:
        """Put in again what the form lost: Galaxy draws it anew as its history changes, and may not know yet what was put in meanwhile."""
        for _ in range(_LOOKS if self.filled else 0):
            settle(self.page)
            lost = [deed for deed in self.filled if not self.holds(deed)]
            if not lost:
                return
            for deed in lost:
                getattr(self, deed.verb)(deed)
        settle(self.page)
        assert [deed for deed in self.filled if not self.holds(deed)] == []

    def holds(self, deed: Deed) -> bool:
        place = self.place(deed)
        return place.count() > 0 and deed.what in (place.inner_text() if deed.verb == "choose" else place.input_value())

    def start(self, deed: Deed) -> None:
        card = self.page.locator(".g-card", has=self.page.locator(".g-card-title-truncate", has_text=deed.what))
        card.locator("[id^='g-card-action-workflow-run-']").first.click()

    def wait(self, deed: Deed) -> None:
        began = time.monotonic()
        name = self.page.locator(".content-title", has_text=re.compile(f"^\\s*{re.escape(deed.what)}"))
        done = self.page.locator(".content-item[data-state=ok]").filter(has=name)
        failed = self.page.locator(".content-item[data-state=error]")
        expect(done.or_(failed).first).to_be_visible(timeout=1000 * MOST_SECONDS)
        assert failed.count() == 0, failed.first.inner_text()
        self.waited += time.monotonic() - began


def follow(page: Page, tour: Path) -> float:
    """Seconds of waiting in a tour that was followed from the start page to its end."""
    steps = yaml.safe_load(tour.read_text())["steps"]
    reader = Reader(page)
    page.goto(URL)
    page.frame_locator("#center iframe[src*=welcome], iframe#frame").locator(f"a[href='/tours/{tour.stem}']").last.click()
    box = page.locator(".tour-element")
    for step in steps:
        expect(box.locator(".tour-title")).to_have_text(step["title"], timeout=45_000)
        expect(page.get_by_text("Tour Failed")).to_have_count(0)
        if "element" in step:
            expect(page.locator(step["element"]).first).to_be_visible()
            assert "tour-element-sticky" not in box.get_attribute("class"), step["title"]  # it points to nothing
        for deed in deeds(step):
            reader.do(deed)
        reader.look_again()
        page.locator(".tour-end" if step is steps[-1] else ".tour-next").click()
    expect(box).to_have_count(0)
    return reader.waited


def measured(galaxy, history: str) -> dict[str, float]:
    """Metrics of the network that was tested in a history, by name."""
    (tables,) = [
        item["id"] for item in visible(galaxy, history) if item["name"].startswith(("Evaluation tables", "Tables of the evaluation"))
    ]
    rows = csv.DictReader(io.StringIO(demo.text_of(galaxy, demo.element(galaxy, tables, "metrics"))), delimiter="\t")
    return {row["metric"]: float(row["value"]) for row in rows}


@pytest.mark.parametrize("tour", FLOORS)
def test_tour_leads_to_a_tested_network(page, galaxy, tour):
    demo.import_workflow(galaxy, ROOT / "workflows" / "feedforward-tabular" / "feedforward-tabular.gxwf.yml")
    history = new_history(galaxy, page, f"Tour: {tour}")
    waited = follow(page, TOURS / f"{tour}.yaml")
    metrics = measured(galaxy, history)
    metric, floor = FLOORS[tour]
    print(f"{tour}: {waited:.0f} s of waiting, {metrics}")
    assert metrics[metric] > floor
    assert waited < MOST_SECONDS
