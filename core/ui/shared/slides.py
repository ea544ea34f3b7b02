"""What of a page goes into a picture or a one-page report: headline, chart, table, footnote."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from core.demo import NOTICE_LINE
from core.services.datasets import answered
from core.storage.engine import reading
from core.ui.shared import colours, grids
from core.ui.shared.resources import engine

_STYLE = (Path(__file__).parent / "assets" / "report.css").read_text(encoding="utf-8")
_LONGEST_NAME = 80
_APART = str.maketrans({"\u2060": None})
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-!|$~>])|(:)\u2060")
_MARKS = re.compile(r"\*\*|\*|`|:material/\w+:\s?|:\w+-?\w*\[|\]")
_FILE = re.compile(r"[^\w.-]+")
_NUMERIC, _NUMBER = (int, float, grids.Number), ' class="number"'
PICTURE_PX = 1100


@dataclass(frozen=True)
class Slide:
    """What a page says at one moment. All texts are plain, as typed; whoever shows them escapes them."""

    name: str
    """Of the file, without its ending."""
    headline: str
    """One sentence: the page's answer."""
    footnote: str
    """Scope, votes, date, as of."""
    figures: Sequence[tuple[str, Callable[[], go.Figure]]] = ()
    """Title and chart; the picture shows the first. They are drawn on a light ground, and not before they are asked
    for."""
    lines: Sequence[str] = ()
    """What stands below the headline in the report."""
    rows: Sequence[Mapping[str, object]] = ()
    """The table of figures, as ``grids.show`` takes it."""
    how: Sequence[str] = ()
    """How it was computed, a paragraph each."""


def signed(footnote: str, dataset_ids: Iterable[int | None]) -> str:
    """A footnote with where it comes from, and a word that the demo is one: a slide is seen without the app around."""
    with reading(engine()) as session:
        demo = f" {NOTICE_LINE}." if answered.are_demo(session, dataset_ids) else ""
    return f"{footnote}{demo} Evenhand."


def plain(markdown: str) -> str:
    """A sentence of ours, written for Streamlit's Markdown with names as typed, as plain text."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[1] or found[2])
        return f"\ue000{len(kept) - 1}\ue001"

    text = _MARKS.sub("", _ESCAPED.sub(keep, markdown).translate(_APART))
    return re.sub("\ue000([0-9]+)\ue001", lambda found: kept[int(found[1])], text).replace("&lt;", "<")


def parcel(slide: Slide, kind: str) -> dict[str, Any]:
    """What the browser makes a picture (``kind`` *picture*) or a report of."""
    with colours.on_paper():
        wanted = slide.figures[:1] if kind == "picture" else slide.figures
        figures = [{"title": title, "json": draw().to_json()} for title, draw in wanted]
    stem = _FILE.sub("-", slide.name).strip("-.")[:_LONGEST_NAME] or "evenhand"
    made = {"kind": kind, "name": stem, "figures": figures, "width": PICTURE_PX}
    if kind == "picture":
        return made | {"headline": slide.headline, "footnote": slide.footnote}
    return made | {"html": html(slide)}


def html(slide: Slide) -> str:
    """The report as one file of its own, with a place for each chart, which the browser draws."""
    charts = "".join(
        f'<figure><figcaption>{escape(title)}</figcaption><div data-figure="{place}"></div></figure>'
        for place, (title, _) in enumerate(slide.figures)
    )
    how = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in slide.how)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(slide.headline)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        f'img-src data:"><style>{_STYLE}</style></head><body><h1>{escape(slide.headline)}</h1>'
        + "".join(f"<p>{escape(line)}</p>" for line in slide.lines)
        + f'<div class="charts">{charts}</div>{_table(slide.rows)}'
        + f'<p class="footnote">{escape(slide.footnote)}</p>'
        + (f"<section><h2>How this was computed</h2>{how}</section>" if how else "")
        + "</body></html>"
    )


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    if not rows:
        return ""
    heads = list(rows[0])
    right = {name for name in heads[1:] if all(isinstance(row[name], _NUMERIC) for row in rows)}
    head = "".join(f'<th scope="col"{_NUMBER * (name in right)}>{escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(_cell(row[name], first=name == heads[0]) for name in heads)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(cell: object, *, first: bool) -> str:
    if isinstance(cell, grids.Name):
        text = f"{cell.name} · champion" if cell.is_champion else cell.name
    elif isinstance(cell, grids.Number):
        text = cell.text
    else:
        text = f"{cell:,}" if isinstance(cell, int) else str(cell)
    if first:
        return f'<th scope="row">{escape(text)}</th>'
    return f"<td{_NUMBER * isinstance(cell, _NUMERIC)}>{escape(text)}</td>"
