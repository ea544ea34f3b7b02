"""What became of requests that were sent by the table: who answered, how often the next was asked, and why."""

import streamlit as st

from core.domain.routing import FellBack
from core.domain.words import money, n, percent, seconds, when
from core.services.routing import outcomes
from core.services.routing.outcomes import OutcomeLine, OutcomeSum
from core.storage.engine import reading
from core.ui.shared import grids
from core.ui.shared.resources import engine

_WORDS = {
    FellBack.FAILED: "it failed",
    FellBack.RATE_LIMITED: "it was rate-limited or overloaded",
    FellBack.TOO_SLOW: "it was too slow",
    FellBack.CANNOT_BE_ASKED: "it cannot be asked",
}


def section(dataset: str) -> None:
    """Added up by category, and the last ones one by one."""
    with reading(engine()) as session:
        sums = outcomes.by_category(session, dataset)
        newest = outcomes.newest(session, dataset) if sums else []
    st.subheader("Requests routed", anchor=False)
    if not sums:
        st.caption(
            "None yet. `evenhand route --category NAME` asks a prompt by the table in force, and each request leaves "
            "a line here: who answered, why not the primary, how long it took and what it cost. Its text is not kept."
        )
        return
    grids.show([_sum(one) for one in sums], alt="Requests routed by category: who answered, latency and cost")
    with st.expander(f"The last {n(len(newest), 'request')}"):
        grids.show([_line(one) for one in newest], alt="The last requests, one by one")


def _sum(one: OutcomeSum) -> dict[str, object]:
    return {
        "Category": one.category or "everything else",
        "Requests": one.requests,
        "Primary": f"{one.by_primary:,} ({percent(one.by_primary / one.requests)})",
        "Fallback": one.by_fallback,
        "Nobody": one.failed,
        "Mean latency": grids.Number(seconds(one.mean_latency_ms), one.mean_latency_ms),
        "Cost": grids.Number(money(one.cost_usd), one.cost_usd),
    }


def _line(one: OutcomeLine) -> dict[str, object]:
    return {
        "When": when(one.at),
        "Category": one.category or "everything else",
        "Answered": one.answered or "nobody",
        "Instead of": "–" if one.fell_back is None else f"{one.primary}: {_WORDS[one.fell_back]}",
        "Attempts": one.tries,
        "Latency": grids.Number(seconds(one.latency_ms), one.latency_ms),
        "Cost": grids.Number(money(one.cost_usd), one.cost_usd),
        "Version": "none" if one.version is None else str(one.version),
    }
