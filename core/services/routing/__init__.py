"""Routing: a table of who answers which category, proposed from the evidence, decided by people, and run."""

from core.services.routing.compiled import Found, as_of, find
from core.services.routing.exporting import FORMATS, exported, routes_object
from core.services.routing.plans import Plan, TableInForce, table_in_force
from core.services.routing.proposing import proposal_asked, propose_asked, propose_due
from core.services.routing.router import Routed, RouteFailed, Router
from core.services.routing.versions import LONGEST_WHY, Version, VersionState, decide, decided, in_force, listed
from core.services.routing.view import View, view
from core.services.routing.what_if import Policy, WhatIf, what_if
from core.services.routing.words import Move, headline, moves, said

__all__ = [
    "FORMATS",
    "LONGEST_WHY",
    "Found",
    "Move",
    "Plan",
    "Policy",
    "RouteFailed",
    "Routed",
    "Router",
    "TableInForce",
    "Version",
    "VersionState",
    "View",
    "WhatIf",
    "as_of",
    "decide",
    "decided",
    "exported",
    "find",
    "headline",
    "in_force",
    "listed",
    "moves",
    "proposal_asked",
    "propose_asked",
    "propose_due",
    "routes_object",
    "said",
    "table_in_force",
    "view",
    "what_if",
]
