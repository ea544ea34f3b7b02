"""What judges did: how often they could not be understood, what they cost, whether they favour their own family."""

import pandas as pd
import streamlit as st

from core.domain.words import money, n
from core.services.judging.evaluator_lines import EvaluatorLine
from core.ui.datasets import judging_pairs


def section(lines: list[EvaluatorLine]) -> None:
    """A table of judges, and favouritism where one may judge its own family."""
    if not lines:
        return
    st.subheader("Judges", anchor=False)
    rows = pd.DataFrame([_row(line) for line in lines])
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "Judge": st.column_config.TextColumn(width=190),
            "Not understood": st.column_config.TextColumn(
                help="Replies that hold no verdict in the form asked for: these responses are unscored"
            ),
            "Own family": st.column_config.TextColumn(
                help="Judge's preference for its own family less the experts', over pairs that both compared; "
                "above 0 it favours its own. Told from votes on Send (or overall)"
            ),
        },
        alt="What judges did, how often they were not understood, and what they cost",
    )
    st.caption("A judge's spend is kept apart from that of candidates. A judge does not judge its own family unless "
               "it may, and then how far it favours it is shown.")  # fmt: skip
    judging_pairs.section(lines)


def _row(line: EvaluatorLine) -> dict[str, object]:
    done = line.judging
    assert done is not None
    rate = done.parse_failure_rate
    spent = money(done.spent_usd)
    return {
        "Judge": line.evaluator.name,
        "Model": str(line.evaluator.params.get("model", "")),
        "Calls": done.calls,
        "Not understood": "–" if rate is None else f"{done.unparsed:,} of {done.replies:,} ({100 * rate:.1f} %)",
        "Failed calls": done.faults,
        "Spent": f"{spent} + {n(done.unpriced, 'call')} of unknown price" if done.unpriced else spent,
        "Scored": line.scored,
        "Unscored": line.unscored,
        "Own family": _favour(line),
    }


def _favour(line: EvaluatorLine) -> str:
    found = line.favour
    if found is None:
        return "not judged"
    if found.value is None or found.lower is None or found.upper is None:
        return found.problem or "not known yet"
    only = ", for these raters only" if found.holds_for_these_raters_only else ""
    return f"{found.value:+.2f} ({found.lower:+.2f} to {found.upper:+.2f}), {n(found.pairs, 'pair')}{only}"
