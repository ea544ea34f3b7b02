"""Simulated raters for the demo alone: a fresh workspace shows boards that work, before anybody has rated.

How they judge. Every response gives an *impression* of a few visible signs (``core.demo.impressions``): repetition,
length, courtesy, a cut-off ending, the reference found, JSON given. For each question a rater adds up the signs with
fixed weights (``core.demo.taste``), bent by a taste of their own, and compares. The sums are standardised over
all responses, so thresholds are in standard deviations. A rater adds noise, leans a little to one side, calls
small differences a tie and two poor answers both bad. *Send* holds each response by itself against a bar. The
last rater is careless: too fast, and about half of the answers at random.

They know nothing of candidates, and no candidate is favoured.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, cycle
from typing import Any

import numpy as np

from core.demo.taste import (
    QUESTIONS,
    Answer,
    Rater,
    Scale,
    draw_rater,
    judge,
    scale,
    take_in,
    time_on_pair_ms,
)
from core.domain.votes import OUTCOME_WORDS

Pair = tuple[str, str, str]
SESSION_PAIRS = 30
SESSIONS = 6
DAY_S = 86_400.0


@dataclass(frozen=True)
class RatedPair:
    """One simulated rater's answers on one pair; ``left`` and ``right`` name candidates."""

    prompt_id: str
    left: str
    right: str
    rater: str
    outcomes: dict[str, str]
    """question key (tone, safety, send) → left | right | tie | both_bad."""
    time_on_pair_ms: int
    finished_after_s: float
    """Seconds from the start of the simulated week to the last answer on the pair; less than seven days."""


@dataclass(frozen=True)
class _Table:
    """What lies before the raters: answers by (prompt, candidate), and the scale of each question."""

    answers: dict[tuple[str, str], Answer]
    scales: dict[str, Scale]


def simulated_votes(
    prompts: Sequence[Mapping[str, Any]],
    responses: Sequence[Mapping[str, Any]],
    *,
    rng: np.random.Generator,
    raters: int = 6,
    judgements: int = 900,
    overlap: int = 3,
) -> list[RatedPair]:
    """About ``judgements`` rated pairs, in order of time; the same for the same arguments and state of ``rng``.

    ``prompts`` and ``responses`` have the fields of Prompts and Responses JSONL. A third of the rated pairs gets
    each of 1 … ``overlap`` votes, no rater gets a pair twice, and pairs that nobody rated remain. Raters are called
    "Simulated rater 1" and so on; the last is the careless one.
    """
    by_id = {prompt["id"]: prompt for prompt in prompts}
    answers = {
        (row["prompt_id"], row["candidate"]): take_in(by_id[row["prompt_id"]], row)
        for row in responses
        if row["prompt_id"] in by_id
    }
    if not answers:
        return []
    table = _Table(answers, {question: scale(question, answers.values()) for question in QUESTIONS})
    people = [draw_rater(number, careless=number == raters, rng=rng) for number in range(1, raters + 1)]
    shares = _shares(_spread(answers, rng), people, judgements=judgements, overlap=overlap, rng=rng)
    rated = [
        pair for rater, share in zip(people, shares, strict=True) for pair in _work_through(share, rater, table, rng)
    ]
    return sorted(rated, key=lambda pair: (pair.finished_after_s, pair.rater))


def _spread(answers: Iterable[tuple[str, str]], rng: np.random.Generator) -> list[Pair]:
    """All pairs (prompt, candidate, candidate): one of every prompt in turn, each prompt's in random order."""
    candidates: dict[str, list[str]] = {}
    for prompt_id, candidate in answers:
        candidates.setdefault(prompt_id, []).append(candidate)
    queues: list[list[Pair]] = []
    for prompt_id in sorted(candidates):
        pairs = [(prompt_id, a, b) for a, b in combinations(sorted(candidates[prompt_id]), 2)]
        queues.append([pairs[i] for i in rng.permutation(len(pairs))])
    longest = max(map(len, queues), default=0)
    return [queue[i] for i in range(longest) for queue in queues if i < len(queue)]


def _shares(
    pairs: Sequence[Pair], people: Sequence[Rater], *, judgements: int, overlap: int, rng: np.random.Generator
) -> list[list[Pair]]:
    """Each rater's pairs, in random order; the active get more."""
    activity = np.array([rater.activity for rater in people])
    shares: list[list[Pair]] = [[] for _ in people]
    left = judgements
    for pair, wanted in zip(pairs, cycle(range(min(overlap, len(people)), 0, -1)), strict=False):
        takers = rng.choice(len(people), size=min(wanted, left), replace=False, p=activity / activity.sum())
        for taker in takers:
            shares[taker].append(pair)
        left -= len(takers)
        if left == 0:
            break
    return [[share[i] for i in rng.permutation(len(share))] for share in shares]


def _work_through(share: Sequence[Pair], rater: Rater, table: _Table, rng: np.random.Generator) -> list[RatedPair]:
    """A rater's week: at most six sessions, one a day; the sides of each two candidates take turns."""
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
        rated.append(RatedPair(prompt_id, left, right, rater.name, outcomes, time_ms, round(clock, 1)))
    return rated
