"""What speaks for and against one response: the verdict and its grounds, every score, the votes, raters' notes."""

from collections.abc import Sequence
from functools import cached_property

import streamlit as st

from core.domain.sides import Side
from core.domain.votes import Outcome
from core.domain.words import n, when
from core.services import quality
from core.services.quality import Explained, Heard, NoteOn, ScoreLine, VoteOn
from core.services.studies import studies
from core.storage.engine import reading
from core.storage.tables import Prompt
from core.ui.shared import frame, grids
from core.ui.shared.filters import responses_address
from core.ui.shared.rendering import show_text
from core.ui.shared.resources import engine

_KINDS = {"human": "", "imported": " (imported)", "simulated": " (simulated)"}


class Evidence:
    """What is known of the responses on a page, looked up for all of them at once, and only when somebody asks."""

    def __init__(self, prompt: Prompt, response_ids: Sequence[int]) -> None:
        self._prompt_id = prompt.id or 0
        self._ids = response_ids

    def explained(self, response_id: int) -> Explained:
        """The verdict and the scores."""
        return self._explained[response_id]

    @cached_property
    def _explained(self) -> dict[int, Explained]:
        with reading(engine()) as session:
            return quality.explained(session, self._prompt_id, self._ids)

    @cached_property
    def heard(self) -> Heard:
        """What raters said."""
        with reading(engine()) as session:
            return quality.heard(session, self._prompt_id, self._ids)

    @cached_property
    def has_studies(self) -> bool:
        """Whether there are several, so that a vote says of which it is."""
        with reading(engine()) as session:
            return len(studies.listed(session)) > 1


