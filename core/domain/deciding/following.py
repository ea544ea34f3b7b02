"""Where a category's own evidence is not enough: whether what holds over all may be followed there."""

from core.domain.deciding.verdicts import Because, Comparison, Decision

_FORBIDS = (Because.CONTRADICTION, Because.LATENCY_UNKNOWN, Because.NO_COMMON_PROMPTS)


def may_follow(here: Comparison) -> bool:
    """Whether a challenger that the verdict over all switches to takes nothing from a category by what was seen there.

    ``here``: the two in that category. A difference below 0 that is not proven is one that nobody should bet on: the
    champion stays there.
    """
    if here.decision is Decision.KEEP or here.because in _FORBIDS:
        return False
    return here.quality is not None and here.quality.estimate >= 0
