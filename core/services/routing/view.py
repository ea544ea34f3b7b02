"""What a page says of a dataset's routes: small enough to be kept for whoever looks next."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from core.domain.routing import Breach, Change, Limits, RoutingTable, breach
from core.services import quality
from core.services.datasets import datasets
from core.services.routing.compiled import Found, find
from core.services.routing.records import digest
from core.services.routing.versions import Version
from core.services.routing.what_if import WhatIf, what_if
from core.services.routing.words import Move, headline, moves, why
from core.storage.tables import Candidate


@dataclass(frozen=True)
class View:
    """The table in force, what the evidence allows now, and how both do."""

    dataset: str
    label: str
    """Of its newest version, as addresses have it."""
    has_several_runs: bool
    champion: int
    candidates: Mapping[int, Candidate]
    in_force: Version | None
    """None: nobody accepted a table, the champion answers everything."""
    in_force_table: RoutingTable
    table: RoutingTable
    """What the evidence allows now."""
    changes: list[Change]
    moves: list[Move]
    whys: Mapping[str, str]
    """By category, why ``table`` has its primary, in a sentence."""
    headline: str
    ifs: WhatIf
    limits: Limits
    breaches: Mapping[str, Breach]
    """By category, the limit that the primary of ``table`` is over all the same."""
    answers_a_month: Mapping[str, float]
    drifted: list[tuple[str, str | None]]
    """Who got worse where, by an alarm since the table was accepted: names and categories, None: everywhere."""

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
    newest = datasets.named(session, dataset)
    return _seen(found, newest.label, has_several_runs=len(quality.runs(session, newest.id or 0)) > 1)


def _seen(found: Found, label: str, *, has_several_runs: bool) -> View:
    names, moved, ground = found.names, moves(found), found.ground
    return View(
        found.dataset,
        label,
        has_several_runs,
        ground.champion,
        ground.candidates,
        ground.in_force,
        found.in_force_table,
        found.compiled.table,
        found.changes,
        moved,
        {
            route.category: why(found, route.category, ground.incumbents.of(route.category), route)
            for route in found.compiled.table.routes
            if route.category is not None
        },
        headline(found),
        what_if(found),
        ground.limits,
        _breaches(found),
        dict(ground.settings.answers_a_month),
        sorted({(names.get(of, "?"), category) for of, category in ground.alarms}, key=str),
    )


def _breaches(found: Found) -> dict[str, Breach]:
    over = {}
    for route in found.compiled.table.routes:
        option = found.compiled.options.get(route.category or "", {}).get(route.primary)
        broken = None if option is None else breach(option, route.category, found.ground.limits)
        if broken is not None and route.category is not None:
            over[route.category] = broken
    return over
