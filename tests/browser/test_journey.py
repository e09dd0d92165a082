"""From an uploaded table to a tested network, as a user goes: few clicks, and nothing preselected that is wrong."""

import re

from playwright.sync_api import expect

from conftest import DATA, URL, Hand, chosen, keep, new_history, upload

MOST_CLICKS, MOST_FIELDS = 15, 3


def open_tool(hand: Hand, name: str) -> None:
    hand.click(hand.page.get_by_role("link", name=re.compile(f"^{name}")))
    expect(hand.page.get_by_role("button", name=re.compile("Run Tool")).first).to_be_visible()


def test_from_a_table_to_a_tested_network_and_its_predictions(page, galaxy):
    history = new_history(galaxy, page, "Journey", DATA / "breast_cancer.tsv")
    page.goto(URL)
    hand = Hand(page)

    open_tool(hand, "Inspect training data")
    assert "breast_cancer.tsv" in chosen(page, "samples|data")
    hand.choose("samples|target", "diagnosis")
    hand.run(galaxy, history)

    open_tool(hand, "Split data")
    assert "breast_cancer.tsv" in chosen(page, "samples|data")
    hand.choose("samples|target", "diagnosis")
    parts = hand.run(galaxy, history)

    open_tool(hand, "Train a feed-forward network")
    train = next(name for name in parts if name.startswith("Training part"))
    assert train in chosen(page, "data")
    hand.choose("target", "diagnosis")
    keep(page, "form")
    trained = hand.run(galaxy, history)

    open_tool(hand, "Evaluate a network")
    network = next(name for name in trained if name.startswith("Network"))
    assert network in chosen(page, "model")
    assert "Nothing selected" in chosen(page, "samples|data")  # the newest table is the training part, which would be wrong
    hand.drag(next(name for name in parts if name.startswith("Test part")), "samples|data")
    tested = hand.run(galaxy, history)
    print(f"From an uploaded table to a tested network: {hand.clicks} clicks, {hand.fields} fields")
    assert hand.clicks <= MOST_CLICKS
    assert hand.fields <= MOST_FIELDS
    result = next(item for name, item in tested.items() if "words" in name)
    words = galaxy.datasets.download_dataset(result["id"]).decode()
    assert re.search(r"(?i)accuracy 0\.9\d", words), words

    report = next(item["id"] for name, item in trained.items() if name.startswith("Training report"))
    page.goto(f"{URL}/api/datasets/{report}/display?preview=true")
    expect(page.get_by_role("heading", name="How training went")).to_be_visible()
    expect(page.get_by_text("The positive class is malignant.")).to_be_visible()
    keep(page, "report")

    upload(galaxy, history, DATA / "new_samples.tsv")
    page.goto(URL)
    predicting = Hand(page)
    open_tool(predicting, "Predict with a network")
    assert network in chosen(page, "model")
    assert "new_samples.tsv" in chosen(page, "samples|data")
    (predictions,) = predicting.run(galaxy, history).values()
    assert "P1\tmalignant" in galaxy.datasets.download_dataset(predictions["id"]).decode()
