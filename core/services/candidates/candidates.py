"""Candidates: the list with what each needs to be asked, defining one, the champion, retiring and deleting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core import clock
from core.domain.alerts import AlertKind
from core.domain.fields import Flaw
from core.domain.pricing import Rates
from core.errors import BadInput, NotFound
from core.providers import presets
from core.providers.base import Endpoint
from core.providers.keys import UNVOUCHED
from core.services import prices
from core.services.alerts import inbox
from core.services.candidates.drafts import CandidateDraft, allowed, checked, draft_of, in_words_of_the_form
from core.services.candidates.storing import add_candidate, redefine, twins
from core.settings import secret
from core.storage.tables import (
    Attempt,
    Candidate,
    DecisionTaken,
    LoadTest,
    Pair,
    Response,
    RouteOutcome,
    RoutesProposed,
    Vote,
)


@dataclass(frozen=True)
class CandidateLine:
    """A candidate and what it needs to be asked. None is not known."""

    candidate: Candidate
    provider: str | None
    """The preset's title."""
    host: str | None
    keys: dict[str, bool]
    """The variables its endpoints name, and whether each is set."""
    rates: Rates | None
    responses: int
    runs: int
    """How many it answered in."""
    why_not: str | None
    """What keeps a run from asking it, None where nothing does."""
    is_doubted: bool = False
    """An import names where its key goes, and an admin has to allow that first."""

    @property
    def id(self) -> int:
        """The candidate's id."""
        return self.candidate.id or 0


def listed(session: Session, now: datetime) -> list[CandidateLine]:
    """Every candidate: the champion first, retired ones last, else in the order they came."""
    answered, entered = _answered(session), prices.overrides(session)
    order = (col(Candidate.is_retired), col(Candidate.is_champion).desc(), col(Candidate.position))
    return [
        _line(candidate, answered.get(candidate.id or 0, (0, 0)), prices.rates_among(entered, candidate, at=now))
        for candidate in session.exec(select(Candidate).order_by(*order))
    ]


def copy_of(session: Session, candidate: Candidate) -> CandidateDraft:
    """A draft of another candidate like this one, under a name that is free."""
    taken = set(session.exec(select(Candidate.name)))
    names = (f"{candidate.name} {number}" for number in range(2, len(taken) + 3))
    return replace(draft_of(candidate), name=next(name for name in names if name not in taken))


def define(session: Session, draft: CandidateDraft, *, now: datetime) -> Candidate:
    """A new candidate. BadInput says which field is wrong and how to mend it, and never shows what may be a key."""
    record = checked(draft)
    _refuse_taken(session, record.name)
    return add_candidate(session, record, now=now)


def change(session: Session, candidate_id: int, draft: CandidateDraft) -> Candidate:
    """Define a candidate anew. Once it has answered, only the price, the key's variable and nothing else may differ.

    The name is fixed from then on too, because files, links and scripts refer to an answered candidate by it.
    """
    candidate, record = _get(session, candidate_id), checked(draft)
    if record.name != candidate.name:
        _refuse_taken(session, record.name)
        if _count(session, Response, Response.candidate_id == candidate_id):
            raise BadInput(
                f"'{candidate.name}' has responses, and files and scripts know them by that name, so it keeps it. "
                "Duplicate it to have one of another name."
            )
        candidate.name = record.name
    try:
        redefine(session, candidate, record)
    except Flaw as flaw:
        raise BadInput(flaw.problem) from None
    return candidate


def allow_key(session: Session, seen: Candidate) -> None:
    """Say that its keys may go where an import says that they go: as ``seen``, and not where a later one says."""
    candidate = _get(session, seen.id or 0)
    if (candidate.provider, candidate.settings) != (seen.provider, seen.settings):
        raise BadInput(f"'{candidate.name}' was changed meanwhile. Look at it again.")
    candidate.settings = allowed(candidate.settings)
    session.add(candidate)


def twins_of(session: Session, draft: CandidateDraft, *, but: str) -> list[str]:
    """The names of candidates, other than ``but``, that ask what the draft asks, if it can be asked at all."""
    try:
        record = checked(draft)
    except BadInput:
        return []
    return twins(session, record.provider, record.model, record.settings, but=but)


def champion(session: Session) -> Candidate | None:
    """The one in production today; None where nobody said which."""
    return session.exec(select(Candidate).where(col(Candidate.is_champion))).first()


def make_champion(
    session: Session, candidate_id: int, *, person_id: int | None = None, now: datetime | None = None
) -> None:
    """Say that this one is in production today; there is one champion at most.

    Alerts that the former one is no longer best are acknowledged; ``person_id``: by whom.
    """
    candidate = _get(session, candidate_id)
    if candidate.is_retired:
        raise BadInput(f"'{candidate.name}' is retired. Bring it back first.")
    if candidate.is_champion:
        return
    session.execute(sa.update(Candidate).where(col(Candidate.is_champion)).values(is_champion=False))
    candidate.is_champion = True
    session.add(candidate)
    inbox.seen_to(session, AlertKind.CHAMPION, person_id=person_id, now=now or clock.now())


