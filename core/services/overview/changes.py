"""What came since somebody last looked: drift, other prices, votes, runs, alerts, decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind
from core.domain.drift import Tier
from core.domain.overview import Marks
from core.domain.words import n, price
from core.services.datasets import datasets
from core.services.leaderboards.tallies import is_current
from core.services.watching.drift.rows import lines
from core.storage.tables import Alert, DriftFinding, PriceOverride, metadata

_table = metadata.tables
_vote, _prompt, _run, _taken = (_table[name].c for name in ("vote", "prompt", "run", "decision_taken"))
_check, _finding, _baseline = (_table[name].c for name in ("drift_check", "drift_finding", "drift_baseline"))
_response = _table["response"].c
MOST_COUNTED, MOST_OF_A_KIND = 100_000, 3
_WORD = {True: "accepted", False: "declined"}


class ChangeKind(StrEnum):
    """What sort of thing came."""

    DRIFT = "drift"
    PRICE = "price"
    ALERT = "alert"
    RUN = "run"
    VOTES = "votes"
    DECISION = "decision"


@dataclass(frozen=True)
class Change:
    """One thing that came, in a sentence."""

    kind: ChangeKind
    said: str
    is_urgent: bool = False
    id: int | None = None
    """Of the finding, run or candidate that proves it; None: the page as a whole does."""
    link: str = ""
    """The page that proves it, where the alert names one: a path with its query."""
    at: datetime | None = None


def marks(session: Session, dataset: str) -> Marks:
    """How far the facts of the dataset of that name go now."""
    of_dataset = _check.is_whole & _check.baseline_id.in_(_baselines(session, dataset))
    highest = {
        "vote": sa.select(sa.func.max(_vote.id)),
        "run": sa.select(sa.func.max(_run.id)),
        "alert": sa.select(sa.func.max(_table["alert"].c.id)),
        "check": sa.select(sa.func.max(_check.id)).where(of_dataset),
        "price": sa.select(sa.func.max(_table["price_override"].c.id)),
        "decision": sa.select(sa.func.max(_taken.id)),
    }
    row = session.execute(sa.select(*(query.scalar_subquery().label(name) for name, query in highest.items()))).one()
    return Marks(**{name: value or 0 for name, value in row._mapping.items()})


def changes(session: Session, dataset: str, since: Marks) -> list[Change]:
    """What came after ``since``: what is proven to have changed first, then prices, alerts, runs, votes, decisions."""
    ids = datasets.versions(session, dataset)
    return [
        *_drift(session, dataset, since.check),
        *_prices(session, since),
        *_alerts(session, since.alert),
        *_runs(session, ids, since.run),
        *_votes(session, ids, since.vote),
        *_decisions(session, dataset, since.decision),
    ]


def _baselines(session: Session, dataset: str) -> Any:
    return sa.select(_baseline.id).where(_baseline.dataset_id.in_(datasets.versions(session, dataset)))


def _drift(session: Session, dataset: str, mark: int) -> list[Change]:
    """What the newest of the new checks found, where it was not open before."""
    newest = sa.select(sa.func.max(_check.id)).where(
        _check.id > mark, _check.is_whole, _check.baseline_id.in_(_baselines(session, dataset))
    )
    check_id = session.execute(newest).scalar()
    if check_id is None:
        return []
    rows = session.exec(select(DriftFinding).where(DriftFinding.check_id == check_id)).all()
    before = _open_at(session, mark)
    new = {row.id for row in rows if (row.candidate_id, row.metric, row.category) not in before}
    told = [one for one in lines(session, rows) if one.id in new and not one.is_of_total]
    shown = [Change(ChangeKind.DRIFT, one.sentence, one.tier is Tier.ALARM, one.id, at=one.at) for one in told]
    return _few(shown, ChangeKind.DRIFT, "more change")


def _open_at(session: Session, check_id: int) -> set[tuple[Any, ...]]:
    found = sa.select(_finding.candidate_id, _finding.metric, _finding.category).where(_finding.check_id == check_id)
    return {tuple(row) for row in session.execute(found)}


def _prices(session: Session, since: Marks) -> list[Change]:
    entered = select(PriceOverride).where(col(PriceOverride.id) > since.price).order_by(col(PriceOverride.id).desc())
    shown = [
        Change(
            ChangeKind.PRICE,
            f"A price was entered for {row.model}, per million tokens: {price(row.input_usd_per_mtok)} in, "
            f"{price(row.output_usd_per_mtok)} out",
            at=row.created_at,
        )
        for row in session.exec(entered.limit(MOST_OF_A_KIND))
    ]
    return [*_of_alerts(session, since.alert, ChangeKind.PRICE, col(Alert.kind) == AlertKind.PRICE), *shown]


def _alerts(session: Session, mark: int) -> list[Change]:
    """Those that are told by nothing else here."""
    return _of_alerts(session, mark, ChangeKind.ALERT, col(Alert.kind).not_in([AlertKind.DRIFT, AlertKind.PRICE]))


def _of_alerts(session: Session, mark: int, kind: ChangeKind, which: sa.ColumnElement[bool]) -> list[Change]:
    query = select(Alert).where(col(Alert.id) > mark, which).order_by(col(Alert.id).desc())
    rows = session.exec(query.limit(MOST_COUNTED)).all()
    shown = [Change(kind, row.title, row.severity == "urgent", link=row.link, at=row.created_at) for row in rows]
    return _few(shown, kind, "more alert")


def _runs(session: Session, ids: Sequence[int], mark: int) -> list[Change]:
    query = sa.select(_run.id, _run.source, _run.state, _run.responses, _run.created_at).where(
        _run.id > mark, _run.dataset_id.in_(ids)
    )
    rows = session.execute(query.order_by(_run.id.desc())).all()
    shown = [
        Change(ChangeKind.RUN, _run_said(session, row), id=row.id, at=row.created_at) for row in rows[:MOST_OF_A_KIND]
    ]
    rest = len(rows) - len(shown)
    return [*shown, *([Change(ChangeKind.RUN, f"{n(rest, 'more run')}")] if rest else [])]


def _run_said(session: Session, row: Any) -> str:
    count = row.responses
    if row.source != "evaluation":
        count = session.execute(sa.select(sa.func.count()).where(_response.run_id == row.id)).scalar_one()
    word = {"import": "imported", "demo": "of the demo"}.get(row.source, row.state)
    return f"Run {row.id}, {word}: {n(count, 'response')}"


def _votes(session: Session, ids: Sequence[int], mark: int) -> list[Change]:
    here = sa.select(_prompt.id).where(_prompt.dataset_id.in_(ids))
    new = sa.select(_vote.rater_id).where(_vote.id > mark, _vote.prompt_id.in_(here), is_current()).limit(MOST_COUNTED)
    of = new.subquery()
    count, raters = session.execute(sa.select(sa.func.count(), sa.func.count(of.c.rater_id.distinct()))).one()
    if not count:
        return []
    more = " or more" if count == MOST_COUNTED else ""
    return [Change(ChangeKind.VOTES, f"{n(count, 'new vote')}{more} by {n(raters, 'rater')}")]


def _decisions(session: Session, dataset: str, mark: int) -> list[Change]:
    query = sa.select(_taken.decision, _taken.category, _taken.is_accepted, _taken.created_at)
    rows = session.execute(query.where(_taken.id > mark, _taken.dataset == dataset).order_by(_taken.id.desc())).all()
    shown = [
        Change(
            ChangeKind.DECISION,
            f"{row.decision.capitalize()}, {row.category or 'overall'}: {_WORD[row.is_accepted]}",
            at=row.created_at,
        )
        for row in rows
    ]
    return _few(shown, ChangeKind.DECISION, "more decision")


def _few(found: Sequence[Change], kind: ChangeKind, word: str) -> list[Change]:
    """The first of them, and how many more there are."""
    rest = len(found) - MOST_OF_A_KIND
    return [*found[:MOST_OF_A_KIND], *([Change(kind, n(rest, word))] if rest > 0 else [])]
