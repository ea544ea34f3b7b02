"""The parts of the Responses page: the prompt, what every candidate answered, and what raters said of it."""

import json

import pandas as pd
import streamlit as st

from core.domain.words import money, n
from core.services import workspace
from core.services.datasets import responses
from core.services.datasets.responses import Outcomes, PromptRef, ShownResponse
from core.storage.engine import reading
from core.storage.tables import Prompt, Response
from core.ui.shared import colours, frame
from core.ui.shared.filters import candidates_choice, say_gone
from core.ui.shared.rendering import show_text
from core.ui.shared.resources import engine

_AT_ONCE = 6
_NOT_KNOWN = "not known"
_ROLES = {"system": "System", "user": "Prompt", "assistant": "Assistant", "tool": "Tool"}


def prompt(ref: PromptRef) -> Prompt:
    """What was asked, with what is known about it."""
    with reading(engine()) as session:
        found = responses.prompt(session, ref.id)
    if not found.messages:
        st.caption("The text of this prompt is not known: only votes on it were imported.")
    asked = sum(message.get("role") == "user" for message in found.messages)
    turn = 0
    for number, message in enumerate(found.messages):
        role = message.get("role", "user")
        turn += role == "user"
        of_turn = f" · turn {turn} of {asked}" if asked > 1 and role == "user" else ""
        show_text(
            message.get("content", ""), key=f"responses_asked-{number}", label=f"{_ROLES.get(role, role)}{of_turn}"
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(frame.as_typed(found.category), color="gray")
        for tag in found.tags:
            st.badge(frame.as_typed(tag), color="blue")
    _expected(found)
    return found


def _expected(found: Prompt) -> None:
    """The reference answer and the constraints, where there are any."""
    if found.reference:
        with st.expander("Reference answer", icon=":material/check:"):
            for number, reference in enumerate(found.reference):
                show_text(reference, key=f"responses_reference-{number}")
    if found.constraints:
        wanted = (f"{name.replace('_', ' ')}: {_plainly(value)}" for name, value in found.constraints.items())
        st.caption(f"Constraints: {frame.as_typed(' · '.join(wanted))}")


def _plainly(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def answers(ref: PromptRef) -> None:
    """What the candidates answered, side by side where there is room, a page of six at a time."""
    with reading(engine()) as session:
        found = responses.of_prompt(session, ref.id)
    if not found:
        st.subheader("Responses", anchor=False)
        st.caption("No response to this prompt is here: only votes on it were imported, or no candidate ran yet.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader(n(len(found), "response"), anchor=False, width="content")
        raw = st.toggle(
            "Exact characters", key="responses_raw", bind="query-params", help="Show the text before any rendering."
        )
    chosen = _chosen({shown.candidate: shown.candidate_id for shown in found})
    found = [shown for shown in found if not chosen or shown.candidate in chosen]
    pages = -(-len(found) // _AT_ONCE)
    page = st.pagination(pages, key="responses_page", bind="query-params") if pages > 1 else 1
    on_page = found[(min(page, pages) - 1) * _AT_ONCE : min(page, pages) * _AT_ONCE]
    with st.grid(min(len(on_page), 2), min_column_width=330, gap="small"):
        for shown in on_page:
            with st.container(gap="xsmall"):
                _answer(shown, raw=raw)


def _chosen(ids: dict[str, int]) -> list[str]:
    """The names of the candidates to compare; the same choice colours the leaderboard."""
    if len(ids) <= _AT_ONCE:
        return []
    chosen = candidates_choice("responses", ids, label="Candidates", placeholder="All; choose up to eight to compare")
    say_gone()
    return chosen


def _answer(shown: ShownResponse, *, raw: bool) -> None:
    response = shown.response
    hue, sign = colours.colour(shown.position), colours.sign(shown.position)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f':color[{sign}]{{foreground="{hue}"}} **{frame.as_typed(shown.candidate)}**',
            width="content",
        )
        if shown.is_champion:
            frame.champion_badge()
        if response.repetition:
            st.badge(f"repetition {response.repetition + 1}", color="gray")
    for number, text in enumerate(response.turns, 1):
        label = f"Turn {number} of {len(response.turns)}" if len(response.turns) > 1 else "Response"
        _thoughts(response, number, raw=raw)
        show_text(text, key=f"responses_answer-{response.id}-{number}", raw=raw, label=label)
    st.caption(measured(shown))


def _thoughts(response: Response, turn: int, *, raw: bool) -> None:
    """What the model thought before a turn's answer, folded; raters never see it, and nothing scores it."""
    thought = response.reasoning[turn - 1] if response.reasoning and turn <= len(response.reasoning) else ""
    if thought:
        with st.expander("Thoughts", icon=":material/psychology:", key=f"responses_thoughts-{response.id}-{turn}"):
            show_text(thought, key=f"responses_thought-{response.id}-{turn}", raw=raw, label="Thoughts")


def measured(shown: ShownResponse) -> str:
    """Time, length and cost; what is absent is said to be not known."""
    response = shown.response
    parts = [
        ("latency", None if response.latency_ms is None else f"{response.latency_ms / 1000:,.1f} s"),
        ("first token", None if response.ttft_ms is None else f"{response.ttft_ms / 1000:,.2f} s"),
        ("tokens out", None if response.output_tokens is None else f"{response.output_tokens:,}"),
        ("tokens in", None if response.input_tokens is None else f"{response.input_tokens:,}"),
        ("cost", None if response.cost_usd is None else frame.dollars(money(response.cost_usd))),
        ("finish reason", None if response.finish_reason is None else frame.as_typed(response.finish_reason)),
    ]
    known = [f"{name} {value}" for name, value in parts if value is not None]
    unknown = [name for name, value in parts if value is None]
    said = [n(response.words, "word"), *known]
    if unknown:
        said.append(f"{', '.join(unknown)} {_NOT_KNOWN}")
    return " · ".join(said)


def votes(ref: PromptRef) -> None:
    """How raters answered on this prompt: added up by pair of candidates, and every vote."""
    with reading(engine()) as session:
        simulated_too = workspace.counts_simulated(session)
        added_up = responses.outcomes(session, ref.id, simulated=simulated_too)
        cast = responses.votes(session, ref.id, simulated=simulated_too)
    st.subheader("Votes on this prompt", anchor=False)
    if not added_up:
        st.caption("Nobody has voted on this prompt yet.")
        return
    total, simulated = sum(map(_total, added_up)), sum(row.simulated for row in added_up)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(n(total, "vote"), width="content")
        frame.simulated_badge(simulated, total)
    st.dataframe(
        pd.DataFrame([_outcome_row(row) for row in added_up]),
        hide_index=True,
        height="content" if len(added_up) <= 12 else 460,
        column_config={name: st.column_config.TextColumn(name, width=170) for name in ("One", "Other")},
        alt="Votes on this prompt by question and pair of candidates",
    )
    with st.expander(f"Every vote ({len(cast):,})", icon=":material/how_to_vote:", on_change="rerun") as opened:
        if opened.open:
            st.dataframe(
                pd.DataFrame([_vote_row(row) for row in cast]),
                hide_index=True,
                column_config={"Time": st.column_config.DatetimeColumn("Time", format="D MMM YYYY, HH:mm")},
                alt="Every vote on this prompt, the newest first",
            )


def _total(row: Outcomes) -> int:
    return row.first_won + row.second_won + row.tie + row.both_bad


def _outcome_row(row: Outcomes) -> dict[str, object]:
    return {
        "Question": row.question,
        "One": row.first,
        "Other": row.second,
        "One won": row.first_won,
        "Other won": row.second_won,
        "Equal": row.tie,
        "Both poor": row.both_bad,
    }


def _vote_row(row: responses.VoteRow) -> dict[str, object]:
    notes = [word for word, is_so in (("too fast", row.too_fast), ("masked", row.masked)) if is_so]
    return {
        "Question": row.question,
        "A": row.left,
        "B": row.right,
        "Answer": row.answer,
        "Rater": row.rater if row.kind == "human" else f"{row.rater} ({row.kind})",
        "Time": row.created_at,
        "Noted": ", ".join(notes),
    }
