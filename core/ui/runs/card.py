"""One run: how far it is while it goes on, what it spent, and ending it or going on with it."""

import streamlit as st

from core import clock
from core.domain.words import duration, n, price, when
from core.errors import EvenhandError
from core.services import runs
from core.services.runs import CandidateProgress, RunLine, workers
from core.storage.engine import reading
from core.ui.runs import candidates as run_candidates
from core.ui.runs import failures
from core.ui.runs import words as run_words
from core.ui.runs.cap import cap_field
from core.ui.shared import access, doing, frame
from core.ui.shared.resources import engine

_SOON_S, _LARGE_S, _SELDOM_S = 1.5, 6.0, 30.0
_LARGE = 20_000
_PLACE = "run"


def show(line: RunLine, candidates: list[CandidateProgress]) -> None:
    """The run, its ``candidates`` and what failed."""
    with st.container(border=True, gap="small", key="runs_card"):
        _head(line)
        if line.is_evaluation:
            _bar(line)
            _said(line)
            _buttons(line)
        _ways_on(line)
    run_candidates.table(line, candidates)
    failures.section(line)


def every_s(line: RunLine) -> float | None:
    """How often to look; None where nothing moves by itself."""
    if line.state == "waiting":
        return _SELDOM_S
    if line.is_active or line.state == "interrupted":
        return _SOON_S if line.planned <= _LARGE else _LARGE_S
    return None


def _head(line: RunLine) -> None:
    words = run_words.state(line)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"Run {line.id} · {frame.as_typed(line.dataset)}", anchor=False, width="content")
        st.badge(words.word, icon=f":material/{words.icon}:", color=words.colour)  # type: ignore[arg-type]
    st.caption(frame.as_typed(_order(line)))


def _order(line: RunLine) -> str:
    """What was asked for, and when."""
    who = n(len(line.candidate_ids), "candidate")
    if not line.is_evaluation:
        return f"{n(line.responses, 'response')} by {who}, here since {when(line.created_at)} UTC"
    each = line.planned // max(1, len(line.candidate_ids) * line.repetitions)
    said = [who, n(each, "prompt")]
    if line.repetitions > 1:
        apart = ", spread over the day" if line.spread_s else ""
        said.append(f"{line.repetitions} times each{apart}")
    said.append(f"begun {when(line.started_at)} UTC" if line.started_at else "not begun yet")
    if line.finished_at is not None and line.started_at is not None:
        said.append(f"ended after {duration((line.finished_at - line.started_at).total_seconds())}")
    return " · ".join(said)


def _bar(line: RunLine) -> None:
    text = f"**{run_words.done(line)}** · {run_words.left(line)}"
    st.progress(line.share, text=text.replace(":", ":\u2060"))
    spent = run_words.spent(line.cost_usd, line.unpriced)
    cap = f" of a cap of {price(line.max_usd)}" if line.max_usd is not None else ""
    parts = [
        n(line.responses, "response"),
        run_candidates.scores_in_words(line),
        f"{line.failed:,} given up" if line.failed else "",
        n(line.attempts, "call"),
        f"{spent} spent{cap}",
    ]
    st.caption(frame.as_typed(" · ".join(filter(None, parts))))


def _said(line: RunLine) -> None:
    """Why it stopped and what is kept; or that something has to be said of one that is done."""
    doing.problem(_PLACE)
    if line.problem and line.state == "stopped":
        st.warning(
            f"**It stopped before its end.** {frame.as_typed(line.problem)} What has arrived is kept.",
            icon=":material/front_hand:",
        )
    elif line.problem:
        st.info(frame.as_typed(line.problem), icon=":material/info:")


def _buttons(line: RunLine) -> None:
    if line.state == "cancelling":
        return
    if line.is_active or line.state == "interrupted":
        st.button("Cancel", icon=":material/stop:", key=f"runs_cancel_{line.id}", on_click=_cancel, args=(line.id,))
        return
    if line.state == "done" and not line.failed:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _to_go_on(line)


def _to_go_on(line: RunLine) -> None:
    cap = _cap(line)
    retry = line.state == "done"
    again = f"Try the {line.failed:,} given up again"
    if line.failed and not retry:
        retry = st.checkbox(again, True, key=f"runs_retry_{line.id}", width="content")
    st.button(
        again if line.state == "done" else "Resume",
        icon=":material/play_arrow:",
        type="primary",
        key=f"runs_resume_{line.id}",
        on_click=_resume,
        args=(line.id, bool(retry), cap),
    )


def _cap(line: RunLine) -> float | None:
    """The spending cap from here on; where the old one was reached, one that lets the run come to its end."""
    key = f"runs_cap_{line.id}_{line.max_usd}"
    if key not in st.session_state:
        st.session_state[key] = _proposed(line)
    said = "For the whole run, what is spent already included. Empty: no cap."
    return cap_field(line.max_usd or 1.0, key=key, help=said)


def _proposed(line: RunLine) -> float | None:
    was_reached = line.state == "stopped" and "spending cap" in (line.problem or "")
    if line.max_usd is None or not was_reached:
        return line.max_usd
    with reading(engine()) as session:
        to_end = runs.cap_to_end(session, line.id, now=clock.now())
    return max(2 * line.max_usd, to_end or 0.0)


@access.guarded(access.Role.ANALYST)
def _cancel(run_id: int) -> None:
    try:
        runs.cancel(engine(), run_id, now=clock.now())
    except EvenhandError as error:
        doing.refuse(str(error), kept="What has arrived is kept.", place=_PLACE)
        return
    doing.say(f"Run {run_id} is cancelled. What has arrived is kept.")


@access.guarded(access.Role.ANALYST)
def _resume(run_id: int, retry_failed: bool, max_usd: float | None) -> None:
    try:
        runs.resume(engine(), run_id, now=clock.now(), retry_failed=retry_failed, max_usd=max_usd)
    except EvenhandError as error:
        doing.refuse(str(error), kept="What has arrived is kept.", place=_PLACE)
        return
    workers.ensure(engine())
    doing.say(f"Run {run_id} goes on.")


def _ways_on(line: RunLine) -> None:
    """Where to read what came of it."""
    if not line.responses:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _links(line)


def _links(line: RunLine) -> None:
    st.page_link(
        "responses.py",
        label="Responses",
        icon=":material/article:",
        query_params={"responses_dataset": str(line.dataset_id)},
    )
    address = {"cost_dataset": str(line.dataset_id), "cost_run": str(line.id)}
    st.page_link("cost.py", label="Cost & quality", icon=":material/payments:", query_params=address)
    st.page_link("rate.py", label="Rate pairs", icon=":material/balance:")
