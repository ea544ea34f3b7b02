"""Pairs of responses that raters voted on, and pairs that are like them but for the votes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from core.services.leaderboards.tallies import is_current
from core.services.scoring import subjects
from core.storage.tables import Study, metadata

_vote, _assignment, _response, _prompt = (
    metadata.tables[name] for name in ("vote", "assignment", "response", "prompt")
)
_AT_ONCE = 500
Ids = tuple[int, int]
Source = tuple[int, int]
"""Candidate and run."""


class Response(NamedTuple):
    """A response by its ids."""

    id: int
    prompt: int
    candidate: int
    run: int

    @property
    def source(self) -> Source:
        """Who answered, in which run."""
        return self.candidate, self.run


Pair = tuple[Response, Response]
"""The candidate with the smaller id first."""


@dataclass(frozen=True)
class Scope:
    """A study's pairs, or a dataset's: one of the two."""

    study_id: int | None = None
    dataset_id: int | None = None

    def study_of(self, session: Session) -> Study:
        """The study, or one that would have all of the dataset."""
        if self.study_id is None:
            return Study(name="", dataset_id=self.dataset_id)
        return session.get_one(Study, self.study_id)

    @property
    def votes(self) -> sa.ColumnElement[bool]:
        """Whether a row of ``vote`` belongs to it."""
        if self.study_id is not None:
            return _vote.c.study_id == self.study_id
        return _vote.c.prompt_id.in_(sa.select(_prompt.c.id).where(_prompt.c.dataset_id == self.dataset_id))


def voted(session: Session, scope: Scope) -> list[Pair]:
    """The pairs of responses with votes that stand, each once, in order of their ids.

    Of votes that do not say which responses they were shown (imported ones) it is the oldest ones of both candidates.
    """
    v, a = _vote.c, _assignment.c
    shown = sa.select(a.left_response_id, a.right_response_id).join(_vote, v.assignment_id == a.id)
    ids = {(min(row), max(row)) for row in session.execute(shown.where(scope.votes, is_current()).distinct())}
    named = sa.select(v.prompt_id, v.left_candidate_id, v.right_candidate_id)
    named = named.where(scope.votes, v.assignment_id.is_(None), is_current()).distinct()
    rows = [tuple(row) for row in session.execute(named)]
    oldest = _oldest(session, {prompt for prompt, *_ in rows})
    both = ((oldest.get((prompt, left)), oldest.get((prompt, right))) for prompt, left, right in rows)
    ids |= {(min(one, other), max(one, other)) for one, other in both if one is not None and other is not None}
    known = _read(session, {each for pair in ids for each in pair})
    pairs = (_ordered(known[one], known[other]) for one, other in sorted(ids) if {one, other} <= known.keys())
    return [pair for pair in pairs if pair[0].candidate != pair[1].candidate]


def alike(session: Session, pairs: Iterable[Pair]) -> dict[tuple[Source, Source], list[Ids]]:
    """By candidates and runs of some ``pairs``: those on prompts on which the two candidates are in none of them.

    Of several responses of a candidate to a prompt in one run it is the newest.
    """
    taken: dict[Ids, set[int]] = defaultdict(set)
    kinds: set[tuple[Source, Source]] = set()
    for first, second in pairs:
        taken[first.candidate, second.candidate].add(first.prompt)
        kinds.add((first.source, second.source))
    newest = _newest(session, {run for kind in kinds for _, run in kind})
    found = {}
    for one, other in sorted(kinds):
        here, there = newest.get(one, {}), newest.get(other, {})
        open_prompts = sorted((here.keys() & there.keys()) - taken[one[0], other[0]])
        found[one, other] = [_sorted(here[prompt], there[prompt]) for prompt in open_prompts]
    return found


def _ordered(one: Response, other: Response) -> Pair:
    return (one, other) if one.candidate < other.candidate else (other, one)


def _sorted(one: int, other: int) -> Ids:
    return min(one, other), max(one, other)


def _oldest(session: Session, prompts: Iterable[int]) -> dict[Ids, int]:
    """(prompt, candidate) → the id of the oldest response that is not blank."""
    r = _response.c
    found: dict[Ids, int] = {}
    for some in subjects.in_chunks(sorted(prompts), _AT_ONCE):
        query = sa.select(r.prompt_id, r.candidate_id, sa.func.min(r.id)).where(r.prompt_id.in_(some), r.words > 0)
        found |= {(row[0], row[1]): row[2] for row in session.execute(query.group_by(r.prompt_id, r.candidate_id))}
    return found


def _newest(session: Session, runs: Iterable[int]) -> dict[Source, dict[int, int]]:
    """Candidate and run → prompt → the id of the newest response that is not blank."""
    r = _response.c
    found: dict[Source, dict[int, int]] = defaultdict(dict)
    for run in sorted(runs):
        query = sa.select(r.candidate_id, r.prompt_id, sa.func.max(r.id)).where(r.run_id == run, r.words > 0)
        for candidate, prompt, newest in session.execute(query.group_by(r.candidate_id, r.prompt_id)):
            found[candidate, run][prompt] = newest
    return found


def _read(session: Session, ids: Iterable[int]) -> dict[int, Response]:
    r = _response.c
    found: dict[int, Any] = {}
    for some in subjects.in_chunks(sorted(ids), _AT_ONCE):
        query = sa.select(r.id, r.prompt_id, r.candidate_id, r.run_id).where(r.id.in_(some), r.words > 0)
        found |= {row[0]: Response(*row) for row in session.execute(query)}
    return found
