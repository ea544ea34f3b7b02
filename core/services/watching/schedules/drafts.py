"""What a schedule may say: tidied, and refused in plain words where it cannot be carried out."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from sqlmodel import Session, col, select

from core.domain.cron import Cron, first_times, parse_cron
from core.domain.words import duration
from core.errors import BadInput, NotFound
from core.services import runs
from core.services.candidates import candidates
from core.services.datasets import datasets
from core.services.runs import RunOrder
from core.services.studies.fields import clean_line
from core.storage.tables import Candidate, Dataset, Schedule

LONGEST_NAME = 80
MOST_REPETITIONS = 100
MOST_APART_H = 24 * 7
_TIMES_LOOKED_AT = 8


@dataclass(frozen=True)
class ScheduleDraft:
    """What a schedule is to do, and when."""

    dataset: str
    """The dataset's name."""
    cron: str
    zone: str = "UTC"
    name: str = ""
    """Empty: the dataset's."""
    version: int | None = None
    """None: the newest whenever it is due."""
    candidate_ids: tuple[int, ...] = ()
    """None of them: all that are not retired and can be asked then."""
    repetitions: int = 1
    apart_s: float = 0.0
    """Seconds from one repetition to the next; 0: all at once."""
    max_usd: float | None = None


def checked(session: Session, draft: ScheduleDraft, *, now: datetime, but_for: int | None = None) -> ScheduleDraft:
    """The draft, tidied. ``but_for``: the schedule that says so, if it is there already.

    Raises BadInput, which says what is wrong and how to mend it.
    """
    cron = parse_cron(draft.cron, draft.zone)
    dataset = dataset_of(session, draft.dataset, draft.version)
    _check_numbers(draft)
    _check_overlap(draft, cron, now)
    ids = draft.candidate_ids or tuple(candidates.ids_named(session, ()))
    if ids:
        order = RunOrder(dataset.id or 0, ids, repetitions=draft.repetitions, max_usd=draft.max_usd)
        runs.check(session, order, now=now)
    name = _free_name(session, draft.name or draft.dataset, but_for)
    return replace(draft, name=name, cron=cron.text, zone=cron.zone)


def draft_of(schedule: Schedule) -> ScheduleDraft:
    """What a schedule does, to be changed."""
    return ScheduleDraft(
        dataset=schedule.dataset,
        cron=schedule.cron,
        zone=schedule.zone,
        name=schedule.name,
        version=schedule.version,
        candidate_ids=tuple(schedule.candidate_ids or ()),
        repetitions=schedule.repetitions,
        apart_s=schedule.apart_s,
        max_usd=schedule.max_usd,
    )


def dataset_of(session: Session, name: str, version: int | None) -> Dataset:
    """The dataset of that name: that version of it, or the newest. Raises NotFound."""
    newest = datasets.named(session, name)
    if version is None:
        return newest
    found = session.exec(select(Dataset).where(Dataset.name == name, Dataset.version == version)).first()
    if found is None:
        there = session.exec(select(Dataset.version).where(Dataset.name == name).order_by(col(Dataset.version)))
        raise NotFound(f"There is no version {version} of '{name}'. There are: {', '.join(map(str, there))}.")
    return found


@dataclass(frozen=True)
class Choices:
    """What a schedule can be over."""

    datasets: dict[str, list[int]]
    """Name → versions, the newest first; the newest dataset first, the demo last."""
    candidates: dict[int, str]
    """Id → name of those that can be asked or may be once their key is set."""
    others: dict[int, str]
    """Those that are retired or known by their name only."""


def choices(session: Session) -> Choices:
    """What there is to choose from."""
    found: dict[str, list[int]] = {}
    query = select(Dataset.name, Dataset.version).order_by(col(Dataset.is_demo), col(Dataset.id).desc())
    for name, version in session.exec(query):
        found.setdefault(name, []).append(version)
    names = {one: name for one, name in session.exec(select(Candidate.id, Candidate.name)) if one is not None}
    asked = {one: names.pop(one) for one in candidates.ids_named(session, ())}
    return Choices({name: sorted(each, reverse=True) for name, each in found.items()}, asked, names)


def spread_s(repetitions: int, apart_s: float) -> list[float] | None:
    """When each repetition may begin, in seconds after the run; None for all at once."""
    return [number * apart_s for number in range(repetitions)] if apart_s and repetitions > 1 else None


def _check_numbers(draft: ScheduleDraft) -> None:
    if not 1 <= draft.repetitions <= MOST_REPETITIONS:
        raise BadInput(f"Each prompt can be asked 1 to {MOST_REPETITIONS} times, not {draft.repetitions}.")
    if not 0 <= draft.apart_s <= MOST_APART_H * 3600:
        raise BadInput(f"Repetitions may be 0 to {MOST_APART_H} hours apart, not {draft.apart_s / 3600:g}.")
    if draft.max_usd is not None and not (math.isfinite(draft.max_usd) and draft.max_usd > 0):
        raise BadInput(f"The spending cap must be more than 0 USD, not {draft.max_usd}. For no cap leave it out.")


def _check_overlap(draft: ScheduleDraft, cron: Cron, now: datetime) -> None:
    """A run whose repetitions are not begun when the next one is due would keep it from running, each time."""
    last = spread_s(draft.repetitions, draft.apart_s)
    if last is None:
        return
    times = first_times(cron, now, _TIMES_LOOKED_AT)
    shortest = min((later - earlier for earlier, later in pairwise(times)), default=timedelta.max)
    if timedelta(seconds=last[-1]) >= shortest:
        raise BadInput(
            f"The last repetition begins {duration(last[-1])} after the first, and the schedule is due again after "
            f"{duration(shortest.total_seconds())}: the run before would still go on. Ask less often, or let the "
            "repetitions be fewer or closer together."
        )


def _free_name(session: Session, name: str, but_for: int | None) -> str:
    name = clean_line(name)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadInput(f"Name: a schedule needs a name of 1 to {LONGEST_NAME} characters.")
    if name.isdecimal():
        raise BadInput(f"Name: '{name}' would be taken for a schedule's number. Use a letter too.")
    query = select(Schedule.id).where(Schedule.name == name, col(Schedule.removed_at).is_(None))
    if session.exec(query).first() not in (None, but_for):
        raise BadInput(f"Name: there is a schedule called '{name}' already. Choose another name.")
    return name
