"""Proposing a table: because somebody asks, or by itself once a verdict or an alarm changes who should answer."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.routing import Occasion, RouteBecause
from core.errors import BadInput
from core.services import deciding, workspace
from core.services.routing.alarms import newest_check, worsened
from core.services.routing.compiled import NEWEST_RUN, Found, as_of, find
from core.services.routing.versions import Proposal, in_force_id, propose
from core.services.routing.what_if import WhatIf, what_if
from core.services.routing.words import moves, said
from core.storage.engine import reading, write
from core.storage.tables import metadata
from core.storage.upsert import insert_into

EVERY = timedelta(hours=1)
"""Verdicts take seconds where there are very many responses: so often they are read again while votes come in. An alarm
and an accepted table are looked at at once."""
LONGEST_WAIT = timedelta(hours=1)
"""For a check for drift, which some runs never get."""
_SEEN = "routes_seen"
Unchecked = Callable[[Session, str], Sequence[int]]
_run, _dataset = metadata.tables["run"], metadata.tables["dataset"]


def proposal(session: Session, found: Found, because: Occasion, *, ifs: WhatIf | None = None) -> Proposal:
    """What is proposed of a table that was compiled, with what it rests on."""
    version = found.ground.in_force
    return Proposal(
        found.dataset,
        found.compiled.table,
        found.ground.champion,
        None if version is None else version.id,
        because,
        said(found),
        rests_on(session, found, ifs or what_if(found)),
    )


def rests_on(session: Session, found: Found, ifs: WhatIf) -> dict[str, Any]:
    """Limits, moves, what if and regret as JSON holds them, as they stood."""
    limits = found.ground.limits
    return {
        NEWEST_RUN: _newest_run(session, found.dataset),
        "limits": {
            "latency_ms": {name or "": ms for name, ms in limits.latency_ms.items()},
            "refusals": limits.refusals,
            "spend_usd_a_month": limits.spend_usd_a_month,
        },
        "answers_a_month": dict(found.ground.settings.answers_a_month),
        "moves": [asdict(one) for one in moves(found)],
        "what_if": {"in_force": asdict(ifs.in_force), "table": asdict(ifs.compiled)},
        "regret": None if ifs.regret is None else asdict(ifs.regret),
    }


def _newest_run(session: Session, dataset: str) -> int:
    query = (
        _run.select()
        .with_only_columns(_run.c.id)
        .join(_dataset, _dataset.c.id == _run.c.dataset_id)
        .where(_dataset.c.name == dataset)
    )
    return int(session.execute(query.order_by(_run.c.id.desc()).limit(1)).scalar() or 0)


def proposal_asked(session: Session, dataset: str) -> Proposal:
    """What to propose because somebody asks, also where only fallbacks or timeouts differ.

    Raises BadInput where there is nothing to compile, or nothing differs from the table in force.
    """
    found = find(session, dataset)
    if found is None:
        raise BadInput(f"There is nothing to compile: '{dataset}' has no responses, or nobody is the champion.")
    if found.ground.in_force is not None and not found.changes:
        raise BadInput("The table in force is what the evidence allows. Nothing differs.")
    return proposal(session, found, Occasion.ASKED)


def propose_asked(session: Session, asked: Proposal, *, person_id: int | None, now: datetime) -> int:
    """Write it, and give its version. Raises BadInput where the same table is proposed already."""
    version = propose(session, asked, person_id=person_id, now=now)
    if version is None:
        raise BadInput("The same table is proposed already. Look at the versions.")
    return version


def propose_due(engine: Engine, *, now: datetime, unchecked: Unchecked | None = None) -> int:
    """Compile anew where something changed, propose what gives a category to somebody else; how many were.

    Safe beside itself in other processes: the same table is written once. ``unchecked``: gives the runs of a dataset
    that are still to be checked for drift; where one ended within LONGEST_WAIT, the next look compiles.
    """
    with reading(engine) as session:
        names = [name for name in deciding.datasets(session) if not _is_awaited(session, name, now, unchecked)]
    return sum(_propose_due(engine, name, now) for name in names)


def _is_awaited(session: Session, dataset: str, now: datetime, unchecked: Unchecked | None) -> bool:
    """Else a verdict would be told of what an alarm explains a moment later."""
    ids = [] if unchecked is None else unchecked(session, dataset)
    recent = _run.select().where(_run.c.id.in_(ids), _run.c.finished_at > now - LONGEST_WAIT)
    return bool(ids) and session.execute(recent.limit(1)).first() is not None


def _propose_due(engine: Engine, dataset: str, now: datetime) -> bool:
    with reading(engine) as session:
        seen: dict[str, Any] = workspace.setting(session, _seen(dataset), {})
        urgent, whole = _stamps(session, dataset)
        waits = seen.get("at") and now < datetime.fromisoformat(seen["at"]) + EVERY
        if seen.get("whole") == whole or (waits and seen.get("urgent") == urgent):
            return False
        found = find(session, dataset)
        made = proposal(session, found, _occasion(found)) if found is not None and found.is_another else None

    def work(session: Session) -> bool:
        _look_noted(session, dataset, {"urgent": urgent, "whole": whole, "at": now.isoformat()})
        return made is not None and propose(session, made, person_id=None, now=now) is not None

    return write(engine, work)


def _look_noted(session: Session, dataset: str, seen: dict[str, Any]) -> None:
    """Several processes may look for the first time at once."""
    table = metadata.tables["workspace_setting"]
    statement = insert_into(session.get_bind().dialect.name, table).values(name=_seen(dataset), setting=seen)
    session.connection().execute(statement.on_conflict_do_update(index_elements=["name"], set_={"setting": seen}))


def _seen(dataset: str) -> str:
    return f"{_SEEN}:{hashlib.sha256(dataset.encode()).hexdigest()[:16]}"


def _stamps(session: Session, dataset: str) -> tuple[str, str]:
    """What makes a look urgent, and all that could change the table."""
    alarms = sorted((key[0], key[1] or "", run_id) for key, run_id in worsened(session, dataset).items())
    urgent = (in_force_id(session, dataset), newest_check(session, dataset), alarms)
    return _short(urgent), _short(as_of(session, dataset))


def _short(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _occasion(found: Found) -> Occasion:
    """An alarm, where a candidate that loses a category to another one is who got worse."""
    alarmed = {candidate for candidate, _ in found.ground.alarms}
    lost = {one.was.primary for one in found.changes if one.is_of_primary and one.was is not None}
    drifted = any(route.because is RouteBecause.DRIFTED for route in found.compiled.table.routes)
    return Occasion.DRIFT if drifted or alarmed & lost else Occasion.VERDICT
