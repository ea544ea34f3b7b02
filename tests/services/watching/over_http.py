"""A production over real HTTP: candidates at loopback providers, runs as an evaluation carries them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from core import clock
from core.services import runs, scoring
from core.services.runs import RunOrder
from core.services.watching import drift
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Dataset, PriceOverride, Prompt
from tests.services.watching.loopback_provider import LoopbackProvider

DATASET = "Asked"


@dataclass(frozen=True)
class Asked:
    """Candidates A, B, … in the order of their providers."""

    engine: Engine
    dataset: int
    candidates: tuple[int, ...]

    def run(self) -> int:
        """One run of three repetitions, carried out and scored."""
        with writing(self.engine) as session:
            run_id = runs.plan(
                session, RunOrder(self.dataset, self.candidates, repetitions=3, concurrency=32), now=clock.now()
            ).id
        assert run_id is not None
        runs.carry_out(self.engine, run_id)
        return run_id

    def check(self) -> list[drift.FindingLine]:
        """What is open once what is due is checked."""
        drift.check_due(self.engine, now=clock.now())
        with reading(self.engine) as session:
            return list(drift.state(session, DATASET).findings)

    def price(self, name: str, usd: float) -> None:
        """What a candidate's model costs from now on."""
        with writing(self.engine) as session:
            session.add(
                PriceOverride(
                    provider="vllm",
                    model=f"model-{name}",
                    input_usd_per_mtok=usd,
                    output_usd_per_mtok=2 * usd,
                    valid_from=clock.now(),
                    created_at=clock.now(),
                )
            )


def asked(engine: Engine, providers: Sequence[LoopbackProvider], *, prompts: int = 30) -> Asked:
    """A dataset whose answers have to hold *blue*, a candidate at each provider, each at a price."""
    scoring.ensure_defaults(engine, now=clock.now())
    with writing(engine) as session:
        dataset = _id(session, Dataset(name=DATASET, content_hash="asked", created_at=clock.now()))
        session.add_all(
            Prompt(
                dataset_id=dataset,
                external_id=f"p{number}",
                messages=[{"role": "user", "content": f"Question {number}?"}],
                reference=["blue"],
                tags=[],
                content_hash=str(number),
            )
            for number in range(prompts)
        )
        candidates = [
            _id(
                session,
                Candidate(
                    name="ABCDE"[place],
                    provider="vllm",
                    model=f"model-{'ABCDE'[place]}",
                    settings={"base_url": provider.base_url, "max_tokens": 50},
                    position=place,
                    created_at=clock.now(),
                ),
            )
            for place, provider in enumerate(providers)
        ]
    made = Asked(engine, dataset, tuple(candidates))
    for place in range(len(providers)):
        made.price("ABCDE"[place], 1.0)
    return made


def _id(session: Any, row: Any) -> int:
    session.add(row)
    session.flush()
    return int(row.id)
