"""What came since somebody looked, and nothing that was there before."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.alerts import AlertKind, Severity
from core.domain.overview import Marks
from core.domain.votes import Outcome
from core.services.alerts import Raised, raise_alert
from core.services.overview import Change, ChangeKind, changes, marks
from core.services.prices.overrides import enter_override
from core.services.studies import studies
from core.storage.engine import reading, write, writing
from core.storage.tables import Dataset, DriftBaseline, DriftCheck, DriftFinding, Run, Vote
from tests.decided import Planted, Production, plant, vote
from tests.workspace import NOW

pytestmark = pytest.mark.one_database


@pytest.fixture
def made(engine: Engine) -> Production:
    """Two candidates on eight prompts."""
    return plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=8)


def now_marks(engine: Engine, dataset: str = "Support") -> Marks:
    with reading(engine) as session:
        return marks(session, dataset)


def since(engine: Engine, before: Marks, dataset: str = "Support") -> list[Change]:
    with reading(engine) as session:
        return changes(session, dataset, before)


def test_where_nothing_came_nothing_is_told(engine: Engine, made: Production):
    vote(engine, made, ("A", "B"), {"send": (0.9, 0.5)})
    assert since(engine, now_marks(engine)) == []


def test_votes_are_counted_with_those_who_gave_them_and_only_on_this_dataset(engine: Engine, made: Production):
    vote(engine, made, ("A", "B"), {"send": (0.9, 0.5)})
    before = now_marks(engine)
    vote(engine, made, ("A", "B"), {"send": (0.9, 0.5)}, raters=2, seed=5)
    assert [(one.kind, one.said) for one in since(engine, before)] == [(ChangeKind.VOTES, "8 new votes by 2 raters")]
    with writing(engine) as session:
        session.add(Dataset(name="Another", content_hash="x", created_at=NOW))
    assert since(engine, before, "Another") == []


def test_a_changed_vote_is_one_new_vote(engine: Engine, made: Production):
    vote(engine, made, ("A", "B"), {"send": (0.9, 0.5)})
    before = now_marks(engine)
    with writing(engine) as session:
        old = session.exec(select(Vote)).first()
        assert old is not None
        session.add(Vote(**{**old.model_dump(exclude={"id"}), "supersedes_id": old.id, "outcome": int(Outcome.TIE)}))
    assert [one.said for one in since(engine, before)] == ["1 new vote by 1 rater"]


def test_runs_are_told_one_by_one_and_then_counted(engine: Engine, made: Production):
    before = now_marks(engine)
    with writing(engine) as session:
        dataset = made.dataset
        for _ in range(5):
            session.add(Run(dataset_id=dataset, source="evaluation", state="done", responses=7, created_at=NOW))
    found = since(engine, before)
    assert [one.said for one in found] == [
        "Run 6, done: 7 responses", "Run 5, done: 7 responses", "Run 4, done: 7 responses", "2 more runs",
    ]  # fmt: skip
    assert [one.id for one in found] == [6, 5, 4, None]


def test_prices_and_other_alerts_are_told_with_the_page_that_proves_them(engine: Engine, made: Production):
    before = now_marks(engine)
    del made

    def work(session: Session) -> None:
        for kind in (AlertKind.PRICE, AlertKind.RUN_FAILED, AlertKind.DRIFT):
            raise_alert(
                session,
                Raised(kind, str(kind), f"It is {kind}", "Text.", f"/alerts?k={kind}", Severity.URGENT),
                now=NOW,
            )
        enter_override(
            session, provider="openai", model="m-1", input_usd_per_mtok=1.0, output_usd_per_mtok=2.0, valid_from=NOW,
            now=NOW,
        )  # fmt: skip

    write(engine, work)
    found = since(engine, before)
    assert [(one.kind, one.said, one.link) for one in found] == [
        (ChangeKind.PRICE, "It is price", "/alerts?k=price"),
        (ChangeKind.PRICE, "A price was entered for m-1, per million tokens: $1.00 in, $2.00 out", ""),
        (ChangeKind.ALERT, "It is run_failed", "/alerts?k=run_failed"),
    ]
    assert found[0].is_urgent


def check(session: Session, baseline: int, run: int, *metrics: str) -> None:
    row = DriftCheck(
        run_id=run, baseline_id=baseline, worker="w", begun_at=NOW, finished_at=NOW + timedelta(1), is_whole=True
    )
    session.add(row)
    session.flush()
    metric = {"name": "m", "title": "Errors", "scale": "share", "better": -1, "minimum": 0.02}
    numbers = {"before": 0.1, "after": 0.2, "change": 0.1, "lower": 0.05, "upper": 0.15, "p": 0.001, "prompts": 8}
    lists: dict[str, list[str]] = {"showing": [], "causes": [], "parts": []}
    for name in metrics:
        tier, said = "alarm" if name == "errors" else "watch", {"metric": metric, "sentence": f"A's {name} went up."}
        told = {"check_id": row.id, "candidate_id": 1, "since_run_id": run, "open_since_run_id": run, "said": said}
        session.add(DriftFinding(metric=name, tier=tier, **told, **numbers, **lists))


def test_drift_is_told_where_the_newest_check_finds_what_was_not_open_before(engine: Engine, made: Production):
    with writing(engine) as session:
        pinned = DriftBaseline(dataset_id=made.dataset, number=1, run_ids=[1], created_at=NOW)
        session.add_all([pinned, Run(dataset_id=made.dataset, source="evaluation", state="done", created_at=NOW)])
        session.flush()
        check(session, pinned.id or 0, 1, "latency")
    before = now_marks(engine)
    with writing(engine) as session:
        check(session, pinned.id or 0, 2, "latency", "errors")
    found = [one for one in since(engine, before) if one.kind is ChangeKind.DRIFT]
    assert [(one.said, one.is_urgent) for one in found] == [("A's errors went up.", True)]


def test_the_default_study_alone_is_no_change(engine: Engine, made: Production):
    del made
    before = now_marks(engine)
    write(engine, lambda session: studies.ensure_default(session, now=NOW))
    assert since(engine, before) == []
