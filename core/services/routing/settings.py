"""The limits that routing tables are compiled under: those of decisions, and two of their own."""

from typing import Annotated, ClassVar

from pydantic import Field
from sqlmodel import Session

from core.domain.routing import Limits
from core.domain.strict_params import StrictParams
from core.services import workspace
from core.services.deciding.settings import settings

_NAME = "routing"


class RoutingParams(StrictParams):
    """What an admin may set, as it is stored; empty: no limit."""

    owner: ClassVar[str] = "the limits of routes"
    refusals: Annotated[float, Field(ge=0, le=1)] | None = None
    """The largest share of refusals where an answer was wanted."""
    spend_usd_a_month: Annotated[float, Field(gt=0, le=1e9)] | None = None


def limits(session: Session) -> Limits:
    """As they are now. The latency limits are those of decisions, so that a verdict and a route never disagree."""
    params = own(session)
    return Limits(settings(session).latency_limit_ms, params.refusals, params.spend_usd_a_month)


def own(session: Session) -> RoutingParams:
    """The two that are routing's own."""
    return RoutingParams.of({**RoutingParams.defaults(), **workspace.setting(session, _NAME, {})})


def save(session: Session, *, refusals: float | None, spend_usd_a_month: float | None) -> None:
    """Keep the limits; None: none. Raises BadInput, naming what makes no sense; then nothing is changed."""
    params = {"refusals": refusals, "spend_usd_a_month": spend_usd_a_month}
    RoutingParams.check(params)
    workspace.save(session, _NAME, params)
