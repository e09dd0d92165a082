"""Shared by the browser tests: the web client in Chromium, and a hand that counts what it does."""

import dataclasses
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bioblend.galaxy import GalaxyInstance
from playwright.sync_api import Locator, Page, Request, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import small_png

URL, KEY = os.environ["BIODL_GALAXY_URL"], os.environ["BIODL_GALAXY_KEY"]
EMAIL, PASSWORD = "admin@example.org", "biodl-demo"
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"
TYPES = {".tsv": "tabular", ".fasta": "fasta", ".zip": "zip", ".keras": "auto"}
expect.set_options(timeout=30_000)  # a report with many pictures, on two cores
SHOTS = os.environ.get("BIODL_SCREENSHOTS")
COLOURS = 128
"""Of a picture that is kept."""
_SETTLED_WITHIN, _QUIET = 600, 3
"""Tenths of a second: the most that a form may take, and without a question after which it has settled."""


@pytest.fixture(scope="session")
def galaxy() -> GalaxyInstance:
    return GalaxyInstance(URL, key=KEY)


@pytest.fixture(scope="session")
def page() -> Iterator[Page]:
    """A browser page, logged in."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(60_000)
        _watch_forms(page)
        page.goto(f"{URL}/login/start")
        page.fill("input[name=login]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[name=login]")
        page.wait_for_url(lambda url: "login" not in url)
        yield page
        browser.close()


_asked: set[Request] = set()
"""What forms have asked the server for, and not yet got: what to show, as they opened, or as the history or a field changed."""


def _watch_forms(page: Page) -> None:
    page.on("request", lambda request: _asked.add(request) if "/build" in request.url else None)
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: _asked.discard(request))  # Playwright takes no method of a set


def settle(page: Page) -> None:
    """Wait until the form shows what it asked for: an answer that comes late undoes what was chosen meanwhile."""
    quiet = 0
    for _ in range(_SETTLED_WITHIN):
        page.wait_for_timeout(100)
        quiet = 0 if _asked else quiet + 1
        if quiet == _QUIET:
            return
    raise AssertionError(f"The form still waits for {', '.join(request.url for request in _asked)}.")


def upload(galaxy: GalaxyInstance, history: str, *paths: Path) -> list[str]:
    """Ids of files put into a history, once they are there."""
    answers = [galaxy.tools.upload_file(str(path), history, file_type=TYPES[path.suffix]) for path in paths]
    ids = [answer["outputs"][0]["id"] for answer in answers]
    for dataset in ids:
        galaxy.datasets.wait_for_dataset(dataset, maxwait=180, interval=1)
    return ids


def new_history(galaxy: GalaxyInstance, page: Page, name: str, *paths: Path) -> str:
    """Id of a new history, the current one, with files in it."""
    history = galaxy.histories.create_history(name)["id"]
    upload(galaxy, history, *paths)
    page.request.get(f"{URL}/history/set_as_current", params={"id": history})
    return history


def keep(page: Page, name: str, height: int | None = None) -> None:
    """A picture for the README, when one is asked for: what is seen, or its first pixels, in few colours, which is a third as large."""
    if SHOTS:
        page.wait_for_timeout(1000)  # lists fade away when they close
        small_png.store(page.screenshot(), Path(SHOTS) / f"{name}.png", COLOURS, height)


def chosen(page: Page, field: str) -> str:
    """What a field of the form has chosen by itself."""
    return " ".join(page.locator(f"[id='form-element-{field}']").inner_text().split())


@dataclasses.dataclass
class Hand:
    """What a user does, counted: presses of the mouse, and fields that are filled in."""

    page: Page
    clicks: int = 0
    fields: int = 0

    def click(self, place: Locator) -> None:
        place.first.click()
        self.clicks += 1

    def choose(self, field: str, words: str) -> None:
        """Open the list of a field, and choose in it the entry with these words."""
        place = self.page.locator(f"[id='form-element-{field}']")
        settle(self.page)
        self.click(place.locator(".multiselect"))
        self.click(place.locator(".multiselect__option", has_text=re.compile(re.escape(words))))
        self.page.keyboard.press("Escape")
        self.fields += 1

    def drag(self, name: str, field: str) -> None:
        """Pull a dataset from the history into a field: the mouse is pressed once."""
        self.clicks += 1
        place = self.page.locator(f"[id='form-element-{field}']")
        for last in (False, False, True):  # a list that is redrawn under the mouse lets go of what was pulled: no fault of a person's hand
            settle(self.page)
            self.page.locator(".content-item", has_text=name).first.drag_to(place.locator(".multiselect").first)
            try:
                return expect(place.get_by_text(name).locator("visible=true").first).to_be_visible(timeout=5_000)
            except AssertionError:
                if last:
                    raise

    def write(self, place: Locator, text: str) -> None:
        self.click(place)
        place.first.fill(text)
        self.fields += 1

    def run(self, galaxy: GalaxyInstance, history: str) -> dict[str, dict]:
        """Press the button, wait for the job; what the history shows of its outputs, by name."""
        before = {item["id"] for item in visible(galaxy, history)}
        settle(self.page)
        self.click(self.page.get_by_role("button", name=re.compile("Run Tool")))
        expect(self.page.get_by_text(re.compile("Started tool", re.IGNORECASE)).first).to_be_visible()
        found = [item for item in visible(galaxy, history) if item["id"] not in before]
        for item in found:
            if item["history_content_type"] == "dataset":
                galaxy.datasets.wait_for_dataset(item["id"], maxwait=400, interval=1)
        return {item["name"]: item for item in found}


def visible(galaxy: GalaxyInstance, history: str) -> list[dict]:
    """What a user sees of a history, the oldest first."""
    items = galaxy.histories.show_history(history, contents=True, visible=True, deleted=False)
    return sorted(items, key=lambda item: item["hid"])
