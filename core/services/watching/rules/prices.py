"""Runs that were charged other prices than the runs before them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import col, select

from core.domain.alerts import AlertKind, Severity
from core.domain.deciding.spans import signed
from core.domain.words import price
from core.services.alerts import Raised
from core.services.watching.rules.addresses import figures_page
from core.services.watching.rules.ended import Answered, answered, before, candidates_in, ended_runs, run_of
from core.services.watching.rules.rule import Look, Parameter, Rule
from core.storage.tables import Candidate, Rates, Run

_LEAST = Parameter("least_change", "Least change", 0.01, 0.0, 1.0, "%", "Smaller changes of a price are not told.")
_PRICES = {
    "input_usd_per_mtok": "input",
    "output_usd_per_mtok": "output",
    "cached_input_usd_per_mtok": "cached input",
    "request_usd": "each request",
}


def _changed(look: Look) -> Iterator[Raised]:
    run = run_of(look)
    if run is None:
        return
    now = {of: found.rates_ids[-1] for of, found in answered(look.session, run.id or 0).items() if found.rates_ids}
    earlier = list(before(look.session, run, now))
    was = {of: _last(earlier, of) for of in now}
    ids = {*now.values(), *(id for id in was.values() if id is not None)}
    rates = {row.id: row.rates for row in look.session.exec(select(Rates).where(col(Rates.id).in_(ids))).all()}
    for of, candidate in candidates_in(look.session, now).items():
        if was[of] is None or was[of] == now[of]:
            continue
        changes = list(_changes(rates[was[of]], rates[now[of]], look.thresholds[_LEAST.name]))
        if changes:
            yield _raised(run, candidate, changes)


def _last(earlier: Sequence[Mapping[int, Answered]], candidate_id: int) -> int | None:
    """The last prices that the candidate was charged in the runs before, the newest of which comes first."""
    found = (one[candidate_id].rates_ids for one in earlier if candidate_id in one)
    return next((ids[-1] for ids in found if ids), None)


def _changes(was: dict[str, Any], is_now: dict[str, Any], least: float) -> Iterator[str]:
    for field, name in _PRICES.items():
        before_usd, after_usd = was.get(field), is_now.get(field)
        if before_usd == after_usd or before_usd is None or after_usd is None:
            continue
        if abs(after_usd - before_usd) > least * abs(before_usd):
            share = f", {signed(100 * (after_usd / before_usd - 1), 0)} %" if before_usd else ""
            yield f"{name} {price(before_usd)} → {price(after_usd)}{share}"


def _raised(run: Run, candidate: Candidate, changes: list[str]) -> Raised:
    listed = "; ".join(changes)
    title = f"{candidate.name} is charged other prices"
    text = (
        f"Run {run.id} was charged other prices for {candidate.name} than the run before it, per million tokens: "
        f"{listed}. What an acceptable response costs has moved with it, and a verdict may have, too."
    )
    return Raised(
        AlertKind.PRICE,
        f"price:{candidate.id}:{run.id}",
        title,
        text,
        figures_page(run, candidate),
        Severity.WARNING,
        {"candidate": candidate.name, "run": run.id, "changes": changes},
    )


CHANGED = Rule(AlertKind.PRICE, _changed, (_LEAST,), scopes=ended_runs)
