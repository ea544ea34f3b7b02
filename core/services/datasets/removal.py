"""Deleting a dataset with all that hangs on it, in one transaction; never what experts said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.words import n
from core.errors import BadInput, NotFound
from core.services.importing.imported_before import ON_DATASET
from core.services.leaderboards import tallies
from core.storage.tables import GOING, Dataset, Run, Study, metadata

_table = metadata.tables
_vote, _assignment, _person = _table["vote"], _table["assignment"], _table["person"]
_prompt, _pair, _response = _table["prompt"], _table["pair"], _table["response"]


@dataclass(frozen=True)
class Hanging:
    """What would go with a dataset.

    ``votes_by_people``, of so many ``people``, are never deleted: where there are any, the dataset stays.
    """

    prompts: int
    responses: int
    runs: int
    spent_usd: float
    """What its runs cost."""
    gates: int
    studies: tuple[str, ...]
    """The names of those over it alone."""
    other_votes: int
    votes_by_people: int
    people: int


def hanging_on(session: Session, dataset_id: int) -> Hanging:
    """What hangs on the dataset. Raises NotFound."""
    _get(session, dataset_id)
    answers = sa.select(sa.func.count(), sa.func.count(_vote.c.rater_id.distinct()))
    answers = answers.select_from(_vote.join(_person, _person.c.id == _vote.c.rater_id))
    answers = answers.where(_rests_on([dataset_id]), _vote.c.supersedes_id.is_(None))
    by_people, people = session.execute(answers.where(_person.c.kind == "human")).one()
    others, _ = session.execute(answers.where(_person.c.kind != "human")).one()
    run, gate = _table["run"].c, _table["gate"].c
    runs, spent = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(run.cost_usd), 0.0)).where(run.dataset_id == dataset_id)
    ).one()

    def count(query: sa.Select[Any]) -> int:
        return int(session.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())

    return Hanging(
        prompts=count(prompts_of([dataset_id])),
        responses=count(sa.select(_response.c.id).where(_response.c.prompt_id.in_(prompts_of([dataset_id])))),
        runs=runs,
        spent_usd=float(spent),
        gates=count(sa.select(gate.id).where(gate.dataset_id == dataset_id, gate.retired_at.is_(None))),
        studies=tuple(study.name for study in studies_over(session, [dataset_id])),
        other_votes=others,
        votes_by_people=by_people,
        people=people,
    )


def remove_dataset(session: Session, dataset_id: int) -> None:
    """Delete the dataset, its responses, runs and scores, imported votes on it, and the studies over it alone.

    Other studies are counted anew; candidates stay. Raises NotFound, and BadInput for the demo, while a run over it
    goes on, and where people voted on it: what experts said is kept.
    """
    dataset = _get(session, dataset_id)
    if dataset.is_demo:
        raise BadInput("This is the demo. It is removed as a whole, under Demo.")
    refuse_while_running(session, [dataset_id], f"'{dataset.name}'")
    wait_for_raters(session, [dataset_id])
    found = hanging_on(session, dataset_id)
    if found.votes_by_people:
        votes, people = n(found.votes_by_people, "vote"), n(found.people, "person", "people")
        raise BadInput(f"{votes} by {people} rest on '{dataset.name}'. What people said is kept, so it stays.")
    delete_datasets(session, [dataset_id])
    delete_voteless(session, _person.c.kind == "imported")


def delete_voteless(session: Session, who: sa.ColumnElement[bool]) -> None:
    """Delete those of these people who have no vote."""
    voted = sa.exists().where(_vote.c.rater_id == _person.c.id)
    session.execute(sa.delete(_person).where(who, ~voted))


def delete_datasets(session: Session, datasets: Sequence[int]) -> None:
    """Delete the datasets and all that hangs on them, whoever it is from.

    Other studies lose the votes on their prompts and are counted anew; the imported files are forgotten.
    """
    gone = list(session.exec(select(Dataset).where(col(Dataset.id).in_(datasets))))
    over = [study.id for study in studies_over(session, datasets) if study.id is not None]
    touched = sa.select(_vote.c.study_id).where(_vote.c.prompt_id.in_(prompts_of(datasets)))
    recounted = list(session.execute(touched.where(_vote.c.study_id.not_in(over)).distinct()).scalars())
    _delete_rating(session, over, datasets)
    for study_id in recounted:
        tallies.rebuild(session, study_id)
        session.execute(sa.delete(_table["weighted_tally"]).where(_table["weighted_tally"].c.study_id == study_id))
    _delete_studies(session, over)
    runs = sa.select(_table["run"].c.id).where(_table["run"].c.dataset_id.in_(datasets))
    _delete_columns(session, runs)
    _delete_evaluation(session, datasets)
    for name in ("response", "attempt"):
        session.execute(sa.delete(_table[name]).where(_table[name].c.run_id.in_(runs)))
    _forget_files(session, gone, over)
    _delete_decisions(session, gone)
    for name, column in (("run", "dataset_id"), ("prompt", "dataset_id"), ("dataset", "id")):
        session.execute(sa.delete(_table[name]).where(_table[name].c[column].in_(datasets)))


def studies_over(session: Session, datasets: Sequence[int]) -> list[Study]:
    """The studies that compare one of these datasets and nothing else."""
    return list(session.exec(select(Study).where(col(Study.dataset_id).in_(datasets)).order_by(col(Study.id))))


def refuse_while_running(session: Session, datasets: Sequence[int], called: str) -> None:
    """Raise BadInput while a run over one of the datasets has not come to its end."""
    going = select(Run.id).where(col(Run.dataset_id).in_(datasets), col(Run.state).in_(GOING))
    run = session.exec(going.limit(1)).first()
    if run is not None:
        raise BadInput(f"Run {run} is over {called} and not at its end. Cancel it on the Runs page first.")


def wait_for_raters(session: Session, datasets: Sequence[int]) -> None:
    """Votes on their way lock their assignment first: they are in before this, or find their pair gone after it."""
    pairs = sa.select(_pair.c.id).where(_pair.c.prompt_id.in_(prompts_of(datasets)))
    rows = sa.select(_assignment.c.id).where(_assignment.c.pair_id.in_(pairs)).order_by(_assignment.c.id)
    session.execute(rows.with_for_update()).all()


def _get(session: Session, dataset_id: int) -> Dataset:
    found = session.get(Dataset, dataset_id)
    if found is None:
        raise NotFound("That dataset does not exist any more.")
    return found


def prompts_of(datasets: Sequence[int]) -> sa.Select[tuple[int]]:
    """The ids of the datasets' prompts."""
    return sa.select(_prompt.c.id).where(_prompt.c.dataset_id.in_(datasets))


