"""Small routing tables straight into the database, for what is not about compiling them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from core.domain.routing import Occasion, Route, RoutingTable
from core.services.routing import decide
from core.services.routing.versions import Proposal, propose
from core.storage.engine import write, writing
from core.storage.tables import Candidate, Dataset
from tests.workspace import NOW

DATASET = "Support"
PRICE = {"input_usd_per_mtok": 1000.0, "output_usd_per_mtok": 2000.0}


def candidates(engine: Engine, *urls: str | None, settings: dict[str, Any] | None = None) -> list[int]:
    """One at each address, A, B, C …; the first is the champion. None: only its name is known."""
    with writing(engine) as session:
        session.add(Dataset(name=DATASET, content_hash="support", created_at=NOW))
        rows = [
            Candidate(
                name=chr(65 + number),
                provider=None if url is None else "vllm",
                model=None if url is None else chr(65 + number),
                settings={} if url is None else {"base_url": url, "max_tokens": 20, **PRICE, **(settings or {})},
                position=number,
                is_champion=number == 0,
                created_at=NOW,
            )
            for number, url in enumerate(urls)
        ]
        session.add_all(rows)
        session.flush()
        return [row.id or 0 for row in rows]


def proposal(champion: int, *routes: Route, replaces: int | None = None, **changes: Any) -> Proposal:
    """A table of these routes, the champion for everything else."""
    told = {
        "dataset": DATASET, "table": RoutingTable(tuple(routes), Route(None, champion)), "champion_id": champion,
        "replaces_id": replaces, "because": Occasion.VERDICT, "said": "Something changes.", "rests_on": {},
    }  # fmt: skip
    return Proposal(**(told | changes))  # type: ignore[arg-type]


def accepted(engine: Engine, champion: int, routes: Sequence[Route], *, otherwise: Route | None = None) -> int:
    """The version of a table that was proposed and accepted."""
    made = proposal(champion, table=RoutingTable(tuple(routes), otherwise or Route(None, champion)))
    version = write(engine, lambda session: propose(session, made, person_id=None, now=NOW))
    assert version is not None
    write(engine, lambda session: decide(session, version, is_accepted=True, why="", person_id=None, now=NOW))
    return version
