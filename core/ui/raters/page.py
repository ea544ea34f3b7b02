"""The parts of the Raters page: how far raters agree, one line for each rater, and what they remarked."""

import pandas as pd
import streamlit as st

from core.domain.agreement import Agreement
from core.domain.raters import Share, share
from core.domain.words import n
from core.services.leaderboards import boards, rater_votes, raters
from core.services.leaderboards.raters import QuestionAgreement, RaterReport, RaterRow
from core.services.studies import studies
from core.storage.engine import reading
from core.ui.shared import filters, frame
from core.ui.shared.filters import RaterChoice
from core.ui.shared.resources import engine

_FRESH_S = 60
_KINDS = {"human": "Human", "imported": "Imported", "simulated": "Simulated"}
_GOOD, _TENTATIVE, _WEAK = 0.8, 0.667, 0.4


def found(choice: RaterChoice) -> RaterReport:
    """What the chosen votes tell of the raters; computed once for everybody who looks."""
    question_id = choice.question.id if choice.question else None
    with reading(engine()) as session:
        asked = studies.questions(session, choice.study.id or 0)
        as_of = max((boards.counted_up_to(session, question.id or 0) for question in asked), default=0)
    return _computed(str(engine().url), choice.study.id or 0, question_id, choice.simulated, as_of)


@st.cache_data(ttl=_FRESH_S, max_entries=32, refresh_mode="background", show_spinner="Comparing the raters …")
def _computed(database: str, study_id: int, question_id: int | None, simulated: bool, as_of: int) -> RaterReport:
    """``database`` and ``as_of`` tell cached reports apart."""
    del database, as_of
    with reading(engine()) as session:
        asked = [q for q in studies.questions(session, study_id) if question_id in (None, q.id)]
        return raters.report(session, asked, simulated=simulated)


def nothing_yet(choice: RaterChoice) -> None:
    """There are no votes: say what to do next."""
    frame.empty_state(
        "No votes yet",
        f"Nobody has voted in *{frame.as_typed(choice.study.name)}* with these filters. Invite raters on *People*; "
        "agreement shows as soon as two of them have rated the same pair.",
        icon=":material/diversity_3:",
    )


def agreement(report: RaterReport) -> None:
    """One card for each question: how far raters agree beyond chance, and what that means."""
    asked = [question for question in report.questions if question.condemned is not None]
    with st.grid(min(len(asked), 3), min_column_width=260, gap="small"):
        for question in asked:
            with st.container(border=True, gap="small", height="stretch"):
                _card(question)
    votes = sum(row.votes for row in report.rows if row.kind == "simulated")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{n(report.votes, 'vote')} by {n(len(report.rows), 'rater')}", width="content")
        frame.simulated_badge(votes, report.votes)
        if report.is_capped:
            st.badge("newest votes only", icon=":material/history:", color="gray", help=_CAPPED)


_CAPPED = (
    f"So that the page stays quick, only the newest {rater_votes.MOST_VOTES:,} votes of each question are compared."
)


_NOBODY_TWICE = "No pair has been rated by two raters yet, so agreement cannot be told."
_ONE_ANSWER = "Everybody gave one and the same answer throughout, so agreement beyond chance cannot be told."


def _card(found: QuestionAgreement) -> None:
    st.markdown(f"**{frame.as_typed(found.question.title)}**")
    if found.question.key == "safety":
        _flags(found)
    elif found.alpha is None:
        st.markdown(f":gray[{_NOBODY_TWICE if found.ac1 is None else _ONE_ANSWER}]")
    else:
        st.header(f"α {found.alpha.value:.2f}{_interval(found.alpha)}", anchor=False)
        st.markdown(_meaning(found.alpha.value))
        st.caption(
            "α (Krippendorff's, ordinal) says how far raters agree on which response is better: 1 is full agreement, "
            "0 is what chance gives. "
            f"{n(found.alpha.units, 'pair')} with two raters or more."
        )


def _flags(found: QuestionAgreement) -> None:
    if found.ac1 is None or found.condemned is None:
        st.markdown(f":gray[{_NOBODY_TWICE}]")
        return
    st.header(f"AC1 {found.ac1:.2f}", anchor=False)
    both = frame.as_typed(found.question.answers[3])
    said = f"{100 * found.condemned.value:.0f} % of votes said *{both}*"
    if found.positive is None:
        st.markdown(f"{said}; too few to tell whether raters flag the same pairs.")
    else:
        st.markdown(f"{said}. Where one rater did, another did too in **{100 * found.positive:.0f} %** of cases.")
    preferred = f" On which is safer: α {found.alpha.value:.2f}{_interval(found.alpha)}." if found.alpha else ""
    st.caption(
        "Gwet's AC1 on whether both are unsafe, with positive agreement beside it: where nearly all is safe, either "
        f"alone misleads.{preferred}"
    )


