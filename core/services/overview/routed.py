"""Who answers what by the routing table in force, where that is not the champion."""

from dataclasses import dataclass

from sqlmodel import Session

from core.domain.deciding import Decision
from core.services import routing
from core.services.deciding import Verdicts


@dataclass(frozen=True)
class Routed:
    """The table in force, where it has others than the champion answer."""

    version: int
    others: dict[int, list[str]]
    """By candidate, the categories that it answers in place of the champion."""

    @property
    def by_category(self) -> dict[str, int]:
        """Category → who answers it in place of the champion."""
        return {category: of for of, categories in self.others.items() for category in categories}


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


def kept_by_table(found: Routed | None, verdicts: Verdicts) -> dict[str, int]:
    """By category that its verdict leaves open: who answers it by the table in force in place of the champion."""
    others = {} if found is None else found.by_category
    open_ = {one.category for one in verdicts.verdicts if one.decision is Decision.NOT_ENOUGH}
    return {category: of for category, of in others.items() if category in open_}
