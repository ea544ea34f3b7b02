"""Reads the tables that a page writes as HTML."""

import json
from html.parser import HTMLParser
from typing import Any

from streamlit.testing.v1 import AppTest


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self._is_in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._is_in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_in_cell = False

    def handle_data(self, data: str) -> None:
        if self._is_in_cell:
            self.rows[-1][-1] += data.replace("\u00a0", " ")


def grids(app: AppTest) -> list[list[dict[str, str]]]:
    """Every such table, as a dictionary a row; the mark before a candidate's name is left out.

    Those whose cells can be chosen come after the others.
    """
    found = []
    for reader in _read(app):
        head, *rows = reader.rows
        found.append([{name: cell.lstrip("●■◆▲▼ ") for name, cell in zip(head, row, strict=True)} for row in rows])
    return found


def links(app: AppTest) -> list[str]:
    """Where the links in such tables lead."""
    return [link for reader in _read(app) for link in reader.links]


def _read(app: AppTest) -> list[_Reader]:
    bodies = [element.proto.body for element in app.get("html")]
    bodies += [json.loads(element.proto.json)["html"] for element in app.get("bidi_component") if _is_grid(element)]
    readers = [_Reader() for body in bodies if "<table" in body]
    for reader, body in zip(readers, (body for body in bodies if "<table" in body), strict=True):
        reader.feed(body)
    return readers


def _is_grid(element: Any) -> bool:
    return bool(element.proto.component_name == "evenhand_grid")
