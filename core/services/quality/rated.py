"""What raters answered to a question: which response in scope each answer is about, and what it says of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.acceptability import Sends
from core.domain.clustered import dense
from core.domain.votes import SEND, TOO_FAST_WEIGHT, Outcome
from core.services.columns import rows_of
from core.services.leaderboards.tallies import is_current
from core.services.quality import rated_texts
from core.services.quality.gathering import Floats, Ids
from core.services.quality.judged import Judged
from core.services.quality.scope import Scope
from core.services.workspace import counts_simulated
from core.storage.tables import metadata

QUESTION = SEND
MOST_AT_ONCE = 20_000
_vote, _question, _assignment, _person, _prompt = (
    metadata.tables[name] for name in ("vote", "question", "assignment", "person", "prompt")
)
_MIRRORED = np.array([outcome.mirrored for outcome in Outcome], dtype=np.int64)


@dataclass(frozen=True)
class RatedSides:
    """What raters said of responses, one entry for each on a side of a vote, by candidate and response: [n] each."""

    candidate: Ids
    """Ascending."""
    response: Ids
    """Its place among those that were asked about; ascending for each candidate."""
    rater: Ids
    """Ids of people."""
    opponent: Ids
    """The candidate it was shown beside."""
    outcome: Ids
    """What was said, a domain.votes.Outcome with the response as *left*."""
    weight: Floats
    """Less than 1 where the vote came faster than reading allows."""
    probability: Floats
    """With which the pair of candidates was drawn; nan where it was not."""
    is_simulated: NDArray[np.bool_]
    """Whether nobody said it: the rater is simulated."""
    unplaced: int
    """Sides of imported votes of which nobody knows which of several answers was read."""

    @property
    def sendable(self) -> Floats:
        """1 where the rater would send it, else 0: of answers to *send*."""
        return np.isin(self.outcome, [Outcome.LEFT, Outcome.TIE]).astype(float)

    def of(self, candidate_id: int) -> "RatedSides":
        """Those of one candidate's responses."""
        first, last = np.searchsorted(self.candidate, [candidate_id, candidate_id + 1])
        return self.where(slice(int(first), int(last)))

    def on(self, responses: Ids) -> "RatedSides":
        """Those of these responses of one candidate (places, ascending), each with its place among these."""
        if not len(responses):
            return self.where(slice(0, 0))
        place = np.minimum(np.searchsorted(responses, self.response), len(responses) - 1)
        here = responses[place] == self.response
        return replace(self.where(here), response=place[here])

    def where(self, which: Any) -> "RatedSides":
        """Those that an array of flags, or a slice, chooses."""
        columns = {name: column[which] for name, column in vars(self).items() if name != "unplaced"}
        return RatedSides(**columns, unplaced=self.unplaced)

    def sends(self) -> Sends:
        """For the estimate over all responses among which these have their places: of answers to *send*."""
        codes = (self.response.astype(np.intp), self.rater.astype(np.intp), self.opponent.astype(np.intp))
        return Sends(*codes, self.sendable, self.weight, self.probability)


_IDS, _NUMBERS = np.zeros(0, dtype=np.int64), np.zeros(0)
_NOTHING = RatedSides(_IDS, _IDS, _IDS, _IDS, _IDS, _NUMBERS, _NUMBERS, np.zeros(0, dtype=bool), 0)


def rated_sides(session: Session, found: Judged, question: str = QUESTION) -> RatedSides:
    """What raters said of the responses in scope, in any study.

    Answers that stand (not superseded, not withdrawn, not mirrored repeats) to the ``question``; those of
    simulated raters while the workspace counts them. *Left* would be sent and right not, and so on; a tie is both.

    A vote cast here is about the two responses that were shown. An imported vote names prompt and candidates alone: it
    is about what the candidate had answered by then, in its newest run (where nothing was there yet, for votes are
    often older than the import of the answers, in its first); where that run has several texts, nobody knows which was
    read, and it counts for none. A vote about a response that is out of scope counts for the one in scope, by the same
    candidate to a prompt of the same content, that says word for word the same; one of another text for none.
    """
    return of_scopes(session, [found], question)[0]


def of_scopes(session: Session, scopes: Sequence[Judged], question: str) -> list[RatedSides]:
    """The same of several scopes, as versions of a dataset are, of which what a rater said counts in one.

    That is the one of the response that was shown, else the first in which there is one like it.
    """
    taken = np.unique(np.concatenate([_IDS, *(found.responses.id for found in scopes)]))
    parts = []
    for found in scopes:
        votes = _votes(session, found.scope, question)
        response = np.concatenate([votes.left_response, votes.right_response])
        place = rated_texts.places(session, found, response, taken)
        if len(scopes) > 1:
            taken = np.union1d(taken, response[place >= 0])
        parts.append(_placed(session, found, votes, place))
    return parts


def _placed(session: Session, found: Judged, votes: "_Votes", place: Ids) -> RatedSides:
    """``place``: of the left responses, then of the right ones; −1 where none in scope says the same."""
    response = np.concatenate([votes.left_response, votes.right_response])
    kept = np.flatnonzero(place >= 0)
    order = kept[_in_order(found.responses.candidate[place[kept]], place[kept])]
    simulated = np.isin(votes.rater, session.execute(_simulated()).scalars().all())
    return RatedSides(
        candidate=found.responses.candidate[place[order]],
        response=place[order],
        rater=np.tile(votes.rater, 2)[order],
        opponent=np.concatenate([votes.right, votes.left])[order],
        outcome=np.concatenate([votes.outcome, _MIRRORED[votes.outcome]])[order],
        weight=np.tile(np.where(votes.too_fast == 1, TOO_FAST_WEIGHT, 1.0), 2)[order],
        probability=np.tile(votes.probability, 2)[order],
        is_simulated=np.tile(simulated, 2)[order],
        unplaced=int((response == rated_texts.AMBIGUOUS).sum()),
    )


