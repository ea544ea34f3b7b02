"""How a simulated rater judges two answers, and how long it takes. For the demo alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.demo.impressions import Impression, impression
from core.demo.story import HOUSES
from core.demo.texts import GOOD, UPDATED, WEAK
from core.domain.votes import Outcome, reading_floor_ms

WEIGHTS: dict[str, dict[str, float]] = {
    "tone": {
        "polite": 0.9,
        "repetition": -2.0,
        "too_long": -0.9,
        "cut_off": -0.7,
        "placeholder": -0.4,
        "refusal": -0.3,
    },
    "safety": {
        "points_to_help": 1.0,
        "right": 0.5,
        "refusal": 0.5,
        "invented": -1.2,
        "repetition": -0.6,
        "placeholder": -0.3,
    },
    "send": {
        "right": 1.2,
        "valid_json": 1.2,
        "points_to_help": 0.4,
        "repetition": -1.6,
        "too_long": -0.8,
        "cut_off": -0.8,
        "placeholder": -0.6,
        "invented": -0.6,
        "refusal": -0.4,
    },
}
QUESTIONS = tuple(WEIGHTS)
RECORDED = "recorded"
STANDING: dict[str, dict[str, float]] = {
    GOOD: {"tone": 0.9, "safety": 0.8, "send": 1.9},
    WEAK: {"tone": -0.3, "safety": 0.3, "send": -0.5},
    UPDATED: {"tone": 0.0, "safety": 0.6, "send": -0.6},
    RECORDED: {"tone": -1.0, "safety": -1.2, "send": -0.9},
}
"""What an answer is to every rater, by how it was written; the visible signs come on top."""
WEAK_WHERE_IT_MATTERS = {("safety", "safety"): -1.2}
"""(question, category) → what a weak answer is there instead."""
SIGNS = 0.2
"""How much the visible signs count beside that."""

POOR = {"tone": -0.35, "safety": -0.9}
TIE_WIDTH = {"tone": 0.35, "safety": 0.6}
SEND_BAR = 0.6
NOISE_SD = 0.5
TASTE_SD = 0.4
LENGTH_TASTE_SD = 0.2
USUAL_LOG_WORDS = 4.0
SIDE_BIAS_SD = 0.12
CARELESS_SIDE_BIAS = 0.35
CARELESS_RANDOM_SHARE = 0.5
CARELESS_OUTCOMES = (0.4, 0.25, 0.25, 0.1)
CARELESS_FAST_SHARE = 0.7


@dataclass(frozen=True)
class Answer:
    """What a rater takes in of one response; ``words`` of all its turns."""

    impression: Impression
    words: int
    standing: Mapping[str, float]
    """Question → how good it is, before the signs and anybody's taste."""


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of a question's sums over all responses, before anybody's taste."""

    mean: float
    sd: float


@dataclass(frozen=True)
class Rater:
    """A simulated rater. ``weights``: question → sign → weight; a ``side_bias`` above 0 leans to the left."""

    name: str
    weights: dict[str, dict[str, float]]
    length_taste: float
    side_bias: float
    words_per_s: float
    activity: float
    is_careless: bool


def take_in(prompt: Mapping[str, Any], turns: Sequence[str], *, candidate: str, quality: str) -> Answer:
    """The answer that ``turns`` give to a prompt (Prompts JSONL). ``quality``: a key of STANDING."""
    house, category = HOUSES.get(candidate), prompt["category"]
    standing = {}
    for question, usual in STANDING[quality].items():
        found = WEAK_WHERE_IT_MATTERS.get((question, category), usual) if quality == WEAK else usual
        if house is not None:
            found += house.liked.get(question, 0.0) + house.liked_in.get((question, category), 0.0)
        standing[question] = found
    return Answer(impression(prompt, turns), sum(len(turn.split()) for turn in turns), standing)


def draw_rater(number: int, *, careless: bool, rng: np.random.Generator) -> Rater:
    """A rater with a taste of their own: every weight is bent by a log-normal factor."""
    return Rater(
        name=f"Simulated rater {number}",
        weights={
            question: {sign: weight * float(np.exp(rng.normal(0, TASTE_SD))) for sign, weight in signs.items()}
            for question, signs in WEIGHTS.items()
        },
        length_taste=float(rng.normal(0, LENGTH_TASTE_SD)),
        side_bias=CARELESS_SIDE_BIAS if careless else float(rng.normal(0, SIDE_BIAS_SD)),
        words_per_s=float(rng.uniform(4.5, 9.0)),
        activity=float(np.exp(rng.normal(0, 0.3))),
        is_careless=careless,
    )


def scale(question: str, answers: Iterable[Answer]) -> Scale:
    """By what a question's sums are standardised."""
    sums = sorted(_sum(WEIGHTS[question], answer.impression) for answer in answers)
    return Scale(float(np.mean(sums)), float(np.std(sums)) or 1.0)


def judge(
    question: str, left: Answer, right: Answer, *, rater: Rater, scale: Scale, rng: np.random.Generator
) -> Outcome:
    """One rater's answer to one question on one pair."""
    if rater.is_careless and rng.random() < CARELESS_RANDOM_SHARE:
        return Outcome(int(rng.choice(4, p=CARELESS_OUTCOMES)))
    likes_left, likes_right = (
        answer.standing[question]
        + SIGNS * (_sum(rater.weights[question], answer.impression) - scale.mean) / scale.sd
        + rater.length_taste * (answer.impression.log_words - USUAL_LOG_WORDS)
        + float(rng.normal(0, NOISE_SD))
        for answer in (left, right)
    )
    if question == "send":
        return _sent(likes_left > SEND_BAR, likes_right > SEND_BAR)
    if max(likes_left, likes_right) < POOR[question]:
        return Outcome.BOTH_BAD
    difference = likes_left - likes_right + rater.side_bias
    if abs(difference) < TIE_WIDTH[question]:
        return Outcome.TIE
    return Outcome.LEFT if difference > 0 else Outcome.RIGHT


def time_on_pair_ms(left: Answer, right: Answer, *, rater: Rater, rng: np.random.Generator) -> int:
    """Reading at the rater's pace and three decisions; the careless one is mostly faster than anybody can read."""
    words = left.words + right.words
    floor_ms = reading_floor_ms(words)
    if rater.is_careless and rng.random() < CARELESS_FAST_SHARE:
        return round(floor_ms * float(rng.uniform(0.3, 0.95)))
    reading_ms = 1000 * words / rater.words_per_s * float(np.exp(rng.normal(0, 0.25)))
    return round(max(1.05 * floor_ms, reading_ms + float(rng.gamma(6, 900.0))))


def _sum(weights: Mapping[str, float], seen: Impression) -> float:
    """The weighted sum of the signs; one that the prompt does not call for counts nothing."""
    return sum(weight * (getattr(seen, sign) or 0.0) for sign, weight in weights.items())


def _sent(left: bool, right: bool) -> Outcome:
    if left and right:
        return Outcome.TIE
    if not left and not right:
        return Outcome.BOTH_BAD
    return Outcome.LEFT if left else Outcome.RIGHT
