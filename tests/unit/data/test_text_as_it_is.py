"""Text as files really hold it: beside other text, without blanks, with letters composed or not."""

import unicodedata

import pytest
from samples import text_rows

from biodl.data.kind import Files
from biodl.data.text import dataset
from biodl.errors import InputError
from conftest import write_rows

OPTIONS = dataset.TrainTextOptions(target=("mood",))


def written(path, rows) -> Files:
    return Files(str(write_rows(path / "t.tsv", rows)))


def sentence(call, *arguments) -> str:
    with pytest.raises(InputError) as refused:
        call(*arguments)
    return str(refused.value)


def choice(data):
    (found,) = [one for one in data.choices if one.what == "column of text"]
    return found


def test_the_longer_of_two_texts_is_taken_and_said(tmp_path):
    titles = [["title", *row[1:]] if not n else [f"Case {n}", *row[1:]] for n, row in enumerate(text_rows(20))]
    data = dataset.read_training(written(tmp_path, titles), OPTIONS)
    assert data.column == "note"
    assert str(choice(data)) == "column of text 'note' (5 words a row, the most; 'title' has 2)"
    assert choice(data).close == (
        "Column 'note' was taken for the text, since it has the most words a row (5), but 'title' holds text as well (2 words). "
        "Choose the text column if that one is meant"
    )
    chosen = dataset.read_training(written(tmp_path, titles), dataset.TrainTextOptions(target=("mood",), text_column=("title",)))
    assert (chosen.column, choice(chosen).why) == ("title", "chosen in the form")
    classes = [["tissue", *row[1:]] if not n else ["lung adenocarcinoma", *row[1:]] for n, row in enumerate(text_rows(20))]
    assert choice(dataset.read_training(written(tmp_path, classes), OPTIONS)).close == ""
    alone = dataset.read_training(written(tmp_path, [row[1:] for row in text_rows(20)]), OPTIONS)
    assert str(choice(alone)) == "column of text 'note' (5 words a row, the most)"


WITHOUT = {"Chinese": "这个病人今天感觉好多了", "Japanese": "この患者は今日とても元気です", "Thai": "ผู้ป่วยรู้สึกดีขึ้นมากในวันนี้"}


@pytest.mark.parametrize("language", WITHOUT)
@pytest.mark.parametrize("chosen", [(), ("note",)])
def test_text_without_blanks_is_refused_with_advice_that_helps(language, chosen, tmp_path):
    rows = [["note", "mood"], *([WITHOUT[language] * (1 + n % 3), "ab"[n % 2]] for n in range(20))]
    said = sentence(dataset.read_training, written(tmp_path, rows), dataset.TrainTextOptions(target=("mood",), text_column=chosen))
    assert said.startswith("Column 'note' of table 't.tsv' holds text without blanks between words (")
    assert said.endswith("of which each sentence would be one word: put a blank between words or characters first.")
    rows[1:] = [[" ".join(note), mood] for note, mood in rows[1:]]
    assert len(dataset.read_training(written(tmp_path, rows), OPTIONS)) == 20  # the advice helps


def test_some_words_of_chinese_do_not_matter(tmp_path):
    rows = text_rows(20)
    rows[3][1] += " (病人)"
    assert len(dataset.read_training(written(tmp_path, rows), OPTIONS)) == 20


def test_composed_and_decomposed_letters_are_one(tmp_path):
    words = ["café", "naïve", "Zellgröße", "größer"]
    rows = [["note", "mood"], *([f"the {words[n % 4]} was seen", "ab"[n % 2]] for n in range(20))]
    other = [[unicodedata.normalize("NFD", cell) for cell in row] for row in rows]
    other[1][0] = other[1][0].replace("the ", "the\u200b\u00a0")
    data = dataset.read_training(written(tmp_path, rows), OPTIONS)
    encoding = data.fit_encoding(OPTIONS)
    again = dataset.read_for(written(tmp_path, other), dataset.encoding_from(encoding.to_json()), None)
    assert again.texts == data.texts
    decomposed = dataset.read_training(written(tmp_path, other), OPTIONS)
    assert decomposed.fit_encoding(OPTIONS).vocabulary == encoding.vocabulary
    assert decomposed.row_hashes().tolist() == data.row_hashes().tolist()


def test_one_value_has_one_meaning(tmp_path):
    rows = text_rows(40)
    rows[2][1], rows[4][1] = "  The patient\u00a0walks ", "12 34"
    files = written(tmp_path, rows)
    data = dataset.read_training(files, OPTIONS)
    encoding = data.fit_encoding(OPTIONS)
    again = dataset.read_for(files, dataset.encoding_from(encoding.to_json()), None)
    assert encoding.raw(again)["text"].tolist() == encoding.raw(data)["text"].tolist()
    assert data.texts[1] == "The patient walks"
