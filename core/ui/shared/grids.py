"""A table of candidates: names stay in sight and show whole when pointed at, and an edge says that it goes on."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from core.domain.words import CHAMPION_IS, PER_CENT
from core.ui.shared import access, colours

Cell = object
_CHAMPION = "· champion"
_CUT = "overflow: hidden; text-overflow: ellipsis; "
_LONG = 40
_PER_CENT = re.compile(r"[0-9]+ %")
_SHADOW = "rgba(120, 125, 130, 0.35)"
_ASSETS = Path(__file__).parent / "assets"
_STYLES = (_ASSETS / "table.css", _ASSETS / "grid.css")
_CHOOSABLE = st.components.v2.component(
    "evenhand_grid",
    html='<div class="grid"></div>',
    css="\n".join(file.read_text(encoding="utf-8") for file in _STYLES),
    js=(_ASSETS / "grid.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Done:
    """A cell that is a bar: how much of something is done, in per cent."""

    percent: int


@dataclass(frozen=True)
class Number:
    """A number with its unit, as written."""

    text: str
    value: float | None
    """What it is put in order by; None: unknown, which comes last."""


@dataclass(frozen=True)
class Name:
    """A candidate's cell: its name, with the mark and colour that it has on every page."""

    name: str
    position: int
    in_colour: bool = True
    is_champion: bool = False


@dataclass(frozen=True)
class Link:
    """A cell of ``leading`` that leads to another page of the app."""

    text: str
    page: str
    """Its name in addresses."""
    query: Mapping[str, str | list[str]]
    value: float | None = None
    """Where it is a number: what it is put in order by."""

    @property
    def address(self) -> str:
        """Where it leads, for a tab of its own."""
        return f"./{self.page}?{urlencode(self.query, doseq=True)}"


@dataclass(frozen=True)
class Passage:
    """A longer text: its beginning in sight, all of it when pointed at."""

    text: str


def show(rows: Sequence[Mapping[str, Cell]], *, alt: str, quiet: Sequence[bool] = (), most_px: int = 460) -> None:
    """Show ``rows``, the first column in sight however far one scrolls. Numbers stand to the right.

    ``alt``: what the table is of; ``quiet``: the rows that step back. Taller than ``most_px`` it scrolls.
    """
    if rows:
        st.html(_table(rows, alt, quiet, most_px))


def choosable(
    rows: Sequence[Mapping[str, Cell]],
    *,
    alt: str,
    key: str,
    on_choose: Callable[[], None],
    quiet: Sequence[bool] = (),
    most_px: int = 460,
) -> None:
    """As ``show``, with cells to choose and heads that put the rows in order. ``on_choose`` asks ``chosen``."""
    if rows:
        _CHOOSABLE(key=key, data={"html": _table(rows, alt, quiet, most_px)}, on_chosen_change=on_choose)


def leading(rows: Sequence[Mapping[str, Cell]], *, alt: str, key: str, most_px: int = 460) -> None:
    """As ``show``, with cells that lead to other pages of the app, and heads that put the rows in order."""
    if not rows:
        return
    note = access.guarded(access.Role.ANALYST)(partial(_note_way, key, rows))
    _CHOOSABLE(key=key, data={"html": _table(rows, alt, (), most_px), "leads": True}, on_chosen_change=note)
    way = st.session_state.pop(f"_{key}_way", None)
    if isinstance(way, Link):
        st.switch_page(f"{way.page}.py", query_params=dict(way.query))


def _note_way(key: str, rows: Sequence[Mapping[str, Cell]]) -> None:
    cell = chosen(key, rows)
    if cell is not None:
        row, column = cell
        st.session_state[f"_{key}_way"] = rows[row][column]


def chosen(key: str, rows: Sequence[Mapping[str, Cell]]) -> tuple[int, str] | None:
    """The row's place and the column's name of the cell that was chosen; None where there is no such cell."""
    found = getattr(st.session_state.get(key), "chosen", None)
    if not isinstance(found, dict):
        return None
    row, column = found.get("row"), found.get("column")
    if isinstance(row, int) and 0 <= row < len(rows) and isinstance(column, str) and column in rows[row]:
        return row, column
    return None


