"""Who is recommended in each category, and what answers cost there and now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.domain.deciding import Decision, Verdict


@dataclass(frozen=True)
class Recommendation:
    """Who should answer what, as the verdicts have it; the champion wherever they do not say otherwise."""

    champion: int
    by_category: Mapping[str, int]
    """Category → candidate."""

    @property
    def is_change(self) -> bool:
        """Whether anybody but the champion is recommended anywhere."""
        return any(candidate != self.champion for candidate in self.by_category.values())

    def of(self, candidate: int) -> list[str]:
        """The categories in which a candidate is recommended."""
        return [category for category, who in self.by_category.items() if who == candidate]


@dataclass(frozen=True)
class Spent:
    """What a candidate's answers in a category took: everything paid, failed attempts too."""

    usd: float | None
    """None: a price is not known."""
    answers: int

    @property
    def usd_an_answer(self) -> float | None:
        """None: not known, or nothing was answered."""
        return None if self.usd is None or not self.answers else self.usd / self.answers


def recommended(verdicts: Sequence[Verdict]) -> Recommendation | None:
    """What the verdicts say to do; None without a champion.

    A category's own verdict comes first where it says something (*switch*, *keep*, *practically equal*); where its
    evidence is not enough, the switch over all holds there too.
    """
    raise NotImplementedError


def usd_a_month(who: Mapping[str, int], spent: Mapping[tuple[int, str], Spent], answers: Mapping[str, float]) -> float | None:
    """What a month's ``answers`` by category cost with ``who`` answering them; None where a price is not known."""
    raise NotImplementedError


def usd_per_thousand(who: Mapping[str, int], spent: Mapping[tuple[int, str], Spent], weights: Mapping[str, float]) -> float | None:
    """What 1,000 answers cost, categories in the proportion of ``weights``."""
    raise NotImplementedError
