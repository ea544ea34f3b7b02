"""How far every study is: what is wanted, what is done, who did it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session

from core.services.studies import rerating, studies
from core.services.studies.pool import pool_of
from core.storage.tables import Dataset, Study, metadata

_pair = metadata.tables["pair"]
_assignment = metadata.tables["assignment"]
_vote = metadata.tables["vote"]
_tally = metadata.tables["pair_tally"]
_study = metadata.tables["study"]


@dataclass(frozen=True)
class StudyProgress:
    """``wanted`` ratings = ``pairs`` × overlap, of which ``done`` were given and ``in_hand`` are before a rater now.


    ``votes``: answers that count, imported ones too, ``simulated`` of them by programs.
    """

    study: Study
    dataset: Dataset | None
    """None for all."""
    pairs: int
    """One for each two candidates and prompt, and those of later answers that are rated anew."""
    done: int
    in_hand: int
    votes: int
    simulated: int

    @property
    def wanted(self) -> int:
        """Ratings that the study wants in all: each of its pairs, by as many raters as its overlap says."""
        return self.pairs * self.study.overlap

    @property
    def share(self) -> float:
        """Done of wanted, 0 to 1."""
        return min(1.0, self.done / self.wanted) if self.wanted else 0.0


def all_progress(session: Session) -> list[StudyProgress]:
    """Every study's progress, the default study first."""
    claimed, in_hand, votes = _claimed(session), _in_hand(session), _votes(session)
    return [
        StudyProgress(
            study=study,
            dataset=session.get(Dataset, study.dataset_id) if study.dataset_id else None,
            pairs=_pairs(session, study),
            done=max(0, claimed.get(study.id, 0) - in_hand.get(study.id, 0)),
            in_hand=in_hand.get(study.id, 0),
            votes=votes.get(study.id, (0, 0))[0],
            simulated=votes.get(study.id, (0, 0))[1],
        )
        for study in studies.listed(session)
    ]


def _pairs(session: Session, study: Study) -> int:
    pool = pool_of(session, study)
    return pool.pairs + rerating.more_wanted(session, study, pool)


def of(session: Session, study_id: int) -> StudyProgress:
    """One study's progress."""
    studies.get(session, study_id)
    return next(each for each in all_progress(session) if each.study.id == study_id)


def scope_in_words(line: StudyProgress) -> str:
    """What the study compares, in a few words."""
    where = "everything" if line.dataset is None else f"'{line.dataset.name}'"
    if line.dataset is not None and line.dataset.version > 1:
        where += f" version {line.dataset.version}"
    study = line.study
    limits = []
    if study.categories:
        limits.append(study.categories[0] if len(study.categories) == 1 else f"{len(study.categories)} categories")
    if study.candidate_ids:
        limits.append(f"{len(study.candidate_ids)} candidates")
    return f"{where} ({', '.join(limits)})" if limits else where


def rater_counts(session: Session) -> dict[int, int]:
    """Study id → how many raters voted in it. Reads every vote: keep it while no vote has come."""
    query = sa.select(_vote.c.study_id, sa.func.count(_vote.c.rater_id.distinct())).where(_vote.c.outcome.is_not(None))
    return {row[0]: row[1] for row in session.execute(query.group_by(_vote.c.study_id))}


def newest_vote_id(session: Session) -> int:
    """The id of the last vote, 0 where there is none."""
    return session.execute(sa.select(sa.func.max(_vote.c.id))).scalar_one() or 0


def _claimed(session: Session) -> dict[int | None, int]:
    """Where the overlap was made smaller, a pair's further ratings are not counted as more than it wants."""
    enough = sa.case((_pair.c.claimed > _study.c.overlap, _study.c.overlap), else_=_pair.c.claimed)
    query = sa.select(_pair.c.study_id, sa.func.sum(enough)).join(_study, _study.c.id == _pair.c.study_id)
    return {study: int(total) for study, total in session.execute(query.group_by(_pair.c.study_id))}


def _in_hand(session: Session) -> dict[int | None, int]:
    held = (_assignment.c.state == "leased") & _assignment.c.repeat_of_id.is_(None)
    query = sa.select(_assignment.c.study_id, sa.func.count()).where(held).group_by(_assignment.c.study_id)
    return {row[0]: row[1] for row in session.execute(query)}


def _votes(session: Session) -> dict[int | None, tuple[int, int]]:
    counted = _tally.c.n_left + _tally.c.n_right + _tally.c.n_tie + _tally.c.n_both_bad
    by_program = sa.case((_tally.c.simulated, counted), else_=0)
    query = sa.select(_tally.c.study_id, sa.func.sum(counted), sa.func.sum(by_program)).group_by(_tally.c.study_id)
    return {study: (int(total), int(simulated)) for study, total, simulated in session.execute(query)}
