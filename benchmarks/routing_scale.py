"""*Routing* over a million responses and a million votes, against a bare page with the same tables."""

from typing import Any

from benchmarks.against_bare import RESPONSES, VISITS, VOTES, compared
from core.ui.routing import page as routing


def run(responses: int = RESPONSES, votes: int = VOTES, visits: int = VISITS) -> dict[str, Any]:
    """The value is the median visit over that of the bare page."""
    return compared(
        "routing",
        "benchmarks/bare_routing.py",
        lambda: routing.found("benchmark"),
        responses=responses,
        votes=votes,
        visits=visits,
    )
