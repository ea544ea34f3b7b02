"""What the demo says of its team before verdicts are read, and taking that back."""

from sqlmodel import Session

from core.demo import story
from core.services import workspace
from core.services.deciding import settings

_NAME = "demo_settings"


def enter(session: Session) -> None:
    """Enter margins, traffic and a rater's price, where nobody has entered settings of decisions."""
    if settings.as_entered(session) is not None:
        return
    params = {
        **settings.DecidingParams.defaults(),
        "margin_over_all": story.MARGIN_OVER_ALL,
        "rater_hour_usd": story.RATER_HOUR_USD,
    }
    limit = {settings.OVER_ALL: story.LATENCY_LIMIT_MS}
    settings.save(session, params, latency_limit_ms=limit, answers_a_month=story.ANSWERS_A_MONTH)
    workspace.save(session, _NAME, settings.as_entered(session))


def take_back(session: Session) -> None:
    """Forget what the demo entered, as far as it still stands so."""
    ours = workspace.setting(session, _NAME, None)
    if ours is not None and ours == settings.as_entered(session):
        settings.forget(session)
    workspace.forget(session, _NAME)
