"""What a user sees: the form, a job submitted from it, and its learning curve, in Chromium."""

import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from bioblend.galaxy import GalaxyInstance
from playwright.sync_api import Page, expect, sync_playwright

URL, KEY = os.environ["BIODL_GALAXY_URL"], os.environ["BIODL_GALAXY_KEY"]
EMAIL, PASSWORD = "admin@example.org", "biodl-demo"
ROOT = Path(__file__).resolve().parents[2]
SHOTS = os.environ.get("BIODL_SCREENSHOTS")
HISTORY = "Browser test"


@pytest.fixture(scope="module")
def galaxy() -> GalaxyInstance:
    return GalaxyInstance(URL, key=KEY)


def upload(galaxy: GalaxyInstance, name: str, path: Path, kind: str) -> str:
    """Id of a new history with one dataset in it."""
    history = galaxy.histories.create_history(name)["id"]
    answer = galaxy.tools.upload_file(str(path), history, file_type=kind)
    galaxy.datasets.wait_for_dataset(answer["outputs"][0]["id"], maxwait=180, interval=1)
    return history


@pytest.fixture(scope="module")
def history(galaxy) -> str:
    """The training table in a history of its own."""
    return upload(galaxy, HISTORY, ROOT / "test-data" / "breast_cancer_train.tsv", "tabular")


@pytest.fixture(scope="module")
def page(galaxy, history) -> Page:
    """A browser page, logged in, in the test's history."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(60_000)
        page.goto(f"{URL}/login/start")
        page.fill("input[name=login]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[name=login]")
        page.wait_for_url(lambda url: "login" not in url)
        enter(page, history)
        yield page
        browser.close()


def enter(page: Page, history: str) -> None:
    """Make a history the current one."""
    page.request.get(f"{URL}/history/set_as_current", params={"id": history})


def keep(page: Page, name: str) -> None:
    """A picture for the README, when one is asked for."""
    if SHOTS:
        page.wait_for_timeout(1000)  # lists fade away when they close
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def choose_target(page: Page, words: str, field: str = "target") -> None:
    """Pick a column in the target field by the words of its entry."""
    field = page.locator(f"[id='form-element-{field}']")
    field.locator(".multiselect").click()
    field.locator(".multiselect__option", has_text=words).click()
    page.keyboard.press("Escape")


def test_tools_stand_in_their_section(page):
    page.goto(URL)
    page.get_by_text("Deep learning", exact=True).first.click()
    for name in (
        "Inspect training data",
        "Split data",
        "Train a feed-forward network",
        "Train a recurrent network",
        "Train a convolutional network",
        "Evaluate a network",
        "Predict with a network",
    ):
        expect(page.get_by_text(name).first).to_be_visible()


def test_form_offers_two_levels(page):
    page.goto(f"{URL}/?tool_id=biodl_train_feedforward")
    expect(page.get_by_text("Training table").first).to_be_visible()
    expect(page.get_by_text("Guided: sensible defaults").first).to_be_visible()
    expect(page.get_by_text("Units of each hidden layer")).to_have_count(0)


def run_form(page: Page, galaxy: GalaxyInstance, history: str) -> dict[str, str]:
    """Submit the form, wait for the job, and return the ids of its outputs."""
    page.get_by_role("button", name=re.compile("Run Tool")).first.click()
    expect(page.get_by_text(re.compile("Started tool", re.IGNORECASE)).first).to_be_visible()
    found = {item["name"].rpartition(": ")[2]: item["id"] for item in galaxy.histories.show_history(history, contents=True)}
    outputs = {name: found[name] for name in ("network", "history", "learning curves", "layers", "diagram", "report")}
    for dataset in outputs.values():
        galaxy.datasets.wait_for_dataset(dataset, maxwait=400, interval=1)
    return outputs


def assert_picture_shows(page: Page, dataset: str, width: int, height: int) -> None:
    """A dataset's preview holds a loaded image of at least this size."""
    page.goto(f"{URL}/datasets/{dataset}/preview")
    size = "image => image.complete ? [image.naturalWidth, image.naturalHeight] : null"
    page.wait_for_timeout(3000)
    sizes = [image.evaluate(size) for frame in page.frames for image in frame.locator("img").all()]
    assert any(found and found[0] > width and found[1] > height for found in sizes), sizes