def retire(session: Session, candidate_id: int) -> None:
    """Offer it for no more runs; its responses and votes stay and count."""
    candidate = _get(session, candidate_id)
    if candidate.is_champion:
        raise BadInput(f"'{candidate.name}' is the champion. Make another candidate the champion first.")
    candidate.is_retired = True
    session.add(candidate)


def bring_back(session: Session, candidate_id: int) -> None:
    """Offer a retired candidate for runs again."""
    candidate = _get(session, candidate_id)
    candidate.is_retired = False
    session.add(candidate)


def delete(session: Session, candidate_id: int) -> None:
    """Remove a candidate to which nothing refers; others are retired."""
    candidate = _get(session, candidate_id)
    if _is_tied(session, candidate_id):
        raise BadInput(f"'{candidate.name}' has responses, votes or attempts, so it stays. Retire it instead.")
    session.delete(candidate)


def _line(candidate: Candidate, answered: tuple[int, int], rates: Rates | None) -> CandidateLine:
    problem: str | None = "Only its name is known. Say which model it is."
    provider, endpoints = candidate.provider, []
    if candidate.provider is not None and candidate.model is not None:
        try:
            provider = presets.title_of(candidate.provider)
            endpoints = presets.endpoints_of(candidate.provider, candidate.model, allowed(candidate.settings))
            problem = None
        except BadInput as error:
            problem = in_words_of_the_form(error)
    keys, missing = _keys(endpoints)
    doubts = _doubts(candidate.settings, endpoints)
    if doubts:
        problem = f"{doubts[0][:1].upper()}{doubts[0][1:]} Look at the address, then allow it."
    elif problem is None and missing:
        problem = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set."
    return CandidateLine(
        candidate=candidate,
        provider=provider,
        host=(urlsplit(endpoints[0].base_url or "").hostname if endpoints else None),
        keys=keys,
        rates=rates,
        responses=answered[0],
        runs=answered[1],
        why_not="It is retired." if candidate.is_retired else problem,
        is_doubted=bool(doubts),
    )


def _doubts(settings: Mapping[str, Any], endpoints: Sequence[Endpoint]) -> list[str]:
    """Where an import sends a variable's content that no admin has allowed to go there."""
    asked = zip(endpoints, (settings, settings.get("fallback") or {}), strict=False)
    found = [(each, presets.unvouched(each)) for each, said in asked if said.get(UNVOUCHED)]
    return [presets.doubt(each, variables) for each, variables in found if variables]


def _keys(endpoints: Sequence[Endpoint]) -> tuple[dict[str, bool], list[str]]:
    """The variables that endpoints name with whether each is set, and those that are not and have to be."""
    names = {
        name: endpoint.is_key_optional and name == endpoint.api_key_env
        for endpoint in endpoints
        for name in endpoint.variables
    }
    keys = {name: secret(name) is not None for name in names}
    return keys, [name for name, is_set in keys.items() if not is_set and not names[name]]


def _get(session: Session, candidate_id: int) -> Candidate:
    candidate = session.get(Candidate, candidate_id)
    if candidate is None:
        raise NotFound("That candidate does not exist any more.")
    return candidate


def _can_be_asked(one: Candidate) -> bool:
    return bool(one.provider and one.model) and not one.is_retired and not presets.is_written(one.provider)


def _refuse_taken(session: Session, name: str) -> None:
    if session.exec(select(Candidate.id).where(Candidate.name == name)).first() is not None:
        raise BadInput(f"There is a candidate called '{name}' already. Choose another name.")


def _count(session: Session, table: type[Any], where: Any) -> int:
    return int(session.exec(select(sa.func.count()).select_from(table).where(where)).one())


def _answered(session: Session) -> dict[int, tuple[int, int]]:
    counts = (sa.func.count(), sa.func.count(sa.distinct(col(Response.run_id))))
    query = sa.select(col(Response.candidate_id), *counts).group_by(col(Response.candidate_id))
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def _is_tied(session: Session, candidate_id: int) -> bool:
    """Whether anything that happened refers to it."""
    columns = (
        col(Response.candidate_id), col(Attempt.candidate_id), col(LoadTest.candidate_id), col(Vote.left_candidate_id),
        col(Vote.right_candidate_id), col(Pair.first_candidate_id), col(Pair.second_candidate_id),
        col(DecisionTaken.champion_id), col(DecisionTaken.challenger_id), col(RoutesProposed.champion_id),
        col(RouteOutcome.primary_id), col(RouteOutcome.answered_id),
    )  # fmt: skip
    return any(
        session.execute(sa.select(sa.literal(1)).where(column == candidate_id).limit(1)).first() for column in columns
    )


def ids_named(session: Session, names: Sequence[str]) -> list[int]:
    """The ids of the candidates with these names; without names of all that can be asked and are not retired.

    Raises NotFound, which names those that are there.
    """
    everyone = session.exec(select(Candidate).order_by(col(Candidate.position))).all()
    if not names:
        return [one.id for one in everyone if one.id is not None and _can_be_asked(one)]
    by_name = {one.name: one.id for one in everyone}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        there = ", ".join(f"'{name}'" for name in by_name) or "none yet; import candidates first"
        raise NotFound(f"There is no candidate '{unknown[0]}'. There are: {there}.")
    return [found for name in dict.fromkeys(names) if (found := by_name[name]) is not None]
