"""The next best step: the one thing to do now that brings the decision on, with its price."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.domain.acceptability import FEWEST_RATED
from core.domain.deciding import Need, Way
from core.domain.deciding.wording import price
from core.domain.words import about, money, n

FREE = "Costs nothing."
_UNKNOWN_HOUR = "Unknown cost: no price of a rater's hour is entered."
_SAID_FIRST = "What it costs is said before it begins."


class StepKind(StrEnum):
    """What to do next."""

    IMPORT_PROMPTS = "import prompts"
    ADD_CANDIDATES = "add candidates"
    EVALUATE = "evaluate"
    WAIT = "wait"
    NAME_CHAMPION = "name the champion"
    DECIDE = "decide"
    LOOK_AT_ROUTE = "look at the proposed route"
    LOOK_AT_DRIFT = "look at drift"
    ENTER_PRICES = "enter prices"
    INVITE = "invite raters"
    RATE = "rate"
    ENTER_TRAFFIC = "enter traffic"
    WATCH = "watch"


@dataclass(frozen=True)
class OpenVerdict:
    """A verdict that waits for somebody: nobody has accepted or declined it, or its evidence is not enough."""

    category: str | None
    challenger: str
    ways: tuple[Way, ...] = ()
    """What would settle it, the cheapest first."""


@dataclass(frozen=True)
class Alarm:
    """A proven change that nobody has acknowledged."""

    finding_id: int
    said: str
    """What moved, from where to where."""
    bearing: str = ""
    """Whether who changed is recommended there, in a sentence."""
    is_decisive: bool = True
    """Whether the decision rests on who changed there."""


@dataclass(frozen=True)
class Situation:
    """What the step is chosen from."""

    prompts: int = 0
    candidates: int = 0
    """Those in use."""
    responses: int = 0
    """Answers, and units given up."""
    is_judged: bool = True
    """Whether any of them has a verdict."""
    champion: str | None = None
    is_champion_asked: bool = False
    challengers: int = 0
    """Asked beside the champion."""
    alarms: tuple[Alarm, ...] = ()
    """What harms most first."""
    has_proposed_route: bool = False
    """A routing table waits for somebody, or only one keeps a switch out of the categories that it does not reach."""
    to_take: OpenVerdict | None = None
    """The first *switch* that nobody has accepted or declined."""
    open: OpenVerdict | None = None
    """The first verdict whose evidence is not enough."""
    unpriced: tuple[str, ...] = ()
    """Who of the champion and the challengers has answers of unknown cost."""
    votes: int = 0
    raters: int = 0
    """People who may rate or have rated."""
    rater_hour_usd: float | None = None
    pairs_an_hour: float = 60.0
    is_traffic_entered: bool = False
    last_run_usd: float | None = None


@dataclass(frozen=True)
class Step:
    """What to do, why, and for how much."""

    kind: StepKind
    title: str
    why: str
    button: str
    price: str
    usd: float | None = 0.0
    """The price in figures; 0: nothing; None: not known, or not yet."""
    finding_id: int | None = None
    """Of the change to look at."""


def next_step(situation: Situation) -> Step:
    """The first thing that stands in the way of a decision, by rule; where nothing does, to keep watching."""
    found = (rule(situation) for rule in _RULES)
    return next((step for step in found if step is not None), _watch(situation))


def _begin(s: Situation) -> Step | None:
    """What has to be there before anything can be compared."""
    if not s.prompts:
        why = "There is nothing to ask yet. Prompts of your own traffic come from logs or a file."
        return Step(StepKind.IMPORT_PROMPTS, "Import prompts", why, "Import prompts", FREE)
    if not s.candidates:
        why = "A candidate is a model with its settings: the one in production, and those that may replace it."
        return Step(StepKind.ADD_CANDIDATES, "Define candidates", why, "Define candidates", FREE)
    if not s.responses:
        why = "No candidate has answered these prompts yet."
        return _evaluate("Evaluate the candidates", why)
    if not s.is_judged:
        why = "Evaluators score new responses in the background; the page shows more as they get on."
        return Step(StepKind.WAIT, "Wait a moment: answers are being scored", why, "Look again", FREE)
    return None


def _compare(s: Situation) -> Step | None:
    """What a comparison needs: a champion with answers, and a challenger."""
    if s.champion is None:
        why = "Every candidate is held against the one that your users get today; none is marked as that."
        return Step(StepKind.NAME_CHAMPION, "Say which candidate is in production", why, "Choose the champion", FREE)
    if not s.is_champion_asked:
        return _evaluate(f"Evaluate {s.champion}", f"The champion {s.champion} has no answers to these prompts yet.")
    if s.challengers:
        return None
    if s.candidates < 2:
        why = f"{s.champion} stands alone: there is nobody to compare it with."
        return Step(StepKind.ADD_CANDIDATES, "Define a challenger", why, "Define candidates", FREE)
    return _evaluate("Evaluate a challenger", f"Nobody but {s.champion} has answered these prompts.")


def _evaluate(title: str, why: str) -> Step:
    return Step(StepKind.EVALUATE, title, why, "Re-evaluate", _SAID_FIRST, None)


def _look(s: Situation) -> Step | None:
    """What somebody should look at before anything else is believed."""
    decisive = [alarm for alarm in s.alarms if alarm.is_decisive]
    if decisive:
        return _look_at(decisive[0], len(decisive), "; look before you rely on a verdict")
    if s.has_proposed_route:
        names = s.to_take is not None and s.to_take.category is None
        then = "; the champion, whom users get by default, is named after that, on Decisions" if names else ""
        why = (
            "It says who answers which category, as far as the verdicts go. Nothing changes until somebody accepts it"
            f"{then}."
        )
        return Step(StepKind.LOOK_AT_ROUTE, "Look at the routing table", why, "Look at the table", FREE)
    return None


def _look_after(s: Situation) -> Step | None:
    """What changed where no decision rests on it."""
    return _look_at(s.alarms[0], len(s.alarms), "") if s.alarms else None


def _look_at(alarm: Alarm, of: int, before: str) -> Step:
    proven = "It is proven" if of == 1 else f"It is the first of {of:,} proven changes"
    why = f"{proven}, and nobody has acknowledged it{before}. {alarm.bearing}".strip()
    title = f"Look at drift: {alarm.said}"
    return Step(StepKind.LOOK_AT_DRIFT, title, why, "Look at this change", FREE, finding_id=alarm.finding_id)


def _take(s: Situation) -> Step | None:
    if s.to_take is None:
        return None
    title = f"Accept or decline the switch to {s.to_take.challenger}{_where(s.to_take)}"
    why = "Both proofs that a switch needs are there. What you decide is recorded, and its saving is followed."
    return Step(StepKind.DECIDE, title, why, "Decide", FREE)


def _price(s: Situation) -> Step | None:
    if not s.unpriced:
        return None
    why = f"What {_listed(s.unpriced)} cost is unknown, so no saving can be told. Past runs can be priced afterwards."
    return Step(StepKind.ENTER_PRICES, "Enter the missing prices", why, "Enter prices", FREE)


def _ask_experts(s: Situation) -> Step | None:
    """The first votes: without any, all rests on automatic verdicts."""
    if s.votes:
        return None
    why = f"No expert has said yet what they would send; a figure of theirs takes {FEWEST_RATED} rated responses each."
    return _votes(s, "Collect the first votes", why, _usd_of_votes(s, FEWEST_RATED))


def _settle(s: Situation) -> Step | None:
    """The cheapest way to settle the first verdict that is open."""
    if s.open is None or not s.open.ways:
        return None
    way = s.open.ways[0]
    why = f"It would settle whether to switch to {s.open.challenger}{_where(s.open)}, most likely."
    if way.need is Need.VOTES:
        return _votes(s, f"Collect about {n(way.amount, 'more vote')}", why, way.usd)
    if way.need is Need.RATERS:
        title = f"Invite about {n(way.amount, 'more rater')}"
        return Step(StepKind.INVITE, title, why, "Invite raters", _of_raters(way.usd), way.usd)
    of_calls = "Unknown cost: a price is missing." if way.usd is None else f"About {price(way)}."
    if way.need is Need.PROMPTS:
        title = f"Add about {n(way.amount, 'more prompt')}"
        return Step(StepKind.IMPORT_PROMPTS, title, why, "Import prompts", of_calls, way.usd)
    title = f"Ask every prompt {n(way.amount, 'more time')}"
    return Step(StepKind.EVALUATE, title, why, "Re-evaluate", of_calls, way.usd)


def _votes(s: Situation, title: str, why: str, usd: float | None) -> Step:
    """By the raters there are; where there are none, they have to be invited first."""
    kind, button = (StepKind.RATE, "Rate pairs") if s.raters else (StepKind.INVITE, "Invite raters")
    return Step(kind, title, why, button, _of_raters(usd), usd)


def _traffic(s: Situation) -> Step | None:
    if s.is_traffic_entered:
        return None
    why = "With answers a month by category, costs and savings are told in dollars a month, and weighted as you pay."
    return Step(StepKind.ENTER_TRAFFIC, "Enter your traffic", why, "Enter answers a month", FREE)


def _watch(s: Situation) -> Step:
    price = _SAID_FIRST if s.last_run_usd is None else f"The last run cost {money(s.last_run_usd)}."
    why = "Nothing stands open. The next run shows whether what holds today still does."
    return Step(StepKind.WATCH, "Evaluate again when something changes", why, "Re-evaluate", price, s.last_run_usd)


def _where(verdict: OpenVerdict) -> str:
    return "" if verdict.category is None else f" in {verdict.category}"


def _usd_of_votes(s: Situation, amount: int) -> float | None:
    return None if s.rater_hour_usd is None else amount * s.rater_hour_usd / s.pairs_an_hour


def _of_raters(usd: float | None) -> str:
    return _UNKNOWN_HOUR if usd is None else f"About {about(usd)} of raters' time."


def _listed(names: tuple[str, ...]) -> str:
    shown = names[:3]
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{' and '.join(shown) if len(shown) < 3 else ', '.join(shown)}{more}"


_RULES: tuple[Callable[[Situation], Step | None], ...] = (
    _begin,
    _compare,
    _look,
    _take,
    _look_after,
    _price,
    _ask_experts,
    _settle,
    _traffic,
)
