"""Reads what the figures are made of, set by set, into columns: responses, scores, attempts, units given up, judges."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.acceptability import Endings
from core.domain.answering import FaultKind
from core.services.columns import (
    ATTEMPTS,
    FAULTS,
    GIVEN_UP,
    JUDGING,
    NO_CASE,
    NOT_THERE,
    RESPONSES,
    UNSCORED,
    Block,
    Part,
    of_responses,
    places,
    together,
)
from core.services.quality.cells import Cells
from core.storage.tables import metadata
from core.storage.tables.facts import TOKENS

_OURS = frozenset({FaultKind.AUTH, FaultKind.QUOTA})
__all__ = ["NOT_THERE", "NO_CASE", "UNSCORED", "attempts", "faults", "given_up", "judging", "prompts", "responses"]

_prompt = metadata.tables["prompt"]
Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class ResponseColumns:
    """One entry a response, by id; nan where something is not known."""

    id: Ids
    run: Ids
    prompt: Ids
    candidate: Ids
    words: Ids
    latency_ms: Floats
    ttft_ms: Floats
    cost_usd: Floats
    attempts: Floats
    endings: Endings
    tokens: dict[str, Floats]


def responses(session: Session, cells: Cells) -> ResponseColumns:
    """The responses that count."""
    found = _counting(session, RESPONSES, cells)
    if (np.diff(found["id"]) < 0).any():
        order = np.argsort(found["id"])
        found = {name: column[order] for name, column in found.items()}
    return ResponseColumns(
        id=found["id"],
        run=found["run_id"],
        prompt=found["prompt_id"],
        candidate=found["candidate_id"],
        words=found["words"],
        latency_ms=found["latency_ms"],
        ttft_ms=found["ttft_ms"],
        cost_usd=found["cost_usd"],
        attempts=found["attempts"],
        endings=_endings(found["finish_reason"]),
        tokens={name: found[name] for name in TOKENS},
    )


def _endings(finish_reasons: NDArray[Any]) -> Endings:
    code, words = pd.factorize(finish_reasons, use_na_sentinel=False)
    return Endings([word if isinstance(word, str) else "" for word in words], code)


def scores(session: Session, cells: Cells, evaluators: Sequence[int], found: ResponseColumns) -> Floats:
    """[responses, evaluators] the value; NOT_THERE: no score, UNSCORED, NO_CASE: the evaluator has nothing to say."""
    values = np.full((len(found.id), len(evaluators)), NOT_THERE, order="F")
    lacking: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for run_id in cells.parts:
        ids = cells.stored.ids(run_id)
        there = [] if ids is None else [each for each in evaluators if cells.stored.has_scores(run_id, each)]
        lacking[tuple(each for each in evaluators if each not in there)].append(run_id)
        if ids is not None and there:
            of, here = places(found.id, ids)
            for evaluator, start, said in cells.stored.scores(session, run_id, there):
                some = slice(start, start + len(said))
                values[of[some][here[some]], evaluators.index(evaluator)] = said[here[some]]
    for missing, run_ids in lacking.items():
        column = np.array([evaluators.index(each) for each in missing], dtype=np.int64)
        mine = np.flatnonzero(np.isin(found.run, run_ids))
        for place, which, said in of_responses(session, missing, found.id[mine]):
            values[mine[place], column[which]] = said
    return values


@dataclass(frozen=True)
class AttemptColumns:
    """One entry per run, candidate and prompt: ``made`` attempts at ``turns`` turns of its units.

    ``cost_usd`` is what is known to be paid for those that ended, ``unpriced`` how many of them have no known cost.
    """

    run: Ids
    candidate: Ids
    prompt: Ids
    made: Ids
    turns: Ids
    cost_usd: Floats
    unpriced: Ids


def attempts(session: Session, cells: Cells) -> AttemptColumns:
    """The attempts that count, added up. One that is still under way is paid for later."""
    found = _counting(session, ATTEMPTS, cells)
    named = ("run_id", "candidate_id", "prompt_id", "made", "turns", "cost_usd", "unpriced")
    return AttemptColumns(*(found[name] for name in named))


@dataclass(frozen=True)
class GivenUp:
    """A unit of work that ended without a response: its last attempt."""

    attempt_id: int
    run_id: int
    prompt_id: int
    candidate_id: int
    repetition: int
    kind: str
    message: str
    after_ms: float | None
    """How long that one took."""
    cost_usd: float | None

    @property
    def tells_of_candidate(self) -> bool:
        """Whether that counts against the candidate: a key of ours that is refused, or no credit of ours, does not."""
        return self.kind not in _OURS


def given_up(session: Session, cells: Cells) -> list[GivenUp]:
    """Each unit once, with the last attempt that gave it up; one that was answered later is not among them."""
    found = _counting(session, GIVEN_UP, cells)
    unit = ("run_id", "prompt_id", "candidate_id", "repetition")
    names = ("id", *unit, "kind", "message", "after_ms", "cost_usd")
    columns = [_known(found[name][np.argsort(found["id"])]) for name in names]
    last = {row[1:5]: GivenUp(*row) for row in zip(*columns, strict=True)}
    return list(last.values())


def _known(column: NDArray[Any]) -> list[Any]:
    """The values as Python has them, None for nan."""
    if column.dtype != np.float64:
        return list(column.tolist())
    return [None if np.isnan(value) else value for value in column.tolist()]


@dataclass(frozen=True)
class Counted:
    """A number of something per candidate and category. ``cost_usd`` and ``unpriced`` are of judges alone."""

    candidate_id: int
    category: str
    kind: str
    n: int
    cost_usd: float = 0.0
    unpriced: int = 0


def faults(session: Session, cells: Cells) -> list[Counted]:
    """Failed attempts by kind."""
    found = _counting(session, FAULTS, cells)
    nothing = np.zeros(len(found["n"]))
    return _added_up(session, cells, found, found["kind"], (found["n"], nothing, nothing))


def judging(session: Session, cells: Cells) -> list[Counted]:
    """What judges were asked about the responses, and what that cost; an answer without a price is ``unpriced``."""
    found = _counting(session, JUDGING, cells)
    kind = np.full(len(found["n"]), "judge", dtype=object)
    return _added_up(session, cells, found, kind, (found["n"], found["cost_usd"], found["unpriced"]))


def _counting(session: Session, part: Part, cells: Cells) -> Block:
    """What counts of a part."""
    blocks = []
    for block in cells.stored.blocks(session, part, cells.parts):
        here = cells.hold(block["run_id"], block["candidate_id"], block["prompt_id"])
        blocks.append(block if here.all() else {name: column[here] for name, column in block.items()})
    return together(part, blocks)


def _added_up(
    session: Session, cells: Cells, found: Block, kind: NDArray[Any], amounts: Sequence[NDArray[Any]]
) -> list[Counted]:
    """The amounts (how many, what they cost, of how many that is not known) by candidate, category and kind."""
    if not len(kind):
        return []
    query = sa.select(_prompt.c.category).where(_prompt.c.dataset_id == cells.dataset_id).order_by(_prompt.c.id)
    categories, category = np.unique(session.execute(query).scalars().all(), return_inverse=True)
    kinds, kind_number = np.unique(kind, return_inverse=True)
    row = np.searchsorted(cells.candidates, found["candidate_id"])
    shape = len(cells.candidates), len(categories), len(kinds)
    key = np.ravel_multi_index((row, category[np.searchsorted(cells.prompts, found["prompt_id"])], kind_number), shape)
    n, cost_usd, unpriced = (np.bincount(key, amount, int(np.prod(shape))) for amount in amounts)
    there, first = np.unique(key, return_index=True)
    counted = []
    for place in there[np.argsort(first)].tolist():
        of, at, named = (int(each) for each in np.unravel_index(place, shape))
        key_of = int(cells.candidates[of]), str(categories[at]), str(kinds[named])
        counted.append(Counted(*key_of, int(n[place]), float(cost_usd[place]), int(unpriced[place])))
    return counted


@dataclass(frozen=True)
class PromptFacts:
    """What the figures need of a dataset's prompts."""

    id: Ids
    category: list[str]
    expects_refusal: NDArray[np.bool_]


def prompts(session: Session, dataset_id: int) -> PromptFacts:
    """Every prompt of the dataset, by id."""
    p = _prompt.c
    query = sa.select(p.id, p.category, p.constraints).where(p.dataset_id == dataset_id).order_by(p.id)
    rows = session.execute(query).all()
    refusing = [(row.constraints or {}).get("expects_refusal") is True for row in rows]
    return PromptFacts(
        np.array([row.id for row in rows], dtype=np.int64),
        [row.category for row in rows],
        np.array(refusing, dtype=bool),
    )
