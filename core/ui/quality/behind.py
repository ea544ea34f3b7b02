"""The responses behind a figure: choose which, and go from there to the prompt."""

import streamlit as st

from core.domain.acceptability import Requirement
from core.domain.words import UNKNOWN, money
from core.services import quality
from core.services.quality import BehindRow, Scope, What
from core.services.quality.measures import measures
from core.storage.engine import reading
from core.ui.quality.page import View
from core.ui.shared import arriving, filters, grids
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

BEHIND, OF = "cost_behind", "cost_of"
PLACE = "cost_at_behind"
"""In an address: that it leads here."""
_MOST_SHOWN = 200
_FRESH_S = 20
_EVERYBODY = "All candidates"
_WORDS = {
    "not_acceptable": "Not automatically acceptable",
    "rated": "Rated by experts",
    "sent": "Experts would send",
    "not_sent": "Experts would not send",
    "acceptable": "Automatically acceptable",
    "errors": "Given up",
    "refusals": "Refusals",
    "incomplete": "Cut short or empty",
    "blocked": "Blocked by a content filter",
    "undecided": "Without a verdict",
    "unchecked": "Unchecked: no gate applies",
    "slowest": "The slowest",
    "dearest": "The dearest",
    "unpriced": "Of unknown cost",
    "all": "All responses",
}
_FORMER = {"Not acceptable": _WORDS["not_acceptable"], "Acceptable": _WORDS["acceptable"]}
"""How old links say it."""
_OF_RATERS = ("rated", "sent", "not_sent")
_OF_FORM = {
    str(Requirement.COMPLETE): "Cut short",
    str(Requirement.NOT_EMPTY): "Empty",
    str(Requirement.NO_REFUSAL): "Refuses what it should answer",
    str(Requirement.REFUSAL): "Does not refuse where the prompt expects it",
}


def section(view: View) -> None:
    """Which figure, of whom, and the list."""
    with arriving.place(PLACE, "What is behind a figure"):
        _section(view)


