"""Load tests: what to send to which candidate, what that may cost, and how far it is."""

from random import Random

import streamlit as st

from core import clock
from core.domain.words import money
from core.errors import BadInput
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.services.datasets import datasets
from core.services.datasets.datasets import DatasetLine
from core.services.load_testing import LoadOrder, expected_calls, expected_seconds, load_test, results
from core.services.load_testing.order import MOST_CALLS, check
from core.services.runs import RunEstimate, RunOrder, estimate
from core.storage.engine import reading
from core.ui.candidates import load_results
from core.ui.shared import access, frame, jobs
from core.ui.shared.resources import engine

_JOB = "load test"
_USUAL_RATES, _USUAL_S, _WARM_UP_S, _TIMEOUT_S = "1, 2, 4", 30, 5, 30


def section() -> None:
    """The form or the bar, then what was measured."""
    st.markdown(
        "Requests arrive at random at the rate you give, whether or not earlier ones were answered, as users do. "
        "Times count from when a request was due, so that waiting in line is not hidden."
    )
    with reading(engine()) as session:
        lines = [line for line in candidates.listed(session, clock.now()) if not line.candidate.is_retired]
        sets = [line for line in datasets.listed(session) if line.prompts > line.textless]
        tests = results.load_tests(session)
    job = jobs.known(_JOB)
    if job is not None:
        _going_on()
    if job is None or job.is_over:
        _order(lines, sets)
    load_results.section(tests)


@access.guarded(access.Role.ADMIN)
def _stop() -> None:
    jobs.stop(_JOB)


@st.fragment(run_every=0.7)
@access.guarded(access.Role.ADMIN)
def _going_on() -> None:
    """The bar of the test that is going on, or how it ended."""
    job = jobs.known(_JOB)
    if job is None:
        return
    if job.is_over:
        if not st.session_state.get("_load_told"):
            st.session_state["_load_told"] = True
            st.rerun()
        if job.problem:
            frame.error_box(job.problem, "What was measured before is kept below.", "")
        return
    st.session_state["_load_told"] = False
    with st.container(border=True, gap="small"):
        left = f" · {_time(job.left_s)} left" if job.left_s is not None else ""
        asked = f"{job.done:,} of about {job.total:,} requests sent" if job.total else "Starting …"
        st.progress(job.share, text=f"{frame.as_typed(str(job.about))} · {asked}{left}")
        stopping = job.is_stopped()
        st.button(
            "Stopping …" if stopping else "Stop",
            icon=":material/stop:",
            key="candidates_load_stop",
            on_click=_stop,
            disabled=stopping,
        )
        st.caption("It goes on when you leave this page. What was measured until it is stopped is kept.")


def _order(lines: list[CandidateLine], sets: list[DatasetLine]) -> None:
    lines = sorted(lines, key=lambda line: line.why_not is not None)
    if not lines or not sets:
        missing = "a candidate" if not lines else "a dataset with prompts"
        frame.empty_state("Nothing to send yet", f"A load test needs {missing}.", icon=":material/speed:")
        return
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True):
            by_id = {line.id: line for line in lines}
            line = by_id[
                st.selectbox(
                    "Candidate",
                    list(by_id),
                    format_func=lambda each: by_id[each].candidate.name,
                    key="candidates_load_candidate",
                    width=300,
                )
            ]
            by_set = {line.dataset.id: line for line in sets}
            dataset = by_set[
                st.selectbox(
                    "Prompts of",
                    list(by_set),
                    format_func=lambda each: by_set[each].dataset.label,
                    key="candidates_load_dataset",
                    width=260,
                )
            ]
            rates = st.text_input(
                "Requests per second", _USUAL_RATES, key="candidates_load_rates", width=200,
                help="One or several rates, with commas between; they are tried one after the other.",
            )  # fmt: skip
        with st.container(horizontal=True):
            lasting = st.number_input(
                "Seconds at each rate", 1, 3600, _USUAL_S, key="candidates_load_seconds", width=170
            )
            timeout = st.number_input(
                "Wait for an answer, s", 1, 600, _TIMEOUT_S, key="candidates_load_timeout", width=170
            )
            most_calls = st.number_input(
                "Stop after requests", 1, MOST_CALLS, 500, key="candidates_load_calls", width=170
            )
            most_usd = None
            if line.rates is not None and not line.rates.is_free:
                most_usd = st.number_input(
                    "Stop at US dollars", 0.01, 10_000.0, 1.0, key="candidates_load_usd", width=170
                )
        try:
            order = LoadOrder(
                candidate_id=line.id,
                dataset_id=dataset.dataset.id or 0,
                rates_per_s=_rates(rates),
                duration_s=float(lasting),
                warm_up_s=float(_WARM_UP_S),
                timeout_s=float(timeout),
                max_usd=most_usd,
                max_calls=int(most_calls),
            )
            check(order)
        except BadInput as error:
            st.caption(f":material/error: {frame.as_typed(str(error))}")
            return
        _before(line, order)
        if st.button(
            "Start",
            type="primary",
            icon=":material/speed:",
            key="candidates_load_start",
            disabled=line.why_not is not None,
        ):
            _start(order, line.candidate.name)
            st.rerun()


def _rates(typed: str) -> list[float]:
    try:
        return [float(each) for each in typed.replace(";", ",").split(",") if each.strip()]
    except ValueError:
        raise BadInput("Requests per second: give numbers with commas between, for example 1, 2, 4.") from None


def _start(order: LoadOrder, name: str) -> None:
    database, at = engine(), clock.now()
    jobs.begin(
        _JOB,
        lambda job: load_test(
            database, order, now=at, rng=Random(), cancelled=job.is_stopped, on_progress=job.told  # noqa: S311
        ),
        about=name,
    )  # fmt: skip


def _before(line: CandidateLine, order: LoadOrder) -> None:
    """How much will be sent, how long that takes, and what it costs, at most."""
    if line.why_not is not None:
        st.caption(f":material/key_off: {frame.as_typed(line.why_not)} It cannot be asked until then.")
        return
    calls = expected_calls(order)
    sent = min(calls, order.max_calls or calls)
    said = [f"**About {sent:,} requests in {_time(expected_seconds(order))}**"]
    if sent < calls:
        said[0] += f", and not all {calls:,} that these rates make: it stops at the limit"
    said.append(_cost(line, order, sent))
    said.append(f"the first {_WARM_UP_S} s of each rate warm up and are left out of the figures")
    st.markdown(" · ".join(said))


def _cost(line: CandidateLine, order: LoadOrder, sent: int) -> str:
    if line.rates is None:
        return "cost **unknown**: no price is known, so only the number of requests can be limited"
    if line.rates.is_free:
        return "nothing is charged per token"
    try:
        with reading(engine()) as session:
            found = estimate(session, RunOrder(order.dataset_id, [order.candidate_id]), now=clock.now())
    except BadInput as error:
        return frame.as_typed(str(error))
    expected, most = _scaled(found, sent)
    stops = min(most, order.max_usd) if order.max_usd is not None else most
    return frame.dollars(f"expected cost {money(expected)}, at most {money(stops)}")


def _scaled(found: RunEstimate, sent: int) -> tuple[float, float]:
    """Expected and highest cost of so many calls, from those of one pass over the prompts."""
    share = sent / max(1, found.calls)
    return (found.cost_usd or 0.0) * share, (found.most_usd or 0.0) * share


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "some time"
    return f"about {max(1, round(seconds))} s" if seconds < 100 else f"about {round(seconds / 60)} min"
