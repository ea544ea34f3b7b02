"""Who answers what by the routing table in force, where that is not the champion."""

from sqlmodel import Session

from core.domain.overview import Routed
from core.services import routing


def routed(session: Session, dataset: str, champion: int | None) -> Routed | None:
    """None where no table is in force on the dataset of that name, or the champion answers all of it."""
    version = routing.in_force(session, dataset)
    if version is None:
        return None
    others = {category: of for category, of in version.table.primaries.items() if of != champion}
    return Routed(version.id, others) if others else None
