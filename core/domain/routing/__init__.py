"""Routing: the table of who answers which category, compiled from verdicts under limits, and its regret."""

from core.domain.routing.tables import FellBack, Limits, Occasion, Route, RouteBecause, RoutingTable

__all__ = ["FellBack", "Limits", "Occasion", "Route", "RouteBecause", "RoutingTable"]
