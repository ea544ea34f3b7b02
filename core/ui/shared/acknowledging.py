"""Acknowledging alerts: on *Alerts*, and wherever else stands what they tell."""

from collections.abc import Sequence

from sqlmodel import Session

from core import clock
from core.services import alerts
from core.ui.shared import access, doing


@access.guarded(access.Role.ANALYST)
def acknowledge(public_ids: Sequence[str], place: str) -> None:
    """For callbacks: the person who is here has seen to these alerts; what went wrong is shown at ``place``."""
    person = access.current_person()
    whose, now = None if person is None else person.id, clock.now()

    def work(session: Session) -> None:
        for public_id in public_ids:
            alerts.inbox.acknowledge(session, public_id, person_id=whose, now=now)

    doing.do(work, done="Acknowledged.", kept="It is still open.", place=place, role=access.Role.ANALYST)
