"""The rules: one line each. Adding one is a function that yields Raised, and its line here."""

from sqlalchemy import Engine

from core import clock
from core.services.watching.rules import agreement, champion, missed, models, prices, queue, routes, runs
from core.services.watching.rules.checking import check
from core.services.watching.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    champion.NO_LONGER_BEST,
    runs.FAILED,
    runs.CAP_HIT,
    queue.DRY,
    agreement.FELL,
    models.RETIRED,
    models.RENAMED,
    prices.CHANGED,
    missed.MISSED,
    routes.PROPOSED,
)


def look(engine: Engine) -> int:
    """Let every rule look whose turn it is; how many alerts were raised. Cheap where nothing changed."""
    return check(engine, RULES, now=clock.now())
