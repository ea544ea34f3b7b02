"""The record of decisions: who took which, when and why, and the predicted saving beside the actual one."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st
from sqlmodel import select

from core.domain.overview import who_answers
from core.domain.words import n, percent, spend, when
from core.services import routing
from core.services.deciding import Verdicts, taken
from core.services.deciding.taken import DecisionOutcome
from core.services.routing import Version, VersionState
from core.storage.engine import reading
from core.storage.tables import Candidate
from core.ui.decisions import page
from core.ui.shared import arriving, grids
from core.ui.shared.resources import engine

PLACE = "decisions_at_record"
"""In an address: that it leads here."""
Taken = DecisionOutcome | Version
"""A decision on a verdict, or one on a routing table."""


def section(found: Verdicts, as_of: tuple[object, ...]) -> None:
    """Every decision on the dataset, the newest first; nothing where none was taken."""
    all_taken = newest(found.dataset, as_of)
    if not all_taken:
        return
    names = _names() if any(isinstance(one, Version) for one in all_taken) else {}
    answers = found.settings.answers_a_month
    with arriving.place(PLACE, "Decisions taken"):
        st.subheader("Decisions taken", anchor=False)
        rows = [
            _row(one) if isinstance(one, DecisionOutcome) else _row_of_table(one, names, answers) for one in all_taken
        ]
        grids.show(rows, alt="Every decision with who took it, why, and what came of it")
        st.caption(
            "Saved: of the champion's cost per automatically acceptable response; by a table, a month. *Predicted* as "
            "it stood then, *actual* from the runs begun since."
        )


def newest(dataset: str, as_of: tuple[object, ...]) -> list[Taken]:
    """Decisions on verdicts and on routing tables, the newest first."""
    outcomes = page.kept("outcomes", dataset, as_of, taken.outcomes)
    with reading(engine()) as session:
        tables = routing.decided(session, dataset)
    return sorted([*outcomes, *tables], key=taken_at, reverse=True)


def taken_at(one: Taken) -> datetime:
    """When somebody decided."""
    found = one.taken.created_at if isinstance(one, DecisionOutcome) else one.decided_at
    assert found is not None
    return found


def is_accepted(one: Taken) -> bool:
    """Whether it was accepted; else it was declined."""
    return one.taken.is_accepted if isinstance(one, DecisionOutcome) else one.state is not VersionState.DECLINED


def word(one: Taken) -> str:
    """What was decided, in a word."""
    return "accepted" if is_accepted(one) else "declined"


def _names() -> dict[int, str]:
    with reading(engine()) as session:
        return {id: name for id, name in session.exec(select(Candidate.id, Candidate.name)) if id is not None}


def _row(one: DecisionOutcome) -> dict[str, object]:
    taken_ = one.taken
    return {
        "When": when(taken_.created_at),
        "Where": taken_.category or "overall",
        "Verdict": head(one) or f"{taken_.decision}: {one.challenger} for {one.champion}",
        "Decided": word(one),
        "By": one.by,
        "Why": taken_.why or "–",
        "Saved, predicted": "unknown" if one.predicted is None else percent(one.predicted),
        "Saved, actual": _actual(one),
    }


def _row_of_table(one: Version, names: Mapping[int, str], answers: Mapping[str, float]) -> dict[str, object]:
    return {
        "When": when(taken_at(one)),
        "Where": "by category",
        "Verdict": f"Routing table {one.id}: {who_answers(one.table.primaries, names, answers)}",
        "Decided": word(one),
        "By": one.decided_by or "–",
        "Why": one.why or "–",
        "Saved, predicted": "unknown" if one.saved_usd_a_month is None else f"{spend(one.saved_usd_a_month)} a month",
        "Saved, actual": "–",
    }


def head(one: DecisionOutcome) -> str:
    """What the verdict said to do, with its exceptions, as it stood then."""
    return str(one.taken.verdict.get("sentence", "")).partition(": ")[0]


def _actual(one: DecisionOutcome) -> str:
    if one.actual is None:
        return "no run since" if not one.responses_since else "unknown"
    return f"{percent(one.actual)} over {n(one.responses_since, 'response')}"
