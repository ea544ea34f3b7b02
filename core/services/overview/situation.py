"""What the next best step is chosen from: how far the workspace and a dataset's evidence are."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind
from core.domain.deciding import Because, Comparison, Decision, Verdict
from core.domain.drift import Harm, harm
from core.domain.overview import Alarm, OpenVerdict, Recommendation, Routed, Situation, kept, recommended
from core.services import routing, runs
from core.services.alerts import inbox
from core.services.deciding import Verdicts, words
from core.services.overview.routed import routed
from core.services.quality import QualityReport
from core.services.watching import drift
from core.services.watching.drift.told import FindingLine
from core.settings import AuthMode, get_settings
from core.storage.tables import DecisionTaken, metadata

_prompt, _dataset, _candidate, _person, _run, _response, _score = (
    metadata.tables[name].c for name in ("prompt", "dataset", "candidate", "person", "run", "response", "score")
)


def situation(
    session: Session, dataset: str | None, verdicts: Verdicts | None, report: QualityReport | None, *, now: datetime
) -> Situation:
    """Of the dataset of that name, with its ``verdicts`` and ``report``; None where nothing was asked anywhere."""
    whole = None if verdicts is None else verdicts.of(None)
    newest = runs.newest(session)
    settings = None if verdicts is None else verdicts.settings
    names = {} if verdicts is None else verdicts.names
    champion = None if whole is None or whole.champion is None else names[whole.champion]
    by_table = None if verdicts is None else routed(session, verdicts.dataset, verdicts.champion)
    return Situation(
        prompts=_prompts(session, dataset),
        candidates=_count(session, sa.select(_candidate.id).where(_candidate.is_retired.is_(False))),
        responses=0 if report is None else sum(line.responses + line.errors for line in report.overall()),
        is_judged=verdicts is None or bool(verdicts.verdicts),
        champion=champion or _champion(session),
        is_champion_asked=whole is not None and whole.because is not Because.NO_COMMON_PROMPTS,
        challengers=0 if whole is None else len(whole.comparisons),
        alarms=() if dataset is None else _alarms(session, dataset, verdicts, by_table, now),
        has_proposed_route=dataset is not None and _has_proposed_route(session, dataset, verdicts),
        to_take=None if verdicts is None else _to_take(session, verdicts),
        open=None if verdicts is None else _open(verdicts, by_table),
        unpriced=() if verdicts is None or report is None else _unpriced(verdicts, report),
        votes=0 if report is None else report.said,
        raters=_raters(session),
        rater_hour_usd=None if settings is None else settings.rater_hour_usd,
        pairs_an_hour=60.0 if settings is None else settings.pairs_an_hour,
        is_traffic_entered=settings is not None and bool(settings.answers_a_month),
        last_run_usd=None if newest is None or newest.unpriced or newest.is_going else newest.cost_usd,
    )


def scores(session: Session, dataset: str) -> int:
    """How many scores the answers to the dataset of that name have, in all its versions."""
    mine = sa.select(_run.id).where(_run.dataset_id.in_(sa.select(_dataset.id).where(_dataset.name == dataset)))
    query = sa.select(sa.func.count()).where(_score.response_id == _response.id, _response.run_id.in_(mine))
    return int(session.execute(query).scalar_one())


def _prompts(session: Session, dataset: str | None) -> int:
    mine = sa.select(_prompt.id)
    if dataset is not None:
        mine = mine.where(_prompt.dataset_id.in_(sa.select(_dataset.id).where(_dataset.name == dataset)))
    return _count(session, mine)


def _champion(session: Session) -> str | None:
    found = session.execute(sa.select(_candidate.name).where(_candidate.is_champion)).scalar()
    return None if found is None else str(found)


def _alarms(
    session: Session, dataset: str, verdicts: Verdicts | None, by_table: Routed | None, now: datetime
) -> tuple[Alarm, ...]:
    """The alarms on *Drift* whose alerts are open: of whom users get or would get first, what harms most first."""
    open_ = [one.alert.data for one in inbox.listing(session, now=now, kinds=[AlertKind.DRIFT])]
    unseen = {
        (told["candidate"], each["metric"], each["category"])
        for told in open_
        if told.get("dataset") == dataset
        for each in told.get("findings", ())
    }
    if not unseen:
        return ()
    found = [one for one in drift.state(session, dataset, with_trends=False).alarms if one.key in unseen]
    whom = None if verdicts is None else recommended(verdicts.verdicts, by_table)
    facing = set() if whom is None else {whom.champion, *whom.candidates}
    found.sort(key=lambda one: (harm(one.metric, one.change) is Harm.NONE, one.candidate_id not in facing))
    stays = {one.category: kept(by_table, one) for one in verdicts.verdicts} if verdicts is not None else {}
    names = {} if verdicts is None else verdicts.names
    return tuple(Alarm(one.id, one.brief, *_bearing(one, whom, stays, names)) for one in found)


def _bearing(
    one: FindingLine,
    found: Recommendation | None,
    stays: Mapping[str | None, int | None],
    names: Mapping[int, str],
) -> tuple[str, bool]:
    """Whether a decision rests on who changed, where it changed: in a sentence, and as such."""
    if found is None:
        return "", True
    by_table = None if one.category is None else stays.get(one.category)
    if by_table is not None:
        if one.candidate_id == by_table:
            return f"{one.candidate} answers {one.category} by the routing table, so the decision rests on it.", True
        other = names.get(by_table, "Another one")
        return f"{other} answers {one.category} by the routing table, so users do not get these answers.", False
    where = "" if one.category is None else f" in {one.category}"
    there = found.candidates if one.category is None else [found.by_category.get(one.category)]
    if one.candidate_id in there:
        return f"{one.candidate} is recommended{where or ' here'}, so the decision rests on it.", True
    if one.candidate_id == found.champion:
        return f"{one.candidate} is what users get today, so every comparison rests on it.", True
    return f"{one.candidate} is not recommended{where or ' anywhere'}, so users would not get these answers.", False


def _has_proposed_route(session: Session, dataset: str, verdicts: Verdicts | None) -> bool:
    """Whether a table waits; before the first one, whether a switch leaves out categories, which only a table does."""
    versions = routing.listed(session, dataset)
    whole = None if verdicts is None else verdicts.of(None)
    if versions or verdicts is None or whole is None:
        return any(one.state is routing.VersionState.PROPOSED for one in versions)
    return bool(words.exceptions(verdicts, whole))


def _raters(session: Session) -> int:
    """Whoever may rate as a rater; on a machine of one's own that is whoever sits there."""
    mine = sa.select(_person.id).where(_person.kind == "human", _person.role == "rater", _person.revoked_at.is_(None))
    return max(_count(session, mine), int(get_settings().auth is AuthMode.LOCAL))