def test_job_from_the_form_shows_its_learning_curve(page, galaxy, history):
    page.goto(f"{URL}/?tool_id=biodl_train_feedforward")
    choose_target(page, "diagnosis")
    keep(page, "form")
    outputs = run_form(page, galaxy, history)
    assert_picture_shows(page, outputs["learning curves"], 800, 300)
    keep(page, "curves")


def test_report_shows_as_a_page(page, galaxy):
    history = galaxy.histories.get_histories(name=HISTORY)[0]["id"]
    report = next(item["id"] for item in galaxy.histories.show_history(history, contents=True) if item["name"].endswith(": report"))
    page.goto(f"{URL}/api/datasets/{report}/display?preview=true")
    expect(page.get_by_role("heading", name="How training went")).to_be_visible()
    expect(page.get_by_text("The positive class is malignant.")).to_be_visible()
    keep(page, "report")


def test_missing_target_is_asked_for(page, galaxy):
    page.goto(f"{URL}/?tool_id=biodl_train_feedforward")
    expect(page.locator("[id='form-element-target'] .multiselect__tag")).to_have_count(0)  # no column is chosen by itself
    page.get_by_role("button", name=re.compile("Run Tool")).first.click()
    expect(page.get_by_text(re.compile("Started tool", re.IGNORECASE)).first).to_be_visible()
    newest = galaxy.jobs.get_jobs(tool_id="biodl_train_feedforward")[0]["id"]
    galaxy.jobs.wait_for_job(newest, maxwait=120, interval=1, check=False)
    stderr = galaxy.jobs.show_job(newest, full_details=True)["stderr"]
    assert stderr == "Error: No target column was chosen: choose the column to predict.\n"


def test_recurrent_network_from_the_form(page, galaxy, tmp_path):
    rows = (ROOT / "test-data" / "splice.tsv").read_text().splitlines()[:301]
    (tmp_path / "splice.tsv").write_text("\n".join(rows) + "\n")
    history = upload(galaxy, "Browser test, recurrent", tmp_path / "splice.tsv", "tabular")
    enter(page, history)
    page.goto(f"{URL}/?tool_id=biodl_train_recurrent")
    expect(page.get_by_text("Sequences in a column of a table").first).to_be_visible()
    choose_target(page, "class", "samples|target")
    keep(page, "form_recurrent")
    outputs = run_form(page, galaxy, history)
    assert_picture_shows(page, outputs["learning curves"], 800, 300)
    assert_picture_shows(page, outputs["diagram"], 600, 400)
    keep(page, "diagram")


def test_convolutional_network_from_the_form(page, galaxy, tmp_path):
    with zipfile.ZipFile(ROOT / "test-data" / "nuclei.zip") as source, zipfile.ZipFile(tmp_path / "nuclei.zip", "w") as target:
        for name in source.namelist()[::5]:
            target.writestr(name, source.read(name))
    history = upload(galaxy, "Browser test, convolutional", tmp_path / "nuclei.zip", "zip")
    enter(page, history)
    page.goto(f"{URL}/?tool_id=biodl_train_convolutional")
    expect(page.get_by_text("Images (ZIP)").first).to_be_visible()
    keep(page, "form_convolutional")
    outputs = run_form(page, galaxy, history)
    assert_picture_shows(page, outputs["learning curves"], 800, 300)
    layers = galaxy.datasets.download_dataset(outputs["layers"]).decode()
    assert "resize\tResizing\t? x 32 x 32 x 1" in layers
