"""Decisions that somebody took, and what came of them: the predicted saving beside the actual one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind
from core.domain.deciding import Decision, Verdict
from core.errors import BadInput, NotFound
from core.services.alerts import inbox
from core.services.candidates import candidates
from core.services.deciding.gathering import pooled
from core.services.deciding.text import verdict_object
from core.services.deciding.verdicts import Verdicts
from core.storage.tables import Candidate, DecisionTaken, Person

LONGEST_WHY = 2000


@dataclass(frozen=True)
class Choice:
    """What somebody says about a verdict."""

    dataset: str
    category: str | None
    champion_id: int
    challenger_id: int
    decision: Decision
    is_accepted: bool
    why: str
    verdict: dict[str, Any]
    """Its numbers as they were shown."""
    champion_usd: float | None
    challenger_usd: float | None


def choice_of(found: Verdicts, verdict: Verdict, *, is_accepted: bool, why: str) -> Choice:
    """Somebody's choice on a verdict that names a challenger, with its numbers as they stand."""
    assert verdict.champion is not None
    assert verdict.challenger is not None
    costs = [found.costs_usd[verdict.category][of] for of in (verdict.champion, verdict.challenger)]
    return Choice(
        dataset=found.dataset,
        category=verdict.category,
        champion_id=verdict.champion,
        challenger_id=verdict.challenger,
        decision=verdict.decision,
        is_accepted=is_accepted,
        why=why,
        verdict=verdict_object(found, verdict),
        champion_usd=costs[0],
        challenger_usd=costs[1],
    )


def alert_key(dataset: str, champion_id: int, challenger_id: int) -> str:
    """Of the alert that the verdict over all says to switch."""
    return f"champion:{dataset}:{champion_id}:{challenger_id}"


def take(session: Session, choice: Choice, *, person_id: int | None, now: datetime) -> DecisionTaken:
    """Write the decision down. An accepted switch over all makes the challenger the champion.

    The alert that asked for it is acknowledged.

    Raises BadInput where the champion is another one by now (somebody else decided meanwhile) or ``why`` is longer
    than LONGEST_WHY characters, and NotFound where a candidate is gone.
    """
    if len(choice.why) > LONGEST_WHY:
        raise BadInput(f"The reason has {len(choice.why):,} characters; {LONGEST_WHY:,} is the most.")
    # Locked, so that of two people who decide at once the second sees what the first has done.
    champion, challenger = (_candidate(session, of) for of in sorted((choice.champion_id, choice.challenger_id)))
    if champion.id != choice.champion_id:
        champion, challenger = challenger, champion
    if not champion.is_champion:
        raise BadInput(f"'{champion.name}' is not the champion any more. Look at the new verdicts first.")
    if choice.category is None and choice.is_accepted and choice.decision is Decision.SWITCH:
        candidates.make_champion(session, challenger.id or 0, person_id=person_id, now=now)
    elif choice.category is None:
        keys = [alert_key(choice.dataset, choice.champion_id, choice.challenger_id)]
        inbox.seen_to(session, AlertKind.CHAMPION, keys=keys, person_id=person_id, now=now)
    row = DecisionTaken(
        dataset=choice.dataset,
        category=choice.category,
        champion_id=choice.champion_id,
        challenger_id=choice.challenger_id,
        decision=str(choice.decision),
        is_accepted=choice.is_accepted,
        why=choice.why.strip(),
        verdict=choice.verdict,
        champion_usd=choice.champion_usd,
        challenger_usd=choice.challenger_usd,
        person_id=person_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True)
class DecisionOutcome:
    """A decision and what came after it. Savings are shares of the champion's cost per acceptable response."""

    taken: DecisionTaken
    champion: str
    challenger: str
    predicted: float | None
    actual: float | None
    """From the runs begun since; None: none yet, or a price is not known."""
    by: str
    """Who took it."""
    responses_since: int
    """With a verdict, of the challenger's in those runs."""


def outcomes(session: Session, dataset: str) -> list[DecisionOutcome]:
    """Every decision on the dataset of that name, the newest first."""
    query = select(DecisionTaken).where(DecisionTaken.dataset == dataset).order_by(col(DecisionTaken.id).desc())
    rows = session.exec(query).all()
    names = dict(session.exec(select(Candidate.id, Candidate.name)).all())
    people = dict(session.exec(select(Person.id, Person.name)).all())
    return [_outcome(session, row, names, people) for row in rows]


def _outcome(
    session: Session, row: DecisionTaken, names: dict[int | None, str], people: dict[int | None, str]
) -> DecisionOutcome:
    after = pooled(session, row.dataset, since=row.created_at)
    was, is_now = (after.cost(of, row.category).value for of in (row.champion_id, row.challenger_id))
    who = np.isin(after.candidates, row.challenger_id)
    return DecisionOutcome(
        taken=row,
        champion=names.get(row.champion_id, "?"),
        challenger=names.get(row.challenger_id, "?"),
        predicted=_saving(row.champion_usd, row.challenger_usd),
        actual=_saving(was or row.champion_usd, is_now),
        by=people.get(row.person_id, "–"),
        responses_since=int(after.judged[who][:, after.here(row.category)].sum()),
    )


def outcomes_object(session: Session, dataset: str) -> list[dict[str, Any]]:
    """The record of decisions of ``evenhand decide --json``, the newest first; savings are shares."""
    return [
        {
            "taken_at": one.taken.created_at.isoformat(),
            "category": one.taken.category,
            "champion": one.champion,
            "challenger": one.challenger,
            "decision": one.taken.decision,
            "is_accepted": one.taken.is_accepted,
            "by": one.by,
            "why": one.taken.why,
            "champion_usd": one.taken.champion_usd,
            "challenger_usd": one.taken.challenger_usd,
            "saved_predicted": one.predicted,
            "saved_actual": one.actual,
            "responses_since": one.responses_since,
        }
        for one in outcomes(session, dataset)
    ]


def _saving(before_usd: float | None, after_usd: float | None) -> float | None:
    return 1 - after_usd / before_usd if before_usd and after_usd is not None else None


def _candidate(session: Session, candidate_id: int) -> Candidate:
    found = session.get(Candidate, candidate_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("That candidate does not exist any more.")
    return found
