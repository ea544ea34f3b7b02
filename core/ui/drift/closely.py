"""One change, closely: its numbers, what it is put down to, and the prompts that flipped, side by side."""

from collections.abc import Sequence

import streamlit as st

from core.domain.drift.causes import CAUSE_WORDS, Cause
from core.domain.words import n, when
from core.errors import NotFound
from core.services.datasets import responses
from core.services.watching import drift
from core.services.watching.drift import CausePart, FindingLine, Flip, FlipAnswer
from core.storage.engine import reading
from core.ui.drift import messages, words
from core.ui.drift.choice import View, is_led_here
from core.ui.drift.trends import one_chart
from core.ui.shared import arriving, facts, frame
from core.ui.shared.filters import responses_address
from core.ui.shared.kept import KEPT
from core.ui.shared.rendering import show_text
from core.ui.shared.resources import engine

PLACE = "drift_chosen"
"""What is looked at closely."""
_PROMPT = "drift_prompt"
_MOST_ANSWERS = 4
_LONGEST_LABEL = 80
_RAREST, _RARE = 1e-6, 0.05
_FRESH_S = 30
_ACCEPTABLE = "acceptable"


def section(view: View) -> None:
    """The finding that was chosen; nothing where there is none."""
    one = view.finding
    if one is None:
        return
    with arriving.place(PLACE, "The chosen change", of=str(one.id) if is_led_here() else None):
        _section(view, one)


def _section(view: View, one: FindingLine) -> None:
    st.subheader("One change in detail", anchor=False)
    word, icon, colour = words.TIERS[one.tier]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(word, icon=icon, color=colour)
        st.markdown(words.candidate(view, one.candidate_id, one.candidate), width="content")
        st.badge(one.metric.title, color="gray")
        st.badge(frame.as_typed(words.where(one.category)), color="gray")
        messages.button(messages.told(view), one, key="drift_acknowledge")
    if one not in view.state.findings:
        st.markdown(f":material/check: No longer so: {frame.as_typed(one.sentence)}")
    with st.grid(2, min_column_width=330, gap="medium"):
        with st.container(gap="small"):
            _numbers(one)
            _causes(one)
        with st.container(gap="xsmall"):
            one_chart(view, one)
    _flipped(one)


def _numbers(one: FindingLine) -> None:
    metric = one.metric
    facts.show(
        {
            "Before": words.value(metric, one.before),
            "Now": words.value(metric, one.after),
            "Change": f"{words.change(metric, one.change)} (95 %: {words.interval(metric, one.lower, one.upper)})",
            "By chance": f"{_chance(one.p)} (p) in this check alone",
            "Rests on": n(one.prompts, "prompt") + ", each paired with itself in the baseline",
            "So since": f"run {one.since_run}, {when(one.since_at)}",
        }
    )


def _chance(p: float) -> str:
    """How rarely chance alone gives as much: ``1 in 2,300``."""
    if p < _RAREST:
        return f"less than 1 in {1 / _RAREST:,.0f}"
    return f"about 1 in {1 / p:,.0f}" if p < _RARE else f"about {100 * p:.0f} in 100"


def _causes(one: FindingLine) -> None:
    """What makes how much of it."""
    if not one.parts:
        named = " and ".join(CAUSE_WORDS[cause] for cause in one.causes) or "not known"
        st.markdown(f"**Likely cause:** {frame.as_typed(named)}")
        return
    st.markdown("**Likely cause**\n\n" + "\n".join(f"- {_part(one, part)}" for part in one.parts))
    if Cause.PRICES in one.causes:
        address = {"candidates_show": "Prices"}
        st.page_link("candidates.py", label="Prices, on Candidates", query_params=address, icon=":material/payments:")


def _part(one: FindingLine, part: CausePart) -> str:
    interval = words.interval(one.metric, part.lower, part.upper)
    size = "" if part.change is None else words.change(one.metric, part.change) + (f" ({interval})" if interval else "")
    return frame.as_typed(": ".join(each for each in (part.words or CAUSE_WORDS[part.cause], size) if each))


