"""The table that the evidence on a dataset allows now, beside the one in force."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from core.domain import deciding
from core.domain.deciding import Comparison, Decision, Evidence, Settings, Verdict
from core.domain.overview import SpentBy
from core.domain.routing import (
    Change,
    Compiling,
    Limits,
    Option,
    Route,
    RouteBecause,
    RoutingTable,
    Scope,
    changes,
    compile_table,
)
from core.services import deciding as service
from core.services.deciding.evidence import evidence
from core.services.deciding.gathering import Pooled, pooled
from core.services.deciding.settings import settings
from core.services.routing.alarms import Alarms, worse_in, worsened
from core.services.routing.options import options
from core.services.routing.paid import spent
from core.services.routing.settings import limits
from core.services.routing.versions import Version, in_force
from core.storage.tables import Candidate, metadata

_decided = metadata.tables["routes_decided"]
NEWEST_RUN = "newest_run"
"""Of what a proposed table rests on: the last run whose answers it knew."""
Options = Mapping[str, Mapping[int, Option]]


@dataclass(frozen=True)
class Ground:
    """What a table is compiled on besides the evidence."""

    champion: int
    candidates: Mapping[int, Candidate]
    """All that were asked, by id."""
    settings: Settings
    limits: Limits
    incumbents: RoutingTable
    """The table in force as it is run; where there is none, the champion everywhere."""
    in_force: Version | None
    alarms: Alarms
    """Since the table in force was compiled: to it they are news."""
    worsened: Alarms
    """All that stand."""

    @property
    def usable(self) -> frozenset[int]:
        """Who may be asked: not retired."""
        return frozenset(id for id, one in self.candidates.items() if not one.is_retired or id == self.champion)

    @property
    def places(self) -> dict[int, Hashable]:
        """Where each is asked."""
        return {id: (one.provider, one.settings.get("base_url")) for id, one in self.candidates.items()}


@dataclass(frozen=True)
class Compiled:
    """A table with what it rests on."""

    table: RoutingTable
    scopes: Sequence[Scope]
    verdicts: Mapping[str | None, Verdict]
    """By category against its incumbent, over all (None) against the champion."""
    options: Options
    evidence: Mapping[str | None, Sequence[Evidence]]
    """By category, under None over all: of everybody who may be asked."""

    @property
    def by_category(self) -> dict[str, Scope]:
        """The scopes by category."""
        return {scope.category: scope for scope in self.scopes}


@dataclass(frozen=True)
class Found:
    """What was found on a dataset: the ground, the evidence, and the table that it allows."""

    dataset: str
    ground: Ground
    pooled: Pooled
    compiled: Compiled
    paid: SpentBy
    """What the newest run paid, for what a month costs; empty where no answers a month are entered."""

    @property
    def changes(self) -> list[Change]:
        """What it changes in the table in force."""
        return changes(self.in_force_table, self.compiled.table)

    @property
    def in_force_table(self) -> RoutingTable:
        """As it was accepted; where none was, the champion everywhere."""
        version = self.ground.in_force
        return self.ground.incumbents if version is None else version.table

    @property
    def is_another(self) -> bool:
        """Whether somebody else would answer some category."""
        return any(one.is_of_primary for one in self.changes)

    @property
    def names(self) -> dict[int, str]:
        """Of the candidates, by id."""
        return {id: one.name for id, one in self.ground.candidates.items()}


def find(session: Session, dataset: str) -> Found | None:
    """Compile the dataset's table anew; None where nobody is the champion or nothing was answered."""
    found = pooled(session, dataset)
    ground = ground_of(session, dataset, found)
    if ground is None or not found.candidates:
        return None
    paid = spent(session, dataset) if ground.settings.answers_a_month else {}
    return Found(dataset, ground, found, compiled(found, ground), paid)


def ground_of(session: Session, dataset: str, found: Pooled) -> Ground | None:
    """What else a table rests on; None without a champion."""
    version = in_force(session, dataset)
    named = {*found.candidates, *(set() if version is None else version.table.candidates)}
    query = select(Candidate).where(col(Candidate.id).in_(named) | col(Candidate.is_champion))
    known = {one.id or 0: one for one in session.exec(query.order_by(col(Candidate.position)))}
    champion = next((id for id, one in known.items() if one.is_champion), None)
    if champion is None:
        return None
    incumbents = _incumbents(found.categories, champion, version)
    alarms = worsened(session, dataset)
    return Ground(
        champion,
        known,
        settings(session),
        limits(session),
        incumbents,
        version,
        _since_accepted(alarms, version),
        alarms,
    )


