"""The champion, once the verdict over all says to switch."""

from collections.abc import Iterator
from datetime import timedelta

from sqlmodel import Session

from core.domain.alerts import AlertKind, Severity
from core.domain.deciding import Decision
from core.services import deciding
from core.services.alerts import Raised
from core.services.datasets import datasets
from core.services.deciding.taken import alert_key
from core.services.deciding.words import sentence
from core.services.watching.rules.addresses import page
from core.services.watching.rules.rule import Look, Rule


def _no_longer_best(look: Look) -> Iterator[Raised]:
    found = deciding.verdicts(look.session, look.scope)
    verdict = found.of(None)
    if verdict is None or verdict.decision is not Decision.SWITCH or not verdict.comparisons:
        return
    champion, challenger = (found.names[of or 0] for of in (verdict.champion, verdict.challenger))
    title = f"{champion} is no longer the best choice overall on {look.scope}"
    text = (
        f"{sentence(found, verdict)} Both proofs that a switch needs are there, at bounds that hold however often one "
        "looks. Look at the verdict, then accept or decline it: nothing in production changes by itself."
    )
    yield Raised(
        AlertKind.CHAMPION,
        alert_key(look.scope, verdict.champion or 0, verdict.challenger or 0),
        title,
        text,
        page("decisions", decisions_dataset=str(datasets.named(look.session, look.scope).id)),
        Severity.URGENT,
        {"dataset": look.scope, "champion": champion, "challenger": challenger},
    )


def _datasets(session: Session) -> dict[str, object]:
    """Verdicts take seconds where there are very many responses: only where what they rest on changed."""
    return {name: deciding.as_of(session, name) for name in deciding.datasets(session)}


NO_LONGER_BEST = Rule(
    AlertKind.CHAMPION, _no_longer_best, scopes=_datasets, is_daily=True, every=timedelta(hours=1), is_standing=True
)
