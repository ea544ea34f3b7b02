"""Where each figure of the page leads: the page that proves it, in the same scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from core.services.quality import What
from core.ui.decisions.page import OVER_ALL
from core.ui.quality import behind
from core.ui.shared.navigation import REGISTRY

ALL_RUNS = "all"
"""In an address of *Cost & quality*, where there are several runs."""
Query = dict[str, str | list[str]]


@dataclass(frozen=True)
class Address:
    """A page's file and what its address says."""

    page: str
    query: Query


def verdict(dataset: str, category: str | None) -> Address:
    """The comparisons in a category, or with None over all, on *Decisions*."""
    return Address("decisions.py", {"decisions_dataset": dataset, "decisions_scope": category or OVER_ALL})


def decisions(dataset: str) -> Address:
    """*Decisions* as a whole: its record and its settings too."""
    return Address("decisions.py", {"decisions_dataset": dataset})


def routes(dataset: str) -> Address:
    """The routing table on *Routing*."""
    return Address("routing.py", {"routing_dataset": dataset})


def figures(label: str, *, candidates: Sequence[str] = (), category: str | None = None, run: str = "") -> Address:
    """The figures of some candidates on *Cost & quality*.

    ``label``: of the dataset, as of candidates its name or id. ``run``: an id or ``ALL_RUNS``; without, the newest.
    """
    query: Query = {"cost_dataset": label}
    if run:
        query["cost_run"] = run
    if candidates:
        query["cost_show"] = list(candidates)
    if category is not None:
        query["cost_category"] = category
    return Address("cost.py", query)


def responses_behind(label: str, candidate: str, what: What, *, category: str | None = None, run: str = "") -> Address:
    """The list of responses behind a count, on *Cost & quality*, as ``figures`` leads there."""
    there = figures(label, category=category, run=run)
    return Address("cost.py", {**there.query, behind.BEHIND: behind.label_of(what), behind.OF: candidate})


def prompt(label: str, external_id: str) -> Address:
    """A prompt with every answer to it, on *Responses*."""
    return Address("responses.py", {"responses_dataset": label, "prompt": external_id})


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
