"""Weeks of a production whose truth is planted: what each candidate does in each run, straight into the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.content_hash import digest
from core.domain.judging import SCORE_KIND
from core.services.scoring.registry import kind_named
from core.storage.engine import writing
from core.storage.tables import (
    Attempt,
    Candidate,
    Dataset,
    Evaluator,
    Gate,
    Prompt,
    Rates,
    Response,
    Run,
    Score,
)
from tests.workspace import NOW

FORMER_CATEGORIES = ("support", "coding")
IN_TOKENS = 200
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Truth:
    """What a candidate does in a run."""

    points: float = 0.0
    """By how much its share acceptable is moved, / 100."""
    category: str | None = None
    """Where; None: everywhere."""
    latency: float = 1.0
    price: float = 1.0
    tokens: float = 1.0
    name: str | None = None
    """The model's name that answers; None: the usual one."""
    failures: float = 0.0
    """Of its units the share that is given up."""


@dataclass
class Weeks:
    """``chance``: [candidates, prompts] of an acceptable answer, as long as nothing is planted."""

    engine: Engine
    rng: np.random.Generator
    names: tuple[str, ...]
    categories: tuple[str, ...]
    dataset: int = 0
    prompts: list[int] = field(default_factory=list)
    category: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    candidates: dict[str, int] = field(default_factory=dict)
    evaluators: dict[str, int] = field(default_factory=dict)
    gates: dict[str, int] = field(default_factory=dict)
    chance: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    speed: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    runs: list[int] = field(default_factory=list)
    shock: float = 0.0
    """SD of the logarithm of a run's latency."""
    shares: dict[str, float] = field(default_factory=dict)
    """Of how many answers other evaluators say 1."""

    @property
    def now(self) -> datetime:
        """When the next run ends."""
        return NOW + len(self.runs) * WEEK

    def run(
        self,
        truths: Mapping[str, Truth] | None = None,
        *,
        repetitions: int = 3,
        judge: float = 0.0,
        prompts: Sequence[int] | None = None,
        **fields: Any,
    ) -> int:
        """A run that has ended and is scored. ``judge``: of how many answers that it passed, / 100, it fails now."""
        places = range(len(self.prompts)) if prompts is None else prompts
        with writing(self.engine) as session:
            filled = {
                "source": "evaluation",
                "state": "done",
                "created_at": self.now,
                "finished_at": self.now,
                **fields,
            }
            row = Run(dataset_id=self.dataset, repetitions=repetitions, **filled)
            if prompts is not None:
                row.prompt_ids = [self.prompts[place] for place in places]
            session.add(row)
            session.flush()
            for number, name in enumerate(self.names):
                truth = (truths or {}).get(name, Truth())
                self._candidate(session, row.id or 0, number, truth, repetitions, list(places), judge)
            row.responses = session.execute(
                sa.select(sa.func.count()).select_from(Response).where(Response.run_id == row.id)
            ).scalar_one()
        self.runs.append(row.id or 0)
        return row.id or 0

    def _candidate(
        self, session: Session, run: int, number: int, truth: Truth, repetitions: int, places: list[int], judge: float
    ) -> None:
        rng, of = self.rng, self.candidates[self.names[number]]
        chance = moved(self.chance[number], truth, self.category, self.categories)[places]
        shock = np.exp(self.shock * rng.standard_normal())
        rates = self._rates(session, self.names[number], truth.price)
        responses, attempts, good, sharp = [], [], [], []
        for repetition in range(repetitions):
            for place, p in zip(places, chance.tolist(), strict=True):
                tokens = max(1, round(300 * truth.tokens * np.exp(0.3 * rng.standard_normal())))
                cost = (IN_TOKENS * 1.0 + tokens * 2.0) * truth.price / 1e6
                latency = 2000 * self.speed[number, place] * truth.latency * shock * np.exp(0.4 * rng.standard_normal())
                unit = {"run_id": run, "prompt_id": self.prompts[place], "candidate_id": of, "repetition": repetition}
                told = {"latency_ms": latency, "input_tokens": IN_TOKENS, "output_tokens": tokens, "cost_usd": cost}
                told |= {"answered_by": truth.name or f"model-{number}", "fingerprint": None}
                at = {"started_at": self.now, "finished_at": self.now}
                if rng.random() < truth.failures:
                    failed = {"error_kind": "server", "error_message": "planted", "is_last": True, "rates_id": None}
                    attempts.append({**unit, **at, **told, "cost_usd": 0.0, "cost_basis": "nothing", **failed})
                    continue
                text = f"Answer {number} to {place}, {repetition} in {run}."
                responses.append(
                    {**unit, **told, "turns": [text], "words": 6, "content_hash": digest(text), "finish_reason": "stop",
                     "ttft_ms": latency / 5, "created_at": self.now, "attempts": 1}
                )  # fmt: skip
                kept = {"error_kind": None, "error_message": None, "is_last": False, "rates_id": rates}
                attempts.append({**unit, **at, **told, "cost_basis": "reported", **kept})
                good.append(float(rng.random() < p))
                sharp.append(rng.random() < judge)
        ids = session.execute(sa.insert(Response).returning(Response.id, sort_by_parameter_order=True), responses)
        found = list(ids.scalars())
        session.execute(sa.insert(Attempt), attempts)
        session.execute(sa.insert(Score), list(self._scores(found, good, sharp)))

    def _scores(self, ids: list[int], good: list[float], sharp: list[bool]) -> Any:
        for response_id, value, is_sharp in zip(ids, good, sharp, strict=True):
            for name, evaluator in self.evaluators.items():
                said = value if name == "checked" else 1.0
                if name in self.shares:
                    said = float(self.rng.random() < self.shares[name])
                if name == "judge":
                    said = 0.25 if is_sharp else 1.0
                yield {
                    "response_id": response_id,
                    "evaluator_id": evaluator,
                    "value": said,
                    "reason": "",
                    "applies": True,
                    "scored_at": self.now,
                }

    def _rates(self, session: Session, model: str, price: float) -> int:
        kept = {"source": "admin", "provider": model, "model": model, "input_usd_per_mtok": price,
                "output_usd_per_mtok": 2 * price, "tiers": [], "batch": None, "request_usd": 0.0}  # fmt: skip
        content = digest(kept)
        found = session.execute(sa.select(Rates.id).where(Rates.content_hash == content)).scalar()
        if found is not None:
            return int(found)
        row = Rates(provider=model, model=model, source="admin", rates=kept, content_hash=content, created_at=self.now)
        session.add(row)
        session.flush()
        return row.id or 0


