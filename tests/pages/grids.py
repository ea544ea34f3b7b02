"""Reads the tables that a page writes as HTML."""

import json
from html.parser import HTMLParser
from typing import Any

from streamlit.testing.v1 import AppTest


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_in_cell = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
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
            self.rows[-1][-1] += data


def grids(app: AppTest) -> list[list[dict[str, str]]]:
    """Every such table, as a dictionary a row; the mark before a candidate's name is left out.

    Those whose cells can be chosen come after the others.
    """
    bodies = [element.proto.body for element in app.get("html")]
    bodies += [json.loads(element.proto.json)["html"] for element in app.get("bidi_component") if _is_grid(element)]
    found = []
    for body in bodies:
        if "<table" in body:
            reader = _Reader()
            reader.feed(body)
            head, *rows = reader.rows
            found.append([{name: cell.lstrip("●■◆▲▼ ") for name, cell in zip(head, row, strict=True)} for row in rows])
    return found


def _is_grid(element: Any) -> bool:
    return bool(element.proto.component_name == "evenhand_grid")
