"""Whether following the advice of what would settle a verdict gets there for less than spreading the money evenly.

Five candidates. *Switch*: a challenger is as good as the champion and 30 % cheaper, the others are worse or dearer.
*Keep*: one challenger is worse by little more than the margin, the others by far. *Votes*: a challenger is better in
the eyes of twelve raters, who differ. *Advised* buys round by round what the verdict over all names for the challenger
it speaks of, a quarter at least and half at most of what there is. *Evenly* spreads purchases over all candidates (all
pairs, for votes). Both go on until the verdict is no longer open, or to the end of what there is to buy; what was there
at the start counts too. The saving comes from what is settled early: where nothing is, it is smaller (*hard worlds*).
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.planted_choices import CHAMPION, World, Year, year
from core.domain.clustered import Clustered
from core.domain.deciding import Decision, Evidence, HumanEvidence, Need, Settings, Verdict, decide

REPLICATIONS, HARD_REPLICATIONS, GOAL, MOST_WRONG = 150, 40, 0.6, 0.05
FIRST, MOST, GROWTH = 80, 8000, 0.25
USD, VOTE_USD = 0.002, 1.0
RATERS, FIRST_VOTES, MOST_VOTES, LENIENCY_SD, TASTE_SD = 12, 240, 12_000, 0.1, 0.02
SWITCH = World((0.80, 0.80, 0.78, 0.72, 0.70), (USD, 0.7 * USD, 1.2 * USD, USD, 0.8 * USD), MOST)
KEEP = World((0.80, 0.735, 0.60, 0.55, 0.50), 5 * (USD,), MOST)
WORLDS: dict[str, tuple[World | None, Decision]] = {
    "switch": (SWITCH, Decision.SWITCH),
    "keep": (KEEP, Decision.KEEP),
    "votes": (None, Decision.SWITCH),
}
HARD: dict[str, tuple[World | None, Decision, float]] = {
    "keep, all challengers near": (World((0.80, 0.72, 0.70, 0.68, 0.60), 5 * (USD,), MOST), Decision.KEEP, TASTE_SD),
    "votes, raters with tastes": (None, Decision.SWITCH, 0.05),
}
"""Printed beside the goal: where every challenger needs as much as the next, and where only more raters would help."""
SENDABLE = (0.60, 0.72, 0.56, 0.52, 0.60)


@dataclass(frozen=True)
class Spent:
    """What it took one workspace to get to a verdict."""

    usd: float
    verdict: Verdict


def on_prompts(seen: Year, world: World, *, is_advised: bool) -> Spent:
    """Buys answers to more prompts."""
    asked = np.full(len(world.share), FIRST)
    while True:
        told = decide({None: _asked(seen, asked)}, CHAMPION, Settings())[0]
        usd = float(asked @ np.array(world.cost)) * world.repetitions
        if told.decision is not Decision.NOT_ENOUGH or asked.max() >= MOST:
            return Spent(usd, told)
        if not is_advised:
            asked = np.minimum(np.ceil(asked * (1 + GROWTH)).astype(int), MOST)
            continue
        one = told.comparisons[0].challenger
        asked[one] = min(asked[one] + _amount(told, Need.PROMPTS, asked[one]), MOST)
        asked[CHAMPION] = asked.max()


def on_votes(rng: np.random.Generator, *, is_advised: bool, taste_sd: float = TASTE_SD) -> Spent:
    """Buys votes on pairs; advised on those of champion and named challenger, else on all pairs in turn."""
    ballots, cast = _Ballots(rng, taste_sd), 0
    pairs = [(a, b) for b in range(len(SENDABLE)) for a in range(b)]
    ballots.vote(pairs, FIRST_VOTES)
    cast = FIRST_VOTES
    while True:
        told = decide({None: ballots.evidence()}, CHAMPION, Settings(rater_hour_usd=60.0))[0]
        if told.decision is not Decision.NOT_ENOUGH or cast >= MOST_VOTES:
            return Spent(cast * VOTE_USD, told)
        one = told.comparisons[0].challenger
        there = min(ballots.counted(one), ballots.counted(CHAMPION))
        more = _amount(told, Need.VOTES, there) if is_advised else round(GROWTH * cast)
        ballots.vote([(CHAMPION, one)] if is_advised else pairs, more)
        cast += more


def _amount(told: Verdict, need: Need, there: int) -> int:
    """As much as the advice says, within a quarter and a half of what there is."""
    settlement = told.comparisons[0].settlement
    said = [way.amount for way in settlement.ways if way.need is need] if settlement else []
    return int(np.clip(said[0] if said else there, np.ceil(GROWTH * there), np.ceil(2 * GROWTH * there)))


def _asked(seen: Year, asked: np.ndarray) -> list[Evidence]:
    """The evidence on the first so many prompts of each candidate."""
    place = np.arange(int(asked.max()))
    return [replace(one, judged=one.judged * (place < asked[one.candidate])) for one in seen.scope(0, place)]


class _Ballots:
    """Raters who say of both responses of a pair whether they would send them."""

    def __init__(self, rng: np.random.Generator, taste_sd: float) -> None:
        self.rng, self.said = rng, [np.zeros((3, 0)) for _ in SENDABLE]
        self.leniency = LENIENCY_SD * rng.standard_normal((RATERS, 1)) + taste_sd * rng.standard_normal((RATERS, 5))

    def vote(self, pairs: list[tuple[int, int]], count: int) -> None:
        """``count`` votes dealt to pairs and raters in turn, each on a prompt of its own."""
        turn = np.arange(count)
        pair, rater = np.array(pairs)[turn % len(pairs)], self.rng.permutation(turn) % RATERS
        prompt = self.rng.integers(0, 10**6, count)
        for side in (0, 1):
            chance = np.clip(np.array(SENDABLE)[pair[:, side]] + self.leniency[rater, pair[:, side]], 0, 1)
            said = np.stack([prompt, rater, self.rng.random(count) < chance])
            for one in set(pair[:, side].tolist()):
                self.said[one] = np.concatenate([self.said[one], said[:, pair[:, side] == one]], axis=1)

    def counted(self, one: int) -> int:
        """Votes on a candidate."""
        return self.said[one].shape[1]

    def evidence(self) -> list[Evidence]:
        """Without automatic verdicts."""
        nothing = np.zeros(1)
        return [
            Evidence(one, np.zeros(1, np.intp), nothing, nothing, nothing, human=self._share(one))
            for one in range(len(SENDABLE))
        ]

    def _share(self, one: int) -> HumanEvidence:
        prompt, rater, sent = self.said[one]
        share = Clustered(
            float(sent.mean()), prompt.astype(np.intp), rater.astype(np.intp), (sent - sent.mean()) / len(sent)
        )
        return HumanEvidence(share, len(sent), len(sent), RATERS)


def compared(seed: int, world: World | None, right: Decision, replications: int, taste_sd: float = TASTE_SD) -> dict:
    """The ratio of what both ways spend on the same workspaces, and how often their last verdict is wrong."""
    rng, spent = np.random.default_rng(seed), {True: [], False: []}
    for _ in range(replications):
        seen = None if world is None else year(rng, world, 1)
        draws = int(rng.integers(2**32))
        for is_advised, found in spent.items():
            own = np.random.default_rng(draws)
            found.append(
                on_votes(own, is_advised=is_advised, taste_sd=taste_sd)
                if seen is None
                else on_prompts(seen, world, is_advised=is_advised)
            )
    usd = {way: float(np.mean([one.usd for one in found])) for way, found in spent.items()}
    return {
        "ratio": round(usd[True] / usd[False], 3),
        "usd": {"advised": round(usd[True], 2), "evenly": round(usd[False], 2)},
        "wrong": {name: _share_of(spent[way], right, False) for name, way in (("advised", True), ("evenly", False))},
        "open": {name: _share_of(spent[way], right, True) for name, way in (("advised", True), ("evenly", False))},
    }


def _share_of(found: list[Spent], right: Decision, is_open: bool) -> float:
    """Open, or wrong: closed with another decision, or with a switch to another than the best."""
    told = [one.verdict for one in found]
    opened = [one.decision is Decision.NOT_ENOUGH for one in told]
    best = [one.decision is right and (right is not Decision.SWITCH or one.challenger == 1) for one in told]
    return float(np.mean(opened if is_open else ~(np.array(opened) | np.array(best))))


def run() -> dict:
    """Print-ready result; ``value``: the largest of the ratios."""
    began = time.perf_counter()
    found = {name: compared(81 + i, *WORLDS[name], REPLICATIONS) for i, name in enumerate(WORLDS)}
    hard = {
        name: compared(91 + i, world, right, HARD_REPLICATIONS, taste_sd)
        for i, (name, (world, right, taste_sd)) in enumerate(HARD.items())
    }
    ratio = max(one["ratio"] for one in found.values())
    wrong = max(share for one in found.values() for share in one["wrong"].values())
    return {
        "name": "settle",
        "value": ratio,
        "goal": f"<= {GOAL} of the money, wrong verdicts <= {MOST_WRONG}",
        "met": ratio <= GOAL and wrong <= MOST_WRONG,
        "detail": {
            "worlds": found,
            "hard_worlds": hard,
            "replications": [REPLICATIONS, HARD_REPLICATIONS],
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
