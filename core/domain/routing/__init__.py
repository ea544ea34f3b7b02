"""Routing: the table of who answers which category, compiled from verdicts under limits, and its regret."""

from core.domain.routing.changes import Change, changes
from core.domain.routing.compiling import Compiling, Scope, compile_table, spend_usd_a_month
from core.domain.routing.options import P50, P95, P99, Breach, Option, breach, sure_breach
from core.domain.routing.regret import Counted, Fold, Regret, best_single, dealt, regret
from core.domain.routing.tables import FellBack, Limits, Occasion, Route, RouteBecause, RoutingTable

__all__ = [
    "P50",
    "P95",
    "P99",
    "Breach",
    "Change",
    "Compiling",
    "Counted",
    "FellBack",
    "Fold",
    "Limits",
    "Occasion",
    "Option",
    "Regret",
    "Route",
    "RouteBecause",
    "RoutingTable",
    "Scope",
    "best_single",
    "breach",
    "changes",
    "compile_table",
    "dealt",
    "regret",
    "spend_usd_a_month",
    "sure_breach",
]
