"""What a workspace says before it reads verdicts: what matters, what is allowed, what an hour costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Margins:
    """The smallest differences that matter. A loss up to them is *not worse*; a gain from them on is *better*."""

    over_all: float = 0.05
    """Of the share acceptable, all prompts together."""
    in_category: float = 0.10
    """Of the share acceptable, in one category."""
    cost: float = 0.10
    """Of the cost per acceptable response, as a share of the champion's."""

    def quality(self, category: str | None) -> float:
        """The margin of the share acceptable that holds in a category, or with None over all."""
        return self.over_all if category is None else self.in_category


@dataclass(frozen=True)
class Settings:
    """What verdicts depend on besides the evidence."""

    margins: Margins = Margins()
    latency_limit_ms: Mapping[str | None, float] = field(default_factory=dict)
    """The longest p95 allowed by category, and under None over all; absent: no limit."""
    answers_a_month: Mapping[str, float] = field(default_factory=dict)
    """Production's answers by category. Where every category with prompts has an entry they weight *over all*."""
    rater_hour_usd: float | None = None
    """What an hour of a rater costs; None: not known."""
    pairs_an_hour: float = 60.0
    """How many pairs a rater rates in an hour."""
    error_a_year: float = 0.05
    """The chance of any false switch in a year of reading verdicts: half of it over all, half for the categories."""
