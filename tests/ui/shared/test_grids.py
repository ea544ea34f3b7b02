"""A table of candidates: what stays in sight of it."""

import re
from html.parser import HTMLParser

from streamlit.testing.v1 import AppTest

LONG = "a name that goes on, temperature 0.7, prompt of March, the second try"


def script(name: str) -> None:
    from core.ui.shared import grids

    champion = grids.Name(name, 0, is_champion=True)
    grids.show([{"Category": "support", "From": champion, "To": grids.Name("B", 1)}], alt="Categories first")
    grids.show([{"Candidate": champion, "Rank": 1}], alt="Candidates first")


def cells(name: str) -> list[list[tuple[str, str, str]]]:
    """Of each table its body's cells: tag, style, HTML within."""
    app = AppTest.from_function(script, args=(name,)).run()
    assert not app.exception
    bodies = [element.proto.body.partition("<tbody>")[2] for element in app.get("html")]
    return [re.findall(r'<(td|th)\b[^>]*style="([^"]*)">(.*?)</\1>', body) for body in bodies]


def text(html: str) -> str:
    said: list[str] = []
    reader = HTMLParser()
    reader.handle_data = said.append  # type: ignore[method-assign]
    reader.feed(html)
    return "".join(said)


def test_the_first_column_alone_stays_in_sight() -> None:
    categories, candidates = cells("A")
    assert ["sticky" in style for _, style, _ in categories] == [True, False, False]
    assert ["sticky" in style for _, style, _ in candidates] == [True, False]
    assert [tag for tag, _, _ in categories] == ["td", "td", "td"]
    assert [tag for tag, _, _ in candidates] == ["th", "td"]


def test_a_long_name_is_cut_and_not_that_it_is_the_champions() -> None:
    _, ((_, _, html), _) = cells(LONG)
    name, note = re.findall(r'<span style="([^"]*)">', html)[1], html.partition("</span> ")[2]
    assert "text-overflow: ellipsis" in name
    assert text(html).endswith(f"{LONG} · champion")
    assert "flex: none" in note and "ellipsis" not in note
