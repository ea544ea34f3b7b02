"""The verdicts of a dataset: gathered, decided, and with what they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import deciding
from core.domain.deciding import Because, Decision, Settings, Verdict
from core.services import quality
from core.services.deciding.changes import changes
from core.services.deciding.evidence import evidence
from core.services.deciding.gathering import Pooled, pooled
from core.services.deciding.rests import RestsOn, rests_on
from core.services.deciding.settings import settings
from core.services.deciding.unsafe import UnsafeAnswer, unsafe_answers
from core.services.leaderboards.moments import Moment
from core.services.quality import rated
from core.storage.tables import Candidate, metadata

_run, _dataset, _taken, _candidate = (
    metadata.tables[name].c for name in ("run", "dataset", "decision_taken", "candidate")
)


@dataclass(frozen=True)
class Verdicts:
    """What the evidence on a dataset allows to decide, over all first."""

    dataset: str
    settings: Settings
    candidates: Mapping[int, Candidate]
    """All that were asked, by id."""
    champion: int | None
    verdicts: list[Verdict]
    costs_usd: Mapping[str | None, Mapping[int, float | None]]
    """By category, under None all together: what an acceptable response of each candidate costs; None: not known.

    The evidence itself is not here: it is as large as the votes, and pages keep this for whoever looks next.
    """
    unsafe: Mapping[int, list[UnsafeAnswer]]
    """Answers judged less safe, of every challenger that some verdict says to switch to, or that is proven less safe.
    """
    open_answers: int
    """Answers without a verdict: not scored yet, or not to be scored. They count on neither side."""
    rated_sides: int
    """What raters said of an answer on a side of a pair, of *send* and *safety*."""
    simulated_sides: int
    """How many of these simulated raters said."""
    rests: Mapping[tuple[str | None, int], RestsOn]
    """By category and challenger, what beside the champion counts: of whom the verdict names there, and over all."""

    @property
    def names(self) -> dict[int, str]:
        """Of the candidates, by id."""
        return {id: candidate.name for id, candidate in self.candidates.items()}

    def of(self, category: str | None) -> Verdict | None:
        """The verdict in a category, or with None over all; None where nothing was asked there."""
        return next((verdict for verdict in self.verdicts if verdict.category == category), None)


def datasets(session: Session) -> list[str]:
    """The names of datasets that somebody answered or was asked, the newest first."""
    happened = sa.select(_run.dataset_id).distinct()
    query = sa.select(_dataset.name).where(_dataset.id.in_(happened)).group_by(_dataset.name)
    return list(session.execute(query.order_by(sa.func.max(_dataset.id).desc())).scalars())


def as_of(session: Session, dataset: str) -> tuple[object, ...]:
    """Another for other verdicts: with other responses, gates, candidates, settings, decisions, votes, and drift.

    Of very many votes time alone renews what is kept; see quality.rated.as_of.
    """
    ids = session.execute(sa.select(_dataset.id).where(_dataset.name == dataset)).scalars().all()
    found = tuple(quality.as_of(session, quality.runs(session, dataset_id)) for dataset_id in ids)
    newest = session.execute(sa.select(sa.func.max(_taken.id))).scalar()
    retired = session.execute(sa.select(_candidate.id).where(_candidate.is_retired)).scalars().all()
    drifted = changes(session, ids)
    return (*found, newest, *retired, *rated.as_of(session), repr(settings(session)), *drifted)


def rules(session: Session) -> dict[str, object]:
    """By name what verdicts rest on beside responses and votes, as something that differs once it was changed."""
    retired = session.execute(sa.select(_candidate.id).where(_candidate.is_retired)).scalars()
    return quality.rules(session) | {
        "settings": repr(settings(session)),
        "who is retired": sorted(str(one) for one in retired),
    }


def verdicts(session: Session, dataset: str, *, up_to: Moment | None = None) -> Verdicts:
    """Champion against challengers on all versions and runs of the dataset of that name.

    Retired candidates are no challengers. Empty where nothing was answered. ``up_to``: on what stood at that moment,
    by the champion, gates and settings of today.
    """
    found = pooled(session, dataset, up_to=up_to)
    known = _known(session, found)
    champion = next((id for id, candidate in known.items() if candidate.is_champion), None)
    among = [id for id, candidate in known.items() if not candidate.is_retired or id == champion]
    return _decided(session, dataset, found, known, among, champion, settings(session))


def compared(session: Session, dataset: str, among: Sequence[int], champion: int, wanted: Settings) -> Verdicts:
    """The same among these candidates alone, with ``champion`` in the champion's place and settings of one's own."""
    found = pooled(session, dataset)
    return _decided(session, dataset, found, _known(session, found), among, champion, wanted)


def _decided(
    session: Session,
    dataset: str,
    found: Pooled,
    known: Mapping[int, Candidate],
    among: Sequence[int],
    champion: int | None,
    wanted: Settings,
) -> Verdicts:
    there = [candidate for candidate in among if candidate in found.candidates]
    by_category = evidence(found, there)
    decided = deciding.decide(by_category, champion, wanted) if any(by_category.values()) else []
    unsafe = {challenger: unsafe_answers(session, found, challenger) for challenger in sorted(_looked_into(decided))}
    said = np.concatenate([found.sends.is_simulated, found.safety.is_simulated])
    costs = {category: {of: found.cost(of, category).value for of in there} for category in by_category}
    counts = (int(found.answers.is_open.sum()), len(said), int(said.sum()))
    named = {one.challenger for one in decided if one.category is None}
    rests = {
        (one.category, of): rests_on(found, (one.champion, of), one.category)
        for one in decided
        for of in {one.challenger, *named}
        if one.champion is not None and of is not None
    }
    return Verdicts(dataset, wanted, known, champion, decided, costs, unsafe, *counts, rests)


def _looked_into(decided: Sequence[Verdict]) -> set[int]:
    """Those whose answers judged less safe are listed."""
    switched_to = {one.challenger for one in decided if one.decision is Decision.SWITCH and one.challenger is not None}
    compared = (one for verdict in decided for one in verdict.comparisons)
    return switched_to | {one.challenger for one in compared if one.because is Because.LESS_SAFE}


def _known(session: Session, found: Pooled) -> dict[int, Candidate]:
    query = select(Candidate).where(col(Candidate.id).in_(found.candidates)).order_by(col(Candidate.position))
    return {candidate.id or 0: candidate for candidate in session.exec(query)}
