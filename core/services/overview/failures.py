"""What goes wrong most often with a candidate's answers, each with an example."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session

from core.services.quality import BehindRow, Line, Scope, What, examples

MOST = 3


@dataclass(frozen=True)
class Failure:
    """One way to fail. A response may fail in several."""

    what: What
    count: int
    of: int
    """Responses; of *errors* all that was asked, of *not_sent* those that were rated."""
    example: BehindRow | None

    @property
    def share(self) -> float:
        """How often it comes, 0 to 1."""
        return self.count / self.of


def failures(session: Session, scope: Scope, line: Line) -> list[Failure]:
    """The three most frequent, by their share; ``line``: the candidate's figures in ``scope``, over all categories."""
    ways = sorted(_ways(line), key=lambda way: -way[1] / way[2])[:MOST]
    if not ways:
        return []
    found = examples(session, scope, [what for what, _, _ in ways], line.candidate_id)
    return [Failure(*way, example) for way, example in zip(ways, found, strict=True)]


def _ways(line: Line) -> Iterator[tuple[What, int, int]]:
    for name, count in line.failed.items():
        yield What("failed", name), count, line.responses
    if line.errors:
        yield What("errors"), line.errors, line.responses + line.errors
    if line.human.rated > line.human_sent:
        yield What("not_sent"), line.human.rated - line.human_sent, line.human.rated
