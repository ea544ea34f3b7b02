"""What the candidates answered to a prompt: a card for each response, with the verdict on it and its evidence."""

import streamlit as st

from core.domain.lengths import count_words
from core.domain.words import money, n, seconds
from core.services.datasets import responses
from core.services.datasets.responses import ShownResponse, Whereabouts
from core.storage.engine import reading
from core.storage.tables import Prompt, Response
from core.ui.responses import evidence, pointing, runs
from core.ui.responses.evidence import Evidence
from core.ui.shared import access, colours, frame
from core.ui.shared.filters import candidates_choice, say_gone
from core.ui.shared.rendering import show_text
from core.ui.shared.resources import engine

_AT_ONCE = 6
_NOT_KNOWN = "not known"


def answers(prompt: Prompt, pointed: Whereabouts | None) -> None:
    """What the candidates answered, side by side where there is room, a page of six at a time; one may be marked."""
    with reading(engine()) as session:
        found = responses.of_prompt(session, prompt.id or 0)
    if not found:
        st.subheader("Responses", anchor=False)
        st.caption("No response to this prompt is here: only votes on it were imported, or no candidate ran yet.")
        return
    head = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = runs.choice(found, prompt_id=prompt.id or 0)
        chosen = _chosen({shown.candidate: shown.candidate_id for shown in found})
    say_gone()
    found = [shown for shown in found if not chosen or shown.candidate in chosen]
    with head:
        st.subheader(n(len(found), "response"), anchor=False, width="content")
        raw = st.toggle(
            "Exact characters", key="responses_raw", bind="query-params", help="Show the text before any rendering."
        )
    on_page = _page(found, pointed)
    of = Evidence(prompt, [shown.response.id or 0 for shown in on_page])
    with st.grid(min(len(on_page), 2), min_column_width=330, gap="small"):
        for shown in on_page:
            is_chosen = pointed is not None and shown.response.id == pointed.response_id
            with st.container(gap="xsmall", key=pointing.CHOSEN if is_chosen else None):
                _answer(shown, of, raw=raw, is_chosen=is_chosen)
    if pointed is not None:
        pointing.bring_into_view(pointed)


def _chosen(ids: dict[str, int]) -> list[str]:
    """The names of the candidates to compare; the same choice colours the leaderboard."""
    if len(ids) <= _AT_ONCE:
        return []
    return candidates_choice("responses", ids, label="Candidates", placeholder="All; choose up to eight to compare")


def _page(found: list[ShownResponse], pointed: Whereabouts | None) -> list[ShownResponse]:
    """Six of them, on arrival those among which the one is that the address names."""
    pages = max(1, -(-len(found) // _AT_ONCE))
    asked = st.query_params.get(pointing.PAGE, "")
    page = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    ids = [shown.response.id for shown in found]
    if pointing.arrives() and pointed is not None and pointed.response_id in ids:
        page = ids.index(pointed.response_id) // _AT_ONCE + 1
        st.query_params[pointing.PAGE] = str(page)
    if pages > 1:
        st.session_state[pointing.PAGE] = page
        st.pagination(pages, key=pointing.PAGE, on_change=_turn_page)
    return found[(page - 1) * _AT_ONCE : page * _AT_ONCE]


@access.guarded(access.Role.ANALYST)
def _turn_page() -> None:
    st.query_params[pointing.PAGE] = str(st.session_state[pointing.PAGE])


def _answer(shown: ShownResponse, of: Evidence, *, raw: bool, is_chosen: bool) -> None:
    response = shown.response
    hue, sign = colours.colour(shown.position), colours.sign(shown.position)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f':color[{sign}]{{foreground="{hue}"}} **{frame.as_typed(shown.candidate)}**',
            width="content",
        )
        if is_chosen:
            st.badge("chosen", icon=":material/location_on:", color="primary")
        if shown.is_champion:
            frame.champion_badge()
        st.badge(f"run {response.run_id}", color="gray")
        if response.repetition:
            st.badge(f"repetition {response.repetition + 1}", color="gray")
    evidence.verdict(of.explained(response.id or 0))
    for number, text in enumerate(response.turns, 1):
        label = f"Turn {number} of {len(response.turns)}" if len(response.turns) > 1 else "Response"
        _thoughts(response, number, raw=raw)
        show_text(text, key=f"responses_answer-{response.id}-{number}", raw=raw, label=label)
    st.caption(measured(shown))
    evidence.all_of_it(of, response.id or 0, raw=raw, is_open=is_chosen)


def _thoughts(response: Response, turn: int, *, raw: bool) -> None:
    """What the model thought before a turn's answer, folded; raters never see it, and nothing scores it."""
    thought = response.reasoning[turn - 1] if response.reasoning and turn <= len(response.reasoning) else ""
    if thought:
        with st.expander("Thoughts", icon=":material/psychology:", key=f"responses_thoughts-{response.id}-{turn}"):
            show_text(thought, key=f"responses_thought-{response.id}-{turn}", raw=raw, label="Thoughts")


def _length(response: Response) -> str:
    """In words; of several turns also those of the last, which limits of length hold."""
    if len(response.turns) < 2:
        return n(response.words, "word")
    return f"{n(response.words, 'word')}, {count_words(response.turns[-1]):,} of them in the last turn"


def measured(shown: ShownResponse) -> str:
    """Time, length and cost; what is absent is said to be not known."""
    response = shown.response
    parts = [
        ("latency", None if response.latency_ms is None else seconds(response.latency_ms)),
        ("first token", None if response.ttft_ms is None else seconds(response.ttft_ms)),
        ("tokens out", None if response.output_tokens is None else f"{response.output_tokens:,}"),
        ("tokens in", None if response.input_tokens is None else f"{response.input_tokens:,}"),
        ("cost", None if response.cost_usd is None else frame.dollars(money(response.cost_usd))),
        ("finish reason", None if response.finish_reason is None else frame.as_typed(response.finish_reason)),
    ]
    known = [f"{name} {value}" for name, value in parts if value is not None]
    unknown = [name for name, value in parts if value is None]
    said = [_length(response), *known]
    if unknown:
        said.append(f"{', '.join(unknown)} {_NOT_KNOWN}")
    return " · ".join(said)
