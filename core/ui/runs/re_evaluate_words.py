"""What a run takes, in words, before it begins: calls, dollars, time."""

import streamlit as st

from core.domain.words import duration, money, n
from core.services.runs import RunEstimate, RunOrder
from core.ui.shared import frame

_MOST_NAMED = 4


def takes(found: RunEstimate, order: RunOrder, cap: float | None, *, asks_locally: bool) -> None:
    """How many calls, what they are expected to cost, how long they take."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(_calls(found, order))
        st.markdown(_unknown(found) if found.unpriced else _cost(found))
        if found.seconds is not None:
            st.markdown(_time(found, order))
        if cap is not None and found.cost_usd is not None and cap < found.cost_usd:
            st.caption(":material/info: The cap is less than expected: the run will stop early, and can be resumed.")
        local = " The model on this machine answers one call at a time." if asks_locally else ""
        st.caption(f"Retries come on top. You may go on working or close the page meanwhile.{local}")


def _calls(found: RunEstimate, order: RunOrder) -> str:
    parts = [n(len(order.candidate_ids), "candidate"), n(found.prompts, "prompt")]
    if order.repetitions > 1:
        parts.append(f"{order.repetitions} times each")
    responses = len(order.candidate_ids) * found.prompts * order.repetitions
    turns = " with all turns of the conversations" if found.calls > responses else ""
    return f":material/forum: **{n(found.calls, 'call')}**{turns} · {' × '.join(parts)}"


def _cost(found: RunEstimate) -> str:
    if not found.most_usd:
        return ":material/payments: **Free**: nothing is charged per token"
    expected, most = (frame.as_typed(money(usd)) for usd in (found.cost_usd, found.most_usd))
    return f":material/payments: About **{expected}** · {most} if every answer were as long as it may be"


def _time(found: RunEstimate, order: RunOrder) -> str:
    seconds = found.seconds or 0.0
    if order.spread_s:
        return f":material/schedule: About **{duration(seconds)}** of asking, over {duration(order.spread_s[-1])}"
    loading = ""
    if found.load_s:
        loading = f", {duration(found.load_s)} of it until the model on this machine is loaded"
    return f":material/schedule: About **{duration(seconds)}**{loading}"


def _unknown(found: RunEstimate) -> str:
    return (
        f":material/money_off: Cost **unknown**, and no cap can be kept: no price is known of {_names(found)}. "
        ":gray[An admin enters it under *Prices* on *Candidates*.]"
    )


def _names(found: RunEstimate) -> str:
    names = [f"**{frame.as_typed(name)}**" for name in found.unpriced]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
