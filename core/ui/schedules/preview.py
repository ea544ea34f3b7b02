"""What a schedule would be: when it is due, in plain words, its next times, and what a run of it takes."""

import streamlit as st

from core import clock
from core.domain.cron import Cron, first_times, parse_cron
from core.domain.cron_words import shown, standing
from core.domain.words import money, n
from core.errors import EvenhandError
from core.services import runs
from core.services.runs import RunEstimate, RunOrder
from core.services.watching import schedules
from core.services.watching.schedules import Choices, ScheduleDraft
from core.storage.engine import reading
from core.ui.shared import frame
from core.ui.shared.resources import engine

_TIMES = 3
_MOST_NAMED = 4


def show(draft: ScheduleDraft, there: Choices) -> bool:
    """Show it; False where the cron text cannot be read, and why is shown in its place."""
    try:
        cron = parse_cron(draft.cron, draft.zone)
    except EvenhandError as error:
        st.warning(frame.as_typed(str(error)), icon=":material/error:")
        return False
    with st.container(border=True, gap="xsmall"):
        _times(cron)
        if draft.dataset:
            _cost(draft, there)
    return True


def _times(cron: Cron) -> None:
    now = clock.now()
    times = first_times(cron, now, _TIMES)
    said = standing(cron, times[0], now)
    st.markdown(f":material/schedule: **{frame.as_typed(f'{said[:1].upper()}{said[1:]}')}**")
    st.caption(frame.as_typed(" · ".join(shown(each, cron) for each in times)))


def _cost(draft: ScheduleDraft, there: Choices) -> None:
    found = _estimate(str(engine().url), draft, tuple(draft.candidate_ids or there.candidates))
    if isinstance(found, str):
        st.caption(f":material/info: {frame.as_typed(found)}")
        return
    calls = n(found.calls, "call")
    if found.unpriced:
        names = ", ".join(found.unpriced[:_MOST_NAMED])
        more = f" and {len(found.unpriced) - _MOST_NAMED} more" if len(found.unpriced) > _MOST_NAMED else ""
        said = f"{calls} a run. Cost unknown, and no cap can be kept: no price is known of {names}{more}."
    elif not found.most_usd:
        said = f"{calls} a run, free: nothing is charged per token."
    else:
        most = f"{money(found.most_usd)} if every answer were as long as it may be"
        said = f"{calls} a run, about {money(found.cost_usd)}; {most}."
    st.caption(f":material/payments: {frame.as_typed(said)}")


@st.cache_data(ttl=30, max_entries=64, show_spinner="Counting calls …")
def _estimate(database: str, draft: ScheduleDraft, candidate_ids: tuple[int, ...]) -> RunEstimate | str:
    """What a run takes as things are, or why it could not be carried out."""
    del database
    try:
        with reading(engine()) as session:
            dataset = schedules.dataset_of(session, draft.dataset, draft.version)
            order = RunOrder(dataset.id or 0, candidate_ids, repetitions=draft.repetitions)
            return runs.estimate(session, order, now=clock.now())
    except EvenhandError as error:
        return str(error)
