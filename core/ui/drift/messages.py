"""The alerts that tell of a change, acknowledged where the change stands: the same as on *Alerts*."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.domain.alerts import AlertKind
from core.domain.words import n, when
from core.services import alerts
from core.services.alerts import AlertState
from core.services.alerts.inbox import Listed
from core.services.watching.drift import FindingLine
from core.storage.engine import reading
from core.ui.drift.choice import View
from core.ui.shared import frame
from core.ui.shared.acknowledging import acknowledge
from core.ui.shared.resources import engine

PLACE = "drift_messages"
"""Where it is said that one could not be acknowledged."""
Key = tuple[str, str, str | None]
Told = Mapping[Key, Sequence[Listed]]


def told(view: View) -> Told:
    """By what they are about, the messages on the dataset, open ones first."""
    with reading(engine()) as session:
        listed = alerts.inbox.listing(session, now=view.now, state=None, kinds=[AlertKind.DRIFT])
    found: dict[Key, list[Listed]] = {}
    for one in listed:
        data = one.alert.data
        if data.get("dataset") == view.dataset:
            for each in data.get("findings", ()):
                found.setdefault((data["candidate"], each["metric"], each["category"]), []).append(one)
    return found


def counted(view: View, told: Told) -> None:
    """Why *Alerts* counts otherwise, where it does."""
    open_ = {key: _unseen(listed) for key, listed in told.items() if _unseen(listed)}
    ids = {one.alert.public_id for listed in open_.values() for one in listed}
    alarms = {one.key for one in view.state.alarms}
    if open_ and (set(open_) != alarms or len(ids) != len(alarms)):
        st.caption(
            f":material/notifications: *Alerts* has {n(len(ids), 'open message')} about drift here, on "
            f"{n(len(open_), 'change')}: each tells all that was new of a candidate in one check, and stays open until "
            "somebody acknowledges it, there or here. Here stands what the newest check finds."
        )


def button(told: Told, one: FindingLine, *, key: str) -> None:
    """Acknowledges the messages about a change; where that was done, by whom and when. Nothing where none tells it."""
    mine = told.get(one.key, ())
    waiting = [each for each in mine if each.state is not AlertState.ACKNOWLEDGED]
    if waiting:
        changes = max(len(each.alert.data["findings"]) for each in waiting)
        also = f" It tells {n(changes, 'change')} of {frame.as_typed(one.candidate)}." if changes > 1 else ""
        st.button(
            "Acknowledge",
            key=key,
            type="tertiary",
            icon=":material/check:",
            help=f"Its message on *Alerts* is seen to.{also}",
            on_click=acknowledge,
            args=([each.alert.public_id for each in waiting], PLACE),
        )
        return
    done = next((each for each in mine if each.alert.created_at >= one.open_since_at), None)
    if done is not None:
        who = frame.as_typed(done.acknowledged_by or "somebody")
        st.caption(f":material/check: Acknowledged by {who}, {when(done.alert.acknowledged_at)}", width="content")


def _unseen(listed: Sequence[Listed]) -> list[Listed]:
    return [one for one in listed if one.state is AlertState.OPEN]
