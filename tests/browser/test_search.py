"""What the search of tools finds, and the order of the panel."""

import json
import os
import urllib.parse
import urllib.request

import pytest

URL, KEY = os.environ["BIODL_GALAXY_URL"], os.environ["BIODL_GALAXY_KEY"]
TRAIN = ["biodl_train_feedforward", "biodl_train_recurrent", "biodl_train_convolutional"]
MANY = ["biodl_learning_curve", "biodl_tune"]
ORDER = ["biodl_inspect", "biodl_split", *TRAIN, *MANY, "biodl_evaluate", "biodl_compare", "biodl_explain", "biodl_predict"]
FINDS = {
    "deep learning": ORDER,
    "machine learning": ["biodl_inspect", "biodl_split", "biodl_evaluate", "biodl_learning_curve"],
    "neural network": [*TRAIN, "biodl_evaluate", "biodl_compare", "biodl_predict"],
    "keras": [*TRAIN, *MANY, "biodl_evaluate", "biodl_explain", "biodl_predict"],
    "tensorflow": [*TRAIN, *MANY],
    "classification": TRAIN,
    "image classification": ["biodl_train_convolutional"],
    "LSTM": ["biodl_train_recurrent"],
    "CNN": ["biodl_train_convolutional"],
    "feature importance": ["biodl_explain"],
    "Grad-CAM": ["biodl_explain"],
}
"""Tools that must be found by words, the first of which comes first where it is the only one."""


def asked(path: str, **parameters: str):
    """The API's answer."""
    request = urllib.request.Request(f"{URL}/api/{path}?{urllib.parse.urlencode(parameters)}", headers={"x-api-key": KEY})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.parametrize("words", FINDS)
def test_search_finds_the_right_tools(words):
    found, wanted = asked("tools", q=words), FINDS[words]
    assert set(found) >= set(wanted)
    assert set(found[: len(wanted)]) == set(wanted)  # they come first


def test_panel_is_in_the_order_of_work():
    shown = [item.get("text") or item["id"] for item in asked("tools", in_panel="true")]
    labels = {"Look at data": ORDER[:1], "Split": ORDER[1:2], "Train": [*TRAIN, *MANY], "Judge": ORDER[7:10], "Use": ORDER[10:]}
    assert [name for name in shown if name != "getext"] == [name for label, tools in labels.items() for name in (label, *tools)]


def test_start_page_is_the_suites():
    with urllib.request.urlopen(f"{URL}/static/welcome.html", timeout=60) as answer:
        text = answer.read().decode()
    assert "<h1>Deep learning on biological data, without code</h1>" in text
    assert all(f"/?tool_id={tool}" in text for tool in ORDER)
