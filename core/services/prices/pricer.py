"""Prices for whoever sends requests: quick enough to ask for each, and every rate that was used stored once."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core import clock
from core.domain.answering import TokenUsage
from core.domain.pricing import Rates, cost_usd, most_usd
from core.providers.base import Endpoint
from core.services.prices.overrides import overrides
from core.services.prices.sources import LOCAL, AskedModel, rates_for
from core.storage import tables
from core.storage.engine import reading, write
from core.storage.upsert import insert_into


@dataclass(frozen=True)
class Quote:
    """What a request cost. ``cost_usd`` None: not known."""

    cost_usd: float | None
    rates_id: int | None
    """Of the stored rates, None where unknown."""
    rates: Rates | None


_UNKNOWN = Quote(None, None, None)


class Pricer:
    """Prices requests from any number of threads.

    What admins enter meanwhile, in whichever process, counts within ``look_again_s`` seconds. The first quote with
    some rates writes them in a transaction of its own: ask for quotes outside of write transactions.
    """

    def __init__(self, engine: Engine, *, look_again_s: float = 5.0) -> None:
        self._engine, self._look_again_s = engine, look_again_s
        self._entered: Sequence[tables.PriceOverride] = ()
        self._looked_at: float | None = None
        self._ids: dict[Rates, int] = {}
        self._lock = Lock()

    def quote(
        self,
        endpoint: Endpoint,
        settings: Mapping[str, Any],
        usage: TokenUsage | None,
        *,
        answered_by: str | None = None,
        at: datetime,
        is_fallback: bool = False,
        batch: bool = False,
    ) -> Quote:
        """The cost of ``usage`` at ``endpoint`` for a request sent at ``at``, with the rates it rests on.

        ``settings``: the candidate's; with ``is_fallback`` its ``fallback`` settings name the price.
        """
        rates = self.rates(endpoint, settings, answered_by=answered_by, at=at, is_fallback=is_fallback)
        if rates is None:
            return _UNKNOWN
        return Quote(cost_usd(usage, rates, batch=batch), self.id_of(rates), rates)

    def ceiling_usd(
        self,
        endpoint: Endpoint,
        settings: Mapping[str, Any],
        *,
        input_tokens: int,
        max_tokens: int,
        at: datetime,
        is_fallback: bool = False,
    ) -> float | None:
        """The most that a request with at most so many tokens can cost; None where the price is not known."""
        rates = self.rates(endpoint, settings, at=at, is_fallback=is_fallback)
        return None if rates is None else most_usd(rates, input_tokens=input_tokens, max_output_tokens=max_tokens)

    def rates(
        self,
        endpoint: Endpoint,
        settings: Mapping[str, Any],
        *,
        answered_by: str | None = None,
        at: datetime,
        is_fallback: bool = False,
    ) -> Rates | None:
        """The rates of a request sent at ``at``; None where nobody knows them (see sources.rates_for)."""
        provider = LOCAL if endpoint.api == LOCAL else endpoint.provider
        asked = AskedModel(provider, endpoint.model, endpoint.base_url, answered_by)
        theirs = (settings.get("fallback") or {}) if is_fallback else settings
        return rates_for(asked, theirs, self._overrides(), at=at)

    def _overrides(self) -> Sequence[tables.PriceOverride]:
        now = time.monotonic()
        if self._looked_at is None or now - self._looked_at >= self._look_again_s:
            with reading(self._engine) as session:
                self._entered = overrides(session)
            self._looked_at = now
        return self._entered

    def id_of(self, rates: Rates) -> int:
        """Of the row that holds ``rates``, which is written where it is not there."""
        known = self._ids.get(rates)
        if known is None:
            with self._lock:
                known = self._ids.get(rates)
                if known is None:
                    known = self._ids[rates] = stored_id(self._engine, rates)
        return known


def stored_id(engine: Engine, rates: Rates) -> int:
    """The id of the row that holds these ``rates``, written now if they are new; one row for equal rates."""
    with reading(engine) as session:
        found = _find(session, rates)
    return found if found is not None else write(engine, lambda session: _store(session, rates))


def _find(session: Session, rates: Rates) -> int | None:
    wanted = select(tables.Rates.id).where(col(tables.Rates.content_hash) == rates.content_hash)
    return session.exec(wanted).first()


def _store(session: Session, rates: Rates) -> int:
    table = tables.Rates.__table__  # type: ignore[attr-defined]
    row = {
        "provider": rates.provider,
        "model": rates.model,
        "source": rates.source,
        "rates": rates.as_json(),
        "content_hash": rates.content_hash,
        "created_at": clock.now(),
    }
    insert = insert_into(session.get_bind().dialect.name, table)
    session.connection().execute(insert.on_conflict_do_nothing(index_elements=["content_hash"]), row)
    found = _find(session, rates)
    assert found is not None
    return found
