"""Studies whose raters have nothing left to rate."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind, Severity
from core.domain.words import n
from core.services.alerts import Raised
from core.services.studies import progress
from core.services.watching.rules.addresses import page
from core.services.watching.rules.rule import EVERYTHING, Look, Rule
from core.storage.tables import Response, Study


def _dry(look: Look) -> Iterator[Raised]:
    for line in progress.all_progress(look.session):
        people_rate = line.votes > line.simulated
        if line.study.state != "open" or not people_rate or not line.wanted or line.done < line.wanted:
            continue
        title = f"Nothing is left to rate in {line.study.name}"
        text = (
            f"All {n(line.wanted, 'rating')} of {n(line.pairs, 'pair')} are done, so raters of '{line.study.name}' who "
            "come back find nothing. Close the study, ask for more ratings of each pair, or run candidates anew."
        )
        yield Raised(
            AlertKind.QUEUE_DRY,
            f"queue_dry:{line.study.id}",
            title,
            text,
            page("studies", edit=str(line.study.id)),
            Severity.NOTE,
            {"study": line.study.name, "ratings": line.wanted, "pairs": line.pairs},
        )


def _votes_and_responses(session: Session) -> dict[str, object]:
    newest = session.exec(select(func.max(col(Response.id)))).one()
    studies = session.exec(select(Study.id, Study.state, Study.overlap, Study.rerated_share)).all()
    return {EVERYTHING: (progress.newest_vote_id(session), newest, sorted(map(tuple, studies)))}


DRY = Rule(AlertKind.QUEUE_DRY, _dry, scopes=_votes_and_responses, every=timedelta(minutes=10), is_standing=True)
