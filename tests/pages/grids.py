"""Reads the tables that a page writes as HTML."""

from html.parser import HTMLParser

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
    """Every such table, as a dictionary a row; the mark before a candidate's name is left out."""
    found = []
    for element in app.get("html"):
        if "<table" in element.proto.body:
            reader = _Reader()
            reader.feed(element.proto.body)
            head, *body = reader.rows
            found.append([{name: cell.lstrip("●■◆▲▼ ") for name, cell in zip(head, row, strict=True)} for row in body])
    return found