def _section(view: View) -> None:
    st.subheader("What is behind a figure", anchor=False)
    options = options_of(view)
    names = {view.report.candidate(line.candidate_id).name: line.candidate_id for line in (*view.lines, *view.apart)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = options[filters.one_of("Show me", list(options), key=BEHIND, width=320, also=_FORMER)]
        of = {_EVERYBODY: "all"} | {name: str(id) for name, id in names.items()}
        name = filters.one_of("Of", of, key=OF, width=220, within=str(view.choice.scope))
    filters.say_gone()
    chosen = frozenset({names[name]}) if name in names else frozenset(names.values())
    rows, total = _found(view.choice.scope, what, chosen, view.choice.category, view.as_of)
    if not rows:
        st.caption("None.")
        return
    more = f"The first {len(rows):,} of {total:,}." if total > len(rows) else f"{total:,} in all."
    st.caption(f"{more} A prompt's name leads to the response, with its scores and votes beside the other answers.")
    _list(view, rows)


def options_of(view: View) -> dict[str, What]:
    """What can be asked for, by how it is called: the kinds, then each gate that fails any, and what is not scored."""
    failed: dict[str, int] = {}
    shown = (*view.lines, *view.apart)
    for line in shown:
        for name, n in line.failed.items():
            failed[name] = failed.get(name, 0) + n
    known = {str(requirement) for requirement in Requirement}
    unscored = {name: sum(_unscored(line, name) for line in shown) for name in view.report.evaluators}
    named = {
        **{fails(name): What("failed", name) for name in failed if name not in known},
        **{_OF_FORM[name]: What("failed", name) for name in failed if name in _OF_FORM},
        **{not_scored(name): What("unscored", name) for name, n in unscored.items() if n},
    }
    kinds = [kind for kind in _WORDS if view.report.said or kind not in _OF_RATERS]
    return {_WORDS[kind]: What(kind) for kind in kinds} | named


def label_of(what: What) -> str:
    """How the responses are called that ``what`` asks for, as in ``options_of``."""
    if what.kind == "unscored":
        return not_scored(what.name)
    if what.kind == "failed":
        return _OF_FORM.get(what.name, _WORDS["blocked"] if what.name == Requirement.NOT_BLOCKED else fails(what.name))
    return _WORDS[what.kind]


def fails(gate: str) -> str:
    """How the responses are called that fail a gate."""
    return f"Fails “{gate}”"


def not_scored(evaluator: str) -> str:
    """How the responses are called that an evaluator has no score for."""
    return f"Not scored by “{evaluator}”"


def choose(view: View, column: str, candidate_id: int) -> None:
    """Show the responses behind a cell of the table; for callbacks, before the selectboxes are drawn."""
    options = options_of(view)
    kind = next((each.behind for each in measures(view.report) if each.head == column), "not_acceptable")
    wanted = next((label for label in (fails(column), not_scored(column)) if label in options), _WORDS[kind])
    filters.choose(BEHIND, wanted)
    filters.choose(OF, view.report.candidate(candidate_id).name)


def _unscored(line: quality.Line, name: str) -> int:
    score = line.scores.get(name)
    return score.unscored + score.missing if score else 0


def _found(
    scope: Scope, what: What, candidates: frozenset[int], category: str | None, as_of: tuple[int, ...]
) -> tuple[list[BehindRow], int]:
    """``as_of`` tells lists apart that rest on other figures."""
    database = engine()

    def compute() -> tuple[list[BehindRow], int]:
        with reading(database) as session:
            return quality.responses_behind(
                session, scope, what, candidate_ids=candidates, category=category, limit=_MOST_SHOWN
            )

    key = ("behind", str(database.url), scope, what, candidates, category, as_of)
    with st.spinner("Looking them up …"):
        return KEPT.get(key, compute, fresh_s=_FRESH_S)


def _list(view: View, rows: list[BehindRow]) -> None:
    grids.leading(
        [_row(view, row) for row in rows],
        alt="The responses behind the chosen figure: prompt, candidate, verdict, why, answer, latency and cost",
        key="cost_behind-list",
        most_px=400,
    )


def why(row: BehindRow) -> str:
    """What is wrong with a response, in words."""
    if row.response_id is None:
        return ": ".join(row.reasons)
    if row.acceptable is None:
        return f"not scored: {', '.join(row.reasons)}"
    if row.acceptable and not row.is_checked:
        return "unchecked: no gate applies"
    return ", ".join(row.reasons)


def said(row: BehindRow) -> str:
    """How many of the raters would send it, and who said what."""
    would = sum(sends for _, sends in row.said)
    each = ", ".join(f"{name} {'yes' if sends else 'no'}" for name, sends in row.said)
    return f"{would:,} of {len(row.said):,} would send: {each}"


def _row(view: View, row: BehindRow) -> dict[str, object]:
    candidate = view.report.candidate(row.candidate_id)
    verdict = {True: "acceptable", False: "not acceptable", None: "no verdict"}[row.acceptable]
    seconds = None if row.latency_ms is None else row.latency_ms / 1000
    return {
        "Prompt": _way_to(row),
        "Candidate": grids.Name(candidate.name, candidate.position, candidate.position in view.coloured),
        "Why": grids.Passage(why(row) or "–"),
        **({"Raters": grids.Passage(said(row))} if row.said else {}),
        "Answer": grids.Passage(row.text),
        "By gates": "given up" if row.response_id is None else verdict,
        "Latency": grids.Number(UNKNOWN if seconds is None else f"{seconds:,.2f} s", seconds),
        "Cost": grids.Number(money(row.cost_usd), row.cost_usd),
        "Category": row.category,
        "Run": row.run_id,
    }


def _way_to(row: BehindRow) -> grids.Link:
    """To the response, marked; of a unit that was given up to its prompt."""
    where = filters.responses_address(row.dataset_id, row.prompt, response_id=row.response_id)
    return grids.Link(row.prompt, "responses", where)
