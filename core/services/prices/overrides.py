"""Prices that an admin entered: each for a provider's model, from a date on."""

import math
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from core.domain.pricing import Rates
from core.errors import BadInput, NotFound
from core.storage.tables import PriceOverride

SOURCE = "admin"
_MOST_USD_PER_MTOK = 100_000.0


def enter_override(
    session: Session,
    *,
    provider: str,
    model: str,
    input_usd_per_mtok: float,
    output_usd_per_mtok: float,
    cached_input_usd_per_mtok: float | None = None,
    valid_from: datetime,
    now: datetime,
    note: str = "",
    entered_by_id: int | None = None,
) -> PriceOverride:
    """Enter a price in US dollars per million tokens, valid from ``valid_from`` until the next one entered.

    ``provider`` and ``model`` as the candidate names them. Past runs keep their cost until they are priced again.
    Raises BadInput naming the field.
    """
    prices = {
        "input price": input_usd_per_mtok,
        "output price": output_usd_per_mtok,
        "cached input price": cached_input_usd_per_mtok,
    }
    for name, price in prices.items():
        _check(name, price)
    if valid_from.tzinfo is None:
        raise BadInput("valid from: give the time with its zone, for example 2026-11-01T00:00:00+00:00.")
    if not provider.strip() or not model.strip():
        raise BadInput("A price belongs to a provider and a model: give both, as the candidate names them.")
    entered = PriceOverride(
        provider=provider.strip().casefold(),
        model=model.strip(),
        input_usd_per_mtok=float(input_usd_per_mtok),
        output_usd_per_mtok=float(output_usd_per_mtok),
        cached_input_usd_per_mtok=None if cached_input_usd_per_mtok is None else float(cached_input_usd_per_mtok),
        valid_from=valid_from,
        note=note.strip(),
        entered_by_id=entered_by_id,
        created_at=now,
    )
    session.add(entered)
    session.flush()
    return entered


def overrides(session: Session, *, with_withdrawn: bool = False) -> list[PriceOverride]:
    """What was entered, by provider and model, the newest date first."""
    wanted = select(PriceOverride)
    if not with_withdrawn:
        wanted = wanted.where(col(PriceOverride.withdrawn_at).is_(None))
    order = (
        col(PriceOverride.provider),
        col(PriceOverride.model),
        col(PriceOverride.valid_from).desc(),
        col(PriceOverride.id).desc(),
    )
    return list(session.exec(wanted.order_by(*order)))


def withdraw(session: Session, override_id: int, *, now: datetime) -> PriceOverride:
    """Say that a price was entered by mistake: it counts no more, for any time. Raises NotFound."""
    entered = session.get(PriceOverride, override_id)
    if entered is None:
        raise NotFound(f"There is no entered price number {override_id}.")
    entered.withdrawn_at = entered.withdrawn_at or now
    session.add(entered)
    session.flush()
    return entered


def valid_at(entered: Sequence[PriceOverride], *, provider: str, model: str, at: datetime) -> Rates | None:
    """The rates that were entered for a time, out of ``entered`` as ``overrides`` gives it; None where none holds."""
    for one in entered:
        if one.provider == provider and one.model == model and one.valid_from <= at:
            return Rates(
                source=SOURCE,
                provider=provider,
                model=model,
                input_usd_per_mtok=one.input_usd_per_mtok,
                output_usd_per_mtok=one.output_usd_per_mtok,
                cached_input_usd_per_mtok=one.cached_input_usd_per_mtok,
            )
    return None


def _check(name: str, price: float | None) -> None:
    if price is None:
        return
    if not math.isfinite(price) or price < 0:
        raise BadInput(f"{name}: {price} is no price. Give US dollars per million tokens, 0 or more.")
    if price > _MOST_USD_PER_MTOK:
        raise BadInput(
            f"{name}: {price:,.0f} US dollars per million tokens is more than any model costs "
            f"(the limit is {_MOST_USD_PER_MTOK:,.0f}). Look whether it was meant per thousand or per token."
        )
