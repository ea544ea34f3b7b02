"""Having a judge of pairs compare what raters compared, and more of the same: the order, its progress, its end."""

from functools import partial

import streamlit as st
from sqlalchemy import Engine

from core import clock
from core.domain.judging import PAIRWISE_KIND
from core.domain.words import money, n
from core.errors import EvenhandError
from core.services.datasets import datasets
from core.services.judging import pair_orders
from core.services.judging.evaluator_lines import EvaluatorLine
from core.services.judging.judge_summary import JudgeSummary
from core.services.judging.pair_orders import EVERY, PairEstimate, PairOrder, PairPlan
from core.services.judging.pairwise import Watch, judge_pairs
from core.services.judging.voted_pairs import Scope
from core.services.studies import studies
from core.storage.engine import reading
from core.ui.shared import access, doing, frame, jobs
from core.ui.shared.jobs import Job
from core.ui.shared.resources import engine

_JOB, _PLACE = "comparing pairs", "judging_pairs"
_FRESH_S, _MOST_KEPT = 30, 16
_OTHERS, _MOST_OTHERS, _TIMES = 500, 1_000_000, 5


def section(lines: list[EvaluatorLine]) -> None:
    """Which judge, whose pairs, how many others, at what cost; what goes on; what became of it."""
    there = {line.evaluator.name: line.evaluator.id or 0 for line in lines if line.evaluator.kind == PAIRWISE_KIND}
    if not there:
        return
    st.markdown("**Have pairs compared**")
    doing.problem(_PLACE)
    job = jobs.known(_JOB)
    if job is not None and not job.is_over:
        _going_on()
        return
    if job is not None:
        _ended(job)
    _form(there)


def _form(there: dict[str, int]) -> None:
    scopes = _scopes()
    if not scopes:
        st.caption("There are no responses to compare yet.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        judge = st.selectbox("Judge", list(there), key="datasets_pairs_judge", width=220)
        scope = st.selectbox("Pairs of", list(scopes), key="datasets_pairs_of", width=260)
        others = st.number_input(
            "Others beside the voted ones", 0, _MOST_OTHERS, _OTHERS, 100, key="datasets_pairs_others", width=220,
            help="Pairs of the same candidates and runs that nobody voted on. Five for each voted one narrow a board "
            "nearly as far as it goes.",
        )  # fmt: skip
        cap = st.number_input(
            "Spending cap, US$ (optional)", min_value=0.0, value=None, step=0.5, format="%.2f", placeholder="No cap",
            key="datasets_pairs_cap", width=220, help="Kept by setting the most of each call aside before it is sent.",
        )  # fmt: skip
    order = PairOrder(there[judge], scopes[scope], EVERY, int(others))
    try:
        found, cost = _estimated(str(engine().url), order, _compared(order.evaluator_id))
    except EvenhandError as error:
        frame.error_box(str(error), "Nothing was asked.", "")
        return
    st.caption(frame.as_typed(_words(found, cost, others=order.others)))
    st.button(
        "Have them compared", icon=":material/gavel:", key="datasets_pairs_begin", disabled=not found.pairs,
        on_click=_begin, args=(order, cap),
    )  # fmt: skip


def _scopes() -> dict[str, Scope]:
    """The studies and the datasets with responses, by what they are called here."""
    with reading(engine()) as session:
        of_studies = {f"Study: {each.name}": Scope(study_id=each.id) for each in studies.listed(session)}
        sets = {f"Dataset: {line.dataset.label}": line for line in datasets.listed(session) if line.responses}
    if not sets:
        return {}
    return of_studies | {name: Scope(dataset_id=line.dataset.id) for name, line in sets.items()}


def _compared(evaluator_id: int) -> int:
    """How many pairs the judge has compared: an estimate from before is none."""
    with reading(engine()) as session:
        return pair_orders.compared_so_far(session, evaluator_id)


@st.cache_data(ttl=_FRESH_S, max_entries=_MOST_KEPT, show_spinner="Looking for pairs …")
def _estimated(database: str, order: PairOrder, so_far: int) -> tuple[PairPlan, PairEstimate]:
    """``database`` and ``so_far`` tell cached ones apart."""
    del database, so_far
    with reading(engine()) as session:
        found = pair_orders.plan(session, order)
        return found, pair_orders.estimate(engine(), session, order.evaluator_id, found, now=clock.now())


def _words(found: PairPlan, cost: PairEstimate, *, others: int) -> str:
    if not found.pairs:
        done = f"all {n(found.voted_in_all, 'pair')} with votes" if found.voted_in_all else "there is none"
        return f"Nothing is left to compare here: {done}, and no others of their kind."
    voted = f"{n(found.voted, 'pair')} that raters voted on"
    if found.compared:
        voted += f" ({found.compared:,} are compared already)"
    if not found.voted_in_all:
        voted = "no pair with votes yet"
    said = f"{voted} and {n(found.others, 'other')}: {n(cost.calls, 'call')}, two a pair"
    if cost.cost_usd is None or cost.most_usd is None:
        return f"{said}. The price of this judge is not known: enter it on Candidates, or judge without a cap."
    said += f". About {money(cost.cost_usd)}, at most about {money(cost.most_usd)}, without retries."
    few = found.voted_in_all and others == found.others < _TIMES * found.voted_in_all
    return f"{said} Five others for each voted pair would be {_TIMES * found.voted_in_all:,}." if few else said


@access.guarded(access.Role.ADMIN)
def _begin(order: PairOrder, max_usd: float | None) -> None:
    """Begin where the permission is asked once more; the pairs are looked for beside it, which may take a while."""
    work = partial(_compare, engine(), order, max_usd)
    doing.do(
        lambda session: jobs.begin(_JOB, work),  # noqa: ARG005
        done="The judge is being asked.", kept="Nothing was asked.", place=_PLACE, role=access.Role.ADMIN,
    )  # fmt: skip


def _compare(database: Engine, order: PairOrder, max_usd: float | None, job: Job) -> JudgeSummary:
    with reading(database) as session:
        pairs = pair_orders.plan(session, order).pairs
    job.told(0, len(pairs))
    return judge_pairs(database, order.evaluator_id, pairs, max_usd=max_usd, watch=Watch(job.told, job.is_stopped))


@access.guarded(access.Role.ADMIN)
def _stop() -> None:
    jobs.stop(_JOB)


@st.fragment(run_every=0.7)
@access.guarded(access.Role.ADMIN)
def _going_on() -> None:
    job = jobs.known(_JOB)
    if job is None or job.is_over:
        st.rerun()
        return
    left = f" · about {max(1, round(job.left_s)):,} s left" if job.left_s is not None else ""
    st.progress(job.share, text=f"{job.done:,} of {n(job.total, 'pair')} compared{left}")
    st.button("Stop", icon=":material/stop:", key="datasets_pairs_stop", on_click=_stop, disabled=job.is_stopped())


def _ended(job: Job) -> None:
    kept = "What was compared before is kept; the next order asks only about the rest."
    if job.problem:
        frame.error_box(job.problem, kept, "")
        return
    if job.result.problem:
        frame.error_box(job.result.problem, kept, "")
    stopped = " It was stopped before all were through." if job.is_stopped() else ""
    st.markdown(
        f":material/check: {job.done:,} of {n(job.total, 'pair')} were compared.{stopped} On the *Leaderboard*, "
        "*Narrowed by* takes them into account."
    )
