"""What a check could not look at, in words."""

from collections.abc import Sequence

from sqlmodel import Session

from core.domain.drift import Series
from core.services.scoring import gates
from core.services.watching.drift.gathering import Gathered
from core.services.watching.drift.metrics import ACCEPTABLE


def notes(session: Session, gathered: Gathered, series: Sequence[Series]) -> list[str]:
    """What could not be looked at."""
    newest = gathered.since[-1]
    strangers = sorted(newest.candidates - set(gathered.candidates))
    told = [] if series else ["The run and the baseline have no prompt in common."]
    if strangers:
        told.append(f"{len(strangers)} of the run's candidates have no answers in the baseline and are not watched.")
    judged = {one.candidate for one in series if one.metric == ACCEPTABLE}
    here = [of for of in gathered.candidates if of in newest.candidates]
    if series and not judged.intersection(here):
        told.append(
            "The share acceptable is not compared, as a gate has not seen the answers of the baseline or of the run. "
            "Have them scored or judged, or pin a baseline that is."
        )
    before = {_demanded(session, run.dataset_id) for run in gathered.baseline}
    if {_demanded(session, newest.dataset_id)} != before:
        told.append("The versions of the dataset have other gates of their own, so shares acceptable are not alike.")
    return told


def _demanded(session: Session, dataset_id: int) -> frozenset[tuple[int, str | None, float]]:
    return frozenset(
        (line.gate.evaluator_id, line.gate.category, line.gate.at_least)
        for line in gates.for_dataset(session, dataset_id)
    )
