"""Routing: the table of who answers which category, compiled from verdicts under limits, and its regret."""

from core.domain.routing.changes import Change, changes
from core.domain.routing.compiling import Compiling, Scope, compile_table, spend_usd_a_month
from core.domain.routing.options import P50, P95, P99, Breach, Option, breach, sure_breach
from core.domain.routing.regret import Regret, averaged, best_single, regret
from core.domain.routing.tables import FellBack, Limits, Occasion, Route, RouteBecause, RoutingTable

__all__ = [
    "P50",
    "P95",
    "P99",
    "Breach",
    "Change",
    "Compiling",
    "FellBack",
    "Limits",
    "Occasion",
    "Option",
    "Regret",
    "Route",
    "RouteBecause",
    "RoutingTable",
    "Scope",
    "averaged",
    "best_single",
    "breach",
    "changes",
    "compile_table",
    "regret",
    "spend_usd_a_month",
    "sure_breach",
]
