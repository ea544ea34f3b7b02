"""The pages that prove an alert, in the scope of what it is about: paths of the app with their query."""

from urllib.parse import urlencode

from core.storage.tables import Candidate, Run


def page(name: str, **query: str) -> str:
    """A page of the app; ``query``: what its address says."""
    return f"/{name}?{urlencode(query)}" if query else f"/{name}"


def run_page(run: Run) -> str:
    """The run on *Runs*."""
    return page("runs", run=str(run.id))


def figures_page(run: Run, candidate: Candidate) -> str:
    """The candidate's figures of that run on *Cost & quality*."""
    return page("cost", cost_dataset=str(run.dataset_id), cost_run=str(run.id), cost_show=str(candidate.id))
