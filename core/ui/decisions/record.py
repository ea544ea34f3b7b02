"""The record of decisions: who took which, when and why, and the predicted saving beside the actual one."""

import streamlit as st

from core.domain.words import n, percent, when
from core.services.deciding import taken
from core.services.deciding.taken import DecisionOutcome
from core.ui.decisions import page
from core.ui.shared import arriving, grids

PLACE = "decisions_at_record"
"""In an address: that it leads here."""


def section(dataset: str, as_of: tuple[object, ...]) -> None:
    """Every decision on the dataset, the newest first; nothing where none was taken."""
    outcomes = page.kept("outcomes", dataset, as_of, taken.outcomes)
    if not outcomes:
        return
    with arriving.place(PLACE, "Decisions taken"):
        st.subheader("Decisions taken", anchor=False)
        grids.show([_row(one) for one in outcomes], alt="Every decision with who took it, why, and what came of it")
        st.caption(
            "Saved: of the champion's cost per acceptable response. *Predicted* as the verdict stood then, *actual* "
            "from the runs begun since."
        )


def _row(one: DecisionOutcome) -> dict[str, object]:
    taken_ = one.taken
    return {
        "When": when(taken_.created_at),
        "Where": taken_.category or "overall",
        "Verdict": _head(one) or f"{taken_.decision}: {one.challenger} for {one.champion}",
        "Decided": "accepted" if taken_.is_accepted else "declined",
        "By": one.by,
        "Why": taken_.why or "–",
        "Saved, predicted": "unknown" if one.predicted is None else percent(one.predicted),
        "Saved, actual": _actual(one),
    }


def _head(one: DecisionOutcome) -> str:
    """What the verdict said to do, with its exceptions, as it stood then."""
    return str(one.taken.verdict.get("sentence", "")).partition(": ")[0]


def _actual(one: DecisionOutcome) -> str:
    if one.actual is None:
        return "no run since" if not one.responses_since else "unknown"
    return f"{percent(one.actual)} over {n(one.responses_since, 'response')}"
