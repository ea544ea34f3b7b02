"""The prompts that show a finding, with the answers of both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from core.domain.acceptability import Check
from core.errors import NotFound
from core.services.datasets import datasets
from core.services.quality import gathering
from core.services.quality.at_a_time import one_at_a_time
from core.services.quality.gathering import GivenUp
from core.services.quality.judged import Judged, judged
from core.services.quality.scope import Scope
from core.services.watching.drift import metrics
from core.services.watching.drift.told import Flip, FlipAnswer
from core.storage.tables import Dataset, DriftBaseline, DriftCheck, DriftFinding, Prompt, Response, Run

MOST_ANSWERS = 12


@dataclass(frozen=True)
class _Side:
    """The answers of some runs: content → each with its verdict."""

    answers: dict[str, list[FlipAnswer]]

    def of(self, content: str) -> tuple[FlipAnswer, ...]:
        return tuple(self.answers.get(content, ())[:MOST_ANSWERS])

    def mean(self, content: str) -> float | None:
        known = [answer.value for answer in self.answers.get(content, ()) if answer.value is not None]
        return sum(known) / len(known) if known else None


@one_at_a_time
def flipped(session: Session, finding_id: int) -> list[Flip]:
    """The prompts that show it most, strongest first. Raises NotFound."""
    finding = session.get(DriftFinding, finding_id)
    if finding is None:
        raise NotFound("That finding does not exist any more.")
    check = session.get_one(DriftCheck, finding.check_id)
    pinned = session.get_one(DriftBaseline, check.baseline_id)
    prompts = _prompts(session, pinned.dataset_id, finding.showing)
    before, after = (_side(session, finding, runs) for runs in (pinned.run_ids, [check.run_id]))
    return [
        Flip(
            prompt_id=prompt.id or 0,
            external_id=prompt.external_id,
            category=prompt.category,
            messages=tuple(prompt.messages),
            before=before.mean(content),
            after=after.mean(content),
            baseline=before.of(content),
            now=after.of(content),
        )
        for content in finding.showing
        if (prompt := prompts.get(content)) is not None
    ]


def _prompts(session: Session, dataset_id: int, contents: Sequence[str]) -> dict[str, Prompt]:
    """Content → the newest version's prompt."""
    versions = datasets.versions(session, session.get_one(Dataset, dataset_id).name)
    query = select(Prompt).where(col(Prompt.dataset_id).in_(versions), col(Prompt.content_hash).in_(contents))
    return {prompt.content_hash: prompt for prompt in session.exec(query.order_by(col(Prompt.id)))}


def _side(session: Session, finding: DriftFinding, run_ids: Sequence[int]) -> _Side:
    answers: dict[str, list[FlipAnswer]] = {}
    for run in session.exec(select(Run).where(col(Run.id).in_(run_ids)).order_by(col(Run.id))):
        here = col(Prompt.dataset_id) == run.dataset_id, col(Prompt.content_hash).in_(finding.showing)
        found_here = session.exec(select(Prompt).where(*here))
        hashes = {prompt.id or 0: prompt.content_hash for prompt in found_here}
        found = judged(session, Scope(run.dataset_id, run.id))
        for prompt_id, answer in _answers(session, found, finding, hashes):
            answers.setdefault(hashes[prompt_id], []).append(answer)
    return _Side(answers)


def _answers(
    session: Session, found: Judged, finding: DriftFinding, prompts: dict[int, str]
) -> list[tuple[int, FlipAnswer]]:
    r = found.responses
    here = np.isin(r.prompt, list(prompts)) & (r.candidate == finding.candidate_id)
    places = np.flatnonzero(here)
    value = next((each for metric, each in metrics.values(found) if metric.name == finding.metric), None)
    rows = {row.id: row for row in session.exec(select(Response).where(col(Response.id).in_(r.id[places].tolist())))}
    told = [
        (int(r.prompt[place]), _answer(rows[int(r.id[place])], found, int(place), value))
        for place in places
        if int(r.id[place]) in rows
    ]
    units = gathering.given_up(session, found.cells)
    mine = [unit for unit in units if unit.prompt_id in prompts and unit.candidate_id == finding.candidate_id]
    return told + [(unit.prompt_id, _given_up(unit, found, finding.metric)) for unit in mine]


def _answer(row: Response, found: Judged, place: int, value: Any) -> FlipAnswer:
    verdict = found.verdict[place]
    wanted = Check.OPEN if verdict == Check.OPEN else Check.FAILED
    said = None if value is None or np.isnan(value[place]) else float(value[place])
    return FlipAnswer(
        response_id=row.id,
        run_id=row.run_id,
        at=row.created_at,
        text=row.turns[-1] if row.turns else "",
        acceptable=None if verdict == Check.OPEN else bool(verdict == Check.PASSED),
        reasons=tuple(name for name, outcome in found.outcomes.items() if outcome[place] == wanted),
        value=said,
    )


def _given_up(unit: GivenUp, found: Judged, metric: str) -> FlipAnswer:
    run = next(run for run in found.listed if run.id == unit.run_id)
    counted = {metrics.ACCEPTABLE.name: 0.0, metrics.ERRORS.name: 1.0}
    reasons = (unit.kind.replace("_", " "), *([unit.message] if unit.message else []))
    return FlipAnswer(None, unit.run_id, run.created_at, "", False, reasons, counted.get(metric))
