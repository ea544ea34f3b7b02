"""Delivering what is due: claimed by one process at a time, sent, and its outcome written right after the answer.

At least once: what was claimed and not settled is claimed again when its claim has grown old, with the same id in the
message. Exactly once where the receiver's answer arrived: what was taken is never claimed again.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Protocol

from sqlalchemy import Engine, func, or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from core.services.alerts.messages import Message, message_of
from core.services.alerts.sending import LONGEST_S, Outcome, Sender
from core.storage.engine import reading, write
from core.storage.tables import Alert, AlertDelivery, AlertDestination

_log = logging.getLogger(__name__)
CLAIM_LASTS = timedelta(seconds=2 * LONGEST_S)
"""After that, whoever claimed a delivery is taken for dead; an attempt is over by then, and what came of it written."""
FIRST_BACK_OFF_S = 10.0
LONGEST_BACK_OFF_S = 1800.0
GIVEN_UP_AFTER = timedelta(days=3)
_MOST_A_TURN = 50


class Sends(Protocol):
    """What sends a message."""

    def send(self, message: Message, url_env: str) -> Outcome:
        """Send it once to the address in the variable."""

    def close(self) -> None:
        """Stop, in the middle of a message too."""


@dataclass(frozen=True)
class _Claim:
    """A delivery that nobody else sends while the claim lasts."""

    token: str
    delivery: AlertDelivery
    alert: Alert
    destination: AlertDestination


@dataclass(frozen=True)
class _Sent:
    """What came of a claim, not yet written."""

    claim: _Claim
    outcome: Outcome


class Delivery:
    """One process's delivering; ``turn`` is called again and again, by one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime],
        rng: Random | None = None,
        sender: Callable[[], Sends] = Sender,
    ) -> None:
        self._engine, self._now, self._sender = engine, now, sender
        self._rng = rng or Random()  # noqa: S311
        self._unwritten: list[_Sent] = []
        self._sending: Sends | None = None
        self._is_stopped = False

    def turn(self) -> int:
        """Send what is due now, and return how many messages were taken."""
        taken = 0
        try:
            self._write_down()
            for _ in range(_MOST_A_TURN):
                claim = None if self._is_stopped else _claim(self._engine, self._now())
                if claim is None:
                    break
                taken += self._deliver(claim)
        finally:
            if self._sending is not None:
                self._sending.close()
            self._sending = None
        return taken

    def stop(self) -> None:
        """Send nothing more; what is being sent is cut off and due again at the next start."""
        self._is_stopped = True
        if (sending := self._sending) is not None:
            sending.close()

    def _deliver(self, claim: _Claim) -> bool:
        self._sending = self._sending or self._sender()
        outcome = self._sending.send(message_of(claim.alert), claim.destination.url_env)
        self._unwritten.append(_Sent(claim, outcome))
        self._write_down()
        return outcome.problem is None

    def _write_down(self) -> None:
        """Write what came of what was sent; kept until that worked, so that no absent database has it sent twice."""
        while self._unwritten:
            write(self._engine, self._settle)
            self._unwritten.pop(0)

    def _settle(self, session: Session) -> None:
        sent = self._unwritten[0]
        now, claim, problem = self._now(), sent.claim, sent.outcome.problem
        row = update(AlertDelivery).where(col(AlertDelivery.id) == claim.delivery.id)
        free = {"claimed_by": None, "claimed_at": None, "attempts": claim.delivery.attempts + 1, "problem": problem}
        if problem is None:
            # Whoever has claimed it meanwhile: it was taken.
            session.connection().execute(row.values(state="sent", sent_at=now, **free))
            return
        next_at = now + timedelta(seconds=self._wait_s(_failures(session, claim.destination) + 1, sent.outcome))
        state = "given_up" if next_at > claim.alert.created_at + GIVEN_UP_AFTER else "due"
        mine = row.where(col(AlertDelivery.claimed_by) == claim.token, col(AlertDelivery.state) == "due")
        session.connection().execute(mine.values(state=state, next_at=next_at, **free))
        _put_off(session, claim.destination, next_at)
        _log.warning("an alert did not get to '%s': %s", claim.destination.name, problem)

    def _wait_s(self, failures: int, outcome: Outcome) -> float:
        """Exponential, of which half is jitter, on top of what the receiver asked for."""
        longest = min(LONGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2.0 ** min(failures - 1, 20))
        return outcome.retry_after_s + self._rng.uniform(longest / 2, longest)


def _claim(engine: Engine, now: datetime) -> _Claim | None:
    """Take a due delivery, of those that were tried least the one due for longest; None where nothing is due."""
    while True:
        with reading(engine) as session:
            seen = session.exec(_due(now)).first()
        if seen is None:
            return None
        claim = _Claim(uuid.uuid4().hex, *seen)
        if write(engine, partial(_take, claim, now)):
            return claim


def _take(claim: _Claim, now: datetime, session: Session) -> bool:
    seen, by_then = claim.delivery, col(AlertDelivery.claimed_by)
    as_seen = by_then.is_(None) if seen.claimed_by is None else by_then == seen.claimed_by
    statement = (
        update(AlertDelivery)
        .where(col(AlertDelivery.id) == seen.id, col(AlertDelivery.state) == "due", as_seen)
        .where(col(AlertDelivery.attempts) == seen.attempts)
        .values(claimed_by=claim.token, claimed_at=now)
    )
    return bool(session.connection().execute(statement).rowcount == 1)


def _due(now: datetime) -> Select[AlertDelivery, Alert, AlertDestination]:
    return (
        select(AlertDelivery, Alert, AlertDestination)
        .join(Alert, col(Alert.id) == col(AlertDelivery.alert_id))
        .join(AlertDestination, col(AlertDestination.id) == col(AlertDelivery.destination_id))
        .where(AlertDelivery.state == "due", AlertDelivery.next_at <= now)
        .where(col(AlertDestination.retired_at).is_(None))
        .where(or_(col(AlertDelivery.claimed_by).is_(None), col(AlertDelivery.claimed_at) <= now - CLAIM_LASTS))
        .order_by(col(AlertDelivery.attempts), col(AlertDelivery.next_at), col(AlertDelivery.id))
        .limit(1)
    )


def _failures(session: Session, destination: AlertDestination) -> int:
    """How often what waits for the destination was tried."""
    tried = select(func.sum(AlertDelivery.attempts)).where(
        AlertDelivery.destination_id == destination.id, AlertDelivery.state == "due"
    )
    return int(session.exec(tried).one() or 0)


def _put_off(session: Session, destination: AlertDestination, until: datetime) -> None:
    """Let one that is down be asked once at a time, and not by each message that waits for it."""
    waiting = update(AlertDelivery).where(
        col(AlertDelivery.destination_id) == destination.id,
        col(AlertDelivery.state) == "due",
        col(AlertDelivery.next_at) < until,
        col(AlertDelivery.claimed_by).is_(None),
    )
    session.connection().execute(waiting.values(next_at=until))
