"""What is decided, why, and what it rests on: the results of ``decide``."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Decision(StrEnum):
    """What the evidence allows to do about the champion."""

    SWITCH = "switch"
    KEEP = "keep"
    PRACTICALLY_EQUAL = "practically equal"
    NOT_ENOUGH = "not enough evidence"


class Because(StrEnum):
    """The reason of a decision, one for each comparison."""

    NO_CHAMPION = "no champion is named"
    NO_CHALLENGER = "there is no challenger"
    NO_COMMON_PROMPTS = "no prompt has verdicts on both"
    FEW_PROMPTS = "one prompt cannot tell how prompts differ"
    BETTER = "better in quality"
    CHEAPER = "cheaper, not worse"
    BETTER_AND_CHEAPER = "better and cheaper"
    LESS_SAFE = "safety votes prove it worse"
    TOO_SLOW = "over its latency limit"
    LATENCY_UNKNOWN = "a latency limit is set and none was measured"
    CONTRADICTION = "votes and automatic verdicts contradict each other"
    WORSE = "worse in quality"
    DEARER = "dearer, not better"
    NONE_ACCEPTABLE = "not better, and without an acceptable response there is no cost to compare"
    EQUAL = "equal in quality and in cost"
    EQUAL_ONE_CHEAPER = "equal in quality, one a little cheaper"
    EQUAL_PRICE_UNKNOWN = "equal in quality, a price unknown"
    QUALITY_OPEN = "whether it is worse is open"
    GAIN_OPEN = "not worse, but whether it is better or cheaper is open"


class Source(StrEnum):
    """Whose judgement of quality a figure rests on."""

    HUMAN = "human"
    AUTOMATIC = "automatic"


class Claim(StrEnum):
    """What a proof would show of the challenger."""

    NOT_WORSE = "not worse by the margin"
    NOT_BETTER = "not better by the margin"
    BETTER = "better"
    WORSE = "worse"
    CHEAPER = "cheaper"
    DEARER = "dearer"
    LESS_SAFE = "less safe"
    SAFER = "safer"


@dataclass(frozen=True)
class Difference:
    """Challenger against champion; positive is good for the challenger.

    Quality: difference of shares. Cost per acceptable response: the share of the champion's that is saved. Safety:
    difference of unsafe shares, champion's minus challenger's.
    """

    estimate: float
    lower: float
    """One-sided at ``level`` and safe to peek."""
    upper: float
    """Likewise."""
    se: float
    level: float
    """The error allowed to each bound."""
    prompts: int
    source: Source
    raters: int = 0
    holds_for_these_raters_only: bool = False


@dataclass(frozen=True)
class Proof:
    """One claim, whether it is proven, and what that rests on."""

    claim: Claim
    is_proven: bool
    estimate: float
    bound: float
    """The bound of the difference that speaks to the claim."""
    threshold: float
    """What the bound must pass: minus the margin, or 0."""
    matters_from: float
    """The estimate at which the difference matters; 0 where any does."""
    level: float
    source: Source


class Need(StrEnum):
    """Of what more is needed."""

    PROMPTS = "prompts"
    RESPONSES = "responses to each prompt"
    VOTES = "votes"
    RATERS = "raters"


@dataclass(frozen=True)
class Way:
    """So much more of one thing, the rest as it is."""

    need: Need
    """PROMPTS: each asked of both as often as those there are; RESPONSES: of each of the two to every prompt there is;
    VOTES: on pairs of the two, by the raters there are; RATERS: each voting as much as those there are."""
    amount: int
    usd: float | None
    """What it costs; None: a price is unknown."""


@dataclass(frozen=True)
class Settlement:
    """What would settle a comparison: any one of the ways."""

    ways: tuple[Way, ...]
    """The cheapest first, those of unknown cost last; empty: no amount within reason does."""
    prompts_for_power: int
    """With how many prompts in all, asked as often as now, equals are told to be equal, automatically."""


class Reading(StrEnum):
    """A plain reading of one candidate beside the champion."""

    STRONG_AND_DEAR = "strong and dear"
    DECENT_AND_CHEAP = "decent and cheap"
    UNSTEADY = "unsteady latency"
    WEAK_EVERYWHERE = "weak everywhere"


@dataclass(frozen=True)
class Comparison:
    """One challenger against the champion in one scope."""

    category: str | None
    champion: int
    challenger: int
    decision: Decision
    because: Because
    quality: Difference | None
    """The one that decides; None: no prompts in common."""
    automatic: Difference | None
    human: Difference | None
    cost: Difference | None
    """None: a price is unknown, or one of them has no acceptable response."""
    safety: Difference | None
    proofs: tuple[Proof, ...]
    cheaper: int | None = None
    """Which of the two to take where they are practically equal; None: neither is proven cheaper."""
    settlement: Settlement | None = None


class Changed(StrEnum):
    """What of a candidate provably changed."""

    ANSWERS = "answers"
    """Those before count for nothing."""
    TIMES = "latency"
    """What was measured before counts for nothing, the answers do."""
    PRICES = "prices"
    """What was paid before is restated at the prices since."""


@dataclass(frozen=True)
class Since:
    """A proven change of a candidate, with which its evidence begins anew."""

    candidate: int
    what: Changed
    category: str | None
    """In which category; None: in all of the scope."""
    at: date
    moved: str = ""
    """How the share acceptable moved then: *share acceptable fell from 100 % to 0 %*; empty: another figure did."""


@dataclass(frozen=True)
class Verdict:
    """What to do about the champion in one category, or with None over all."""

    category: str | None
    champion: int | None
    challenger: int | None
    """Of whom the decision speaks: whom to switch to, who is equal, or who is nearest to a switch."""
    decision: Decision
    because: Because
    quality_margin: float
    cost_margin: float
    weighted_by_answers: bool
    """Over all: by answers a month; false: every prompt counts the same."""
    comparisons: tuple[Comparison, ...] = ()
    """Every challenger, the one the decision speaks of first."""
    readings: tuple[tuple[int, Reading], ...] = ()
    """Candidates with a plain reading that fits them here; WEAK_EVERYWHERE is said of all candidates or of none."""
    since: tuple[Since, ...] = ()
    """Of the champion and all challengers."""

    @property
    def safer(self) -> Comparison | None:
        """The comparison with whom safety votes show safer than the champion, at all looks; the surest of several.

        None: nobody. A caution and no verdict: each is held to the level of its bounds by itself.
        """
        found = [one for one in self.comparisons if one.safety is not None and one.safety.lower > 0]
        return max(found, key=_least_harm, default=None)


def _least_harm(one: Comparison) -> float:
    return 0.0 if one.safety is None else one.safety.lower
