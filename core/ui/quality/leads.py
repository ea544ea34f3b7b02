"""Where the page leads for what it does not say itself: whether to switch, and what the verdicts recommend."""

from core.domain.acceptability import CostState
from core.ui.decisions import comparisons
from core.ui.decisions.page import OVER_ALL
from core.ui.quality.choice import dataset_name
from core.ui.quality.page import View
from core.ui.shared import leading
from core.ui.shared.arriving import AT
from core.ui.shared.frame import as_typed
from core.ui.shared.leading import Address


def verdict(view: View) -> None:
    """Of whom costs least, who is not the champion: that the lowest cost is no verdict, and where that is."""
    champion = next((one for one in view.report.candidates if one.is_champion), None)
    if champion is None or not view.lines or view.by.cost(view.lines[0]).state is not CostState.KNOWN:
        return
    first = view.report.candidate(view.lines[0].candidate_id)
    if first.is_champion:
        return
    said = f"That is no verdict yet: whether {as_typed(first.name)} may take over from {as_typed(champion.name)}"
    query: leading.Query = {
        "decisions_dataset": dataset_name(view.choice),
        "decisions_scope": view.choice.category or OVER_ALL,
        comparisons.CLOSER: str(first.id),
        AT: comparisons.PLACE,
    }
    leading.line(said, Address("decisions.py", query))


def recommendation(view: View) -> None:
    """Where the same amounts stand with whom the verdicts recommend."""
    said = "What the verdicts recommend, and what that costs"
    leading.line(said, Address("overview.py", {"overview_dataset": dataset_name(view.choice)}))
