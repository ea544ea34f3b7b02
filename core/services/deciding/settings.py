"""The settings that verdicts depend on: kept in the workspace, checked when they are written."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field
from sqlmodel import Session

from core.domain.deciding import Margins, Settings
from core.domain.strict_params import StrictParams
from core.errors import BadInput
from core.services import workspace

_NAME = "deciding"
OVER_ALL = ""
"""The key that stands for all categories together in the stored limits."""


class DecidingParams(StrictParams):
    """What an admin may set, as it is stored. Shares and costs are parts of 1."""

    owner: ClassVar[str] = "the settings of decisions"
    margin_over_all: Annotated[float, Field(ge=0.005, le=0.5)] = 0.05
    margin_in_category: Annotated[float, Field(ge=0.005, le=0.5)] = 0.10
    margin_of_cost: Annotated[float, Field(ge=0.01, le=1.0)] = 0.10
    rater_hour_usd: Annotated[float, Field(ge=0, le=100_000)] | None = None
    pairs_an_hour: Annotated[float, Field(ge=1, le=10_000)] = 60.0
    error_a_year: Annotated[float, Field(ge=0.001, le=0.2)] = 0.05


def settings(session: Session) -> Settings:
    """The settings as they are now; what nobody set has its default."""
    stored = workspace.setting(session, _NAME, {})
    params = DecidingParams.of({**DecidingParams.defaults(), **stored.get("params", {})})
    limits = stored.get("latency_limit_ms", {})
    return Settings(
        margins=Margins(params.margin_over_all, params.margin_in_category, params.margin_of_cost),
        latency_limit_ms={None if category == OVER_ALL else category: ms for category, ms in limits.items()},
        answers_a_month=dict(stored.get("answers_a_month", {})),
        rater_hour_usd=params.rater_hour_usd,
        pairs_an_hour=params.pairs_an_hour,
        error_a_year=params.error_a_year,
    )


def as_entered(session: Session) -> Mapping[str, Any] | None:
    """What was entered, as it is stored; None where nobody entered anything."""
    found: Mapping[str, Any] | None = workspace.setting(session, _NAME, None)
    return found


def forget(session: Session) -> None:
    """Go back to the defaults."""
    workspace.forget(session, _NAME)


def save(
    session: Session,
    params: Mapping[str, Any],
    *,
    latency_limit_ms: Mapping[str, float],
    answers_a_month: Mapping[str, float],
) -> None:
    """Keep the settings. ``latency_limit_ms``: p95 by category, OVER_ALL for all; both by category, without zeros.

    Raises BadInput, naming what makes no sense; then nothing is changed.
    """
    DecidingParams.check(params)
    for words, numbers in (("latency limit", latency_limit_ms), ("answers a month", answers_a_month)):
        for category, number in numbers.items():
            if not 0 < number < 1e12:
                of = f" of '{category}'" if category else ""
                raise BadInput(f"The {words}{of} must be a number above 0, not {number:g}. Leave it empty for none.")
    kept = {
        "params": dict(params),
        "latency_limit_ms": dict(latency_limit_ms),
        "answers_a_month": dict(answers_a_month),
    }
    workspace.save(session, _NAME, kept)
