"""Reports of Inspect, Train and Evaluate in Chromium: axe-core finds nothing serious, and pages fit a window and a sheet of paper."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from environments import python_of

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"
REPORTS = {
    "inspect": ("inspect", "--data", DATA / "breast_cancer.tsv", "--target", "diagnosis"),
    "train": (
        "train-feedforward",
        "--data",
        DATA / "breast_cancer_train.tsv",
        "--target",
        "diagnosis",
        "--epochs",
        "5",
        "--model",
        "{}.keras",
    ),
    "evaluate": ("evaluate", "--data", DATA / "breast_cancer_test.tsv", "--model", DATA / "breast_cancer.keras", "--resamples", "100"),
    "explain": ("explain", "--data", DATA / "breast_cancer_test.tsv", "--model", DATA / "breast_cancer.keras", "--count", "2"),
    "compare": (
        "compare",
        *(word for name in ("", "_small", "_texture") for word in ("--evaluations", DATA / f"breast_cancer{name}_evaluation.json")),
    ),
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> dict[str, Path]:
    """Reports that the program wrote, all at once."""
    folder = tmp_path_factory.mktemp("reports")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "GALAXY_SLOTS": "1"}
    paths, running = {}, []
    for number, (name, (command, *words)) in enumerate(REPORTS.items()):
        paths[name] = folder / f"{number}.html"
        whole = [python_of("tools"), "-m", "biodl", command, *(str(word).format(folder / str(number)) for word in words)]
        running.append(subprocess.Popen([*whole, "--report", paths[name]], env=environment, stdout=subprocess.DEVNULL))
    assert [process.wait() for process in running] == [0] * len(running)
    return paths


@pytest.fixture(scope="module")
def browser() -> Browser:
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser) -> Page:
    """As wide as Galaxy's report of a workflow."""
    page = browser.new_page(viewport={"width": 970, "height": 1000})
    yield page
    page.close()


@pytest.mark.parametrize("name", REPORTS)
def test_axe_finds_nothing_serious(name, reports, page):
    page.goto(reports[name].as_uri())
    found = Axe().run(page).response
    serious = [
        f"{item['id']}: {item['help']} ({item['nodes'][0]['html'][:200]})"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert {"image-alt", "html-has-lang", "color-contrast"} <= {item["id"] for item in found["passes"]}  # it did look


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_is_wider_than_the_window_or_the_paper(name, reports, page):
    page.goto(reports[name].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 970
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 in pixels, within usual margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    assert page.evaluate("[...document.images].every(image => image.naturalWidth == 1400)")
