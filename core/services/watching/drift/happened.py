"""What happened since the baseline and may explain a step: other rates, names, versions of the dataset, our edits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlmodel import Session, col, select

from core.domain.drift.causes import Cause
from core.services.datasets import datasets
from core.services.watching.drift.figures import RunFigures
from core.services.watching.drift.gathering import Gathered
from core.services.watching.drift.told import Annotation
from core.storage.tables import Dataset, Evaluator, Gate, Rates

_USUAL = 0.25
_AT_ONCE, _MOST_NAMED = timedelta(hours=1), 3


@dataclass(frozen=True)
class _Edit:
    """Something that we changed."""

    at: datetime
    cause: Cause
    word: str
    name: str


def seen_in_runs(session: Session, gathered: Gathered) -> list[dict[str, Any]]:
    """What the runs themselves show, as a check keeps it."""
    found: list[dict[str, Any]] = []
    for candidate in gathered.candidates:
        runs = [run for run in (*gathered.baseline, *gathered.since) if candidate in run.candidates]
        for before, after in pairwise(runs):
            for cause, words in _steps(session, before, after, candidate):
                found.append(_kept(after, cause, words, candidate))
    for before, after in pairwise([gathered.baseline[-1], *gathered.since]):
        if before.dataset_id != after.dataset_id:
            version = session.get_one(Dataset, after.dataset_id).version
            found.append(_kept(after, Cause.TRAFFIC, f"version {version} of the dataset", None))
    return found


def annotations(session: Session, dataset: str, kept: Sequence[Mapping[str, Any]], since: datetime) -> list[Annotation]:
    """Those that a check kept, and our own edits of gates and evaluators since; oldest first."""
    found = [
        Annotation(
            datetime.fromisoformat(each["at"]),
            each["run_id"],
            each["candidate_id"],
            Cause(each["cause"]),
            each["words"],
        )
        for each in kept
    ]
    return sorted([*found, *_edits(session, dataset, since)], key=lambda each: each.at)


def _kept(run: RunFigures, cause: Cause, words: str, candidate: int | None) -> dict[str, Any]:
    return {
        "at": run.at.isoformat(),
        "run_id": run.run_id,
        "candidate_id": candidate,
        "cause": str(cause),
        "words": words,
    }


def _steps(session: Session, before: RunFigures, after: RunFigures, candidate: int) -> list[tuple[Cause, str]]:
    """From one run to the next one that the candidate took part in."""
    steps = []
    old, new = (_usual(run, candidate) for run in (before, after))
    if old and new and not new <= old:
        steps.append((Cause.MODEL_VERSION, f"answers as {_named(new - old)} instead of {_named(old)}"))
    paid_before, paid = (run.rates.get(candidate, frozenset()) for run in (before, after))
    if paid_before and paid and not paid <= paid_before:
        steps.append((Cause.PRICES, f"costs {_prices(session, paid - paid_before)}"))
    return steps


def _usual(run: RunFigures, candidate: int) -> frozenset[str]:
    names: Counter[str] = Counter()
    for (name, _), n in run.names.get(candidate, Counter()).items():
        if name is not None:
            names[name] += n
    return frozenset(name for name, n in names.items() if n >= _USUAL * sum(names.values()))


def _named(names: frozenset[str]) -> str:
    return " and ".join(f"'{name}'" for name in sorted(names))


def _prices(session: Session, rates: frozenset[int]) -> str:
    found = session.exec(select(Rates).where(col(Rates.id).in_(rates)).order_by(col(Rates.id))).all()
    each = [f"{row.rates['input_usd_per_mtok']:g} / {row.rates['output_usd_per_mtok']:g}" for row in found]
    return f"{', '.join(each)} USD per million tokens in / out"


def _edits(session: Session, dataset: str, since: datetime) -> list[Annotation]:
    """Ours; those of one kind at about the same time are one."""
    own = col(Gate.dataset_id).is_(None) | col(Gate.dataset_id).in_(datasets.versions(session, dataset))
    query = select(Gate, Evaluator).join(Evaluator, col(Evaluator.id) == Gate.evaluator_id).where(own)
    found: list[tuple[datetime | None, Cause, str, str]] = []
    for gate, evaluator in session.exec(query.order_by(col(Gate.id))):
        least = "" if gate.at_least == 1.0 else f" of at least {gate.at_least:g}"
        where = f" in {gate.category}" if gate.category else ""
        name = f"{evaluator.name}{least}{where}"
        for at, word in ((gate.created_at, "new gate"), (gate.retired_at, "removed gate")):
            found.append((at, Cause.GATES, word, name))
    for evaluator in session.exec(select(Evaluator).order_by(col(Evaluator.id))):
        for at, word in ((evaluator.created_at, "new evaluator"), (evaluator.retired_at, "removed evaluator")):
            found.append((at, Cause.EVALUATORS, word, evaluator.name))
    return _together([_Edit(at, cause, word, name) for at, cause, word, name in found if at is not None and at > since])


def _together(edits: Sequence[_Edit]) -> list[Annotation]:
    kinds: dict[tuple[Cause, str], list[list[_Edit]]] = {}
    for edit in sorted(edits, key=lambda each: each.at):
        groups = kinds.setdefault((edit.cause, edit.word), [[]])
        if groups[-1] and edit.at - groups[-1][-1].at > _AT_ONCE:
            groups.append([])
        groups[-1].append(edit)
    return [
        Annotation(group[0].at, None, None, cause, _listed(word, [edit.name for edit in group]))
        for (cause, word), groups in kinds.items()
        for group in groups
    ]


def _listed(word: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{word if len(names) == 1 else f'{len(names):,} {word}s'}: {shown}{more}"