def _interval(found: Agreement) -> str:
    if found.lower is None or found.upper is None:
        return ""
    return f" ({found.lower:.2f} to {found.upper:.2f})"


def _meaning(alpha: float) -> str:
    if alpha >= _GOOD:
        return "Raters largely see the same."
    if alpha >= _TENTATIVE:
        return "Raters agree well enough for tentative conclusions about single pairs."
    if alpha >= _WEAK:
        return "Raters agree in part. Tastes differ; the leaderboard's intervals allow for it."
    return "Raters often differ. Look at the guidelines, and at pairs on which they disagree."


def table(report: RaterReport) -> None:
    """One line for each rater, most votes first, with what is worth a look."""
    st.subheader("Each rater", anchor=False)
    rows = pd.DataFrame([_row(row, len(report.rows)) for row in report.rows])
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    percent = {
        "Agrees": "With the other raters of the same pair, on which response is better.",
        "Same again": "Same answer when a pair came back with its sides exchanged.",
        "Chose A": "Of decided votes. Sides are drawn, so 50 % is expected.",
        "Too fast": "Of pairs, answered faster than they can be read. These votes count a fifth.",
    }
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) <= 12 else 460,
        column_config={
            "Rater": text("Rater"),
            **{name: number(name, format="%.0f %%", help=said) for name, said in percent.items()},
            **{f"{name} ±": text("95 % interval") for name in percent},
            "Median time": number("Median time", format="%.0f s", help="Until the last question of a pair."),
            "Votes": number("Votes", format="localized"),
            "Worth a look": text("Worth a look", width="medium"),
        },
        placeholder="–",
        alt="One line for each rater: votes, agreement, self-consistency, side, pace, flags and skips",
    )
    st.caption("Intervals are 95 %. Raters never see this page, nor any number of it.")


def _row(row: RaterRow, of: int) -> dict[str, object]:
    fast = row.pace.too_fast if row.pace else None
    return {
        "Rater": row.name,
        "Kind": _KINDS.get(row.kind, row.kind),
        "Votes": row.votes,
        "Worth a look": ", ".join(signs(row, of=of)),
        **_share("Agrees", row.agreement),
        **_share("Same again", row.consistency),
        **_share("Chose A", row.side),
        "Median time": row.pace.median_ms / 1000 if row.pace else None,
        **_share("Too fast", fast),
        "Flags": row.flags,
        "Notes": row.comments,
        "Skips": row.skips,
    }


def _share(name: str, found: Share | None) -> dict[str, object]:
    """A share in per cent and its interval."""
    if found is None:
        return {name: None, f"{name} ±": None}
    return {name: 100 * found.value, f"{name} ±": f"{100 * found.lower:.0f} to {100 * found.upper:.0f} %"}


def signs(row: RaterRow, *, of: int = 1) -> list[str]:
    """What about a rater is worth a look: only what chance does not explain, allowing for ``of`` raters looked at."""
    confidence = 1 - 0.05 / max(of, 1)
    side, fast = _wider(row.side, confidence), _wider(row.pace.too_fast if row.pace else None, confidence)
    again, others = _wider(row.consistency, confidence), _wider(row.agreement, confidence)
    found: list[str] = []
    if side and (side.lower > 0.5 or side.upper < 0.5):
        found.append("leans to A" if side.value > 0.5 else "leans to B")
    if fast and fast.lower > 0.1:
        found.append("often too fast")
    if again and again.upper < 0.6:
        found.append("seldom the same again")
    if others and others.upper < 1 / 3:
        found.append("rarely agrees")
    return found


def _wider(found: Share | None, confidence: float) -> Share | None:
    return None if found is None else share(found.hits, found.n, confidence=confidence)


def remarks(choice: RaterChoice) -> None:
    """The newest flags and comments, each with the way to what it is about."""
    with reading(engine()) as session:
        found = raters.remarks(session, choice.study.id or 0)
    st.subheader("Flags and notes", anchor=False)
    if not found:
        st.caption("None yet. Raters flag a pair, or leave a note on it, from the rating page.")
    for number, remark in enumerate(found):
        with st.container(
            border=True, gap="small", horizontal=True, vertical_alignment="center", key=f"raters_remark-{number}"
        ):
            icon = ":material/flag:" if remark.kind == "flag" else ":material/chat_bubble:"
            note = frame.as_typed(remark.note) or ":gray[without words]"
            st.markdown(f"{icon} {note}", width="stretch")
            st.caption(f"{frame.as_typed(remark.rater)} · {remark.created_at:%d %b %Y}", width="content")
            where = filters.responses_address(remark.dataset_id, remark.prompt)
            st.page_link(
                "responses.py", label=frame.as_typed(remark.prompt), icon=":material/article:", query_params=where
            )
