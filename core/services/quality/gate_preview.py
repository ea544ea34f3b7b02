"""What gates would say of the responses that are there: how many pass, fail, or were not scored yet."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.acceptability import Check, Outcomes, Requirement
from core.services.quality import Scope
from core.services.quality.judged import judged
from core.services.scoring import gates
from core.services.scoring.gates import GateLine
from core.storage.tables import metadata

_response, _prompt, _score = (metadata.tables[name] for name in ("response", "prompt", "score"))
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Counts:
    """Responses by what a gate says."""

    passed: int = 0
    failed: int = 0
    open: int = 0
    """It should have a score and has none."""
    not_asked: int = 0
    """It says nothing."""

    @property
    def asked(self) -> int:
        """Those that it says something about."""
        return self.passed + self.failed

    @property
    def share(self) -> float | None:
        """The share that passes; None where it said nothing yet."""
        return self.passed / self.asked if self.asked else None


@dataclass(frozen=True)
class Preview:
    """Every response of a dataset, of all its runs."""

    whole: Counts
    """Of all requirements and gates together."""
    unchecked: int
    """Responses that no gate applies to: what is said of them rests on form alone."""
    always: dict[str, Counts]
    """What is asked of each before any gate, by its words."""
    gates: list[tuple[GateLine, Counts]]
    """Each with its counts, in their order."""


def preview(session: Session, dataset_id: int) -> Preview:
    """How the dataset's responses stand against its gates now."""
    found = judged(session, Scope(dataset_id, all_runs=True))
    lines = gates.for_dataset(session, dataset_id)
    return Preview(
        whole=_counts(found.verdict),
        unchecked=int((~found.checked).sum()),
        always={str(name): _counts(found.outcomes[str(name)]) for name in Requirement},
        gates=[
            (line, one(session, dataset_id, line.evaluator.id or 0, line.gate.category, line.gate.at_least))
            for line in lines
        ],
    )


def one(session: Session, dataset_id: int, evaluator_id: int, category: str | None, at_least: float) -> Counts:
    """What a gate says of the dataset's responses, whether it is there or is only thought of."""
    value, applies = _score.c.value, sa.func.coalesce(_score.c.applies, sa.true())
    outcome = sa.case(
        (applies.is_(False), int(Check.NOT_ASKED)),
        (value.is_(None), int(Check.OPEN)),
        (value >= at_least - _ROUNDING, int(Check.PASSED)),
        else_=int(Check.FAILED),
    )
    query = (
        sa.select(outcome, sa.func.count())
        .select_from(_response)
        .join(_prompt, _prompt.c.id == _response.c.prompt_id)
        .outerjoin(_score, (_score.c.response_id == _response.c.id) & (_score.c.evaluator_id == evaluator_id))
        .where(_prompt.c.dataset_id == dataset_id)
        .group_by(outcome)
    )
    if category is not None:
        query = query.where(_prompt.c.category == category)
    found: dict[int, int] = {row[0]: row[1] for row in session.execute(query)}
    return Counts(
        passed=found.get(Check.PASSED, 0),
        failed=found.get(Check.FAILED, 0),
        open=found.get(Check.OPEN, 0),
        not_asked=found.get(Check.NOT_ASKED, 0),
    )


def _counts(outcomes: Outcomes) -> Counts:
    of = {outcome: int((outcomes == outcome).sum()) for outcome in Check}
    return Counts(of[Check.PASSED], of[Check.FAILED], of[Check.OPEN], of[Check.NOT_ASKED])
