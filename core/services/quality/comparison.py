"""Two runs of one dataset compared, prompt by prompt: what changed for each candidate, and whether that is clear."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from core.domain import changes
from core.domain.changes import Change, State
from core.errors import BadInput, NotFound
from core.services.quality.at_a_time import one_at_a_time
from core.services.quality.compared_run import ComparedRun
from core.services.quality.gathering import NO_CASE, UNSCORED
from core.storage.tables import Candidate, Run, metadata

_response = metadata.tables["response"]
Floats = NDArray[np.float64]


class What(StrEnum):
    """What is compared. Times are in ms, costs in US dollars a response; shares and scores in 0 to 1."""

    LATENCY = "latency"
    TTFT = "time to first token"
    COST = "cost"
    ACCEPTABLE = "acceptable"
    SCORE = "score"


class Compared(NamedTuple):
    """A figure that is compared; of a score, which evaluator's mean it is."""

    what: What
    evaluator: str = ""
    evaluator_id: int | None = None


@dataclass(frozen=True)
class CandidateChanges:
    """One candidate over the ``prompts`` that both runs asked it.

    ``identical`` of ``matched`` responses (same prompt and repetition) are word for word the same in both.
    """

    candidate_id: int
    name: str
    position: int
    prompts: int
    changes: dict[Compared, Change]
    identical: int
    matched: int
    answered_by: tuple[tuple[str, ...], tuple[str, ...]]
    """The model's name as it answered, in run a and in run b; empty where nobody said."""

    @property
    def identical_share(self) -> float | None:
        """The share of matched responses that are word for word the same; None where none match."""
        return self.identical / self.matched if self.matched else None

    @property
    def is_other_model(self) -> bool:
        """Whether both runs know which model answered, and it is not the same."""
        first, second = self.answered_by
        return bool(first) and bool(second) and set(first) != set(second)


class ComparedRow(NamedTuple):
    """One comparison: of one candidate on one measure."""

    line: CandidateChanges
    measure: Compared
    change: Change


@dataclass(frozen=True)
class Comparison:
    """From run ``a`` to run ``b``. ``only_a``, ``only_b``: names of candidates that the other run did not ask."""

    a: int
    b: int
    lines: list[CandidateChanges]
    only_a: list[str]
    only_b: list[str]

    def rows(self) -> Iterator[ComparedRow]:
        """Every comparison, candidate by candidate in the order of their positions."""
        return (ComparedRow(line, measure, change) for line in self.lines for measure, change in line.changes.items())

    @property
    def compared(self) -> int:
        """How many comparisons could be made: over so many the false discovery rate is held."""
        return sum(row.change.p is not None for row in self.rows())

    @property
    def clear(self) -> list[ComparedRow]:
        """The changes that are clear, the surest first."""
        found = [row for row in self.rows() if row.change.state is State.CLEAR]
        return sorted(found, key=lambda row: row.change.p or 0.0)


@one_at_a_time
def compare(session: Session, run_a: int, run_b: int) -> Comparison:
    """What changed from run ``run_a`` to run ``run_b``, of one dataset.

    A unit that was given up counts as not acceptable, and has neither time nor cost nor score. Raises NotFound, and
    BadInput where the runs are the same, of different datasets, or asked no candidate the same prompt.
    """
    dataset_id = _same_dataset(session, run_a, run_b)
    first, second = (ComparedRun.read(session, dataset_id, run_id) for run_id in (run_a, run_b))
    asked = [set(side.seen) for side in (first, second)]
    known = _candidates(session, asked[0] | asked[1])
    both = [candidate for candidate in known if candidate.id in asked[0] & asked[1]]
    same, models = _identical(session, run_a, run_b), _models(session, run_a, run_b)
    lines = []
    for candidate in both:
        of = candidate.id or 0
        shared = first.seen[of] & second.seen[of]
        if shared.any():
            found = dict(_changes(first, second, of, shared))
            who = models.get((run_a, of), ()), models.get((run_b, of), ())
            lines.append(
                CandidateChanges(
                    of, candidate.name, candidate.position, int(shared.sum()), found, *same.get(of, (0, 0)), who
                )
            )
    if not lines:
        raise BadInput(
            f"Run {run_a} and run {run_b} asked no candidate the same prompt, so there is nothing to compare. Choose "
            "another run."
        )
    return Comparison(
        run_a,
        run_b,
        _with_states(lines),
        only_a=[candidate.name for candidate in known if candidate.id not in asked[1]],
        only_b=[candidate.name for candidate in known if candidate.id not in asked[0]],
    )


