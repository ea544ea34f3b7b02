"""The candidates of a run: how far each is, what it spent, and how its responses score as they arrive."""

import streamlit as st

from core import clock
from core.domain.words import seconds, shares
from core.services import quality
from core.services.quality import Line, Scope
from core.services.runs import CandidateProgress, RunLine
from core.storage.engine import reading
from core.ui.runs import words
from core.ui.shared import colours, grids
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

_FRESH_S, _KEPT_S = 3, 20
_MOST_WHILE_RUNNING = 5_000


def table(line: RunLine, each: list[CandidateProgress]) -> None:
    """One row a candidate. ``each``: as ``runs.per_candidate`` gives them."""
    if not each:
        return
    scored = _scored(line)
    in_colour = colours.coloured([one.position for one in each])
    acceptable = _acceptable(each, scored)
    grids.show(
        [
            _row(line, one, scored.get(one.candidate_id), share, in_colour=one.position in in_colour)
            for one, share in zip(each, acceptable, strict=True)
        ],
        alt=f"How far each candidate is in run {line.id}: responses, calls, given up, acceptable, latency, spent",
    )
    if line.is_active and line.responses and not scored:
        st.caption("Scores are added up when the run has ended.")


def scores_in_words(line: RunLine) -> str:
    """How many responses are scored, and how many of them acceptable; empty where none is scored yet."""
    found = [each for each in _scored(line).values() if each.acceptable.n]
    judged = sum(each.acceptable.n - each.errors for each in found)
    return f"{sum(each.acceptable.hits for each in found):,} acceptable of {judged:,} scored" if judged > 0 else ""


def _row(
    line: RunLine, one: CandidateProgress, scored: Line | None, acceptable: str, *, in_colour: bool
) -> dict[str, object]:
    name = grids.Name(one.name, one.position, in_colour, one.is_champion)
    shown: dict[str, object] = {"Candidate": name}
    if line.is_evaluation:
        shown |= {
            "Done": grids.Done(int(100 * one.share)),
            "Responses": f"{one.responses:,} of {one.planned:,}",
            "Calls": one.attempts,
            "Given up": one.failed,
        }
    else:
        shown |= {"Responses": f"{one.responses:,}"}
    shown |= {"Acceptable": acceptable, "Median latency": _latency(scored)}
    if line.is_evaluation:
        shown |= {"Spent": words.spent(one.cost_usd, one.unpriced)}
    return shown


def _acceptable(each: list[CandidateProgress], scored: dict[int, Line]) -> list[str]:
    found = [line.acceptable if (line := scored.get(one.candidate_id)) is not None else None for one in each]
    written = shares([(share.hits, share.n) if share is not None else (0, 0) for share in found])
    return [
        "–" if not one.responses else "not scored yet" if share is None or share.value is None else said
        for one, share, said in zip(each, found, written, strict=True)
    ]


def _latency(scored: Line | None) -> str:
    median = scored.latency.p50 if scored is not None else None
    if median is None or median.value is None:
        return "–"
    return seconds(median.value)


def _scored(line: RunLine) -> dict[int, Line]:
    """Candidate id → its figures in this run. Of a large run only once it has ended: adding up takes a while."""
    if not line.responses or (line.is_active and line.planned > _MOST_WHILE_RUNNING):
        return {}
    tick = int(clock.now().timestamp() // _FRESH_S) if line.is_active else 0
    database = engine()

    def compute() -> dict[int, Line]:
        with reading(database) as session:
            report = quality.report(session, Scope(line.dataset_id, line.id))
        return {found.candidate_id: found for found in report.overall()}

    return KEPT.get(("figures", str(database.url), line.id, line.state, tick), compute, fresh_s=_KEPT_S)
