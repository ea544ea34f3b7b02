"""The history: what ran, was missed, was skipped or failed, and why."""

import streamlit as st

from core.services.watching import schedules
from core.storage.engine import reading
from core.ui.schedules import page
from core.ui.shared import filters
from core.ui.shared.resources import engine

_PER_PAGE = 10
_CHOSEN, _ALL = "schedules_history_of", "All schedules"


def section() -> None:
    """What became of due times, of one schedule or of all, the newest first; nothing where none was due yet."""
    with reading(engine()) as session:
        if not schedules.count_fires(session):
            return
        there = {line.id: line.schedule.name for line in schedules.listed(session)}
    st.subheader("History", anchor=False)
    chosen = None
    if len(there) > 1:
        by_name = {name: id for id, name in there.items()}
        options = {_ALL: "all"} | {name: str(id) for name, id in by_name.items()}
        chosen = by_name.get(filters.one_of("Of", options, key=_CHOSEN, what="schedule", width=320))
        filters.say_gone()
    with reading(engine()) as session:
        pages = -(-schedules.count_fires(session, chosen) // _PER_PAGE)
    if not pages:
        st.caption("It was not due yet.")
        return
    number = st.pagination(pages, key=f"schedules_history_page_{chosen}") if pages > 1 else 1
    with reading(engine()) as session:
        lines = schedules.history(session, chosen, limit=_PER_PAGE, offset=(number - 1) * _PER_PAGE)
    with st.container(border=True, gap="small"):
        for line in lines:
            page.fire(line, named=True)
