"""The Runs page while something moves: selector, card, candidates and table, all of one moment."""

import streamlit as st

from core.services.runs import RunLine
from core.ui.runs import card, changes, page
from core.ui.runs.page import Seen
from core.ui.shared import access, doing


def show(seen: Seen) -> None:
    """Everything of the page. While a run moves this looks again by itself, and it alone."""
    every_s = _every_s(seen.lines)
    st.fragment(_all, run_every=every_s)(seen.lines, every_s, [seen])


def _every_s(lines: list[RunLine]) -> float | None:
    """How often to look: as often as the run asks for that moves most."""
    return min(filter(None, map(card.every_s, lines)), default=None)


@access.guarded(access.Role.ANALYST)
def _all(known: list[RunLine], every_s: float | None, fresh: list[Seen]) -> None:
    """``fresh``: what need not be read in the run of the page itself."""
    seen = fresh.pop() if fresh else page.look(known)
    if seen is None or _every_s(seen.lines) != every_s:
        st.rerun()
        return
    doing.tell()
    page.choice(seen)
    card.show(seen.chosen, seen.candidates)
    changes.section(seen.lines, seen.chosen)
    page.table(seen.lines)
