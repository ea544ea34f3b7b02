"""What goes wrong most often with the champion's answers, and with those of whom to switch to, each with an example."""

import streamlit as st

from core.domain.words import n, percent
from core.services.overview import Failure
from core.services.quality import BehindRow, Line
from core.ui.overview import addresses
from core.ui.overview.view import View
from core.ui.quality import behind
from core.ui.shared import frame, leading

_LONGEST = 90


def section(view: View) -> None:
    """Three of each at most; without any that is said."""
    lines = {line.candidate_id: line for line in view.report.overall()}
    for candidate, failures in view.failures.items():
        _of(view, lines[candidate], failures)
    if view.weighed:
        st.caption(view.weighed)


def _of(view: View, line: Line, failures: list[Failure]) -> None:
    name = view.candidate(line).name
    with st.container(gap="xsmall"):
        st.subheader(f"Where {frame.as_typed(name)} fails most", anchor=False)
        if not failures:
            st.markdown(f"Nowhere yet: none of its {n(line.responses, 'response')} fails a gate or was turned down.")
            return
        with st.grid(len(failures), min_column_width=250, gap="medium"):
            for place, failure in enumerate(failures):
                with st.container(gap="xsmall", key=f"overview_failure-{line.candidate_id}-{place}"):
                    _failure(view, name, failure)


def _failure(view: View, name: str, failure: Failure) -> None:
    title = frame.as_typed(behind.label_of(failure.what))
    said = f"**{title}** {failure.count:,} of {n(failure.of, _unit(failure))} ({percent(failure.share)})"
    leading.line(said, addresses.responses_behind(view.label, name, failure.what))
    if failure.example is not None:
        leading.line(_example(failure.example), addresses.example(view.label, failure.example))


def _unit(failure: Failure) -> str:
    return {"errors": "call", "not_sent": "rated response"}.get(failure.what.kind, "response")


def _example(row: BehindRow) -> str:
    text = row.text or ", ".join(row.reasons) or "empty"
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip(' …')} …"
    return f":gray[{frame.as_typed(row.prompt)} · {frame.as_typed(shown)}]"
