"""Who answers what by the routing table in force, where that is not the champion."""

from dataclasses import dataclass

from sqlmodel import Session

from core.services import routing


@dataclass(frozen=True)
class Routed:
    """The table in force, where it has others than the champion answer."""

    version: int
    others: dict[int, list[str]]
    """By candidate, the categories that it answers in place of the champion."""


def routed(session: Session, dataset: str, champion: int | None) -> Routed | None:
    """None where no table is in force on the dataset of that name, or the champion answers all of it."""
    version = routing.in_force(session, dataset)
    if version is None:
        return None
    others: dict[int, list[str]] = {}
    for route in version.table.routes:
        if route.primary != champion and route.category is not None:
            others.setdefault(route.primary, []).append(route.category)
    return Routed(version.id, others) if others else None
