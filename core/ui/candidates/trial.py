"""A test call to a candidate: one question, what came back, how long it took, what it cost, or what to mend."""

from urllib.parse import urlsplit

import streamlit as st

from core import clock
from core.domain.answering import FinishReason
from core.domain.words import money, seconds
from core.providers import presets
from core.services.asking.trial import DEADLINE_S, QUESTION, Trial, try_out
from core.services.candidates.candidates import CandidateLine
from core.ui.shared import facts, frame
from core.ui.shared.rendering import show_text
from core.ui.shared.resources import engine

_TRIALS = "_trials"
_LONGEST_QUESTION = 2000


def panel(line: CandidateLine) -> None:
    """The question, the button, and how the last call of this candidate went."""
    if line.candidate.provider is None:
        st.caption("A test call needs a model: edit the candidate and say which one it is.")
        return
    if presets.is_written(line.candidate.provider):
        return
    question = st.text_input(
        "Test call", QUESTION, max_chars=_LONGEST_QUESTION, key=f"candidates_question_{line.id}",
        help="Sent now, with the candidate's own settings, and paid for like any other. Nothing of it is stored.",
    )  # fmt: skip
    if st.button("Ask it", icon=":material/send:", key=f"candidates_try_{line.id}", disabled=not question.strip()):
        with st.spinner(f"Waiting for an answer, at most {DEADLINE_S:.0f} s …", show_time=True):
            trial = try_out(engine(), line.candidate, question=question.strip(), now=clock.now())
        st.session_state.setdefault(_TRIALS, {})[line.id] = trial
    trial = st.session_state.get(_TRIALS, {}).get(line.id)
    if trial is not None:
        _went(trial, line.id)


def _went(trial: Trial, candidate_id: int) -> None:
    if trial.answer is None:
        tries = len(trial.tries)
        frame.error_box(trial.problem, f"{tries} attempts were made." if tries > 1 else "", trial.mending)
        return
    facts.show(
        {
            "First word": f"after {_ms(trial.answer.timings.first_visible_ms)}",
            "All of it": f"after {_ms(trial.answer.timings.latency_ms)}",
            "Tokens": _tokens(trial),
            "Cost": _cost(trial),
            "Answered by": _place(trial),
            "Attempts": f"{len(trial.tries)}" if len(trial.tries) > 1 else "",
        }
    )
    if trial.text.strip():
        show_text(trial.text, key=f"candidates_trial_{candidate_id}", label="Answer")
    else:
        st.markdown(":gray[The answer is empty.]")
    if trial.answer.finish_reason != FinishReason.STOP:
        st.caption(f"It ended with '{trial.answer.finish_reason}'.")


def _place(trial: Trial) -> str:
    found = trial.answered_by
    assert found is not None
    assert trial.answer is not None
    name = trial.answer.answered_by or "a model that gives no name"
    host = urlsplit(found.endpoint.base_url or "").netloc or "this machine"
    return f"{name} at {host}" + (", the fallback, after the first endpoint failed" if found.is_fallback else "")


def _cost(trial: Trial) -> str:
    if trial.cost_usd is not None:
        return money(trial.cost_usd)
    return "unknown, because nobody told how many tokens" if trial.rates else "unknown: enter a price under Prices"


def _ms(found: float | None) -> str:
    return "–" if found is None else seconds(found)


def _tokens(trial: Trial) -> str:
    usage = trial.answer.usage if trial.answer else None
    if usage is None:
        return "not told"
    into, out = ("–" if count is None else f"{count:,}" for count in (usage.input_tokens, usage.output_tokens))
    return f"{into} in, {out} out"