def _flipped(one: FindingLine) -> None:
    flips = _flips(one.id)
    if not flips:
        st.caption("No single prompt shows this change: it is spread over all of them.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader(f"{n(len(flips), 'prompt')} that show it most", anchor=False, width="content")
        raw = st.toggle(
            "Exact characters", key="drift_raw", bind="query-params", help="Show the texts before any rendering."
        )
    by_id = {flip.external_id: flip for flip in flips}
    if st.session_state.get(_PROMPT) not in by_id:
        st.session_state.pop(_PROMPT, None)
    chosen = st.selectbox("Prompt", list(by_id), key=_PROMPT, format_func=lambda id_: _label(one, by_id[id_]))
    _side_by_side(one, by_id.get(chosen or "", flips[0]), raw=raw)


def _flips(finding_id: int) -> list[Flip]:
    """Kept a while, for all runs of the baseline are read for them, at each press on the page."""

    def compute() -> list[Flip]:
        try:
            with reading(engine()) as session:
                return drift.flipped(session, finding_id)
        except NotFound:
            return []

    return KEPT.get(("drift_flips", str(engine().url), finding_id), compute, fresh_s=_FRESH_S)


def _label(one: FindingLine, flip: Flip) -> str:
    name = flip.external_id
    short = name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
    if flip.before is None and flip.after is None:
        return f"{short} · {flip.category}"
    before, now = (words.value(one.metric, each) for each in (flip.before, flip.after))
    return f"{short} · {flip.category} · {before} → {now}"


def _side_by_side(one: FindingLine, flip: Flip, *, raw: bool) -> None:
    for number, message in enumerate(flip.messages):
        role = message.get("role", "user")
        label = "Prompt" if role == "user" else role.capitalize()
        show_text(message.get("content", ""), key=f"drift_asked-{number}", label=label, raw=raw)
    with st.grid(2, min_column_width=330, gap="small"):
        for title, answers in (("Before", flip.baseline), ("Now", flip.now)):
            with st.container(gap="xsmall"):
                st.markdown(f"**{title}** · {_runs(answers)}")
                _answers(one, answers, side=title.lower(), raw=raw)
    with reading(engine()) as session:
        dataset_id = responses.prompt(session, flip.prompt_id).dataset_id
    address = responses_address(dataset_id, flip.external_id)
    st.page_link("responses.py", label="All that was answered to it", query_params=address, icon=":material/article:")


def _answers(one: FindingLine, answers: Sequence[FlipAnswer], *, side: str, raw: bool) -> None:
    grouped: dict[tuple[str, bool | None, tuple[str, ...]], list[FlipAnswer]] = {}
    for answer in answers:
        grouped.setdefault((answer.text, answer.acceptable, answer.reasons), []).append(answer)
    if not grouped:
        st.caption("No answer is there any more.")
    shown = list(grouped.values())
    for number, same in enumerate(shown[:_MOST_ANSWERS]):
        _answer(one, same, key=f"drift_answer-{side}-{number}", raw=raw)
    if len(shown) > _MOST_ANSWERS:
        with st.expander(f"{len(shown) - _MOST_ANSWERS:,} more answers", icon=":material/expand_more:"):
            for number, same in enumerate(shown[_MOST_ANSWERS:], _MOST_ANSWERS):
                _answer(one, same, key=f"drift_answer-{side}-{number}", raw=raw)


def _answer(one: FindingLine, same: Sequence[FlipAnswer], *, key: str, raw: bool) -> None:
    answer = same[0]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if answer.acceptable is None:
            st.badge("no verdict", color="gray")
        elif answer.acceptable:
            st.badge("automatically acceptable", icon=":material/check:", color="green")
        else:
            st.badge("not automatically acceptable", icon=":material/close:", color="red")
        if len(same) > 1:
            st.badge(f"{len(same)} times the same", color="gray")
        is_verdict = one.metric.name == _ACCEPTABLE or answer.value is None
        said = [] if is_verdict else [words.value(one.metric, answer.value)]
        reasons = ", ".join(frame.as_typed(reason) for reason in answer.reasons)
        if reasons:
            said.append(f"open: {reasons}" if answer.acceptable is None else reasons)
        if said:
            st.caption(" · ".join(said), width="stretch")
    if answer.response_id is None:
        st.caption("Given up: there is no answer.")
    else:
        show_text(answer.text, key=key, raw=raw, label=f"Answer of {_runs(same)}")
        with st.container(horizontal=True, gap="small"):
            for one_of_them in same[:_MOST_ANSWERS]:
                st.page_link(
                    "responses.py",
                    label="Scores and votes" if len(same) == 1 else f"In run {one_of_them.run_id}",
                    query_params=responses_address(response_id=one_of_them.response_id),
                    icon=":material/article:",
                )


def _runs(answers: Sequence[FlipAnswer]) -> str:
    ids = sorted({answer.run_id for answer in answers})
    return "no run" if not ids else f"run {ids[0]}" if len(ids) == 1 else f"runs {', '.join(map(str, ids))}"
