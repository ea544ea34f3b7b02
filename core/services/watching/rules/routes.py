"""Routing tables that a verdict or an alarm proposed, and that wait for somebody to accept or decline them."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind, Severity
from core.domain.routing import Occasion
from core.services.alerts import Raised
from core.services.routing.versions import alert_key
from core.services.watching.rules.addresses import page
from core.services.watching.rules.rule import Look, Rule
from core.storage.tables import RoutesDecided, RoutesProposed

_NEWEST = 20
_WHY = {
    Occasion.DRIFT: "An alarm on Drift says that who answers there got worse.",
    Occasion.VERDICT: "The verdicts changed.",
}


def _proposed(look: Look) -> Iterator[Raised]:
    row = look.session.get(RoutesProposed, int(look.scope))
    if row is None or row.created_at < look.since:
        return
    moved = [one["category"] for one in row.rests_on.get("moves", ())]
    where = ", ".join(moved) if len(moved) <= 3 else f"{len(moved)} categories"
    occasion = Occasion(row.because)
    text = (
        f"{_WHY.get(occasion, '')} Version {row.id} would change who answers:\n{row.said}\nLook at what it saves and "
        "what it misses, then accept or decline it: until then the table in force stays."
    ).strip()
    yield Raised(
        AlertKind.ROUTES,
        alert_key(row.id or 0),
        f"New routes are proposed for {where} on {row.dataset}",
        text,
        page("routing", routing_dataset=row.dataset),
        Severity.URGENT if occasion is Occasion.DRIFT else Severity.WARNING,
        {"dataset": row.dataset, "version": row.id, "because": row.because, "moves": row.rests_on.get("moves", [])},
    )


def _waiting(session: Session) -> dict[str, object]:
    """The newest ones that nobody decided on; what a person asked for, that person knows."""
    decided = select(RoutesDecided.proposed_id)
    query = select(RoutesProposed.id).where(
        col(RoutesProposed.id).not_in(decided), RoutesProposed.because != str(Occasion.ASKED)
    )
    return {str(id): id for id in session.exec(query.order_by(col(RoutesProposed.id).desc()).limit(_NEWEST)).all()}


PROPOSED = Rule(AlertKind.ROUTES, _proposed, scopes=_waiting)
