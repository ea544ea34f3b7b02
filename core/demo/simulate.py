"""Simulated raters for the demo alone: a fresh workspace shows boards that work, before anybody has rated.

How they judge. They know what an answer was written as: a good one, a weak one, one since the update
(``core.demo.taste`` says what each is to them). Every response gives an *impression* of a few visible signs as well
(``core.demo.impressions``): repetition, length, courtesy, a cut-off ending, the reference found, JSON given. For each
question a rater adds up the signs with fixed weights, bent by a taste of their own, and compares. A rater adds noise,
leans a little to one side, calls small differences a tie and two poor answers both bad. *Send* holds each response by
itself against a bar. The last rater is careless: too fast, and about half of the answers at random.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.demo.story import HOUSES, Round
from core.demo.taste import (
    QUESTIONS,
    Answer,
    Rater,
    Scale,
    draw_rater,
    judge,
    scale,
    time_on_pair_ms,
)
from core.domain.votes import OUTCOME_WORDS

Pair = tuple[str, str, str]
Answers = Mapping[tuple[str, str], Answer]
SESSION_PAIRS = 30
SESSIONS = 6
DAY_S = 86_400.0


@dataclass(frozen=True)
class RatedPair:
    """One simulated rater's answers on one pair; ``left`` and ``right`` name candidates."""

    of: Round
    """The run whose answers the two are."""
    prompt_id: str
    left: str
    right: str
    rater: str
    outcomes: dict[str, str]
    """question key (tone, safety, send) → left | right | tie | both_bad."""
    time_on_pair_ms: int
    finished_after_s: float
    """Seconds from the end of the run to the last answer on the pair; less than six days."""


@dataclass(frozen=True)
class _Table:
    """What lies before the raters: answers by (prompt, candidate), and the scale of each question."""

    of: Round
    answers: Answers
    scales: dict[str, Scale]


def simulated_votes(
    runs: Mapping[Round, Answers],
    *,
    rng: np.random.Generator,
    raters: int = 14,
    overlap: int = 3,
    of_recorded: int = 56,
) -> list[RatedPair]:
    """Rated pairs, in order of time; the same for the same arguments and state of ``rng``.

    ``runs``: what was answered in each, by (prompt's id, candidate). Of every run each pair of written candidates on
    each prompt is rated, a third of them by each of 1 … ``overlap`` raters, and ``of_recorded`` of the pairs with a
    recorded one, once each. No rater gets a pair of a run twice. Raters are called "Simulated rater 1" and so on; the
    last is the careless one.
    """
    everything = [answer for answers in runs.values() for answer in answers.values()]
    if not everything:
        return []
    scales = {question: scale(question, everything) for question in QUESTIONS}
    people = [draw_rater(number, careless=number == raters, rng=rng) for number in range(1, raters + 1)]
    rated = []
    for of, answers in runs.items():
        table = _Table(of, answers, scales)
        shares = _shares(_pairs(answers, overlap, of_recorded, rng), people, rng=rng)
        of_run = [
            pair
            for rater, share in zip(people, shares, strict=True)
            for pair in _work_through(share, rater, table, rng)
        ]
        rated += sorted(of_run, key=lambda pair: (pair.finished_after_s, pair.rater))
    return rated


def _pairs(
    answers: Iterable[tuple[str, str]], overlap: int, of_recorded: int, rng: np.random.Generator
) -> list[tuple[Pair, int]]:
    """A run's pairs (prompt, candidate, candidate), each with how many are to rate it."""
    candidates: dict[str, list[str]] = {}
    for prompt_id, candidate in answers:
        candidates.setdefault(prompt_id, []).append(candidate)
    pairs = [(prompt, *two) for prompt in sorted(candidates) for two in combinations(sorted(candidates[prompt]), 2)]
    written = [pair for pair in pairs if pair[1] in HOUSES and pair[2] in HOUSES]
    others = [pair for pair in pairs if pair not in set(written)]
    order = rng.permutation(len(written))
    wanted = [(written[place], overlap - number % overlap) for number, place in enumerate(order)]
    return wanted + [(others[place], 1) for place in rng.permutation(len(others))[:of_recorded]]


def _shares(
    pairs: Sequence[tuple[Pair, int]], people: Sequence[Rater], *, rng: np.random.Generator
) -> list[list[Pair]]:
    """Each rater's pairs, in random order; the active get more."""
    activity = np.array([rater.activity for rater in people])
    shares: list[list[Pair]] = [[] for _ in people]
    for pair, wanted in pairs:
        for taker in rng.choice(len(people), min(wanted, len(people)), replace=False, p=activity / activity.sum()):
            shares[taker].append(pair)
    return [[share[i] for i in rng.permutation(len(share))] for share in shares]


def _work_through(share: Sequence[Pair], rater: Rater, table: _Table, rng: np.random.Generator) -> list[RatedPair]:
    """A rater's work on a run: at most six sessions, one a day; the sides of each two candidates take turns."""
    rated: list[RatedPair] = []
    swapped: dict[tuple[str, str], bool] = {}
    sessions = min(SESSIONS, -(-len(share) // SESSION_PAIRS))
    clock = 0.0
    for position, (prompt_id, a, b) in enumerate(share):
        day, is_new = position * sessions // len(share), position * sessions % len(share) < sessions
        if is_new:
            clock = DAY_S * (day + float(rng.uniform(0.35, 0.7)))
        swapped[a, b] = not swapped.get((a, b), bool(rng.random() < 0.5))
        left, right = (b, a) if swapped[a, b] else (a, b)
        shown = table.answers[prompt_id, left], table.answers[prompt_id, right]
        time_ms = time_on_pair_ms(*shown, rater=rater, rng=rng)
        clock += time_ms / 1000 + float(rng.exponential(2.0))
        outcomes = {
            question: OUTCOME_WORDS[judge(question, *shown, rater=rater, scale=table.scales[question], rng=rng)]
            for question in QUESTIONS
        }
        rated.append(RatedPair(table.of, prompt_id, left, right, rater.name, outcomes, time_ms, round(clock, 1)))
    return rated
