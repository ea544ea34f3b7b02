"""What a judge or an evaluator prefers: of two responses to a prompt, the left, the right, or neither.

A pairwise judge said so; of any other evaluator the higher score is preferred, and equal scores are no preference of
either. What was not scored or not compared states nothing.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.judging import PAIRWISE_KIND
from core.domain.ranking.judged_counts import NO_PREFERENCE
from core.services.leaderboards.weighted_sums import VoteColumns
from core.storage.tables import Evaluator, metadata

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LEFT, RIGHT, NEITHER = 0, 1, 2
_AT_ONCE = 20_000
_response, _score, _preference, _prompt, _vote = (
    metadata.tables[name] for name in ("response", "score", "judge_preference", "prompt", "vote")
)


@dataclass(frozen=True)
class OnVotes:
    """What is stated on some votes [n]: LEFT, RIGHT, NEITHER or NO_PREFERENCE; and from which runs the two came."""

    preference: Ints
    left_run: Ints
    """0 where nothing is stated."""
    right_run: Ints


@dataclass(frozen=True)
class Kind:
    """Pairs of two candidates' responses of one run each; the candidate with the smaller id first."""

    first: int
    second: int
    first_run: int
    second_run: int


class Stated(Protocol):
    """What one evaluator states in the datasets that a question has votes on."""

    @property
    def prompts(self) -> Ints:
        """The ids of the prompts it states anything on, in order."""

    def on_votes(self, votes: VoteColumns, left_response: Ints, right_response: Ints) -> OnVotes:
        """What is stated on the pairs of votes; where a vote names no responses, on the oldest of its candidates."""

    def pairs(self, kind: Kind) -> tuple[Ints, Ints]:
        """[p] the prompts of all pairs of a kind, one each, and LEFT where the first is preferred, and so on."""


def stated(session: Session, evaluator: Evaluator, question_id: int) -> Stated:
    """What the evaluator states on the prompts of the datasets in which the question has votes."""
    if evaluator.kind == PAIRWISE_KIND:
        return _Compared.read(session, evaluator.id or 0)
    return _Scored.read(session, evaluator.id or 0, question_id)


@dataclass(frozen=True)
class _Compared:
    """A pairwise judge's preferences [p], the candidate with the smaller id first, in order of responses."""

    prompt: Ints
    first: Ints
    second: Ints
    first_run: Ints
    second_run: Ints
    first_response: Ints
    second_response: Ints
    preference: Ints

    @classmethod
    def read(cls, session: Session, evaluator_id: int) -> "_Compared":
        """All that the judge compared."""
        a, b, p = _response.alias("a"), _response.alias("b"), _preference.c
        query = (
            sa.select(p.prompt_id, *(each.c[name] for name in ("candidate_id", "run_id", "id") for each in (a, b)))
            .add_columns(p.outcome)
            .join(a, a.c.id == p.first_response_id)
            .join(b, b.c.id == p.second_response_id)
            .where(p.evaluator_id == evaluator_id, p.outcome.is_not(None), a.c.candidate_id != b.c.candidate_id)
        )
        prompt, a_candidate, b_candidate, a_run, b_run, a_id, b_id, outcome = _columns(session, query, np.int64, 8)
        mirrored = a_candidate > b_candidate
        said = np.array([LEFT, RIGHT, NEITHER, NEITHER])[outcome]
        order = np.lexsort((np.where(mirrored, a_id, b_id), np.where(mirrored, b_id, a_id)))
        ends = [(a_candidate, b_candidate), (a_run, b_run), (a_id, b_id)]
        firsts, seconds = zip(*((np.where(mirrored, b, a), np.where(mirrored, a, b)) for a, b in ends), strict=True)
        columns = (prompt, *chain(*zip(firsts, seconds, strict=True)), np.where(mirrored, _mirror(said), said))
        return cls(*(column[order] for column in columns))

    @property
    def prompts(self) -> Ints:
        return np.unique(self.prompt)

    def on_votes(self, votes: VoteColumns, left_response: Ints, right_response: Ints) -> OnVotes:
        if not len(self.prompt):
            return _nothing(len(votes.left))
        is_first = votes.left < votes.right
        by_response = (
            np.where(is_first, left_response, right_response),
            np.where(is_first, right_response, left_response),
        )
        at = _places((self.first_response, self.second_response), by_response)
        by_candidate = (votes.prompt, np.minimum(votes.left, votes.right), np.maximum(votes.left, votes.right))
        oldest = _places((self.prompt, self.first, self.second), by_candidate)
        at = np.where(left_response > 0, at, oldest)
        known, spot = at >= 0, np.maximum(at, 0)
        said = self.preference[spot]
        runs = self.first_run[spot], self.second_run[spot]
        return OnVotes(
            np.where(known, np.where(is_first, said, _mirror(said)), NO_PREFERENCE),
            np.where(known, np.where(is_first, *runs), 0),
            np.where(known, np.where(is_first, *runs[::-1]), 0),
        )

    def pairs(self, kind: Kind) -> tuple[Ints, Ints]:
        mine = (self.first == kind.first) & (self.second == kind.second)
        mine &= (self.first_run == kind.first_run) & (self.second_run == kind.second_run)
        prompts, newest = np.unique(self.prompt[mine][::-1], return_index=True)
        return prompts, self.preference[mine][::-1][newest]


