"""What a user sees of forms and of what they make, in Chromium."""

import re
import zipfile
from pathlib import Path

from bioblend.galaxy import GalaxyInstance
from playwright.sync_api import Page, expect

from conftest import DATA, URL, Hand, chosen, keep, new_history


def test_tools_stand_in_the_panel(page):
    page.goto(URL)
    for name in (
        "Inspect training data",
        "Split data",
        "Train a feed-forward network",
        "Train a recurrent network",
        "Train a convolutional network",
        "Evaluate a network",
        "Predict with a network",
    ):
        expect(page.get_by_role("link", name=re.compile(f"^{name}")).first).to_be_visible()


def test_form_offers_two_levels(page):
    page.goto(f"{URL}/?tool_id=biodl_train_feedforward")
    expect(page.get_by_text("Training table").first).to_be_visible()
    expect(page.get_by_text("Guided: sensible defaults").first).to_be_visible()
    expect(page.get_by_text("Units of each hidden layer")).to_have_count(0)


def named(outputs: dict[str, dict], start: str) -> str:
    """Id of the output whose name begins so."""
    return next(item["id"] for name, item in outputs.items() if name.startswith(start))


def assert_picture_shows(page: Page, dataset: str, width: int, height: int) -> None:
    """A dataset's preview holds a loaded image of at least this size."""
    page.goto(f"{URL}/datasets/{dataset}/preview")
    size = "image => image.complete ? [image.naturalWidth, image.naturalHeight] : null"
    page.wait_for_timeout(3000)
    sizes = [image.evaluate(size) for frame in page.frames for image in frame.locator("img").all()]
    assert any(found and found[0] > width and found[1] > height for found in sizes), sizes


def refused(page: Page, galaxy: GalaxyInstance, tool: str) -> str:
    """What the newest job of a tool said, once its form was sent as it is."""
    page.get_by_role("button", name=re.compile("Run Tool")).first.click()
    expect(page.get_by_text(re.compile("Started tool", re.IGNORECASE)).first).to_be_visible()
    newest = galaxy.jobs.get_jobs(tool_id=tool)[0]["id"]
    galaxy.jobs.wait_for_job(newest, maxwait=120, interval=1, check=False)
    return galaxy.jobs.show_job(newest, full_details=True)["stderr"]


def test_what_is_missing_is_asked_for(page, galaxy):
    new_history(galaxy, page, "Browser test, missing", DATA / "breast_cancer.keras", DATA / "breast_cancer_train.tsv")
    page.goto(f"{URL}/?tool_id=biodl_train_feedforward")
    expect(page.locator("[id='form-element-target'] .multiselect__tag")).to_have_count(0)  # no column is chosen by itself
    assert refused(page, galaxy, "biodl_train_feedforward") == "Error: No target column was chosen: choose the column to predict.\n"
    page.goto(f"{URL}/?tool_id=biodl_evaluate")
    assert "breast_cancer.keras" in chosen(page, "model")
    assert refused(page, galaxy, "biodl_evaluate") == (
        "Error: No held-out samples were chosen: choose the test part, which 'Split data' made and training never saw.\n"
    )


def test_recurrent_network_from_the_form(page, galaxy, tmp_path):
    rows = (DATA / "splice.tsv").read_text().splitlines()[:301]
    (tmp_path / "splice.tsv").write_text("\n".join(rows) + "\n")
    history = new_history(galaxy, page, "Browser test, recurrent", tmp_path / "splice.tsv")
    page.goto(f"{URL}/?tool_id=biodl_train_recurrent")
    expect(page.get_by_text("Sequences in a column of a table").first).to_be_visible()
    hand = Hand(page)
    hand.choose("samples|target", "class")
    keep(page, "form_recurrent")
    outputs = hand.run(galaxy, history)
    assert_picture_shows(page, named(outputs, "Loss by epoch"), 1300, 300)
    assert_picture_shows(page, named(outputs, "Drawing of the network"), 1300, 400)
    keep(page, "diagram")


def some_images(folder: Path) -> Path:
    """Every fifth of the sample images."""
    with zipfile.ZipFile(DATA / "nuclei.zip") as source, zipfile.ZipFile(folder / "nuclei.zip", "w") as target:
        for name in source.namelist()[::5]:
            target.writestr(name, source.read(name))
    return folder / "nuclei.zip"


def test_convolutional_network_from_the_form(page, galaxy, tmp_path):
    history = new_history(galaxy, page, "Browser test, convolutional", some_images(tmp_path))
    page.goto(f"{URL}/?tool_id=biodl_train_convolutional")
    expect(page.get_by_text("Images (ZIP)").first).to_be_visible()
    hand = Hand(page)
    outputs = hand.run(galaxy, history)
    assert (hand.clicks, hand.fields) == (1, 0)
    assert_picture_shows(page, named(outputs, "Loss by epoch"), 1300, 300)
    network = galaxy.datasets.show_dataset(named(outputs, "Network"))
    assert network["file_ext"] == "keras"
    assert "Samples: image" in network["peek"]
    page.goto(f"{URL}/?tool_id=biodl_train_convolutional")  # a network is newer now, but no form for images offers it
    expect(page.get_by_text("Images (ZIP)").first).to_be_visible()
    assert "nuclei.zip" in chosen(page, "samples|data")