def _table(rows: Sequence[Mapping[str, Cell]], alt: str, quiet: Sequence[bool], most_px: int) -> str:
    heads, ink = list(rows[0]), colours.ink()
    numeric = {head for head in heads if all(_is_number(row[head]) for row in rows)}
    head = "".join(_head(name, ink, first=place == 0, right=name in numeric) for place, name in enumerate(heads))
    body = "".join(
        f'<tr data-row="{place}">'
        + "".join(
            _cell(row[name], ink, quiet=faint, first=at == 0, right=name in numeric) for at, name in enumerate(heads)
        )
        + "</tr>"
        for place, (row, faint) in enumerate(zip(rows, quiet or [False] * len(rows), strict=True))
    )
    return (
        f'<div role="region" tabindex="0" aria-label="{escape(alt)}" style="{_frame(ink, most_px)}">'
        f'<table class="evenhand-table" style="--line: {ink.line}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float | Number) or (isinstance(cell, Link) and cell.value is not None)


def _frame(ink: colours.Ink, most_px: int) -> str:
    """Scrolls by itself; a shadow lies where there is more to either side, and goes at the end."""
    return (
        f"overflow: auto; max-height: {most_px}px; border: 1px solid {ink.line}; border-radius: 0.5rem; "
        f"background: linear-gradient(to right, {ink.paper} 30%, transparent) left / 48px 100% no-repeat local, "
        f"linear-gradient(to left, {ink.paper} 30%, transparent) right / 48px 100% no-repeat local, "
        f"linear-gradient(to right, {_SHADOW}, transparent) left / 16px 100% no-repeat scroll, "
        f"linear-gradient(to left, {_SHADOW}, transparent) right / 16px 100% no-repeat scroll, {ink.paper}"
    )


def _head(name: str, ink: colours.Ink, *, first: bool, right: bool) -> str:
    align = "right" if right else "left"
    written = _PER_CENT.sub(r'<span class="whole">\g<0></span>', escape(name))
    style = f"{_in_sight(ink, first, above=2)}text-align: {align}; color: {ink.quiet}"
    return f'<th scope="col" style="{style}">{written}</th>'


def _in_sight(ink: colours.Ink, first: bool, *, above: int = 1) -> str:
    """The first column stays at the left edge, over the others, however far one scrolls."""
    return f"position: sticky; left: 0; z-index: {above}; background: {ink.paper}; " if first else ""


def _cell(cell: Cell, ink: colours.Ink, *, quiet: bool, first: bool, right: bool) -> str:
    style = _in_sight(ink, first)
    colour = ink.quiet if quiet else ink.text
    if isinstance(cell, Name):
        return _name(cell, ink, style, first=first)
    if isinstance(cell, Link):
        order = "" if cell.value is None else f' data-sort="{cell.value}"'
        style += "text-align: right; " if right else ""
        return (
            f'<td class="link"{order} title="{escape(cell.text)}" style="{style}"><a '
            f'href="{escape(cell.address)}" target="_self" style="color: {ink.text}; text-decoration: underline; '
            f'text-underline-offset: 0.2em">{escape(cell.text)}</a></td>'
        )
    if isinstance(cell, Passage):
        text = escape(cell.text)
        return f'<td class="passage" title="{text}" style="{style}color: {colour}"><span>{text}</span></td>'
    if isinstance(cell, Done):
        return f'<td style="{style}color: {colour}">{_bar(cell.percent, ink)}</td>'
    align = "text-align: right; " if right else ""
    if isinstance(cell, Number):
        order = "" if cell.value is None else str(cell.value)
        return f'<td data-sort="{order}" style="{style}{align}color: {colour}">{escape(cell.text)}</td>'
    written = f"{cell:,}" if isinstance(cell, int) else str(cell)
    order = f' data-sort="{cell}"' if isinstance(cell, int | float) else ""
    kind = "text long" if len(written) > _LONG else "text"
    return f'<td class="{kind}"{order} style="{style}{align}color: {colour}"><span>{escape(written)}</span></td>'


def _name(cell: Name, ink: colours.Ink, style: str, *, first: bool) -> str:
    hue = colours.colour(cell.position) if cell.in_colour else ink.grey
    note = f'<span style="flex: none; white-space: pre; color: {ink.quiet}"> {_CHAMPION}</span>'
    whole = escape(f"{cell.name} {_CHAMPION}: {CHAMPION_IS}" if cell.is_champion else cell.name)
    tag, of = ("th", ' scope="row"') if first else ("td", "")
    kind = "name champion" if cell.is_champion else "name"
    return (
        f'<{tag}{of} class="{kind}" title="{whole}" style="{style}color: {ink.text}"><span style="display: flex">'
        f'<span style="{_CUT}"><span style="color: {hue}" '
        f'aria-hidden="true">{colours.sign(cell.position)}</span> {escape(cell.name)}</span>'
        f"{note * cell.is_champion}</span></{tag}>"
    )


def _bar(percent: int, ink: colours.Ink) -> str:
    accent = colours.colour(0)
    return (
        '<span style="display: inline-flex; align-items: center; gap: 0.6em">'
        f'<span style="width: 5em; height: 0.45em; border-radius: 1em; background: {ink.line}; overflow: hidden">'
        f'<span style="display: block; width: {percent}%; height: 100%; background: {accent}"></span></span>'
        f"{percent}{PER_CENT}</span>"
    )
