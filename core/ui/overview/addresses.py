"""Where each figure of the page leads: the page that proves it, in the same scope."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from core.services.quality import BehindRow, What
from core.ui.decisions import comparisons
from core.ui.decisions import record as decisions_record
from core.ui.decisions import settings as decisions_settings
from core.ui.decisions.page import OVER_ALL
from core.ui.quality import behind, month, table
from core.ui.shared.arriving import AT
from core.ui.shared.leading import Address, Query
from core.ui.shared.navigation import REGISTRY

ALL_RUNS = "all"
"""In an address of *Cost & quality*, where there are several runs."""


def verdict(dataset: str, category: str | None) -> Address:
    """The comparisons in a category, or with None over all, on *Decisions*."""
    return Address("decisions.py", {"decisions_dataset": dataset, "decisions_scope": category or OVER_ALL})


def compared(dataset: str, category: str | None, challenger: int) -> Address:
    """The same, at the table of every challenger, with a closer look at one."""
    there = verdict(dataset, category)
    return Address(there.page, there.query | {AT: comparisons.PLACE, comparisons.CLOSER: str(challenger)})


def record(dataset: str) -> Address:
    """The decisions that were taken, on *Decisions*."""
    return Address("decisions.py", {"decisions_dataset": dataset, AT: decisions_record.PLACE})


def settings(dataset: str) -> Address:
    """Margins, traffic and limits, on *Decisions*."""
    return Address("decisions.py", {"decisions_dataset": dataset, AT: decisions_settings.PLACE})


def decisions(dataset: str) -> Address:
    """*Decisions* as a whole: its record and its settings too."""
    return Address("decisions.py", {"decisions_dataset": dataset})


def routes(dataset: str) -> Address:
    """The routing table on *Routing*."""
    return Address("routing.py", {"routing_dataset": dataset})


def figures(
    label: str,
    *,
    candidates: Sequence[str] = (),
    category: str | None = None,
    run: str = "",
    at: str = table.PLACE,
) -> Address:
    """The figures of some candidates on *Cost & quality*, at a place of the page.

    ``label``: of the dataset, as of candidates its name or id. ``run``: an id or ``ALL_RUNS``; without, the newest.
    """
    query: Query = {"cost_dataset": label, AT: at}
    if run:
        query["cost_run"] = run
    if candidates:
        query["cost_show"] = list(candidates)
    if category is not None:
        query["cost_category"] = category
    return Address("cost.py", query)


def month_of(label: str, candidates: Sequence[str], who: Mapping[str, int]) -> Address:
    """What answers cost a month with these candidates, and with ``who`` (by category): on *Cost & quality*."""
    there = figures(label, candidates=candidates, at=month.PLACE)
    mix = month.mixed(who)
    return Address("cost.py", there.query | ({month.MIX: mix} if mix else {}))


def responses_behind(label: str, candidate: str, what: What, *, category: str | None = None, run: str = "") -> Address:
    """The list of responses behind a count, on *Cost & quality*, as ``figures`` leads there."""
    there = figures(label, category=category, run=run, at=behind.PLACE)
    return Address("cost.py", {**there.query, behind.BEHIND: behind.label_of(what), behind.OF: candidate})


def example(label: str, row: BehindRow) -> Address:
    """A response, marked among all to its prompt, on *Responses*; of a unit that was given up its prompt."""
    if row.response_id is not None:
        return Address("responses.py", {"response": str(row.response_id)})
    return Address("responses.py", {"responses_dataset": label, "prompt": row.prompt})


def finding(dataset: str, finding_id: int | None) -> Address:
    """A change on *Drift*."""
    query: Query = {"dataset": dataset}
    return Address("drift.py", query if finding_id is None else query | {"finding": str(finding_id)})


def run(run_id: int | None) -> Address:
    """A run on *Runs*."""
    return Address("runs.py", {} if run_id is None else {"run": str(run_id)})


def of_link(link: str) -> Address | None:
    """What an alert's link leads to; None where there is no such page here."""
    parts = urlsplit(link)
    entry = next((entry for entry in REGISTRY if entry.url_path == parts.path.strip("/")), None)
    return None if entry is None else Address(entry.file, dict(parse_qsl(parts.query)))
