"""Reports and pictures: hostile names stay text, the report needs nothing from elsewhere, charts are light."""

import json
from html.parser import HTMLParser

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.ui.shared import charts, colours, slides
from core.ui.shared.frame import as_typed
from core.ui.shared.grids import Name, Number
from core.ui.shared.slides import Slide
from core.web.plotly_js import PLOTLY_ROUTE

HOSTILE = "<script>alert(1)</script> \"q\" 'a' & *b* `c` [d](javascript:1) $e$ -> :red[f] </style>"
DOT = charts.Dot(HOSTILE, 3.0, 1.0, 5.0, 0, in_colour=True, filled=False)


class Parsed(HTMLParser):
    """The tags of a page, its words, and the values of its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.values: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def hostile() -> Slide:
    return Slide(
        name=f"../{HOSTILE}",
        headline=HOSTILE,
        footnote=f"{HOSTILE}!",
        figures=[(HOSTILE, lambda: charts.dot_figure([DOT], unit="points", reference=None))],
        lines=[HOSTILE],
        rows=[{"Candidate": Name(HOSTILE, 0, is_champion=True), HOSTILE: Number(HOSTILE, 1.0), "Votes": 1200}],
        how=[HOSTILE],
    )


def test_whatever_a_name_holds_stands_in_the_report_as_text_and_nothing_runs_or_is_fetched() -> None:
    page = Parsed(slides.html(hostile()))
    assert not {"script", "iframe", "link", "object", "form", "a", "img"} & set(page.tags)
    assert page.words.count(HOSTILE) >= 6 and f"{HOSTILE} · champion" in page.words and "1,200" in page.words
    assert any("default-src 'none'" in value for value in page.values)
    assert not [value for value in page.values if "javascript" in value or value.startswith("http")]


@pytest.mark.parametrize("kind", ["picture", "report"])
def test_a_parcel_holds_light_charts_and_a_name_that_is_a_file(kind: str) -> None:
    made = slides.parcel(hostile(), kind)
    assert "/" not in made["name"] and not made["name"].startswith(".") and len(made["name"]) <= 80
    (figure,) = made["figures"]
    drawn = json.loads(figure["json"])
    marks = [trace["marker"]["color"] for trace in drawn["data"] if trace.get("mode") == "markers"]
    assert marks == [colours.INK_PAPER.paper], "a hollow mark is as white as the paper"
    assert ("html" in made) is (kind == "report")
    assert "<script" not in drawn["layout"]["yaxis"]["ticktext"][0]


@pytest.mark.parametrize("name", [HOSTILE, "a\\b", "**bold**", "<-- x -->", "5 * 3 * 2", ":material/home: x"])
def test_a_sentence_with_a_typed_name_becomes_plain_again(name: str) -> None:
    said = f":material/info: **{as_typed(name)}** costs \\$1, *less* than :gray[the rest]."
    assert slides.plain(said) == f"{name} costs $1, less than the rest."


def test_the_charts_library_is_served_from_here() -> None:
    answer = TestClient(Starlette(routes=[PLOTLY_ROUTE])).get("/plotly.min.js")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/javascript")
    assert "max-age" in answer.headers["cache-control"] and "plotly.js v" in answer.text[:500]