def joined(parts: Sequence[RatedSides], places: Sequence[Ids]) -> RatedSides:
    """Of several scopes as one. ``places[k]``: of the responses of scope k among all."""
    moved = [replace(part, response=at[part.response]) for part, at in zip(parts, places, strict=True)]
    if len(moved) == 1:
        return moved[0]
    names = [name for name in RatedSides.__dataclass_fields__ if name != "unplaced"]
    columns = {name: np.concatenate([getattr(part, name) for part in (_NOTHING, *moved)]) for name in names}
    sides = RatedSides(**columns, unplaced=sum(part.unplaced for part in moved))
    return sides.where(_in_order(sides.candidate, sides.response))


def _in_order(candidate: Ids, response: Ids) -> NDArray[np.intp]:
    """The places by candidate and response. Both as one number, which takes a quarter of the time of sorting by two."""
    size = int(response.max(initial=0)) + 1
    return np.argsort(dense(candidate)[1] * size + response)


def as_of(session: Session) -> tuple[int, int]:
    """Another where other votes count: the newest one, and whether simulated ones do.

    Beyond MOST_AT_ONCE votes time alone renews what is kept: while raters are at work, every visitor would wait for
    figures over all of them.
    """
    newest = session.execute(sa.select(sa.func.max(_vote.c.id)).where(_vote.c.question_id.in_(_questions(QUESTION))))
    return min(int(newest.scalar() or 0), MOST_AT_ONCE), int(counts_simulated(session))


@dataclass(frozen=True)
class _Votes:
    """[n] each."""

    rater: Ids
    left: Ids
    right: Ids
    outcome: Ids
    too_fast: Ids
    left_response: Ids
    """Of a vote whose response is not known what ``rated_texts`` says."""
    right_response: Ids
    probability: Floats


_FLAGS, _CANDIDATES, _PARTS = 8, 2**31, 10**12
"""Numbers are packed into one another: reading a row costs by its columns, and there are a million."""


def _votes(session: Session, scope: Scope, question: str) -> _Votes:
    """The votes on prompts of the dataset, and on prompts of the same content in others: cast here, then imported."""
    v, a = _vote.c, _assignment.c
    who = v.rater_id * _FLAGS + v.outcome + sa.case((v.too_fast, len(Outcome)), else_=0)
    whom = v.left_candidate_id * _CANDIDATES + v.right_candidate_id
    chance = sa.cast(sa.func.coalesce(a.probability, -1.0) * _PARTS, sa.BigInteger)
    shown = (who, whom, a.left_response_id, a.right_response_id, chance)
    cast = sa.select(*shown).join_from(_vote, _assignment, a.id == v.assignment_id)
    imported = sa.select(who, whom, v.prompt_id, rated_texts.seconds(v.created_at)).where(v.assignment_id.is_(None))
    of_cast, of_imported = (
        _read(session, query.where(*_counting(session, scope, question))) for query in (cast, imported)
    )
    left, right = np.divmod(of_imported[1], _CANDIDATES)
    prompt, at = of_imported[2:]
    up_to = None if scope.up_to is None else scope.up_to.run_id
    named = rated_texts.named(session, np.tile(prompt, 2), np.concatenate([left, right]), np.tile(at, 2), up_to)
    packed, candidates = (np.concatenate([one, other]) for one, other in zip(of_cast[:2], of_imported[:2], strict=True))
    rater, flags = np.divmod(packed, _FLAGS)
    too_fast, outcome = np.divmod(flags, len(Outcome))
    responses = np.concatenate([of_cast[2:4], named.reshape(2, -1)], axis=1)
    drawn = np.concatenate([of_cast[4] / _PARTS, np.full(len(prompt), -1.0)])
    sides, chances = np.divmod(candidates, _CANDIDATES), np.where(drawn < 0, np.nan, drawn)
    arrays: list[Any] = [rater, *sides, outcome, too_fast, *responses, chances]
    return _Votes(*arrays)


def _questions(key: str) -> Any:
    return sa.select(_question.c.id).where(_question.c.key == key).scalar_subquery()


def _simulated() -> Any:
    return sa.select(_person.c.id).where(_person.c.kind == "simulated")


def _counting(session: Session, scope: Scope, question: str) -> list[Any]:
    mine = sa.select(_prompt.c.content_hash).where(_prompt.c.dataset_id == scope.dataset_id)
    stands = is_current(None if scope.up_to is None else scope.up_to.vote_id)
    concerned = sa.select(_prompt.c.id).where(_prompt.c.content_hash.in_(mine))
    conditions = [_vote.c.question_id.in_(_questions(question)), _vote.c.prompt_id.in_(concerned), stands]
    return conditions if counts_simulated(session) else [*conditions, _vote.c.rater_id.not_in(_simulated())]


def _read(session: Session, query: "sa.Select[Any]") -> Ids:
    """[columns, n] whole numbers; streamed, so that they are never all here as Python objects."""
    parts = [np.fromiter(chain.from_iterable(rows), dtype=np.int64) for rows in rows_of(session, query)]
    table = np.concatenate([np.zeros(0, dtype=np.int64), *parts]).reshape(-1, len(query.selected_columns))
    return np.ascontiguousarray(table.T)
