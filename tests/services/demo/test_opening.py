"""Opening the demo: broken off anywhere, by several at once, beside what is there; and taking all of it away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core import demo
from core.demo.story import ANSWERS_A_MONTH, BASELINE_WEEKS, ROUNDS
from core.services import workspace
from core.services.deciding import settings
from core.services.demo import finishing, known_scores, opening, removal
from core.services.importing import Kind, import_file
from core.services.scoring import evaluators
from core.services.studies import studies
from core.storage.engine import open_engine, reading, write
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, DriftCheck, Run, Study, Vote, metadata
from tests.workspace import NOW

pytestmark = pytest.mark.one_database
CHECKED = sum(one.week > BASELINE_WEEKS for one in ROUNDS)
FEW = {"refusal", "incomplete", "contains"}
KEPT_APART = ("workspace_setting", "responses_removed", "alembic_version")


@pytest.fixture
def plain(engine: Engine) -> Engine:
    """A workspace whose evaluators are few and quick."""
    opening.prepare_workspace(engine, demo=False, now=NOW)

    def retire(session: Session) -> None:
        for one in evaluators.listed(session):
            if one.kind not in FEW:
                evaluators.retire(session, one.id or 0, NOW)

    write(engine, retire)
    return engine


def rows(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        counted = {
            name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
            if name not in KEPT_APART
        }
    return {name: n for name, n in counted.items() if n}


def test_it_says_what_its_team_asks_for(plain: Engine) -> None:
    opening.open_demo(plain, now=NOW, weeks=1)
    with reading(plain) as session:
        assert settings.settings(session).answers_a_month == ANSWERS_A_MONTH


def test_all_that_came_with_it_goes_with_it(plain: Engine) -> None:
    before = rows(plain)
    opening.open_demo(plain, now=NOW)
    assert finishing.finish_demo(plain, now=NOW)
    assert {"drift_check", "drift_finding", "alert", "price_override", "rates", "attempt", "score"} <= set(rows(plain))
    write(plain, removal.remove_demo)
    assert rows(plain) == before
    with reading(plain) as session:
        assert settings.as_entered(session) is None
        assert not workspace.demo_is_opening(session)


def test_settings_that_somebody_changed_stay_when_it_goes(plain: Engine) -> None:
    opening.open_demo(plain, now=NOW, weeks=1)
    own = settings.DecidingParams.defaults() | {"rater_hour_usd": 12.0}
    write(plain, lambda session: settings.save(session, own, latency_limit_ms={}, answers_a_month={}))
    write(plain, removal.remove_demo)
    with reading(plain) as session:
        assert settings.settings(session).rater_hour_usd == 12.0


def test_settings_that_were_there_before_are_not_touched(plain: Engine) -> None:
    own = settings.DecidingParams.defaults() | {"rater_hour_usd": 12.0}
    write(plain, lambda session: settings.save(session, own, latency_limit_ms={}, answers_a_month={}))
    opening.open_demo(plain, now=NOW, weeks=1)
    with reading(plain) as session:
        assert settings.settings(session).answers_a_month == {}
    write(plain, removal.remove_demo)
    with reading(plain) as session:
        assert settings.settings(session).rater_hour_usd == 12.0


@pytest.mark.parametrize("broken", ["prices", "story"])
def test_broken_off_it_is_opened_whole_at_the_next_start(
    plain: Engine, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    name = {"prices": "priced", "story": "write_votes"}[broken]
    with monkeypatch.context() as patched:
        patched.setattr(opening, name, _break)
        with pytest.raises(KeyboardInterrupt):
            opening.prepare_workspace(plain, demo=True, now=NOW)
    opening.prepare_workspace(plain, demo=True, now=NOW)
    whole = rows(plain)
    assert whole["run"] == len(ROUNDS) + 1 and whole["study"] == 2 and whole["price_override"] == 1
    opening.prepare_workspace(plain, demo=True, now=NOW)
    assert rows(plain) == whole


def _break(*_args: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_broken_off_in_its_checks_it_goes_on_where_it_was(plain: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    opening.open_demo(plain, now=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(finishing, "_check_weeks", _break)
        with pytest.raises(KeyboardInterrupt):
            finishing.finish_demo(plain, now=NOW)
    assert finishing.finish_demo(plain, now=NOW)
    with reading(plain) as session:
        assert len(session.exec(select(DriftCheck).where(col(DriftCheck.is_whole))).all()) == CHECKED
    assert not finishing.finish_demo(plain, now=NOW)


def test_several_who_open_it_at_once_leave_one(plain: Engine) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: opening.prepare_workspace(plain, demo=True, now=NOW), range(3)))
    with reading(plain) as session:
        assert len(session.exec(select(Run)).all()) == len(ROUNDS) + 1
        assert len(session.exec(select(Study).where(Study.name == opening.STUDY_NAME)).all()) == 1


@pytest.mark.long
def test_several_who_finish_it_at_once_check_each_week_once(plain: Engine) -> None:
    opening.open_demo(plain, now=NOW)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: finishing.finish_demo(plain, now=NOW), range(2)))
    with reading(plain) as session:
        assert len(session.exec(select(DriftCheck).where(col(DriftCheck.is_whole))).all()) == CHECKED


def test_removed_it_stays_removed(plain: Engine) -> None:
    opening.open_demo(plain, now=NOW, weeks=1)
    write(plain, removal.remove_demo)
    opening.prepare_workspace(plain, demo=True, now=NOW)
    with reading(plain) as session:
        assert not session.exec(select(Dataset)).all()


def test_a_workspace_with_the_demo_as_it_was_before_keeps_it_untouched_and_can_remove_it(
    plain: Engine, tmp_path: Path
) -> None:
    """Five moods of the small model, one run, one study."""
    before = rows(plain)
    candidates = tmp_path / demo.CANDIDATES.name
    lines = [f'{{"name": "{name}", "provider": "local", "model": "SmolLM2-135M-Instruct", "temperature": 0.{n}}}\n'
             for n, name in enumerate(("Plain", *demo.FORMER_CANDIDATES), start=1)]  # fmt: skip
    candidates.write_text("".join(lines))
    answers = tmp_path / demo.RESPONSES.name
    answers.write_text('{"prompt_id": "ambiguous-01", "candidate": "Warm", "text": "Oh."}\n')
    for kind, path in ((Kind.PROMPTS, demo.PROMPTS), (Kind.CANDIDATES, candidates), (Kind.RESPONSES, answers)):
        import_file(plain, path, kind, dataset=demo.DATASET_NAME, now=NOW)

    def as_it_was(session: Session) -> None:
        dataset = session.exec(select(Dataset)).one()
        dataset.is_demo = True
        studies.create(session, name=opening.STUDY_NAME, now=NOW, dataset_id=dataset.id, state="open")

    write(plain, as_it_was)
    old = rows(plain)
    opening.prepare_workspace(plain, demo=True, now=NOW)
    opening.open_demo(plain, now=NOW)
    assert not finishing.finish_demo(plain, now=NOW)
    assert rows(plain) == old
    write(plain, removal.remove_demo)
    assert rows(plain) == before


@pytest.fixture
def fewest(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'evenhand.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


def test_who_needs_no_history_opens_its_last_weeks_alone(fewest: Engine) -> None:
    opening.open_demo(fewest, now=NOW, weeks=1)
    with reading(fewest) as session:
        assert len(session.exec(select(Run).where(Run.source == "demo")).all()) == 1
        assert len(session.exec(select(Candidate)).all()) == 5
        assert session.exec(select(Vote.id).limit(1)).first() is not None


def test_scores_that_were_reckoned_beforehand_are_what_the_evaluators_say() -> None:
    texts = known_scores.all_texts()
    said = {(row["kind"], row["prompt_id"], row["text"]): row for row in demo.records(known_scores.FILE)}
    some = texts[:: len(texts) // 12]
    for row in known_scores.reckoned(some):
        known = said[row["kind"], row["prompt_id"], row["text"]]
        assert known["value"] == pytest.approx(row["value"], abs=0.02)


@pytest.mark.long
def test_all_scores_that_were_reckoned_beforehand_are_what_the_evaluators_say() -> None:
    said = {(row["kind"], row["prompt_id"], row["text"]): row["value"] for row in demo.records(known_scores.FILE)}
    now = {(row["kind"], row["prompt_id"], row["text"]): row["value"]
           for row in known_scores.reckoned(known_scores.all_texts())}  # fmt: skip
    assert said.keys() == now.keys()
    assert said == pytest.approx(now, abs=0.02)
