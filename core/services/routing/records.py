"""A routing table as it is kept: plain records, and a short text that is the same for the same routes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.domain.routing import Route, RouteBecause, RoutingTable


def records(table: RoutingTable) -> list[dict[str, Any]]:
    """One a route, the one for everything else last, candidates by id."""
    return [
        {
            "category": route.category,
            "primary": route.primary,
            "fallbacks": list(route.fallbacks),
            "timeout_ms": route.timeout_ms,
            "because": route.because.name,
        }
        for route in (*table.routes, table.otherwise)
    ]


def table_of(kept: Sequence[Mapping[str, Any]]) -> RoutingTable:
    """The table out of its records."""
    routes = [
        Route(
            row["category"],
            row["primary"],
            tuple(row["fallbacks"]),
            row["timeout_ms"],
            RouteBecause[row["because"]],
        )
        for row in kept
    ]
    return RoutingTable(tuple(routes[:-1]), routes[-1])


def digest(table: RoutingTable) -> str:
    """Another for routes that do something else, whatever they were compiled for."""
    plain = [{name: part for name, part in row.items() if name != "because"} for row in records(table)]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]
