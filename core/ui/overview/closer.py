"""A closer look, one thing at a time: the categories, cost against quality and latency, what fails most."""

from core.ui.overview import decision, evidence, failing
from core.ui.overview.view import View
from core.ui.shared import frame

CATEGORIES, CHARTS, FAILURES = "By category", "Cost, quality, latency", "What fails most"


def section(view: View) -> None:
    """Tabs, of which the open one stands in the address; only its part is computed."""
    there = {
        CATEGORIES: decision.categories if decision.has_categories(view) else None,
        CHARTS: evidence.section,
        FAILURES: failing.section if view.champion is not None else None,
    }
    drawn = {label: draw for label, draw in there.items() if draw is not None}
    if len(drawn) == 1:
        evidence.section(view)
        return
    with frame.open_tab(list(drawn), key="overview_show") as tab:
        drawn[tab](view)
