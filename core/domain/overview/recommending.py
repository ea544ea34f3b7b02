"""Who is recommended in each category, and what answers cost there and now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.deciding import Decision, Verdict, may_follow
from core.domain.words import listed

THOUSAND = 1000.0


@dataclass(frozen=True)
class Recommendation:
    """Who should answer what, as the verdicts have it; the champion wherever they do not say otherwise."""

    champion: int
    by_category: Mapping[str, int]
    """Category → candidate."""
    by_table: Mapping[str, int] = field(default_factory=dict)
    """Category → who answers it today by the routing table in force, where that is not the champion."""

    @property
    def today(self) -> dict[str, int]:
        """Category → who answers it today."""
        return answering(self.by_category, self.champion, self.by_table)

    @property
    def is_change(self) -> bool:
        """Whether anybody is recommended anywhere who does not answer there today."""
        return self.today != dict(self.by_category)

    def categories_of(self, candidate: int) -> list[str]:
        """The categories in which a candidate is recommended."""
        return [category for category, who in self.by_category.items() if who == candidate]

    @property
    def candidates(self) -> list[int]:
        """Everybody who is recommended anywhere: who has the most categories first."""
        return sorted(set(self.by_category.values()), key=lambda who: (-len(self.categories_of(who)), who))


@dataclass(frozen=True)
class Routed:
    """The routing table in force, where it has others than the champion answer."""

    version: int
    by_category: Mapping[str, int]
    """Category → who answers it in place of the champion."""


def kept(routed: Routed | None, verdict: Verdict) -> int | None:
    """Who goes on answering a category of which nothing is proven, in place of the champion; None: nobody."""
    if routed is None or verdict.category is None or verdict.decision is not Decision.NOT_ENOUGH:
        return None
    return routed.by_category.get(verdict.category)


def answering(categories: Iterable[str], champion: int, others: Mapping[str, int]) -> dict[str, int]:
    """Category → who answers it: whom ``others`` name there, else the champion."""
    return {category: others.get(category, champion) for category in categories}


def by_candidate(who: Mapping[str, int]) -> dict[int, list[str]]:
    """The categories of each candidate, of who answers which."""
    found: dict[int, list[str]] = {}
    for category, of in who.items():
        found.setdefault(of, []).append(category)
    return found


def who_answers(who: Mapping[str, int], names: Mapping[int, str], answers: Mapping[str, float] | None = None) -> str:
    """Who answers which category, in words: *Birch; Alder for safety and coding*. Who has most ``answers`` first."""
    number, named = answers or {}, by_candidate(who)
    weight = {of: sum(number.get(category, 0.0) for category in there) for of, there in named.items()}
    first, *others = sorted(named, key=lambda of: (-weight[of], -len(named[of])))
    rest = [f"{names.get(of, '?')} for {listed(named[of])}" for of in others]
    return "; ".join([names.get(first, "?"), *rest])


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


SpentBy = Mapping[tuple[int, str], Spent]
"""By candidate and category."""


def recommended(verdicts: Sequence[Verdict], routed: Routed | None = None) -> Recommendation | None:
    """What the verdicts say to do; None without a champion or a category.

    ``routed``: where the table in force has another than the champion answer, it stays with that one as long as the
    verdict is open.

    A category's own verdict comes first where it says something (*switch*, *keep*, *practically equal*). Where its
    evidence is not enough, what holds over all is followed there too, unless that candidate was seen worse there.
    """
    whole = next((verdict for verdict in verdicts if verdict.category is None), None)
    in_categories = {verdict.category: verdict for verdict in verdicts if verdict.category is not None}
    if whole is None or whole.champion is None or not in_categories:
        return None
    found = {category: _whom(verdict, whole, routed) for category, verdict in in_categories.items()}
    others = {} if routed is None else routed.by_category
    return Recommendation(whole.champion, found, {category: of for category, of in others.items() if category in found})


def _whom(here: Verdict, whole: Verdict, routed: Routed | None) -> int:
    assert here.champion is not None
    if here.decision is not Decision.NOT_ENOUGH:
        return _chosen(here)
    stays = kept(routed, here)
    if stays is not None:
        return stays
    over_all = _chosen(whole)
    compared = next((one for one in here.comparisons if one.challenger == over_all), None)
    return over_all if compared is not None and may_follow(compared) else here.champion


def _chosen(verdict: Verdict) -> int:
    assert verdict.champion is not None
    if verdict.decision is Decision.SWITCH and verdict.challenger is not None:
        return verdict.challenger
    if verdict.decision is Decision.PRACTICALLY_EQUAL:
        cheaper = verdict.comparisons[0].cheaper
        return verdict.champion if cheaper is None else cheaper
    return verdict.champion


def usd_by_category(who: Mapping[str, int], spent: SpentBy, answers: Mapping[str, float]) -> dict[str, float | None]:
    """What so many ``answers`` of each category cost with ``who`` giving them; None where a price is not known."""
    each = {category: _usd_an_answer(spent, who.get(category), category) for category in answers}
    return {category: None if usd is None else answers[category] * usd for category, usd in each.items()}


def usd_for(who: Mapping[str, int], spent: SpentBy, answers: Mapping[str, float]) -> float | None:
    """What they cost together; None where a price is not known, or there are none."""
    known = [usd for usd in usd_by_category(who, spent, answers).values() if usd is not None]
    return sum(known) if known and len(known) == len(answers) else None


def thousand(weights: Mapping[str, float]) -> dict[str, float]:
    """1,000 answers, by category in the proportion of ``weights``; empty where these say nothing."""
    total = sum(weights.values())
    return {category: THOUSAND * weight / total for category, weight in weights.items() if weight} if total else {}


def _usd_an_answer(spent: SpentBy, candidate: int | None, category: str) -> float | None:
    found = None if candidate is None else spent.get((candidate, category))
    return None if found is None else found.usd_an_answer