def _rests_on(datasets: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether a vote is on one of their prompts, or in a study over one of them."""
    over = sa.select(_table["study"].c.id).where(_table["study"].c.dataset_id.in_(datasets))
    return _vote.c.prompt_id.in_(prompts_of(datasets)) | _vote.c.study_id.in_(over)


def _delete_columns(session: Session, runs: sa.Select[tuple[int]]) -> None:
    """They would fall with the facts by themselves, and what they hold be swept later."""
    columns, chunk = _table["run_columns"], _table["run_columns_chunk"]
    theirs = sa.select(columns.c.token).where(columns.c.run_id.in_(runs))
    session.execute(sa.delete(chunk).where(chunk.c.token.in_(theirs)))
    session.execute(sa.delete(columns).where(columns.c.run_id.in_(runs)))


def _delete_evaluation(session: Session, datasets: Sequence[int]) -> None:
    responses = sa.select(_response.c.id).where(_response.c.prompt_id.in_(prompts_of(datasets)))
    for name, column in (
        ("judge_preference", "first_response_id"),
        ("judge_call", "response_id"),
        ("score", "response_id"),
    ):
        session.execute(sa.delete(_table[name]).where(_table[name].c[column].in_(responses)))
    for name in ("gate", "load_test"):
        session.execute(sa.delete(_table[name]).where(_table[name].c.dataset_id.in_(datasets)))


def _delete_rating(session: Session, studies: Sequence[int], datasets: Sequence[int]) -> None:
    pairs = sa.select(_pair.c.id).where(_pair.c.study_id.in_(studies) | _pair.c.prompt_id.in_(prompts_of(datasets)))
    given = sa.select(_assignment.c.id).where(_assignment.c.pair_id.in_(pairs))
    session.execute(sa.delete(_table["remark"]).where(_table["remark"].c.assignment_id.in_(given)))
    session.execute(sa.delete(_vote).where(_rests_on(datasets)))
    session.execute(sa.delete(_assignment).where(_assignment.c.pair_id.in_(pairs)))
    session.execute(sa.delete(_pair).where(_pair.c.id.in_(pairs)))


def _delete_studies(session: Session, studies: Sequence[int]) -> None:
    """Invitations to them stay, and lead to whatever else there is to rate."""
    invitation = _table["invitation"]
    session.execute(sa.update(invitation).where(invitation.c.study_id.in_(studies)).values(study_id=None))
    for name in ("pair_tally", "weighted_tally", "study_rater", "question"):
        session.execute(sa.delete(_table[name]).where(_table[name].c.study_id.in_(studies)))
    session.execute(sa.delete(_table["study"]).where(_table["study"].c.id.in_(studies)))


def _delete_decisions(session: Session, gone: Sequence[Dataset]) -> None:
    """Those on datasets of which no version stays, and their routing tables."""
    kept = [dataset.id for dataset in gone]
    left = sa.select(_table["dataset"].c.name).where(_table["dataset"].c.id.not_in(kept))
    names = {dataset.name for dataset in gone}
    for name in ("decision_taken", "route_outcome", "routes_decided", "overview_visit"):
        table = _table[name]
        session.execute(sa.delete(table).where(table.c.dataset.in_(names), table.c.dataset.not_in(left)))
    # A table refers to the one before it, so the newest goes first.
    proposed = _table["routes_proposed"]
    ids = sa.select(proposed.c.id).where(proposed.c.dataset.in_(names), proposed.c.dataset.not_in(left))
    for id in session.execute(ids.order_by(proposed.c.id.desc())).scalars().all():
        session.execute(sa.delete(proposed).where(proposed.c.id == id))


def _forget_files(session: Session, datasets: Sequence[Dataset], studies: Sequence[int]) -> None:
    """Forget the files that were imported into what is gone, so that they can come in again."""
    places = [f"responses:{dataset.id}" for dataset in datasets] + [f"study:{study}" for study in studies]
    places += [f"dataset:{dataset.name}" for dataset in datasets]
    target = _table["imported_file"].c.target
    into = sa.or_(
        *((target == place) | target.startswith(f"{place};", autoescape=True) for place in places),
        *(target.endswith(f"{ON_DATASET}{dataset.id}") for dataset in datasets),
    )
    session.execute(sa.delete(_table["imported_file"]).where(into))
