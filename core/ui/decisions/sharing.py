"""What of Decisions goes into a picture or a report, and what a link to it holds on to."""

import plotly.graph_objects as go

from core import clock
from core.domain.deciding import Verdict
from core.domain.overview import Routed
from core.domain.words import when
from core.services.datasets import datasets
from core.services.deciding import Verdicts
from core.services.deciding.text import notes, numbers, readings
from core.services.deciding.words import sentence
from core.services.leaderboards.moments import Moment
from core.storage.engine import reading
from core.ui.decisions import categories, page
from core.ui.shared import charts, pins
from core.ui.shared.charts import Dot
from core.ui.shared.pins import Shown
from core.ui.shared.resources import engine
from core.ui.shared.slides import Slide, plain, signed

_MOST_SHOWN = 12


def slide(found: Verdicts, routed: Routed | None, shown: Shown) -> Slide:
    """The verdict over all, each challenger's difference from the champion, a line a category, what it rests on."""
    verdict = found.of(None) or found.verdicts[0]
    compared = [one for one in verdict.comparisons if one.quality is not None]
    lines = (
        [*numbers(verdict.comparisons[0], found.names), *readings(verdict, found.names)] if verdict.comparisons else []
    )
    with reading(engine()) as session:
        ids = datasets.versions(session, found.dataset)
    said = f"{found.dataset}. {' '.join(notes(found))} {shown.label[:1].upper()}{shown.label[1:]}; {when(clock.now())}."
    return Slide(
        name=f"decisions-{found.dataset}",
        headline=sentence(found, verdict),
        footnote=signed(said, ids),
        figures=[("Quality, points more than the champion", lambda: _figure(found, verdict))] if compared else [],
        lines=lines,
        rows=categories.rows(found, routed),
        how=[plain(page.margins(found, verdict))],
    )


def _figure(found: Verdicts, verdict: Verdict) -> go.Figure:
    dots = []
    for one in verdict.comparisons[:_MOST_SHOWN]:
        candidate, q = found.candidates[one.challenger], one.quality
        if q is not None:
            low, high = (100 * min(max(bound, -1.0), 1.0) for bound in (q.lower, q.upper))
            dots.append(
                Dot(candidate.name, 100 * q.estimate, low, high, candidate.position, in_colour=True, filled=True)
            )
    return charts.dot_figure(dots, unit="points of quality, with bounds that are safe to peek at", reference=0)


def shown(dataset: str, found: Verdicts, up_to: Moment | None) -> Shown:
    """The moment of the verdicts, and what came on their dataset since."""
    return pins.of_verdicts(dataset, (found.verdicts, sorted(found.costs_usd.items(), key=str)), up_to)
