"""What of the first page goes into a picture or a report, and what a link to it holds on to."""

from core.domain.words import when
from core.services.deciding.text import notes
from core.services.deciding.words import sentence
from core.ui.decisions import categories
from core.ui.decisions import page as decisions_page
from core.ui.decisions import sharing as decisions_sharing
from core.ui.overview import evidence, money
from core.ui.overview.view import View
from core.ui.shared.pins import Shown
from core.ui.shared.slides import Slide, plain, signed


def shown(view: View) -> Shown:
    """The moment of the verdicts, which the page tells first."""
    return decisions_sharing.shown(view.dataset, view.verdicts, None)


def slide(view: View, shown: Shown) -> Slide:
    """The verdict over all, what it costs, the chart of cost and share, a line a category."""
    verdict = view.verdicts.of(None)
    headline = "No verdict yet" if verdict is None else sentence(view.verdicts, verdict)
    said = f"{view.dataset}. {' '.join(notes(view.verdicts))} {shown.label[:1].upper()}{shown.label[1:]}"
    chart = evidence.cost_figure(view)
    return Slide(
        name=f"overview-{view.dataset}",
        headline=headline,
        footnote=signed(f"{said}; {when(view.now)}.", [view.report.scope.dataset_id]),
        figures=[("Acceptable, and at what cost", lambda: evidence.cost_figure(view) or chart)] if chart else [],
        lines=money.lines(view),
        rows=categories.rows(view.verdicts, view.routed),
        how=[] if verdict is None else [plain(decisions_page.margins(view.verdicts, verdict))],
    )
