"""Pages that can be read by ear, by keyboard and on paper."""

import re
from html.parser import HTMLParser

import pytest

from biodl.reporting.page import Page


class Elements(HTMLParser):
    """Every element: its name and attributes, in order."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def html(tmp_path):
    page = Page("A <title>", "train")
    page.heading("First")
    page.finding("warning", "Mind this.")
    page.table([{"class": "<a>", "training_samples": 12, "share": 0.123456, "odd": None}], 'Counts of "each" class')
    (tmp_path / "p.png").write_bytes(b"\x89PNG")
    page.image(tmp_path / "p.png", "Confusion matrix: 70 of 71 benign and 41 of 42 malignant right.")
    page.save(tmp_path / "page.html")
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def test_landmarks_and_language(html):
    elements = Elements(html)
    assert len(elements.named("main")) == 1
    assert elements.named("html") == [{"lang": "en"}]
    assert [tag for tag, _ in elements.found if re.fullmatch("h[1-6]", tag)] == ["h1", "h2", "h2", "h2"]  # its own, what next, words
    assert "</main><footer>" in html


def test_tables_have_captions_and_heads(html):
    elements = Elements(html)
    assert "<caption>Counts of &quot;each&quot; class</caption>" in html
    assert [item["scope"] for item in elements.named("th")] == ["col"] * 4 + ["row"]
    assert '<th scope="col">training samples</th>' in html
    assert '<tr><th scope="row">&lt;a&gt;</th><td class="n">12</td><td class="n">0.1235</td><td></td></tr>' in html


def test_what_scrolls_is_reached_by_the_keyboard_and_has_a_name(html):
    (region,) = [item for item in Elements(html).named("div") if item.get("class") == "table"]
    assert region == {"class": "table", "role": "region", "tabindex": "0", "aria-label": 'Counts of "each" class'}


def test_findings_have_words_and_not_only_a_colour(html):
    assert '<p class="finding warning"><b>Warning.</b> Mind this.</p>' in html


def test_pictures_say_their_content(html, tmp_path):
    assert Elements(html).named("img")[0]["alt"] == "Confusion matrix: 70 of 71 benign and 41 of 42 malignant right."
    with pytest.raises(ValueError, match="in words"):
        Page("title", "train").image(tmp_path / "p.png", " ")


def test_on_paper_nothing_is_cut(html):
    rules = html.split("@media print{")[1]
    assert ".table{overflow:visible}" in rules
    assert re.search(r"tr,img,p\.finding,\.verdict\{break-inside:avoid\}", rules)
    assert "thead{display:table-header-group}" in rules
