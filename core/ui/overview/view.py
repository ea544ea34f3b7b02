"""What the page shows of one dataset: verdicts, figures, money, failures; computed once for everybody who looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import streamlit as st
from sqlalchemy import Engine
from sqlmodel import Session

from core import clock
from core.domain.overview import Recommendation, Routed, recommended
from core.services import deciding, overview, quality
from core.services.deciding import Verdicts, taken, words
from core.services.overview import Failure, Money
from core.services.quality import CandidateRef, Line, QualityReport, Scope, rated
from core.storage.engine import reading
from core.storage.tables import Dataset
from core.ui.decisions import page as decisions_page
from core.ui.quality import page as quality_page
from core.ui.quality import sentences
from core.ui.quality.standing import Standing, standing
from core.ui.shared import colours, frame
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

_FRESH_S = 60
_SCORED = "scored meanwhile"
"""Verdicts that were computed before anything was scored are kept too, and worth nothing once it is."""
_MOST_ANEW = 5_000


@dataclass(frozen=True)
class View:
    """What is shown. ``label``: of the newest answered version of the dataset, in addresses."""

    dataset: str
    label: str
    verdicts: Verdicts
    report: QualityReport
    lines: list[Line]
    """Of the candidates that may be compared, over all categories, the cheapest per acceptable response first."""
    by: Standing
    """Whose judgement they are compared by."""
    recommendation: Recommendation | None
    money: Money | None
    routed: Routed | None
    """By the routing table in force, who answers what in place of the champion."""
    failures: Mapping[int, list[Failure]]
    """Of the champion, and at a switch of whom to switch to, by candidate."""
    coloured: frozenset[int]
    """Positions in colour."""
    as_of: tuple[object, ...]
    """Changes with what verdicts rest on."""
    scored: int | None
    """While scores still come: how far they were. None: nothing waits for one."""
    now: datetime

    @property
    def names(self) -> Mapping[int, str]:
        """Of candidates, as people typed them."""
        return self.verdicts.names

    def called(self, candidate_id: int) -> str:
        """A candidate's name, for Markdown."""
        return frame.as_typed(self.names.get(candidate_id, "?"))

    @property
    def weighed(self) -> str:
        """Why figures of the newest run may say another thing than the verdict over all, for Markdown; or nothing."""
        said = words.weights(self.verdicts)
        return f"Every prompt counts the same here, in the newest run. {frame.as_typed(said)}" if said else ""

    def candidate(self, line: Line) -> CandidateRef:
        """The candidate of a line."""
        return self.report.candidate(line.candidate_id)

    @property
    def champion(self) -> Line | None:
        """The champion's figures over all; None where it has none."""
        mine = (line for line in self.report.overall() if line.candidate_id == self.verdicts.champion)
        return next(mine, None)


def view(dataset: str) -> View:
    """The view of the dataset of that name."""
    now = clock.now()
    with reading(engine()) as session:
        as_of = deciding.as_of(session, dataset)
        newest, figures_as_of = _newest(session, dataset)
    verdicts = decisions_page.found(dataset, as_of)
    scope = Scope(newest.id or 0)
    with st.spinner("Adding up what it cost …"):
        report = quality_page.kept(engine(), scope, figures_as_of)
        failures = _failures(engine(), scope, figures_as_of, report, verdicts)
    scored = None
    if _is_being_scored(report):
        scored = how_far_scored(dataset)
        verdicts = decisions_page.found(dataset, (*as_of, _SCORED, scored))
        report = quality_page.kept(engine(), scope, (*figures_as_of, scored))
        failures = _failures(engine(), scope, (*figures_as_of, scored), report, verdicts)
    with reading(engine()) as session:
        routed = overview.routed(session, dataset, verdicts.champion)
    return _made(dataset, newest.label, verdicts, report, routed, failures, as_of, scored, now)


def how_far_scored(dataset: str) -> int:
    """Another once an answer to the dataset was scored since."""
    with reading(engine()) as session:
        return overview.scores(session, dataset)


def _is_being_scored(report: QualityReport) -> bool:
    """Whether scores may come that change what is shown; of very many responses time alone renews it."""
    lines = report.overall()
    return any(line.open for line in lines) and sum(line.responses for line in lines) <= _MOST_ANEW


def compute_first(database: Engine) -> None:
    """Compute and keep what the page shows of itself, so that who looks first does not wait for it."""
    with reading(database) as session:
        names = deciding.datasets(session)
        if not names:
            return
        as_of = deciding.as_of(session, names[0])
        newest, figures_as_of = _newest(session, names[0])
    verdicts = decisions_page.verdicts(database, names[0], as_of)
    scope = Scope(newest.id or 0)
    report = quality_page.kept(database, scope, figures_as_of)
    _failures(database, scope, figures_as_of, report, verdicts)
    decisions_page.kept("outcomes", names[0], as_of, taken.outcomes, database=database)
    with reading(database) as session:
        overview.situation(session, names[0], verdicts, report, now=clock.now())


def _newest(session: Session, dataset: str) -> tuple[Dataset, tuple[int, ...]]:
    """The newest version that anybody answered, else the newest; and what its figures rest on."""
    newest = quality.newest_answered(session, dataset)
    runs = quality.runs(session, newest.id or 0)
    return newest, quality.as_of(session, runs) + rated.as_of(session)


def _failures(
    database: Engine, scope: Scope, as_of: tuple[int, ...], report: QualityReport, verdicts: Verdicts
) -> dict[int, list[Failure]]:
    by_candidate = {line.candidate_id: line for line in report.overall()}
    found = recommended(verdicts.verdicts)
    whole = [] if found is None else [of for of in found.candidates if of != found.champion][:1]
    asked = [of for of in (verdicts.champion, *whole) if of in by_candidate]

    def compute() -> dict[int, list[Failure]]:
        with reading(database) as session:
            return {of: overview.failures(session, scope, by_candidate[of]) for of in asked if of is not None}

    return KEPT.get(("failures", str(database.url), scope, as_of, *asked), compute, fresh_s=_FRESH_S)


def _made(
    dataset: str, label: str, verdicts: Verdicts, report: QualityReport, routed: Routed | None,
    failures: Mapping[int, list[Failure]], as_of: tuple[object, ...], scored: int | None, now: datetime,
) -> View:  # fmt: skip
    by = standing(report.compared())
    lines = sentences.in_order(report.compared(), by)
    recommendation = overview.recommendation_of(verdicts, report, routed)
    money = None if recommendation is None else overview.money_of(
        report, recommendation, verdicts.settings.answers_a_month
    )  # fmt: skip
    positions = [report.candidate(line.candidate_id).position for line in lines]
    named = _first(verdicts.champion, recommendation)
    first = [verdicts.candidates[of].position for of in named if of in verdicts.candidates]
    order = [*first, *(position for position in positions if position not in first)]
    return View(
        dataset,
        label,
        verdicts,
        report,
        lines,
        by,
        recommendation,
        money,
        routed,
        failures,
        colours.coloured(order),
        as_of,
        scored,
        now,
    )


def _first(champion: int | None, recommendation: Recommendation | None) -> list[int]:
    """Who is in colour before all others: the champion and whom the verdicts recommend."""
    named = [*([] if champion is None else [champion]), *(recommendation.candidates if recommendation else [])]
    return list(dict.fromkeys(named))