def _same_dataset(session: Session, run_a: int, run_b: int) -> int:
    if run_a == run_b:
        raise BadInput(f"Run {run_a} cannot be compared with itself. Choose another run.")
    datasets = []
    for run_id in (run_a, run_b):
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound(f"There is no run {run_id} here any more. Choose another run.")
        datasets.append(run.dataset_id)
    if datasets[0] != datasets[1]:
        raise BadInput(
            f"Run {run_a} and run {run_b} are of different datasets: without the same prompts they cannot be compared."
        )
    return datasets[0]


def _candidates(session: Session, ids: set[int]) -> list[Candidate]:
    query = select(Candidate).where(col(Candidate.id).in_(ids))
    return list(session.exec(query.order_by(col(Candidate.position), col(Candidate.id))))


def _changes(
    first: ComparedRun, second: ComparedRun, of: int, shared: NDArray[np.bool_]
) -> Iterator[tuple[Compared, Change]]:
    """Every measure of one candidate; a score only where the evaluator scored a prompt in both runs."""
    for what, name in ((What.LATENCY, "latency_ms"), (What.TTFT, "ttft_ms"), (What.COST, "cost_usd")):
        sides = (side.means(of, getattr(side.found.responses, name))[shared] for side in (first, second))
        yield Compared(what), changes.ratio(*sides)
    yield Compared(What.ACCEPTABLE), changes.difference(first.shares(of)[shared], second.shares(of)[shared])
    columns = {evaluator.id: place for place, evaluator in enumerate(second.found.evaluators)}
    for place, evaluator in enumerate(first.found.evaluators):
        if evaluator.id in columns:
            scores = first.found.scores[:, place], second.found.scores[:, columns[evaluator.id]]
            change = _score_change((first, second), scores, of, shared)
            if change.n:
                yield Compared(What.SCORE, evaluator.name, evaluator.id), change


def _score_change(
    sides: tuple[ComparedRun, ComparedRun], scores: tuple[Floats, Floats], of: int, shared: NDArray[np.bool_]
) -> Change:
    """Prompts that the evaluator has nothing to say about are left out before unknown ones are counted."""
    concerned = np.zeros(len(shared), dtype=bool)
    means = []
    for side, score in zip(sides, scores, strict=True):
        own = side.rows[of]
        concerned[side.found.prompt[own[score[own] != NO_CASE]]] = True
        means.append(side.means(of, np.where((score == UNSCORED) | (score == NO_CASE), np.nan, score)))
    here = shared & concerned
    return changes.difference(means[0][here], means[1][here])


def _with_states(lines: list[CandidateChanges]) -> list[CandidateChanges]:
    """The same lines, the false discovery rate held over all that they compare."""
    held = iter(changes.hold_false_discoveries([change for line in lines for change in line.changes.values()]))
    return [replace(line, changes={measure: next(held) for measure in line.changes}) for line in lines]


def _identical(session: Session, run_a: int, run_b: int) -> dict[int, tuple[int, int]]:
    """Candidate → how many of its responses have the same text in both runs, of how many that both have."""
    a, b = _response.alias("a"), _response.alias("b")
    together = sa.and_(*(a.c[name] == b.c[name] for name in ("prompt_id", "candidate_id", "repetition")))
    query = (
        sa.select(
            a.c.candidate_id,
            sa.func.sum(sa.case((a.c.content_hash == b.c.content_hash, 1), else_=0)),
            sa.func.count(),
        )
        .select_from(a.join(b, together))
        .where(a.c.run_id == run_a, b.c.run_id == run_b)
        .group_by(a.c.candidate_id)
    )
    return {of: (int(same), n) for of, same, n in session.execute(query)}


def _models(session: Session, run_a: int, run_b: int) -> dict[tuple[int, int], tuple[str, ...]]:
    """(run, candidate) → the names of the models that answered, in alphabetical order."""
    c = _response.c
    query = (
        sa.select(c.run_id, c.candidate_id, c.answered_by)
        .where(c.run_id.in_((run_a, run_b)), c.answered_by.is_not(None))
        .distinct()
    )
    found: dict[tuple[int, int], list[str]] = {}
    for run_id, of, name in session.execute(query):
        found.setdefault((run_id, of), []).append(name)
    return {key: tuple(sorted(names)) for key, names in found.items()}
