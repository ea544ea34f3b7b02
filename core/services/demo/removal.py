"""Taking the demo out of a workspace again: all that came with it, in one transaction, and nothing else."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core import demo
from core.errors import NotFound
from core.providers.presets import WRITTEN
from core.services import workspace
from core.services.datasets.removal import (
    delete_datasets,
    delete_voteless,
    prompts_of,
    refuse_while_running,
    studies_over,
    wait_for_raters,
)
from core.services.demo import own_settings
from core.services.leaderboards import tallies
from core.storage.tables import (
    Alert,
    Attempt,
    Candidate,
    Dataset,
    DecisionTaken,
    LoadTest,
    Response,
    Study,
    Vote,
    metadata,
)

_table = metadata.tables
_vote, _person = _table["vote"], _table["person"]


@dataclass(frozen=True)
class DemoContent:
    """What removing the demo takes away."""

    studies: tuple[str, ...]
    """The names of the studies that are over the demo alone."""
    prompts: int
    responses: int
    simulated_votes: int
    human_votes: int
    """Answers that people gave on the demo's responses."""
    elsewhere: int
    """Votes on the demo's prompts in other studies."""


def demo_content(session: Session) -> DemoContent | None:
    """What of the demo is here; None where it is not."""
    datasets = _demo_datasets(session)
    if not datasets:
        return None
    prompts = prompts_of(datasets)
    studies = studies_over(session, datasets)
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
    """Delete the demo: its studies, votes, assignments, runs, responses, prompts, dataset and simulated people.

    So do the checks of its runs for drift, alerts about it, its prices, decisions on it, and the settings that it
    entered, as far as nobody changed them since.

    Its candidates go where nothing else uses them. Other studies keep all but votes on the demo's prompts, and are
    counted anew. Later starts do not open it again by themselves. Raises NotFound where it is not here, and BadInput
    while a run over it is going on.
    """
    datasets = _demo_datasets(session)
    if not datasets:
        raise NotFound("The demo is not here any more.")
    refuse_while_running(session, datasets, "the demo")
    wait_for_raters(session, datasets)
    delete_datasets(session, datasets)
    _delete_unused(session)
    file = _table["imported_file"].c
    _delete_prices(session)
    _delete_alerts(session)
    own_settings.take_back(session)
    workspace.forget(session, workspace.DEMO_OPENING)
    definitions = (file.kind == "candidates") & (file.name == demo.CANDIDATES.name)
    session.execute(sa.delete(_table["imported_file"]).where(definitions))
    workspace.save(session, workspace.DEMO_REMOVED, True)


def _demo_datasets(session: Session) -> list[int]:
    return [found for found in session.exec(select(Dataset.id).where(col(Dataset.is_demo))) if found is not None]


def _delete_unused(session: Session) -> None:
    """The demo's candidates without a response, a vote or a study of somebody's, and simulated people without votes."""
    names = [*(record["name"] for record in demo.records(demo.CANDIDATES)), *demo.FORMER_CANDIDATES]
    chosen = {id for study in session.exec(select(Study)) for id in study.candidate_ids or ()}
    for candidate in session.exec(select(Candidate).where(col(Candidate.name).in_(names))).all():
        rated = select(Vote.id).where(
            (Vote.left_candidate_id == candidate.id) | (Vote.right_candidate_id == candidate.id)
        )
        answered = select(Response.id).where(Response.candidate_id == candidate.id)
        asked = select(Attempt.id).where(Attempt.candidate_id == candidate.id)
        loaded = select(LoadTest.id).where(LoadTest.candidate_id == candidate.id)
        decided = select(DecisionTaken.id).where(
            (DecisionTaken.champion_id == candidate.id) | (DecisionTaken.challenger_id == candidate.id)
        )
        in_use = any(session.exec(query.limit(1)).first() for query in (answered, rated, asked, loaded, decided))
        if not in_use and candidate.id not in chosen:
            session.delete(candidate)
    session.flush()
    delete_voteless(session, tallies.is_simulated())


def _delete_prices(session: Session) -> None:
    """Those of the written candidates, where none of these stays."""
    if session.exec(select(Candidate.id).where(Candidate.provider == WRITTEN).limit(1)).first() is not None:
        return
    for name in ("price_override", "rates"):
        session.execute(sa.delete(_table[name]).where(_table[name].c.provider == WRITTEN))


def _delete_alerts(session: Session) -> None:
    """Those about the demo alone, with their way to whoever was to get them."""
    about = [one.id for one in session.exec(select(Alert)) if one.data.get("dataset") == demo.DATASET_NAME]
    for name, column in (("alert_delivery", "alert_id"), ("alert", "id")):
        session.execute(sa.delete(_table[name]).where(_table[name].c[column].in_(about)))
