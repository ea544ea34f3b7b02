"""Opening the demo workspace on the first start: its texts, eight weekly runs, and simulated raters' votes on them."""

from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core import demo
from core.demo import story
from core.demo.story import Round
from core.demo.texts import written
from core.demo.weeks import weekly_answers
from core.services import prices, scoring, workspace
from core.services.demo import own_settings
from core.services.demo.simulated_raters import write_votes
from core.services.demo.weekly_runs import Priced, begun_at, dearer_from, finished_at, priced, write_runs
from core.services.importing import Kind, import_file, sweep
from core.services.studies import studies
from core.services.watching import drift
from core.storage.engine import reading, write
from core.storage.tables import Candidate, Dataset, Study

STUDY_NAME = "Demo"
BASELINE_WHY = "The first three weekly runs, before anything changed."
_SEED = 1
_PAIRS_ASKED = 60
_RECORDED_AFTER = timedelta(days=1)
_PINNED_AFTER = timedelta(minutes=10)


def prepare_workspace(engine: Engine, *, demo: bool, now: datetime) -> None:
    """Make the default study and the usual evaluators and gates, and with ``demo`` open the demo in an empty one.

    What a killed import has left on the disk goes.
    """
    sweep()
    write(engine, lambda session: studies.ensure_default(session, now=now))
    scoring.ensure_defaults(engine, now=now)
    if demo and _wants_demo(engine):
        open_demo(engine, now=now)


def _wants_demo(engine: Engine) -> bool:
    """Where nothing is there yet and nobody removed it, and where somebody began to open it."""
    with reading(engine) as session:
        is_empty = session.exec(select(Dataset.id).limit(1)).first() is None
        return (is_empty and not workspace.demo_was_removed(session)) or workspace.demo_is_opening(session)


def open_demo(engine: Engine, *, now: datetime, weeks: int = story.WEEKS) -> None:
    """Import the demo and give it its weekly runs, and a study with simulated votes; does nothing where it is there.

    Broken off, it goes on at the next call. Scores and checks for drift follow in ``finishing.finish_demo``.
    ``weeks``: only the last so many of the runs, for who needs no history.
    """
    with reading(engine) as session:
        if _study(session) is not None:
            return
    write(engine, lambda session: workspace.save(session, workspace.DEMO_OPENING, True))
    recorded = begun_at(Round(1), now) + _RECORDED_AFTER
    for kind, path, at in (
        (Kind.PROMPTS, demo.PROMPTS, now),
        (Kind.CANDIDATES, demo.CANDIDATES, now),
        (Kind.RESPONSES, demo.RESPONSES, recorded),
    ):
        import_file(engine, path, kind, dataset=demo.DATASET_NAME, now=at)
    write(engine, lambda session: _enter_price(session, now))
    costs = priced(engine, now)
    write(engine, lambda session: _tell(session, costs, now, weeks))


def _study(session: Session) -> Study | None:
    over = select(Study).join(Dataset, col(Dataset.id) == Study.dataset_id)
    return session.exec(over.where(Dataset.name == demo.DATASET_NAME)).first()


def _enter_price(session: Session, now: datetime) -> None:
    """Cedar's other price, as an admin enters it; once."""
    provider, model = session.exec(
        select(Candidate.provider, Candidate.model).where(Candidate.name == story.CEDAR)
    ).one()
    assert provider is not None and model is not None
    if any((each.provider, each.model) == (provider, model) for each in prices.overrides(session)):
        return
    prices.enter_override(
        session,
        provider=provider,
        model=model,
        input_usd_per_mtok=story.DEARER_INPUT_USD_PER_MTOK,
        output_usd_per_mtok=story.DEARER_OUTPUT_USD_PER_MTOK,
        valid_from=dearer_from(now),
        now=dearer_from(now),
        note="Invented for the demo",
    )


def _tell(session: Session, costs: dict[tuple[str, Round], Priced], now: datetime, weeks: int) -> None:
    """All that is not imported, in one transaction."""
    dataset = session.exec(select(Dataset).where(Dataset.name == demo.DATASET_NAME).with_for_update()).one()
    if _study(session) is not None:
        return
    dataset.is_demo = True
    champion = session.exec(select(Candidate).where(Candidate.name == demo.CHAMPION)).one()
    champion.is_champion = session.exec(select(Candidate.id).where(col(Candidate.is_champion))).first() is None
    rng = np.random.default_rng(_SEED)
    answers = weekly_answers(demo.records(demo.PROMPTS), written(), rng=rng, weeks=weeks)
    runs = write_runs(session, dataset.id or 0, answers, costs, now)
    study = studies.create(
        session,
        name=STUDY_NAME,
        now=begun_at(Round(1), now),
        guidelines=demo.GUIDELINES,
        dataset_id=dataset.id,
        state="open",
    )
    study.pairs_per_rater = _PAIRS_ASKED
    write_votes(session, study, answers, now, rng=rng)
    own_settings.enter(session)
    before = [run_id for one, run_id in runs.items() if one.week <= story.BASELINE_WEEKS]
    if before:
        at = finished_at(Round(story.BASELINE_WEEKS), now) + _PINNED_AFTER
        drift.pin(session, dataset.name, before, person_id=None, why=BASELINE_WHY, now=at)
