"""What a page says of a dataset's routes: small enough to be kept for whoever looks next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from core.domain.routing import Breach, Change, Limits, RoutingTable, breach
from core.services import quality
from core.services.datasets import datasets
from core.services.routing.beside import beside_primaries
from core.services.routing.compiled import Found, Options, find
from core.services.routing.records import digest
from core.services.routing.versions import Version
from core.services.routing.what_if import WhatIf, tempting, weights_of, what_if
from core.services.routing.words import Move, against, headline, moves, why
from core.storage.tables import Candidate


@dataclass(frozen=True)
class View:
    """The table in force, what the evidence allows now, and how both do."""

    dataset: str
    newest_id: int
    """Its newest version that was answered."""
    runs: tuple[int, ...]
    """In which that was."""
    versions: int
    """How many of its versions were answered."""
    since_changes: bool
    """Whether somebody's answers before a change are left out."""
    champion: int
    candidates: Mapping[int, Candidate]
    in_force: Version | None
    """None: nobody accepted a table, the champion answers everything."""
    in_force_table: RoutingTable
    table: RoutingTable
    """What the evidence allows now."""
    changes: list[Change]
    moves: list[Move]
    beside: list[str]
    """What ``table`` changes of the one in force beside primaries, in sentences."""
    whys: Mapping[str, str]
    """By category, why ``table`` has its primary, in a sentence."""
    headline: str
    ifs: WhatIf
    options: Options
    """By category and candidate, what figures are made of."""
    weights: Mapping[str, float]
    """By category, what it counts over all."""
    limits: Limits
    breaches: Mapping[str, Breach]
    """By category, the limit that the primary of ``table`` is over all the same."""
    answers_a_month: Mapping[str, float]
    drifted: list[tuple[int, str | None]]
    """Who got worse where, by an alarm since the table was accepted: ids and categories, None: over all."""
    against: Mapping[int, Sequence[tuple[str, str]]]
    """By candidate who is better or cheaper than ``table``, why it should not answer everything: category and why."""

    @property
    def names(self) -> dict[int, str]:
        """Of the candidates, by id."""
        return {id: one.name for id, one in self.candidates.items()}

    @property
    def differs(self) -> bool:
        """Whether the evidence allows another table than the one in force; with none in force, other primaries."""
        if self.in_force is None:
            return bool(self.moves)
        return digest(self.table) != digest(self.in_force_table)

    def is_table_of(self, version: Version) -> bool:
        """Whether a version is what the evidence allows now."""
        return digest(version.table) == digest(self.table)


def view(session: Session, dataset: str) -> View | None:
    """Compile the dataset's table anew and look at it; None without a champion or without responses."""
    found = find(session, dataset)
    if found is None:
        return None
    happened = {id: quality.runs(session, id) for id in datasets.versions(session, dataset)}
    answered = [id for id, listed in happened.items() if listed]
    return _seen(found, answered, tuple(run.id for run in happened[answered[-1]]))


def _seen(found: Found, answered: Sequence[int], runs: tuple[int, ...]) -> View:
    moved, ground, ifs = moves(found), found.ground, what_if(found)
    return View(
        found.dataset,
        answered[-1],
        runs,
        len(answered),
        bool(found.pooled.changes),
        ground.champion,
        ground.candidates,
        ground.in_force,
        found.in_force_table,
        found.compiled.table,
        found.changes,
        moved,
        beside_primaries(found),
        {
            route.category: why(found, route.category, ground.incumbents.of(route.category), route)
            for route in found.compiled.table.routes
            if route.category is not None
        },
        headline(found),
        ifs,
        found.compiled.options,
        weights_of(found),
        ground.limits,
        _breaches(found),
        dict(ground.settings.answers_a_month),
        sorted(ground.alarms, key=str),
        {one: against(found, one) for one in tempting(ifs)},
    )


def _breaches(found: Found) -> dict[str, Breach]:
    over = {}
    for route in found.compiled.table.routes:
        option = found.compiled.options.get(route.category or "", {}).get(route.primary)
        broken = None if option is None else breach(option, route.category, found.ground.limits)
        if broken is not None and route.category is not None:
            over[route.category] = broken
    return over
