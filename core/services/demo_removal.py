"""Taking the demo out of a workspace again: all that came with it, in one transaction, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core import demo
from core.errors import BadInput, NotFound
from core.services import tallies, workspace_settings
from core.storage.tables import Attempt, Candidate, Dataset, LoadTest, Response, Run, Study, Vote, metadata

_table = metadata.tables
_vote, _assignment, _person = _table["vote"], _table["assignment"], _table["person"]


@dataclass(frozen=True)
class DemoContent:
    """What removing the demo takes away. ``human_votes``: answers that people gave on the demo's responses.

    ``studies``: the names of the studies that are over the demo alone. ``elsewhere``: votes on the demo's prompts
    in other studies.
    """

    studies: tuple[str, ...]
    prompts: int
    responses: int
    simulated_votes: int
    human_votes: int
    elsewhere: int


def demo_content(session: Session) -> DemoContent | None:
    """What of the demo is here; None where it is not."""
    datasets = _demo_datasets(session)
    if not datasets:
        return None
    prompts = _prompt_ids(datasets)
    studies = _demo_studies(session, datasets)
    on_demo = _vote.c.prompt_id.in_(prompts)
    inside = _vote.c.study_id.in_([study.id for study in studies])
    answers = sa.select(sa.func.count()).select_from(_vote.join(_person, _person.c.id == _vote.c.rater_id))
    answers = answers.where(_vote.c.supersedes_id.is_(None))

    def count(query: Any) -> int:
        return int(session.execute(query).scalar_one())

    return DemoContent(
        studies=tuple(study.name for study in studies),
        prompts=count(sa.select(sa.func.count()).select_from(prompts.subquery())),
        responses=count(sa.select(sa.func.count(col(Response.id))).where(col(Response.prompt_id).in_(prompts))),
        simulated_votes=count(answers.where(inside | on_demo, tallies.is_simulated())),
        human_votes=count(answers.where(inside | on_demo, ~tallies.is_simulated())),
        elsewhere=count(answers.where(on_demo, ~inside)),
    )


def remove_demo(session: Session) -> None:
    """Delete the demo: its studies, votes, assignments, responses, prompts, dataset and simulated people.

    Its candidates go where nothing else uses them. Other studies keep all but votes on the demo's prompts, and are
    counted anew. Later starts do not open it again by themselves. Raises NotFound where it is not here, and BadInput
    while a run over it is going on.
    """
    datasets = _demo_datasets(session)
    if not datasets:
        raise NotFound("The demo is not here any more.")
    _refuse_while_running(session, datasets)
    prompts = list(session.execute(_prompt_ids(datasets)).scalars())
    studies = [study.id for study in _demo_studies(session, datasets)]
    _wait_for_raters(session, studies)
    touched = _studies_with_votes_on(session, prompts, but_for=studies)
    _delete_rating(session, studies, prompts)
    for study_id in touched:
        tallies.rebuild(session, study_id)
        session.execute(sa.delete(_table["weighted_tally"]).where(_table["weighted_tally"].c.study_id == study_id))
    _delete_studies(session, studies)
    runs = list(session.exec(select(Run.id).where(col(Run.dataset_id).in_(datasets))))
    _delete_evaluation(session, datasets, runs)
    session.execute(sa.delete(_table["response"]).where(_table["response"].c.run_id.in_(runs)))
    session.execute(sa.delete(_table["run"]).where(_table["run"].c.id.in_(runs)))
    session.execute(sa.delete(_table["prompt"]).where(_table["prompt"].c.dataset_id.in_(datasets)))
    session.execute(sa.delete(_table["dataset"]).where(_table["dataset"].c.id.in_(datasets)))
    _delete_unused(session)
    _forget_files(session, datasets, studies)
    workspace_settings.save(session, workspace_settings.DEMO_REMOVED, True)


def _demo_datasets(session: Session) -> list[int]:
    return [found for found in session.exec(select(Dataset.id).where(col(Dataset.is_demo))) if found is not None]


def _prompt_ids(datasets: Sequence[int]) -> sa.Select[tuple[int]]:
    return sa.select(_table["prompt"].c.id).where(_table["prompt"].c.dataset_id.in_(datasets))


def _demo_studies(session: Session, datasets: Sequence[int]) -> list[Study]:
    return list(session.exec(select(Study).where(col(Study.dataset_id).in_(datasets)).order_by(col(Study.id))))


def _refuse_while_running(session: Session, datasets: Sequence[int]) -> None:
    going = select(Run.id).where(col(Run.dataset_id).in_(datasets), col(Run.state).in_(("queued", "running")))
    run = session.exec(going.limit(1)).first()
    if run is not None:
        raise BadInput(f"Run {run} is over the demo and not at its end. Cancel it on the Runs page first.")


def _delete_evaluation(session: Session, datasets: Sequence[int], runs: Sequence[int | None]) -> None:
    responses = sa.select(_table["response"].c.id).where(_table["response"].c.run_id.in_(runs))
    for name, column in (
        ("judge_preference", "first_response_id"),
        ("judge_call", "response_id"),
        ("score", "response_id"),
    ):
        session.execute(sa.delete(_table[name]).where(_table[name].c[column].in_(responses)))
    session.execute(sa.delete(_table["attempt"]).where(_table["attempt"].c.run_id.in_(runs)))
    for name in ("gate", "load_test"):
        session.execute(sa.delete(_table[name]).where(_table[name].c.dataset_id.in_(datasets)))


def _wait_for_raters(session: Session, studies: Sequence[int | None]) -> None:
    """Votes on their way lock their assignment first: they are in before this, or find their pair gone after it."""
    rows = sa.select(_assignment.c.id).where(_assignment.c.study_id.in_(studies)).order_by(_assignment.c.id)
    session.execute(rows.with_for_update()).all()


def _studies_with_votes_on(session: Session, prompts: Sequence[int], *, but_for: Sequence[int | None]) -> list[int]:
    query = sa.select(_vote.c.study_id).where(_vote.c.prompt_id.in_(prompts), _vote.c.study_id.not_in(but_for))
    return list(session.execute(query.distinct()).scalars())


def _delete_rating(session: Session, studies: Sequence[int | None], prompts: Sequence[int]) -> None:
    pairs = sa.select(_table["pair"].c.id).where(
        _table["pair"].c.study_id.in_(studies) | _table["pair"].c.prompt_id.in_(prompts)
    )
    given = sa.select(_assignment.c.id).where(_assignment.c.pair_id.in_(pairs))
    session.execute(sa.delete(_table["remark"]).where(_table["remark"].c.assignment_id.in_(given)))
    session.execute(sa.delete(_vote).where(_vote.c.study_id.in_(studies) | _vote.c.prompt_id.in_(prompts)))
    session.execute(sa.delete(_assignment).where(_assignment.c.pair_id.in_(pairs)))
    session.execute(sa.delete(_table["pair"]).where(_table["pair"].c.id.in_(pairs)))


def _delete_studies(session: Session, studies: Sequence[int | None]) -> None:
    for name in ("pair_tally", "cluster_tally", "weighted_tally", "study_rater", "question"):
        session.execute(sa.delete(_table[name]).where(_table[name].c.study_id.in_(studies)))
    session.execute(sa.delete(_table["study"]).where(_table["study"].c.id.in_(studies)))


def _delete_unused(session: Session) -> None:
    """The demo's candidates without a response, a vote or a study of somebody's, and simulated people without votes."""
    names = [record["name"] for record in demo.records(demo.CANDIDATES)]
    chosen = {id for study in session.exec(select(Study)) for id in study.candidate_ids or ()}
    for candidate in session.exec(select(Candidate).where(col(Candidate.name).in_(names))).all():
        rated = select(Vote.id).where(
            (Vote.left_candidate_id == candidate.id) | (Vote.right_candidate_id == candidate.id)
        )
        answered = select(Response.id).where(Response.candidate_id == candidate.id)
        asked = select(Attempt.id).where(Attempt.candidate_id == candidate.id)
        loaded = select(LoadTest.id).where(LoadTest.candidate_id == candidate.id)
        in_use = any(session.exec(query.limit(1)).first() for query in (answered, rated, asked, loaded))
        if not in_use and candidate.id not in chosen:
            session.delete(candidate)
    session.flush()
    voted = sa.exists().where(_vote.c.rater_id == _person.c.id)
    session.execute(sa.delete(_person).where(tallies.is_simulated(), ~voted))


def _forget_files(session: Session, datasets: Sequence[int], studies: Sequence[int | None]) -> None:
    """Imports into what is gone are forgotten, so that the same files can come in again."""
    file = _table["imported_file"]
    places = [f"dataset:{demo.DATASET_NAME}"]
    places += [f"responses:{dataset}" for dataset in datasets] + [f"study:{study}" for study in studies]
    into = sa.or_(*((file.c.target == place) | file.c.target.startswith(f"{place};") for place in places))
    definitions = (file.c.kind == "candidates") & (file.c.name == demo.CANDIDATES.name)
    session.execute(sa.delete(file).where(into | definitions))
