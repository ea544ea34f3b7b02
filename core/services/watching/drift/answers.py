"""Single answers of the baseline's runs, from which runs without any drift are drawn."""

from dataclasses import dataclass

import numpy as np
from sqlmodel import Session

from core.domain.drift import Metric, Seen
from core.services.quality import gathering
from core.services.quality.at_a_time import one_at_a_time
from core.services.quality.gathering import Floats, Ids
from core.services.quality.judged import judged
from core.services.quality.scope import Scope
from core.services.watching.drift import metrics
from core.services.watching.drift.contents import Contents
from core.services.watching.drift.ended import EndedRun


@dataclass(frozen=True)
class Answers:
    """One candidate's in one run; units given up among them."""

    code: Ids
    """Contents, ascending."""
    values: dict[str, Floats]
    """Metric's name → [answers]; nan: not known."""

    def drawn(self, rng: np.random.Generator, contents: int, repetitions: int) -> dict[str, Seen]:
        """A run of so many answers a prompt, each drawn from this one's to it, with replacement."""
        first = np.searchsorted(self.code, np.arange(contents), side="left")
        count = np.searchsorted(self.code, np.arange(contents), side="right") - first
        asked = np.flatnonzero(count)
        place = first[asked] + (rng.random((repetitions, len(asked))) * count[asked]).astype(np.int64)
        return {name: _means(value[place], asked, contents) for name, value in self.values.items()}


@one_at_a_time
def answers(
    session: Session, run: EndedRun, contents: Contents, most: int
) -> tuple[dict[int, Answers], dict[str, Metric]]:
    """Candidate → its answers in the run to the contents whose codes are below ``most``; and the metrics by name."""
    found = judged(session, Scope(run.dataset_id, run.id))
    code = contents.codes_of(found.prompts.id)[found.prompt] if len(found.prompt) else found.prompt
    units = gathering.given_up(session, found.cells)
    places, orders, values = {}, {}, dict[int, dict[str, Floats]]()
    for candidate in sorted(found.cells.asked):
        mine = np.flatnonzero((found.responses.candidate == candidate) & (code < most))
        failed = np.array([unit.prompt_id for unit in units if unit.candidate_id == candidate], dtype=np.int64)
        lost = contents.codes_of(failed)
        both = np.concatenate([code[mine], lost[lost < most]])
        orders[candidate] = np.argsort(both, kind="stable")
        places[candidate] = mine, both[orders[candidate]]
        is_lost = np.repeat([0.0, 1.0], [len(mine), len(both) - len(mine)])
        values[candidate] = {metrics.ERRORS.name: is_lost[orders[candidate]]}
    told = [metrics.ERRORS]
    for metric, value in metrics.values(found):
        told.append(metric)
        for candidate, (mine, both) in places.items():
            of_lost = np.full(len(both) - len(mine), 0.0 if metric == metrics.ACCEPTABLE else np.nan)
            values[candidate][metric.name] = np.concatenate([value[mine], of_lost])[orders[candidate]]
    by_candidate = {of: Answers(both, values[of]) for of, (_, both) in places.items()}
    return by_candidate, {metric.name: metric for metric in told}


def _means(value: Floats, asked: Ids, contents: int) -> Seen:
    """[repetitions, asked] → [contents]."""
    known = ~np.isnan(value)
    mean, n = np.full(contents, np.nan), np.zeros(contents)
    n[asked] = known.sum(axis=0)
    total = np.where(known, value, 0.0).sum(axis=0)
    mean[asked] = np.divide(total, n[asked], out=np.full(len(asked), np.nan), where=n[asked] > 0)
    return Seen(mean, n)