@dataclass(frozen=True)
class _Scored:
    """An evaluator's scores of responses [r], in order of run, candidate, prompt and response."""

    run: Ints
    candidate: Ints
    prompt: Ints
    response: Ints
    value: Floats

    @classmethod
    def read(cls, session: Session, evaluator_id: int, question_id: int) -> "_Scored":
        """The scores of responses that are not blank, to the prompts of the datasets that have votes."""
        voted = sa.select(_vote.c.prompt_id).where(_vote.c.question_id == question_id)
        datasets = sa.select(_prompt.c.dataset_id).where(_prompt.c.id.in_(voted)).distinct()
        prompts = sa.select(_prompt.c.id).where(_prompt.c.dataset_id.in_(datasets))
        r = _response.c
        query = (
            sa.select(r.run_id, r.candidate_id, r.prompt_id, r.id, _score.c.value)
            .join(_score, _score.c.response_id == r.id)
            .where(_score.c.evaluator_id == evaluator_id, _score.c.value.is_not(None), r.words > 0)
            .where(r.prompt_id.in_(prompts))
        )
        table = _columns(session, query, np.float64, 5)
        table = table[:, np.lexsort(table[3::-1])]
        run, candidate, prompt, response = table[:4].astype(np.int64)
        return cls(run, candidate, prompt, response, table[4])

    @property
    def prompts(self) -> Ints:
        return np.unique(self.prompt)

    def on_votes(self, votes: VoteColumns, left_response: Ints, right_response: Ints) -> OnVotes:
        if not len(self.response):
            return _nothing(len(votes.left))
        left, right = (
            self._rows(votes.prompt, votes.left, left_response),
            self._rows(votes.prompt, votes.right, right_response),
        )
        known = (left >= 0) & (right >= 0)
        return OnVotes(
            np.where(known, _preferred(self.value[left], self.value[right]), NO_PREFERENCE),
            np.where(known, self.run[left], 0),
            np.where(known, self.run[right], 0),
        )

    def _rows(self, prompt: Ints, candidate: Ints, response: Ints) -> Ints:
        """The row of each response, −1 without a score; of the oldest that is here where ``response`` is 0."""
        order = np.argsort(self.response)
        own = _places((self.response[order],), (response,))
        oldest = _places((self.prompt[order], self.candidate[order]), (prompt, candidate))
        at = np.where(response > 0, own, oldest)
        return np.where(at >= 0, order[np.maximum(at, 0)], -1)

    def pairs(self, kind: Kind) -> tuple[Ints, Ints]:
        first, second = self._newest(kind.first_run, kind.first), self._newest(kind.second_run, kind.second)
        prompts, a, b = np.intersect1d(self.prompt[first], self.prompt[second], True, True)
        return prompts, _preferred(self.value[first][a], self.value[second][b])

    def _newest(self, run: int, candidate: int) -> Ints:
        """The rows of a candidate's newest response in a run to each prompt, in order of the prompts."""
        begin, end = np.searchsorted(self.run, [run, run + 1])
        low, high = begin + np.searchsorted(self.candidate[begin:end], [candidate, candidate + 1])
        prompt = self.prompt[low:high]
        is_last = np.append(prompt[1:] != prompt[:-1], True)[: len(prompt)]
        return np.asarray(np.arange(low, high)[is_last])


def _columns(session: Session, query: sa.Select[Any], dtype: type, width: int) -> NDArray[Any]:
    """[width, n] what a query gives, streamed."""
    rows = session.connection().execute(query, execution_options={"yield_per": _AT_ONCE})
    parts: list[NDArray[Any]] = [np.fromiter(chain.from_iterable(part), dtype=dtype) for part in rows.partitions()]
    return np.ascontiguousarray(np.concatenate([np.zeros(0, dtype), *parts]).reshape(-1, width).T)


def _places(there: tuple[Ints, ...], wanted: tuple[Ints, ...]) -> Ints:
    """[n] where each combination of values in ``wanted`` first stands in ``there``, −1 where it does not."""
    p, n = len(there[0]), len(wanted[0])
    code = np.zeros(p + n, dtype=np.int64)
    for here, asked in zip(there, wanted, strict=True):
        names, place = np.unique(np.concatenate((here, asked)), return_inverse=True)
        _, code = np.unique(code * max(len(names), 1) + place, return_inverse=True)
    first = np.full(int(code.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[code[:p][::-1]] = np.arange(p)[::-1]
    return first[code[p:]]


def _preferred(left: Floats, right: Floats) -> Ints:
    return np.where(left > right, LEFT, np.where(left < right, RIGHT, NEITHER)).astype(np.int64)


def _mirror(preference: Ints) -> Ints:
    return np.array([RIGHT, LEFT, NEITHER])[preference]


def _nothing(n: int) -> OnVotes:
    zeros = np.zeros(n, dtype=np.int64)
    return OnVotes(zeros + NO_PREFERENCE, zeros, zeros)