def _to_take(session: Session, verdicts: Verdicts) -> OpenVerdict | None:
    """The first verdict, over all before the categories, that says to leave the champion and waits for somebody."""
    waiting = [verdict for verdict in verdicts.verdicts if _leaves(verdict)]
    query = select(DecisionTaken).where(DecisionTaken.dataset == verdicts.dataset) if waiting else None
    rows = [] if query is None else session.exec(query.order_by(col(DecisionTaken.id))).all()
    taken = {(row.category, row.champion_id, row.challenger_id) for row in rows}
    for verdict in waiting:
        if (verdict.category, verdict.champion, verdict.challenger) not in taken:
            return OpenVerdict(verdict.category, verdicts.names[verdict.challenger or 0])
    return None


def _leaves(verdict: Verdict) -> bool:
    if verdict.decision is Decision.PRACTICALLY_EQUAL:
        return verdict.comparisons[0].cheaper == verdict.challenger
    return verdict.decision is Decision.SWITCH


def _open(verdicts: Verdicts, by_table: Routed | None) -> OpenVerdict | None:
    """The verdict over all where its evidence is not enough, else of the categories the cheapest one to settle.

    None of a category that another than the champion answers by the table in force: there it is routes that are open.
    """
    waiting = [one for one in _with_ways(verdicts) if one.category is None or not _is_routed(by_table, one.category)]
    over_all = [one for one in waiting if one.category is None]
    return next(iter(over_all or sorted(waiting, key=_price)), None)


def _is_routed(by_table: Routed | None, category: str) -> bool:
    return by_table is not None and category in by_table.by_category


def _with_ways(verdicts: Verdicts) -> Iterable[OpenVerdict]:
    for verdict in verdicts.verdicts:
        first = verdict.comparisons[0] if verdict.comparisons else None
        if first is None or _is_hopeless(verdicts, first):
            continue
        if verdict.decision is Decision.NOT_ENOUGH and first.settlement and first.settlement.ways:
            yield OpenVerdict(verdict.category, verdicts.names[first.challenger], first.settlement.ways)


def _is_hopeless(verdicts: Verdicts, one: Comparison) -> bool:
    """Whether evidence in a category would only prove that the champion stays.

    The challenger looks worse than it may be, or no better and no cheaper.
    """
    if one.category is None or one.quality is None:
        return False
    gains_nothing = one.cost is not None and one.cost.estimate <= 0 and one.quality.estimate <= 0
    return gains_nothing or one.quality.estimate < -verdicts.settings.margins.quality(one.category)


def _price(one: OpenVerdict) -> tuple[bool, float]:
    usd = one.ways[0].usd
    return usd is None, usd or 0.0


def _unpriced(verdicts: Verdicts, report: QualityReport) -> tuple[str, ...]:
    asked = {line.candidate_id for line in report.overall() if line.responses and line.cost_usd is None}
    whole = verdicts.of(None)
    compared = [] if whole is None else [whole.champion, *(one.challenger for one in whole.comparisons)]
    return tuple(verdicts.names[of] for of in compared if of in asked)


def _count(session: Session, query: "sa.Select[Any]") -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())
