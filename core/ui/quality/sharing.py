"""What of Cost & quality goes into a picture or a report, and what a link to it holds on to."""

from functools import partial

from core import clock
from core.domain.words import when
from core.services import quality
from core.services.leaderboards import moments
from core.services.leaderboards.moments import Moment, Since
from core.services.quality import measures, scope_in_words
from core.services.quality.measures_human import HUMAN, HUMAN_COST
from core.storage.engine import reading
from core.ui.quality import notes, page, sentences, table
from core.ui.quality.page import View
from core.ui.quality.standing import rests_on_votes
from core.ui.shared.pins import Shown
from core.ui.shared.resources import engine
from core.ui.shared.slides import Slide, plain, signed

_TOLD = " (filled: what experts would send; hollow: automatic, by gates alone)"


def slide(view: View, shown: Shown) -> Slide:
    """What costs least, the cost per acceptable response and the share acceptable, and what they rest on."""
    if not view.lines:
        return Slide(_name(view), "Nobody here was asked enough of these prompts", _footnote(view, shown))
    human = any(rests_on_votes(line) for line in view.plotted)
    wanted = ((HUMAN_COST, measures.COST), (HUMAN, measures.ACCEPTABLE))
    drawn = [(measure, beside) if human else (beside, None) for measure, beside in wanted]
    return Slide(
        name=_name(view),
        headline=plain(sentences.headline(view.report, view.lines, view.by)),
        footnote=_footnote(view, shown),
        figures=[
            (
                f"{measure.title}{_TOLD * human}",
                partial(page.dots_figure, view, measure, beside=beside),
            )
            for measure, beside in drawn
        ],
        lines=[plain(said) for said in sentences.explained(view.report, view.lines, view.by)],
        rows=table.essentials(view),
        how=[plain(paragraph) for paragraph in table.method(view.report)],
    )


def _name(view: View) -> str:
    return "-".join(part for part in ("cost-and-quality", view.choice.dataset.label, view.choice.category) if part)


def _footnote(view: View, shown: Shown) -> str:
    known = [plain(note) for note in notes.notes(view.report, view.lines)]
    where = scope_in_words(view.report, view.choice.category)
    said = f"{view.choice.dataset.label}, {where}. {plain(page.rests_on(view))}."
    footnote = " ".join([said, *known, f"{shown.label[:1].upper()}{shown.label[1:]}; {when(clock.now())}."])
    return signed(footnote, [view.choice.dataset.id])


def shown(view: View) -> Shown:
    """The moment of the figures, and what came on their dataset since."""
    dataset_id, up_to = view.choice.dataset.id, view.choice.scope.up_to
    with reading(engine()) as session:
        moment = up_to or moments.newest(session)
        rules = quality.rules(session)

    def since(then: Moment) -> Since:
        with reading(engine()) as session:
            return moments.since(session, then, dataset_ids=[dataset_id])

    label = f"as of vote no. {moment.vote_id:,} and run no. {moment.run_id:,}"
    numbers = [
        (line.candidate_id, line.responses, line.cost_per_acceptable, line.human_cost, line.acceptable, line.human)
        for line in view.lines
    ]
    return Shown(moment, up_to is not None, label, since, rules, numbers)
