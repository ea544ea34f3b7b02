"""What our own edits did: the baseline's answers under today's rules, less what they were under the rules of then."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlmodel import Session, col, or_, select

from core.domain.drift import Metric
from core.domain.drift.causes import Cause, Effect
from core.services.datasets import datasets
from core.services.quality.gathering import Floats, Ids
from core.services.watching.drift import metrics
from core.services.watching.drift.contents import Contents
from core.services.watching.drift.figures import RunFigures
from core.services.watching.drift.gathering import Gathered, pooled
from core.storage.tables import Evaluator, Gate

Rules = dict[str, Any]


@dataclass(frozen=True)
class Then:
    """The baseline's figures as they were, by candidate and metric's name; [contents of now], nan: not known then."""

    rules: Rules
    means: dict[tuple[int, str], Floats]


@dataclass(frozen=True)
class OwnChange:
    """What our edits did to a candidate's metric, in a category or over all."""

    cause: Cause
    effect: Effect
    before: float
    after: float
    prompts: int
    showing: Ids
    """Codes of the contents that show it most."""
    words: str


def rules_in_force(session: Session, dataset: str) -> Rules:
    """The gates and evaluators of now, as they are kept."""
    own = col(Gate.dataset_id).in_(datasets.versions(session, dataset))
    query = (
        select(Gate, Evaluator)
        .join(Evaluator, col(Evaluator.id) == Gate.evaluator_id)
        .where(or_(col(Gate.dataset_id).is_(None), own))
        .where(col(Gate.retired_at).is_(None), col(Evaluator.retired_at).is_(None))
        .order_by(col(Gate.id))
    )
    in_use = session.exec(select(Evaluator.id).where(col(Evaluator.retired_at).is_(None)).order_by(col(Evaluator.id)))
    gates = [
        {
            "evaluator_id": gate.evaluator_id,
            "name": evaluator.name,
            "kind": evaluator.kind,
            "category": gate.category,
            "at_least": gate.at_least,
        }
        for gate, evaluator in session.exec(query)
    ]
    return {"gates": gates, "evaluators": list(in_use)}


def packed(contents: Contents, baseline: Sequence[RunFigures]) -> bytes:
    """What the baseline's figures are now, to be kept."""
    columns: dict[str, Any] = {"hashes": np.array(contents.hashes, dtype=np.str_)}
    for candidate in sorted(frozenset().union(*(run.candidates for run in baseline))):
        for metric in metrics.BY_RULES:
            key = candidate, metric.name
            columns[f"{candidate}:{metric.name}"] = pooled([run.seen[key] for run in baseline if key in run.seen]).mean
    file = io.BytesIO()
    np.savez_compressed(file, **columns)
    return file.getvalue()


def unpacked(rules: Rules, file: bytes, contents: Contents) -> Then:
    """What ``packed`` kept, in the order of today's contents."""
    with np.load(io.BytesIO(file), allow_pickle=False) as columns:
        place = {name: code for code, name in enumerate(contents.hashes)}
        at = np.array([place.get(name, -1) for name in columns["hashes"].tolist()], dtype=np.int64)
        means = {}
        for name in columns.files:
            if name != "hashes":
                candidate, _, metric = name.partition(":")
                values = np.full(len(contents.hashes), np.nan)
                values[at[at >= 0]] = columns[name][at >= 0]
                means[int(candidate), metric] = values
    return Then(rules, means)


def own_change(
    gathered: Gathered, then: Then, now: Rules, candidate: int, metric: Metric, category: str | None
) -> OwnChange | None:
    """What our edits did there; None where nothing changed."""
    before = then.means.get((candidate, metric.name))
    if before is None:
        return None
    after = gathered.pooled(candidate, metric).mean
    here = gathered.contents.here(category)
    here = here[~np.isnan(before[here]) & ~np.isnan(after[here])]
    moved = after[here] - before[here]
    if not len(here) or not moved.any():
        return None
    cause, words = _edited(then.rules, now, metric)
    showing = here[np.argsort(-np.abs(moved), kind="stable")][:12]
    ends = float(before[here].mean()), float(after[here].mean())
    return OwnChange(cause, Effect.exact(float(moved.mean())), *ends, len(here), showing, words)


def _edited(then: Rules, now: Rules, metric: Metric) -> tuple[Cause, str]:
    """Whose doing it is, and what was edited."""
    if metric != metrics.ACCEPTABLE:
        return Cause.EVALUATORS, "our own evaluators: they say otherwise of the same answers"
    gone, come = _less(then["gates"], now["gates"]), _less(now["gates"], then["gates"])
    if not gone and not come:
        return Cause.EVALUATORS, "our own evaluators: they say otherwise of the same answers"
    edits = ", ".join([*(f"no more {_gate(each)}" for each in gone), *(f"now {_gate(each)}" for each in come)])
    if sorted(map(_kind, gone)) == sorted(map(_kind, come)):
        return Cause.EVALUATORS, f"our own evaluators ({edits})"
    return Cause.GATES, f"our own gates ({edits})"


def _less(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {_key(each) for each in others}
    return [each for each in some if _key(each) not in known]


def _key(gate: dict[str, Any]) -> tuple[Any, ...]:
    return gate["evaluator_id"], gate["category"], gate["at_least"]


def _kind(gate: dict[str, Any]) -> tuple[str, str, float]:
    return gate["kind"], gate["category"] or "", gate["at_least"]


def _gate(gate: dict[str, Any]) -> str:
    least = "" if gate["at_least"] == 1.0 else f" of at least {gate['at_least']:g}"
    where = f" in {gate['category']}" if gate["category"] else ""
    return f"'{gate['name']}'{least}{where}"
