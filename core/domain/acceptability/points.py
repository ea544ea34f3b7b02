"""What one point of quality costs: the field's quick figure, a plain mean without any claim of acceptability."""

from dataclasses import dataclass

from core.domain.acceptability.figures import CostState

POINTS = 100.0


@dataclass(frozen=True)
class CostPerPoint:
    """US dollars a response for each point of its mean score. ``value`` only where ``state`` is KNOWN."""

    state: CostState
    value: float | None = None


def cost_per_point(paid_usd: float | None, responses: int, mean_score: float | None) -> CostPerPoint:
    """What a response costs ÷ its mean score in points of 0 to 100.

    ``paid_usd``: everything paid for the ``responses``, failed attempts too, None where a price is not known.
    ``mean_score``: 0 to 1, None where nothing scores quality. NONE where there is no response, or no point, to pay for.
    The ratio of cost to a quality score is how public cost-per-quality calculators compare models (for instance
    remyolson/llm-lab, *How to Compare LLM Provider Cost vs Performance*): it takes half a point for worth half as much,
    which acceptability does not.
    """
    if not responses or not mean_score:
        return CostPerPoint(CostState.NONE)
    if paid_usd is None:
        return CostPerPoint(CostState.UNKNOWN)
    return CostPerPoint(CostState.KNOWN, paid_usd / responses / (POINTS * mean_score))