def weeks(
    engine: Engine,
    *,
    names: Sequence[str] = ("A", "B", "C"),
    categories: Sequence[str] = FORMER_CATEGORIES,
    prompts: int = 20,
    share: float = 0.8,
    seed: int = 0,
    judge: Mapping[str, Any] | None = None,
    dataset: str = "Weekly",
    shock: float = 0.0,
) -> Weeks:
    """``prompts``: in each category. ``judge``: the parameters of one that is a gate. Each candidate is at a server."""
    made = Weeks(engine, np.random.default_rng(seed), tuple(names), tuple(categories), shock=shock)
    size = prompts * len(categories)
    k = share * (1 - share) / 0.2**2 - 1
    made.category = np.arange(size) % len(categories)
    made.chance = made.rng.beta(share * k, (1 - share) * k, (len(names), size))
    made.speed = np.exp(0.5 * made.rng.standard_normal((len(names), size)))
    with writing(engine) as session:
        made.dataset = _dataset(session, dataset, 1)
        made.prompts = _prompts(session, made, range(size))
        for number, name in enumerate(names):
            settings = {"base_url": f"http://127.0.0.1:{9000 + number}/v1"}
            row = Candidate(
                name=name, provider="openai", model=name, settings=settings, position=number, is_champion=number == 0,
                created_at=NOW,
            )  # fmt: skip
            made.candidates[name] = _id(session, row)
        kinds = {"checked": "contains", "refusal": "refusal", "incomplete": "incomplete"}
        for name, kind in kinds.items():
            made.evaluators[name] = _evaluator(session, name, kind, {})
        made.gates["checked"] = gate(session, made, "checked")
        if judge is not None:
            made.evaluators["judge"] = _evaluator(
                session, "judge", SCORE_KIND, kind_named(SCORE_KIND).params.defaults() | dict(judge)
            )
            made.gates["judge"] = gate(session, made, "judge", 0.75)
    return made


def gate(session: Session, made: Weeks, evaluator: str, at_least: float = 1.0, category: str | None = None) -> int:
    """A gate for all datasets."""
    row = Gate(category=category, evaluator_id=made.evaluators[evaluator], at_least=at_least, created_at=made.now)
    return _id(session, row)


def new_version(made: Weeks, kept: Sequence[int], added: int, *, chance: float) -> Weeks:
    """The dataset's next version: some prompts of the last, and others of that chance in the first category."""
    size = len(kept) + added
    new = replace(made, runs=made.runs, prompts=[])
    new.category = np.concatenate([made.category[list(kept)], np.zeros(added, dtype=np.int64)])
    others = np.full((len(made.names), added), chance)
    new.chance = np.concatenate([made.chance[:, list(kept)], others], axis=1)
    new.speed = np.concatenate([made.speed[:, list(kept)], np.ones((len(made.names), added))], axis=1)
    contents = [*kept, *(len(made.prompts) + number for number in range(added))]
    with writing(made.engine) as session:
        new.dataset = _dataset(session, "Weekly", 2)
        new.prompts = _prompts(session, new, contents)
    assert len(new.prompts) == size
    return new


def moved(chance: np.ndarray, truth: Truth, category: np.ndarray, categories: Sequence[str]) -> np.ndarray:
    """The chances, their mean moved there; every prompt in proportion to what it has to lose, or to win."""
    here = np.ones(len(chance), dtype=bool) if truth.category is None else category == categories.index(truth.category)
    found = chance.copy()
    if truth.points <= 0:
        found[here] = chance[here] * (1 + truth.points / chance[here].mean())
    else:
        found[here] = 1 - (1 - chance[here]) * (1 - truth.points / (1 - chance[here].mean()))
    return np.clip(found, 0.0, 1.0)


def _dataset(session: Session, name: str, version: int) -> int:
    return _id(session, Dataset(name=name, version=version, content_hash=f"{name} {version}", created_at=NOW))


def _prompts(session: Session, made: Weeks, contents: Sequence[int]) -> list[int]:
    rows = [
        Prompt(
            dataset_id=made.dataset,
            external_id=f"p{content}",
            category=made.categories[made.category[place]],
            messages=[{"role": "user", "content": f"Question {content}?"}],
            tags=[],
            content_hash=f"content {content}",
        )
        for place, content in enumerate(contents)
    ]
    session.add_all(rows)
    session.flush()
    return [row.id or 0 for row in rows]


def _evaluator(session: Session, name: str, kind: str, params: dict[str, Any]) -> int:
    row = Evaluator(name=name, kind=kind, params=params, content_hash=name, created_at=NOW)
    return _id(session, row)


def _id(session: Session, row: Any) -> int:
    session.add(row)
    session.flush()
    return int(row.id)


__all__ = ["Truth", "Weeks", "gate", "moved", "new_version", "weeks"]
