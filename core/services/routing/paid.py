"""What answers took in the newest runs: the responses that *Overview* counts, so that both tell one month's number."""

from sqlmodel import Session

from core.domain.overview import Spent, SpentBy
from core.services import quality


def spent(session: Session, dataset: str) -> SpentBy:
    """By candidate and category, in the newest version that was answered: of each prompt its newest run."""
    return spent_by(quality.report(session, quality.Scope(quality.newest_answered(session, dataset).id or 0)))


def spent_by(report: quality.QualityReport) -> SpentBy:
    """By candidate and category, of those who answered there."""
    return {
        (line.candidate_id, line.category): Spent(line.cost_usd, line.responses)
        for line in report.lines
        if line.category is not None and line.responses
    }
