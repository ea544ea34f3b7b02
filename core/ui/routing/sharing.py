"""What of Routing goes into a report, and what a link to it tells of later changes."""

from core import clock
from core.domain.words import when
from core.services.datasets import datasets
from core.services.routing import View
from core.storage.engine import reading
from core.ui.routing import deciding as page
from core.ui.routing import table, what_if
from core.ui.shared import pins
from core.ui.shared.pins import Shown
from core.ui.shared.resources import engine
from core.ui.shared.slides import Slide, signed


def slide(found: View, shown: Shown) -> Slide:
    """Whom to give what, what would change and why, and what if one model answered everything."""
    label = f"{shown.label[:1].upper()}{shown.label[1:]}"
    with reading(engine()) as session:
        ids = datasets.versions(session, found.dataset)
    return Slide(
        name=f"routes-{found.dataset}",
        headline=page.headline(found),
        footnote=signed(f"{found.dataset}. {label}; {when(clock.now())}.", ids),
        lines=[f"{category}: {why}" for category, why in found.whys.items()],
        rows=table.rows_of_moves(found) or what_if.tables(found)[0],
        how=[what_if.basis(found), what_if.regret(found)],
    )


def shown(found: View) -> Shown:
    """What the routes rest on, which is of now: a link tells what came since."""
    return pins.of_verdicts(found.dataset, (found.headline, found.moves, found.ifs))
