"""The pages that prove an alert, in the scope of what it is about: paths of the app with their query."""

from urllib.parse import urlencode

from sqlmodel import Session

from core.services.quality import RunRef, run_name
from core.storage.tables import Dataset, Run


def page(name: str, **query: str) -> str:
    """A page of the app; ``query``: what its address says."""
    return f"/{name}?{urlencode(query)}" if query else f"/{name}"


def run_page(run: Run) -> str:
    """The run on *Runs*."""
    return page("runs", run=str(run.id))


def figures_page(session: Session, run: Run, candidate: str) -> str:
    """The candidate's figures of that run on *Cost & quality*."""
    dataset = session.get(Dataset, run.dataset_id)
    ref = RunRef(run.id or 0, run.source, run.state, run.problem, run.created_at, frozenset())
    label = "" if dataset is None else dataset.label
    return page("cost", cost_dataset=label, cost_run=run_name(ref), cost_show=candidate)
