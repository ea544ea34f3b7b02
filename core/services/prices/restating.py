"""What attempts that were made at older prices would have cost at the prices since."""

import math
from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import pricing
from core.domain.answering import TokenUsage
from core.storage.tables import Rates, metadata

_attempt = metadata.tables["attempt"].c
_TOKENS = tuple(each.name for each in fields(TokenUsage))
_MOST_ATTEMPTS = 5_000


def rates_since(session: Session, candidate_id: int, run_ids: Collection[int]) -> list[Rates]:
    """The rates at which a candidate's attempts in these runs were priced, of each model those used last."""
    a = _attempt
    used = sa.select(a.rates_id, sa.func.max(a.id).label("last"))
    where = a.candidate_id == candidate_id, a.run_id.in_(run_ids), a.rates_id.is_not(None)
    ids = [row.rates_id for row in session.execute(used.where(*where).group_by(a.rates_id).order_by(sa.text("last")))]
    rows = {row.id: row for row in session.exec(select(Rates).where(col(Rates.id).in_(ids)))}
    return list({(rows[each].provider, rows[each].model): rows[each] for each in ids}.values())


def cost_ratio(session: Session, candidate_id: int, run_id: int, rates: Sequence[Rates]) -> float:
    """What a candidate's attempts in a run would have cost at other ``rates``, as a multiple of what they cost.

    By the tokens of each, of very many every so many-th. 1 where nothing is known of either.
    """
    rows = _priced(session, candidate_id, run_id)
    used = {row.rates_id for row in rows}
    old = {row.id: row for row in session.exec(select(Rates).where(col(Rates.id).in_(used)))}
    new = {each: _of_the_same(old[each], rates) for each in used}
    pairs = [(row.cost_usd, pricing.cost_usd(_usage(row), new[row.rates_id])) for row in rows]
    known = [(paid, restated) for paid, restated in pairs if restated is not None]
    paid_usd = math.fsum(paid for paid, _ in known)
    return math.fsum(restated for _, restated in known) / paid_usd if paid_usd > 0 else 1.0


def kept_rates(row: Rates) -> pricing.Rates:
    """Rates as the domain has them."""
    kept = dict(row.rates)
    tiers = tuple(pricing.Tier(**tier) for tier in kept.pop("tiers", ()))
    batch = kept.pop("batch", None)
    if batch is not None:
        batch = pricing.Tariff(**{**batch, "tiers": tuple(pricing.Tier(**tier) for tier in batch.get("tiers", ()))})
    return pricing.Rates(**kept, tiers=tiers, batch=batch)


def _of_the_same(old: Rates, rates: Sequence[Rates]) -> pricing.Rates:
    """Those of the same model, or the only ones; where that is not known, the old ones."""
    same = [each for each in rates if (each.provider, each.model) == (old.provider, old.model)]
    return kept_rates(same[-1] if same else rates[0] if len(rates) == 1 else old)


def _usage(row: Any) -> TokenUsage:
    return TokenUsage(**{name: getattr(row, name) for name in _TOKENS})


def _priced(session: Session, candidate_id: int, run_id: int) -> list[sa.Row[Any]]:
    a = _attempt
    where = a.run_id == run_id, a.candidate_id == candidate_id, a.cost_usd.is_not(None), a.rates_id.is_not(None)
    count = int(session.execute(sa.select(sa.func.count()).where(*where)).scalar_one())
    query = sa.select(a.cost_usd, a.rates_id, *(a[name] for name in _TOKENS)).where(*where)
    every = -(-count // _MOST_ATTEMPTS)
    return list(session.execute(query.where(a.id % every == 0) if every > 1 else query))
