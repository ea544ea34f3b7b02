"""A table of candidates: names stay in sight and show whole when pointed at, and an edge says that it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from core.ui import colours

Cell = object
_CHAMPION = "· champion"
_SHADOW = "rgba(120, 125, 130, 0.35)"


@dataclass(frozen=True)
class Done:
    """A cell that is a bar: how much of something is done, in per cent."""

    percent: int


@dataclass(frozen=True)
class Name:
    """A candidate's cell: its name, with the mark and colour that it has on every page."""

    name: str
    position: int
    in_colour: bool = True
    is_champion: bool = False


def show(rows: Sequence[Mapping[str, Cell]], *, alt: str, quiet: Sequence[bool] = (), most_px: int = 460) -> None:
    """Show ``rows``, the first column in sight however far one scrolls. Numbers stand to the right.

    ``alt``: what the table is of; ``quiet``: the rows that step back. Taller than ``most_px`` it scrolls.
    """
    if not rows:
        return
    heads, ink = list(rows[0]), colours.ink()
    numeric = {head for head in heads if all(isinstance(row[head], int | float) for row in rows)}
    head = "".join(_head(name, ink, first=place == 0, right=name in numeric) for place, name in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(_cell(row[name], ink, quiet=faint, right=name in numeric) for name in heads) + "</tr>"
        for row, faint in zip(rows, quiet or [False] * len(rows), strict=True)
    )
    st.html(
        f'<div role="region" tabindex="0" aria-label="{escape(alt)}" style="{_frame(ink, most_px)}">'
        '<table style="border-collapse: collapse; width: 100%; margin: 0; font-variant-numeric: tabular-nums; '
        f'font-size: 0.9rem"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


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
    side = "position: sticky; left: 0; z-index: 2; " if first else ""
    back = f"background: {ink.paper}; " if first else ""
    align = "right" if right else "left"
    return (
        f'<th scope="col" style="{side}{back}text-align: {align}; color: {ink.quiet}; font-weight: 500; '
        f'padding: 0.5em 0.8em; white-space: nowrap; border: 0; border-bottom: 1px solid {ink.line}">'
        f"{escape(name)}</th>"
    )


def _cell(cell: Cell, ink: colours.Ink, *, quiet: bool, right: bool) -> str:
    style = f"padding: 0.45em 0.8em; white-space: nowrap; border: 0; border-bottom: 1px solid {ink.line}; "
    if isinstance(cell, Name):
        return _name(cell, ink, style)
    colour = ink.quiet if quiet else ink.text
    if isinstance(cell, Done):
        return f'<td style="{style}color: {colour}">{_bar(cell.percent, ink)}</td>'
    align = "text-align: right; " if right else ""
    written = f"{cell:,}" if isinstance(cell, int) else str(cell)
    return f'<td style="{style}{align}color: {colour}">{escape(written)}</td>'


def _name(cell: Name, ink: colours.Ink, style: str) -> str:
    hue = colours.colour(cell.position) if cell.in_colour else ink.grey
    note = f' <span style="color: {ink.quiet}">{_CHAMPION}</span>' if cell.is_champion else ""
    whole = escape(f"{cell.name} {_CHAMPION}" if cell.is_champion else cell.name)
    return (
        f'<th scope="row" title="{whole}" style="{style}position: sticky; left: 0; z-index: 1; text-align: left; '
        f"background: {ink.paper}; color: {ink.text}; font-weight: 500; max-width: min(42vw, 24em); overflow: hidden; "
        f'text-overflow: ellipsis"><span style="color: {hue}" aria-hidden="true">{colours.sign(cell.position)}</span> '
        f"{escape(cell.name)}{note}</th>"
    )


def _bar(percent: int, ink: colours.Ink) -> str:
    accent = colours.colour(0)
    return (
        '<span style="display: inline-flex; align-items: center; gap: 0.6em">'
        f'<span style="width: 5em; height: 0.45em; border-radius: 1em; background: {ink.line}; overflow: hidden">'
        f'<span style="display: block; width: {percent}%; height: 100%; background: {accent}"></span></span>'
        f"{percent} %</span>"
    )
