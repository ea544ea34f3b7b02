"""What differs between two tables, category by category."""

from dataclasses import dataclass

from core.domain.routing.tables import Route, RoutingTable


@dataclass(frozen=True)
class Change:
    """One category: its route before and now; None: it has none."""

    category: str
    was: Route | None
    now: Route | None

    @property
    def is_of_primary(self) -> bool:
        """Whether somebody else answers."""
        return self.was is None or self.now is None or self.was.primary != self.now.primary

    @property
    def is_of_rest(self) -> bool:
        """Whether who answers instead, or how long is waited, is another."""
        if self.was is None or self.now is None:
            return True
        return (self.was.fallbacks, self.was.timeout_ms) != (self.now.fallbacks, self.now.timeout_ms)


def changes(was: RoutingTable, now: RoutingTable) -> list[Change]:
    """Every category whose route is another, those with another primary first."""
    before, after = ({route.category or "": route for route in table.routes} for table in (was, now))
    found = [Change(category, before.get(category), after.get(category)) for category in sorted({*before, *after})]
    differing = [one for one in found if one.is_of_primary or one.is_of_rest]
    return sorted(differing, key=lambda one: not one.is_of_primary)
