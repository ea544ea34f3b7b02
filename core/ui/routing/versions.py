"""Every version of the table: what it changed, who proposed and who decided it, when and why."""

from collections.abc import Sequence

import streamlit as st

from core.domain.routing import Occasion
from core.domain.words import when
from core.services.routing import Version
from core.ui.shared import frame, grids

OCCASIONS = {
    Occasion.VERDICT: "a verdict changed",
    Occasion.DRIFT: "a drift alarm",
    Occasion.ASKED: "somebody asked",
}
_READ = 5


def section(listed: Sequence[Version]) -> None:
    """The newest first; nothing where none was proposed."""
    if not listed:
        return
    st.subheader("Versions", anchor=False)
    grids.show([_row(one) for one in listed], alt="Every proposed table, who decided on it, and why")
    with st.expander("What each changed"):
        for one in listed[:_READ]:
            replaced = "the champion everywhere" if one.replaces_id is None else f"version {one.replaces_id}"
            st.markdown(f"**Version {one.id}** beside {replaced}, {one.state}")
            st.markdown("\n".join(f"- {frame.as_typed(line)}" for line in one.said.splitlines()))
        if len(listed) > _READ:
            st.caption(f"The {_READ} newest of {len(listed):,}.")


def occasion(one: Version) -> str:
    """Who proposed it, or what had it proposed, for Markdown."""
    if one.proposed_by is not None:
        return f"by {frame.as_typed(one.proposed_by)}"
    return f"automatically ({OCCASIONS[one.because]})"


def _row(one: Version) -> dict[str, object]:
    return {
        "Version": str(one.id),
        "State": str(one.state),
        "Proposed": when(one.created_at),
        "Because": OCCASIONS[one.because],
        "By": one.proposed_by or "Evenhand",
        "Decided": when(one.decided_at),
        "By whom": one.decided_by or "–",
        "Why": one.why or "–",
        "Changes": _changes(one),
    }


def _changes(one: Version) -> str:
    moved = [move["category"] for move in one.rests_on.get("moves", ())]
    return ", ".join(moved) if moved else "none of who answers first"
