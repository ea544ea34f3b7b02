"""Who is asked for a category, in which order, and how long each has: from the table in force."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.domain.routing import Route, RoutingTable
from core.errors import BadInput
from core.services.candidates import candidates
from core.services.datasets import datasets
from core.services.routing.records import table_of
from core.services.routing.versions import in_force_id, newest_accepted
from core.storage.tables import Candidate, RoutesProposed


@dataclass(frozen=True)
class Plan:
    """One category's route with its candidates, the primary first."""

    dataset: str
    version: int | None
    """The table in force; None: none, the champion answers everything."""
    category: str | None
    """None: none was named, or none that the table knows."""
    route: Route
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class TableInForce:
    """The table that is run, with the candidates in it."""

    dataset: str
    version: int | None
    """None: nobody accepted one, the champion answers everything."""
    table: RoutingTable
    candidates: dict[int, Candidate]

    def plan(self, category: str | None) -> Plan:
        """Who is asked for a category; retired ones are passed over."""
        route = self.table.of(category)
        asked = [self.candidates[one] for one in (route.primary, *route.fallbacks) if one in self.candidates]
        there = [one for one in asked if not one.is_retired] or asked
        return Plan(self.dataset, self.version, route.category, route, tuple(there))

    @property
    def categories(self) -> list[str]:
        """Those that have a route of their own."""
        return [route.category for route in self.table.routes if route.category is not None]


def table_in_force(session: Session, dataset: str | None = None) -> TableInForce:
    """The table of the dataset of that name; without one that whose table was accepted last, else the newest.

    Raises NotFound where there is no such dataset, and BadInput where nobody accepted a table and there is no champion.
    """
    name = dataset or newest_accepted(session)
    if name is None or dataset is not None:
        name = datasets.named(session, dataset).name
    version = in_force_id(session, name)
    champion = candidates.champion(session)
    if version is None:
        if champion is None:
            raise BadInput(
                f"Nobody accepted a routing table for '{name}', and there is no champion. Say on *Candidates* who is "
                "in production, then accept a table on *Routing*."
            )
        return TableInForce(name, None, RoutingTable((), Route(None, champion.id or 0)), {champion.id or 0: champion})
    table = table_of(session.get_one(RoutesProposed, version).routes)
    ids = {one for route in (*table.routes, table.otherwise) for one in (route.primary, *route.fallbacks)}
    known = session.exec(select(Candidate).where(col(Candidate.id).in_(ids))).all()
    return TableInForce(name, version, table, {one.id or 0: one for one in known})