def compiled(found: Pooled, ground: Ground) -> Compiled:
    """The table that this evidence allows on that ground."""
    there = [one for one in found.candidates if one in ground.usable]
    by_category = evidence(found, there)
    known = options(found, by_category)
    against = _Verdicts(by_category, ground.settings)
    of_champion = against.of(ground.champion)
    scopes = [
        _scope(category, ground, against, known.get(category, {})) for category in by_category if category is not None
    ]
    over_all = of_champion.get(None)
    then = None if ground.in_force is None else ground.in_force.champion_id
    told = Compiling(ground.champion, ground.limits, ground.usable, ground.places, _switch(over_all), then)
    in_each = {scope.category: against.of(scope.incumbent.primary).get(scope.category) for scope in scopes}
    said: dict[str | None, Verdict | None] = {None: over_all}
    said.update(in_each)
    verdicts = {category: verdict for category, verdict in said.items() if verdict is not None}
    table = compile_table(scopes, told)
    table = compile_table([_behind_new(scope, table, against) for scope in scopes], told)
    return Compiled(table, scopes, verdicts, known, by_category)


def _behind_new(scope: Scope, table: RoutingTable, against: "_Verdicts") -> Scope:
    """With everybody against its new primary, where it gets one: who falls back is held against that one."""
    primary = table.of(scope.category).primary
    if primary == scope.incumbent.primary:
        return scope
    return replace(scope, against_new=against.comparisons(primary, scope.category))


class _Verdicts:
    """Verdicts against several incumbents, each read once."""

    def __init__(self, by_category: Mapping[str | None, Sequence[Evidence]], wanted: Settings) -> None:
        self._evidence, self._settings = by_category, wanted
        self._known: dict[int, dict[str | None, Verdict]] = {}

    def of(self, incumbent: int) -> dict[str | None, Verdict]:
        if incumbent not in self._known:
            decided = (
                deciding.decide(self._evidence, incumbent, self._settings, settle=False)
                if any(self._evidence.values())
                else []
            )
            self._known[incumbent] = {one.category: one for one in decided}
        return self._known[incumbent]

    def comparisons(self, incumbent: int, category: str) -> Sequence[Comparison]:
        """Everybody beside the incumbent; empty where nothing has a verdict."""
        verdict = self.of(incumbent).get(category)
        return () if verdict is None else verdict.comparisons


def _scope(category: str, ground: Ground, against: _Verdicts, known: Mapping[int, Option]) -> Scope:
    incumbent = ground.incumbents.of(category)
    if incumbent.category is None:
        incumbent = replace(incumbent, category=category, because=RouteBecause.NEW)
    comparisons = against.comparisons(incumbent.primary, category)
    champions = () if incumbent.primary == ground.champion else against.comparisons(ground.champion, category)
    drifted = {(incumbent.primary, category), (incumbent.primary, None)} & set(ground.alarms)
    return Scope(
        category,
        incumbent,
        comparisons,
        {one.challenger: one for one in champions},
        known,
        ground.settings.answers_a_month.get(category),
        bool(drifted),
        worse_in(ground.worsened, category),
    )


def _switch(verdict: Verdict | None) -> Comparison | None:
    if verdict is None or verdict.decision is not Decision.SWITCH or not verdict.comparisons:
        return None
    return verdict.comparisons[0]


def _incumbents(categories: Sequence[str], champion: int, version: Version | None) -> RoutingTable:
    """The table in force; for everything else today's champion where it had the champion of then."""
    if version is None:
        return RoutingTable(tuple(Route(name, champion) for name in categories), Route(None, champion))
    routes = tuple(replace(route, because=RouteBecause.KEPT) for route in version.table.routes)
    return RoutingTable(routes, _followed(version.table.otherwise, version.champion_id, champion))


def _followed(route: Route, was: int, champion: int) -> Route:
    if route.primary != was or was == champion:
        return replace(route, because=RouteBecause.KEPT)
    others = tuple(one for one in route.fallbacks if one != champion)
    return Route(route.category, champion, others, None, RouteBecause.CHAMPION_CHANGED)


def _since_accepted(alarms: Alarms, version: Version | None) -> Alarms:
    """An alarm about runs that the table was compiled from is no news to it."""
    seen = 0 if version is None else int(version.rests_on.get(NEWEST_RUN, 0))
    return {key: run_id for key, run_id in alarms.items() if run_id > seen}


def as_of(session: Session, dataset: str) -> tuple[object, ...]:
    """Another for another table: changes with verdicts, the table in force, limits, and alarms that stand."""
    newest = session.execute(
        _decided.select().where(_decided.c.dataset == dataset).order_by(_decided.c.id.desc()).limit(1)
    ).first()
    alarms = sorted((key[0], key[1] or "", run_id) for key, run_id in worsened(session, dataset).items())
    return (*service.as_of(session, dataset), newest and newest.id, repr(limits(session)), *alarms)
