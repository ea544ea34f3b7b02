"""What the figures of a way to answer are made of: category by category, each leading to the responses behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.domain.acceptability import Requirement
from core.domain.routing import P50, P95, Option, Route, RoutingTable
from core.domain.words import UNKNOWN, money, percent, seconds
from core.services.quality import What
from core.services.routing import Policy, View
from core.ui.overview import addresses
from core.ui.shared import filters, grids
from core.ui.shared.grids import Cell, Link, Number
from core.ui.shared.leading import Address

_WHO, _ANCHOR, _CHANGED = "routing_who", "made-of", "table"


@dataclass(frozen=True)
class Way:
    """A way to answer everything: a table, or one candidate."""

    label: str
    value: str
    """In addresses."""
    policy: Policy
    table: RoutingTable


def ways(found: View) -> list[Way]:
    """The table in force, what it would be, and each candidate alone."""
    tables = [Way("The table in force", "in_force", found.ifs.in_force, found.in_force_table)]
    if found.moves:
        tables.append(Way("The table above, with its changes", _CHANGED, found.ifs.compiled, found.table))
    return [*tables, *(_alone(found, one) for one in found.ifs.singles)]


def _alone(found: View, policy: Policy) -> Way:
    one = policy.candidate or 0
    return Way(found.names[one], str(one), policy, RoutingTable((), Route(None, one)))


def choose(way: Way) -> None:
    """For callbacks: have the section show this one."""
    filters.choose(_WHO, way.label)


def marked(said: str) -> str:
    """Markdown of figures of a table that leads to the section."""
    return f"[{said}](#{_ANCHOR})"


def section(found: View) -> None:
    """Choose who answers, and see each category's figures."""
    listed = ways(found)
    by_label = {way.label: way for way in reversed(listed)}
    options = {way.label: by_label[way.label].value for way in listed}
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader("What these figures are made of", anchor=_ANCHOR, width="content")
        usual = listed[1 if found.moves else 0].label
        also = {} if found.moves else {_CHANGED: usual}
        chosen = filters.one_of(
            "Who answers", options, key=_WHO, usual=usual, within=found.dataset, also=also, what="candidate", width=300
        )
    filters.say_gone()
    grids.leading(
        rows(found, by_label[chosen].table),
        alt="Each category with who answers it, what it counts, quality, cost, latency and refusals",
        key="routing_made-of",
    )
    st.caption(f":material/link: Each figure leads to the responses and votes behind it. {_differs(found)}".strip())


def _differs(found: View) -> str:
    """Where what is behind a link is not all of it."""
    said = [] if found.versions < 2 else [f"All {found.versions:,} versions count here, and links show the newest."]
    if found.since_changes:
        said.append("Who changed counts since that change (*Drift*); links show all runs.")
    return " ".join(said)


def rows(found: View, table: RoutingTable) -> list[dict[str, object]]:
    """A row for each category, by the alphabet."""
    return [_row(found, category, table.of(category).primary) for category in sorted(found.weights)]


def _row(found: View, category: str, candidate: int) -> dict[str, object]:
    option, weight = found.options.get(category, {}).get(candidate, Option(candidate)), found.weights[category]
    who = found.candidates.get(candidate)

    def cell(value: float | None, write: Callable[[float], str], what: What) -> Cell:
        if value is None:
            return Number(UNKNOWN, None)
        return link(write(value), behind(found, category, candidate, what), value)

    return {
        "Category": link(category, addresses.verdict(found.dataset, category)),
        "Who answers": "?" if who is None else grids.Name(who.name, who.position),
        "Answers a month" if found.ifs.weighted_by_answers else "Prompts": Number(f"{weight:,.0f}", weight),
        "Acceptable": cell(option.share, lambda share: _share(share, option), _judged_by(option)),
        "Per 1,000 answers": cell(option.cost_usd, lambda usd: money(1000 * usd), What("dearest")),
        "Median": cell(option.ms(P50), seconds, What("slowest")),
        "p95": cell(option.ms(P95), seconds, What("slowest")),
        "Refused": cell(None if option.refusals is None else option.refusals.value, percent, _refused(option)),
    }  # fmt: skip


def _share(share: float, option: Option) -> str:
    return f"{percent(share)}, raters" if option.is_human else f"{percent(share)} of {option.judged:,}"


def _judged_by(option: Option) -> What:
    return What("rated") if option.is_human else What("acceptable" if option.share else "all")


def _refused(option: Option) -> What:
    """The list has no such kind where none refuses."""
    some = option.refusals is not None and option.refusals.value
    return What("failed", Requirement.NO_REFUSAL) if some else What("all")


def behind(found: View, category: str, candidate: int, what: What) -> Address:
    """The list of a candidate's responses in a category, of all runs."""
    return addresses.responses_behind(
        str(found.newest_id), str(candidate), what, category=category, run=_runs(found)
    )  # fmt: skip


def figures(found: View, category: str, candidates: Sequence[int]) -> Address:
    """The figures of some candidates in a category, of all runs."""
    return addresses.figures(
        str(found.newest_id), candidates=[str(one) for one in candidates], category=category, run=_runs(found)
    )  # fmt: skip


def _runs(found: View) -> str:
    return addresses.ALL_RUNS if len(found.runs) > 1 else str(found.runs[0])


def link(text: str, to: Address, value: float | None = None) -> Link:
    """A cell that leads there; ``value``: where it is a number, what it is put in order by."""
    return Link(text, to.page.removesuffix(".py"), to.query, value)
