"""The colour and the mark of a candidate: the same on every page and chart, told by its position.

The eight colours stay apart for every kind of colour blindness (smallest ΔE*ab 16 in each theme, as simulated after
Machado, Oliveira & Fernandes 2009) and have a contrast of 3 : 1 or more with the page. Candidates eight positions
apart share a colour and differ in their mark.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

MOST_COLOURED = 8
LIGHT = ("#2F5D62", "#C0692B", "#1D80C9", "#C27889", "#4C6038", "#A3895F", "#83759A", "#6E3A08")
DARK = ("#7FB7BE", "#E39A5F", "#5A86C6", "#B57584", "#99BA8C", "#9A8156", "#DAD4F8", "#FED1C6")
_MARKS = (("circle", "●"), ("square", "■"), ("diamond", "◆"), ("triangle-up", "▲"), ("triangle-down", "▼"))


@dataclass(frozen=True)
class Ink:
    """The colours of the page that charts draw with."""

    text: str
    quiet: str
    grey: str
    line: str
    paper: str


INK_LIGHT = Ink(text="#12161A", quiet="#5E646A", grey="#989C9F", line="#DDD9CF", paper="#FBFAF7")
INK_PAPER = replace(INK_LIGHT, paper="#FFFFFF")
INK_DARK = Ink(text="#E6E4DF", quiet="#A4ACB2", grey="#6C757B", line="#313A40", paper="#14181B")


_on_paper: ContextVar[bool] = ContextVar("on_paper", default=False)


@contextmanager
def on_paper() -> Iterator[None]:
    """Draw for a white ground, whatever the reader's page is like: what goes into a slide or onto paper."""
    token = _on_paper.set(True)
    try:
        yield
    finally:
        _on_paper.reset(token)


def is_dark() -> bool:
    """Whether the reader's page is dark; what is drawn for nobody is light."""
    if _on_paper.get():
        return False
    return get_script_run_ctx(suppress_warning=True) is not None and st.context.theme.type == "dark"


def ink() -> Ink:
    """The page's own colours, light or dark."""
    if _on_paper.get():
        return INK_PAPER
    return INK_DARK if is_dark() else INK_LIGHT


def colour(position: int) -> str:
    """The candidate's colour on this reader's page."""
    return (DARK if is_dark() else LIGHT)[position % MOST_COLOURED]


def mark(position: int) -> str:
    """The candidate's mark, by Plotly's name."""
    return _MARKS[position // MOST_COLOURED % len(_MARKS)][0]


def sign(position: int) -> str:
    """The candidate's mark as a character, for tables and captions."""
    return _MARKS[position // MOST_COLOURED % len(_MARKS)][1]


def coloured(positions: Sequence[int], chosen: Collection[int] = ()) -> frozenset[int]:
    """Which candidates are shown in colour, at most eight: all if they are so few, else the ``chosen`` or the first.

    ``positions``: in the order of the page, best first; the first of each colour is taken.
    """
    if len(positions) <= MOST_COLOURED and not chosen:
        return frozenset(positions)
    if chosen:
        return frozenset([position for position in positions if position in chosen][:MOST_COLOURED])
    first: dict[int, int] = {}
    for position in positions[:MOST_COLOURED]:
        first.setdefault(position % MOST_COLOURED, position)
    return frozenset(first.values())
