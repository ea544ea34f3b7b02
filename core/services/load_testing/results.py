"""Load tests that were made, to look at."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.storage.tables import Candidate, Dataset, LoadTest


@dataclass(frozen=True)
class LoadTestLine:
    """A load test with the names of what it was made of."""

    test: LoadTest
    candidate: Candidate
    dataset: str


def load_tests(session: Session, limit: int = 50) -> list[LoadTestLine]:
    """The last load tests, the newest first."""
    query = (
        select(LoadTest, Candidate, Dataset.name)
        .join(Candidate, col(Candidate.id) == LoadTest.candidate_id)
        .join(Dataset, col(Dataset.id) == LoadTest.dataset_id)
        .order_by(col(LoadTest.id).desc())
        .limit(limit)
    )
    return [LoadTestLine(test, candidate, name) for test, candidate, name in session.exec(query)]