def verdict(found: Explained) -> None:
    """Whether it is acceptable, and what it fails, with what the evaluator said."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if found.acceptable is None:
            st.badge("no verdict", icon=":material/question_mark:", color="gray")
        elif found.acceptable:
            st.badge("automatically acceptable", icon=":material/check:", color="green")
        else:
            st.badge("not automatically acceptable", icon=":material/close:", color="red")
        if not found.is_checked:
            st.badge("unchecked", color="gray", help="No gate applies to it: its verdict is one on form alone.")
    lines = [_ground(ground, is_open=found.acceptable is None) for ground in found.grounds]
    if found.acceptable is None and not lines:
        lines = ["Still being scored."]
    if lines:
        st.markdown("  \n".join(lines))


def _ground(ground: quality.Ground, *, is_open: bool) -> str:
    said = f": {_one_line(ground.said)}" if ground.said else ""
    if is_open:
        return f"**Open: {frame.as_typed(ground.wrong)}**{said or ': not scored yet'}"
    return f"**{frame.as_typed(ground.wrong[:1].upper() + ground.wrong[1:])}**{said}"


def all_of_it(of: Evidence, response_id: int, *, raw: bool, is_open: bool) -> None:
    """Scores, votes and notes: of the chosen response at once, of the others as they are opened."""
    found = of.explained(response_id)
    n_scores = sum(line.applies for line in found.scores)
    with st.expander(
        f"Scores ({n_scores:,})", icon=":material/rule:", expanded=is_open, on_change="rerun",
        key=f"responses_scores-{response_id}{'-chosen' * is_open}",
    ) as scores:  # fmt: skip
        if scores.open:
            _scores(found, raw=raw)
    name = _heard_of(of.heard, response_id) if is_open else "Votes and notes"
    with st.expander(
        name, icon=":material/how_to_vote:", expanded=is_open, on_change="rerun",
        key=f"responses_heard-{response_id}{'-chosen' * is_open}",
    ) as heard:  # fmt: skip
        if heard.open:
            _heard(of, response_id)


def _heard_of(heard: Heard, response_id: int) -> str:
    votes, notes = heard.votes.get(response_id, ()), heard.notes.get(response_id, ())
    return f"{n(len(votes), 'vote')}, {n(len(notes), 'note')}"


def _scores(found: Explained, *, raw: bool) -> None:
    if not found.scores:
        st.caption("No evaluator is in use.")
        return
    asked = [line for line in found.scores if line.applies]
    rows = "\n".join(f"| {_name(line)} | {_value(line)} | {_one_line(line.reason) or '–'} |" for line in asked)
    st.markdown(f"| Evaluator | Score | What it said |\n| --- | --- | --- |\n{rows}")
    st.caption("From 0 to 1, where 1 is the good end. A gate is what a response must pass to be acceptable.")
    silent = [
        f"{frame.as_typed(line.evaluator)} ({_one_line(line.reason)})" for line in found.scores if not line.applies
    ]
    if silent:
        st.caption(f"Nothing to say of this prompt: {', '.join(silent)}.")
    with reading(engine()) as session:
        replies = quality.replies(session, found.response_id)
    for line in found.scores:
        if line.evaluator_id in replies:
            show_text(
                replies[line.evaluator_id],
                key=f"responses_reply-{found.response_id}-{line.evaluator_id}",
                raw=raw,
                label=f"What {line.evaluator} wrote",
            )


def _name(line: ScoreLine) -> str:
    told = ":red[gate, fails]" if line.fails else ":gray[gate]" if line.gates else ""
    retired = ":gray[retired]" if line.is_retired else ""
    return " ".join(part for part in (frame.as_typed(line.evaluator), told, retired) if part)


def _value(line: ScoreLine) -> str:
    if not line.is_there:
        return ":gray[not\N{NO-BREAK SPACE}yet]"
    return ":gray[unscored]" if line.value is None else f"**{line.value:.2g}**"


def _one_line(text: str) -> str:
    return frame.as_typed(" ".join(text.split()))


def _heard(of: Evidence, response_id: int) -> None:
    heard = of.heard
    votes, notes = heard.votes.get(response_id, []), heard.notes.get(response_id, [])
    if not votes and not notes:
        st.caption("No rater has said anything of this response yet.")
        return
    if votes:
        has_others = any(vote.cast_on for vote in votes)
        grids.leading(
            [_vote(vote, of.has_studies, has_others=has_others) for vote in votes],
            alt="The votes on this response, the newest first",
            key=f"responses_votes-{response_id}",
            most_px=320,
        )
        frame.simulated_badge(sum(vote.kind == "simulated" for vote in votes), len(votes))
        if has_others:
            st.caption("*The same words*: the rater was shown another answer of this candidate, word for word alike.")
    if heard.is_capped:
        st.caption(f"Of the newest {quality.MOST_VOTES:,} votes on this prompt.")
    for number, note in enumerate(notes):
        _note(note, response_id, number)


def _vote(vote: VoteOn, has_studies: bool, *, has_others: bool) -> dict[str, object]:
    noted = [word for word, is_so in (("too fast", vote.too_fast), ("masked", vote.masked)) if is_so]
    answer = {Outcome.LEFT: "this one", Outcome.RIGHT: "the other"}.get(vote.outcome, vote.answer)
    other = vote.opponent_response_id
    return {
        "Question": vote.question,
        **({"Study": vote.study} if has_studies else {}),
        "Answer": answer,
        "Beside": vote.opponent if other is None else _link(vote.opponent, other),
        "Shown as": str(vote.side),
        "Rater": f"{vote.rater}{_KINDS.get(vote.kind, '')}",
        "Took": "–" if vote.time_ms is None else f"{vote.time_ms / 1000:,.0f} s",
        "Noted": ", ".join(noted) or "–",
        **({"On": _link("the same words", vote.cast_on) if vote.cast_on else "this one"} if has_others else {}),
        "When": when(vote.created_at),
    }


def _link(label: str, response_id: int) -> grids.Link:
    return grids.Link(label, "responses", responses_address(response_id=response_id))


def _note(note: NoteOn, response_id: int, number: int) -> None:
    """What a rater wrote, which response was A and which B, and which of them the note names."""
    icon = ":material/flag:" if note.kind == "flag" else ":material/chat_bubble:"
    with st.container(border=True, gap="xsmall", key=f"responses_note-{response_id}-{number}"):
        text = frame.as_typed(note.note).replace("\n", "  \n") or ":gray[without a note]"
        st.markdown(f"{icon} {text}")
        st.caption(
            f"{frame.as_typed(note.rater)}{_KINDS.get(note.rater_kind, '')} · {when(note.created_at)}{_means(note)}"
        )
        with st.container(horizontal=True, gap="small"):
            for side, (shown_id, candidate) in note.shown.items():
                label = f"{side}: {frame.as_typed(candidate)}{', this response' if side is note.side else ''}"
                st.page_link(
                    "responses.py",
                    label=label,
                    icon=":material/article:",
                    query_params=responses_address(response_id=shown_id),
                    disabled=shown_id == response_id,
                )


def _means(note: NoteOn) -> str:
    if not note.names:
        return " · names no side"
    if len(note.names) == len(Side):
        return " · names both"
    (side,) = note.names
    return f" · names {side}, {'this response' if side is note.side else 'the other one'}"
