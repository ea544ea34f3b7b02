"""Runs that stopped before their end, or that brought too few responses."""

from collections.abc import Iterator

from sqlmodel import col, select

from core.domain.alerts import AlertKind, Severity
from core.domain.words import n, percent, price
from core.services.alerts import Raised
from core.services.watching.rules.addresses import run_page
from core.services.watching.rules.rule import Look, Parameter, Rule
from core.storage.tables import Dataset, Run

_MISSING = Parameter(
    "missing_share", "Missing responses", 0.05, 0.0, 1.0, "%", "Tell when more than this share of a run is missing."
)


def _failed(look: Look) -> Iterator[Raised]:
    for run, dataset in _ended(look):
        if run.state == "stopped" and not _is_capped(run):
            title = f"Run {run.id} on {dataset.label} stopped before its end"
            meaning = f"{_so_far(run)} What has arrived is kept, and the run can be resumed."
        elif run.planned and run.failed / run.planned > look.thresholds[_MISSING.name]:
            title = f"Run {run.id} on {dataset.label} is missing {percent(run.failed / run.planned)} of its responses"
            meaning = f"{_so_far(run)} Figures of this run rest on the others, and may differ from the last run's."
        else:
            continue
        text = " ".join(filter(None, (run.problem, meaning)))
        yield Raised(
            AlertKind.RUN_FAILED, _key("run_failed", run), title, text, run_page(run), Severity.URGENT, _data(run)
        )


def _capped(look: Look) -> Iterator[Raised]:
    for run, dataset in _ended(look):
        if run.state != "stopped" or not _is_capped(run):
            continue
        title = f"Run {run.id} on {dataset.label} reached its spending cap of {price(run.max_usd)}"
        text = f"{_so_far(run)} Nothing more is spent. Raise the cap and resume the run to have the rest."
        yield Raised(AlertKind.CAP_HIT, _key("cap_hit", run), title, text, run_page(run), Severity.WARNING, _data(run))


def _ended(look: Look) -> list[tuple[Run, Dataset]]:
    query = (
        select(Run, Dataset)
        .join(Dataset, col(Dataset.id) == col(Run.dataset_id))
        .where(Run.source == "evaluation", col(Run.state).in_(("done", "stopped")))
        .where(col(Run.finished_at) >= look.since)
    )
    return list(look.session.exec(query.order_by(col(Run.id))).all())


def _is_capped(run: Run) -> bool:
    return "spending cap" in (run.problem or "")


def _so_far(run: Run) -> str:
    return f"{run.responses:,} of {n(run.planned, 'response')} arrived, {run.failed:,} were given up."


def _key(what: str, run: Run) -> str:
    """A run that was resumed may end so again."""
    return f"{what}:{run.id}:{run.finished_at:%Y%m%dT%H%M%S}"


def _data(run: Run) -> dict[str, object]:
    return {"run": run.id, "planned": run.planned, "responses": run.responses, "failed": run.failed}


FAILED = Rule(AlertKind.RUN_FAILED, _failed, (_MISSING,))
CAP_HIT = Rule(AlertKind.CAP_HIT, _capped)
