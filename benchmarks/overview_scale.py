"""*Overview* over a million responses and a million votes, against a bare page with the same charts."""

from typing import Any
from urllib.parse import urlencode

from benchmarks.against_bare import RESPONSES, VISITS, VOTES, compared
from core.ui.overview import closer
from core.ui.overview import view as overview


def run(responses: int = RESPONSES, votes: int = VOTES, visits: int = VISITS) -> dict[str, Any]:
    """The value is the median visit over that of the bare page."""
    return compared(
        "overview",
        "benchmarks/bare_overview.py",
        lambda: overview.view("benchmark"),
        responses=responses,
        votes=votes,
        visits=visits,
        query=urlencode({"overview_show": closer.CHARTS}),
    )
