"""Reports: one static HTML page each, self-contained, without scripts."""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Callable, Sequence
from html import escape, unescape
from pathlib import Path

from .. import __version__
from . import glossary
from .following import AFTER
from .tables import four_digits
from .verdict import Line

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
table{border-collapse:collapse;font-size:.9rem;min-width:22rem}th,td{border-bottom:1px solid #ddd;padding:.25rem .7rem;text-align:left}
th{background:#f4f4f4}tbody th{background:none;font-weight:normal}td,tbody th{vertical-align:top;max-width:40rem;overflow-wrap:break-word}
td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}caption{text-align:left;color:#595959;padding:.25rem 0}
.table{overflow-x:auto;margin:1rem 0}img{max-width:100%;height:auto}
.stop,.warning,.overfitting,.underfitting{border-left:4px solid #C44601}
.note,.still{border-left:4px solid #8A6500}.ok,.good{border-left:4px solid #00795A}
.verdict{background:#eef4fa;border-left:4px solid #0072B2;padding:.3rem 1rem}.verdict p{margin:.4rem 0}
.words,.way{font-size:.9rem}.words dt{font-weight:bold}.words dd{margin:0 0 .4rem 1rem}
p.finding{padding-left:.7rem}footer{margin-top:3rem;color:#595959;font-size:.8rem}
@media print{body{margin:0;max-width:none;font-size:10pt}.table{overflow:visible}table{font-size:8pt}td,tbody th{overflow-wrap:anywhere}
h1,h2,caption{break-after:avoid}tr,img,p.finding,.verdict{break-inside:avoid}thead{display:table-header-group}img{max-height:24cm}}
"""
_WAY = '<p class="way"><a href="#next">What next?</a> · <a href="#words">Words in this report</a></p>'


class Page:
    """Collects the parts of a report in reading order; every text is escaped. What comes next, and the words used, end it."""

    def __init__(self, title: str, command: str):
        """``command``: whose report it is, a key of :data:`~biodl.reporting.following.AFTER`."""
        self._title = title
        self._next = AFTER[command]
        self._parts: list[str] = []

    def heading(self, text: str) -> None:
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def text(self, text: str) -> None:
        """A paragraph; nothing for an empty text."""
        if not text:
            return
        self._parts.append(f"<p>{escape(text)}</p>")

    def finding(self, keyword: str, text: str) -> None:
        """A sentence marked by its keyword: a severity, or a verdict on training."""
        self._parts.append(f'<p class="finding {escape(keyword.split()[0])}"><b>{escape(keyword.capitalize())}.</b> {escape(text)}</p>')

    def verdict(self, lines: Sequence[Line]) -> None:
        """What was found, before everything else."""
        rows = "".join(f"<p><b>{escape(line.topic)}:</b> {escape(line.text)}</p>" for line in lines)
        self._parts.insert(0, f'<div class="verdict">{rows}</div>')

    def folded(self, title: str, rows: Sequence[dict]) -> None:
        """A table that opens when its title is pressed."""
        self._parts.append(f"<details><summary>{escape(title)}</summary>")
        self.table(rows, title)
        self._parts.append("</details>")

    def table(self, rows: Sequence[dict], caption: str, limit: int = 500) -> None:
        """A table under its caption; its columns are the keys of the first row. Numbers get four significant digits."""
        if not rows:
            return
        head = "".join(f'<th scope="col">{escape(str(name).replace("_", " "))}</th>' for name in rows[0])
        body = "".join(map(_row, rows[:limit]))
        self._parts.append(
            f'<div class="table" role="region" tabindex="0" aria-label="{escape(caption)}"><table><caption>{escape(caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"  # what scrolls must be reached by the keyboard
        )
        if len(rows) > limit:
            self.text(f"{len(rows) - limit} more rows are in the table output.")

    def image(self, path: Path, description: str) -> None:
        """A PNG; ``description`` says its content, as the function of :mod:`biodl.reporting.plots` gives it that drew it.

        Raises:
            ValueError: without a description.
        """
        if not description.strip():
            raise ValueError("a picture needs its content in words")
        data = base64.b64encode(path.read_bytes()).decode()
        self._parts.append(f'<p><img alt="{escape(description)}" src="data:image/png;base64,{data}"></p>')

    def save(self, path: Path) -> None:
        said = "\n".join(self._parts)
        terms = glossary.used(unescape(re.sub("<[^>]*>", " ", said)))
        path.write_text(
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(self._title)}</title>'
            f"<style>{_STYLE}</style></head><body><main><h1>{escape(self._title)}</h1>\n{_WAY}\n"
            + f"{said}\n{self._ending()}\n{_words(terms)}"
            + f"\n</main><footer>BioDL {__version__}</footer></body></html>\n",
            encoding="utf-8",
        )

    def _ending(self) -> str:
        """The tools that follow."""
        rows = "".join(f"<li><b>{escape(step.tool)}</b>: give it {escape(step.give)}</li>" for step in self._next)
        return f'<h2 id="next">What next?</h2><ul>{rows}</ul>'


@dataclasses.dataclass(frozen=True)
class Chapter:
    """What one part of a job adds to the report of another.

    Attributes:
        line: for the verdict.
        write: appends to a page.
    """

    line: Line
    write: Callable[[Page], None]


def _words(terms: Sequence[glossary.Term]) -> str:
    """The meanings of words that a report uses."""
    rows = "".join(f"<dt>{escape(term.name)}</dt><dd>{escape(term.meaning)}</dd>" for term in terms)
    return f'<h2 id="words">Words in this report</h2><dl class="words">{rows}</dl>'


def _row(row: dict) -> str:
    """A row of a table; words in its first cell are its head."""
    first, *rest = row.values()
    head = f'<th scope="row">{escape(first)}</th>' if isinstance(first, str) else _cell(first)
    return "<tr>" + head + "".join(map(_cell, rest)) + "</tr>"


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return f"<td>{'' if value is None else escape(str(value))}</td>"
    if isinstance(value, int):
        return f'<td class="n">{value}</td>'
    if isinstance(value, float):
        return f'<td class="n">{four_digits(value)}</td>'
    return f"<td>{escape(str(value))}</td>"
