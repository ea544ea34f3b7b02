"""What other prices did: a run's own tokens at the rates they were priced with, over those at the baseline's rates."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import pricing
from core.domain.answering import TokenUsage
from core.domain.drift.causes import Effect
from core.services.prices import kept_rates
from core.services.quality.gathering import Floats
from core.services.watching.drift.contents import Contents
from core.services.watching.drift.figures import RunFigures
from core.storage.tables import Rates, metadata

_attempt = metadata.tables["attempt"]
_MOST_ATTEMPTS = 5_000
_TOKENS = tuple(each.name for each in fields(TokenUsage))


@dataclass(frozen=True)
class PricesPaid:
    """[contents] what a candidate's attempts in a run cost, and would have cost."""

    paid_usd: Floats
    before_usd: Floats
    words: str

    def effect(self, contents: Contents, category: str | None) -> Effect | None:
        """The factor in a category or over all; None where nothing is known."""
        here = contents.here(category)
        paid, before = self.paid_usd[here].sum(), self.before_usd[here].sum()
        return Effect.exact(float(paid / before)) if paid > 0 and before > 0 else None


def prices_paid(
    session: Session, contents: Contents, baseline: Collection[RunFigures], newest: RunFigures, candidate: int
) -> PricesPaid | None:
    """None where the rates are still the same, or not known on one side."""
    before: frozenset[int] = frozenset().union(*(run.rates.get(candidate, frozenset()) for run in baseline))
    now = newest.rates.get(candidate, frozenset())
    if not before or now <= before:
        return None
    rates = {row.id or 0: row for row in session.exec(select(Rates).where(col(Rates.id).in_(before | now)))}
    old_of = {each: _old(rates, each, before) for each in now if each in rates}
    paid, before_usd = np.zeros(len(contents.hashes)), np.zeros(len(contents.hashes))
    for row in _attempts(session, newest.run_id, candidate):
        old = old_of.get(row.rates_id)
        usage = TokenUsage(**{name: getattr(row, name) for name in _TOKENS})
        cost = None if old is None else pricing.cost_usd(usage, kept_rates(old))
        if cost is not None:
            code = int(contents.codes_of(np.array([row.prompt_id]))[0])
            paid[code] += row.cost_usd
            before_usd[code] += cost
    new = [rates[each] for each in sorted(now - before) if each in rates]
    return PricesPaid(paid, before_usd, _words(new, old_of)) if new else None


def _old(rates: dict[int, Rates], new: int, before: Collection[int]) -> Rates | None:
    """The baseline's rates for the same model; where there is none, its only ones."""
    known = [rates[each] for each in sorted(before) if each in rates]
    same = [each for each in known if (each.provider, each.model) == (rates[new].provider, rates[new].model)]
    if same:
        return same[-1]
    return known[0] if len(known) == 1 else None


def _attempts(session: Session, run_id: int, candidate: int) -> list[sa.Row[Any]]:
    """The priced attempts, of very many only every so many-th."""
    a = _attempt.c
    where = a.run_id == run_id, a.candidate_id == candidate, a.cost_usd.is_not(None), a.rates_id.is_not(None)
    count = int(session.execute(sa.select(sa.func.count()).select_from(_attempt).where(*where)).scalar_one())
    query = sa.select(a.prompt_id, a.cost_usd, a.rates_id, *(a[name] for name in _TOKENS)).where(*where)
    every = -(-count // _MOST_ATTEMPTS)
    return list(session.execute(query.where(a.id % every == 0) if every > 1 else query))


def _words(new: list[Rates], old_of: dict[int, Rates | None]) -> str:
    told = []
    for row in new:
        old = old_of.get(row.id or 0)
        if old is not None:
            told.append(f"{row.model}: {_each(old)} → {_each(row)}")
    return f"other prices ({', '.join(told)} USD per million tokens in / out)" if told else "other prices"


def _each(row: Rates) -> str:
    return f"{row.rates['input_usd_per_mtok']:g} / {row.rates['output_usd_per_mtok']:g}"
