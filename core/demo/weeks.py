"""The weekly runs of the written candidates, drawn from their texts: which answer, how long it took, how many tokens.

The same for the same texts and seed. Which texts are drawn does not depend on what they say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.demo.story import BIRCH, HOUSES, ROUNDS, UPDATED_CATEGORY, UPDATED_IN_WEEK, WEEKS, House, Round
from core.demo.texts import GOOD, UPDATED, WEAK, Texts

_CHARACTERS_A_TOKEN = 3.9
_TOKENS_A_MESSAGE = 4
_SHOCK_SD, _FIRST_SD, _SPEED_SD = 0.03, 0.25, 0.12
_FIRST_BYTE = 0.9


@dataclass(frozen=True)
class TurnFacts:
    """One call to the model: times in ms from its start, and tokens."""

    first_byte_ms: float
    first_token_ms: float
    latency_ms: float
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class WrittenAnswer:
    """What a written candidate answered to a prompt in one run."""

    of: Round
    prompt_id: str
    candidate: str
    quality: str
    """texts.GOOD, WEAK or UPDATED: what simulated raters go by, and what is stored nowhere."""
    turns: tuple[str, ...]
    facts: tuple[TurnFacts, ...]
    """Of each turn."""


def weekly_answers(
    prompts: Sequence[Mapping[str, Any]],
    texts: Mapping[tuple[str, str], Texts],
    *,
    rng: np.random.Generator,
    weeks: int = WEEKS,
) -> list[WrittenAnswer]:
    """One answer of each written candidate to each prompt in each run of the last ``weeks`` weeks, in that order."""
    return [
        answer
        for one in ROUNDS
        if one.week > WEEKS - weeks
        for candidate, house in HOUSES.items()
        for answer in _of_a_run(prompts, texts, candidate, house, one, rng)
    ]


def _of_a_run(
    prompts: Sequence[Mapping[str, Any]],
    texts: Mapping[tuple[str, str], Texts],
    candidate: str,
    house: House,
    of: Round,
    rng: np.random.Generator,
) -> Iterator[WrittenAnswer]:
    """A whole run is somewhat slower or faster at a time: such is the weather at providers."""
    pace = float(np.exp(rng.normal(0, _SHOCK_SD)))
    for prompt in prompts:
        if of.category not in (None, prompt["category"]):
            continue
        quality = _quality(candidate, house, prompt["category"], of.week, rng)
        among, place = texts[prompt["id"], candidate].of(quality), rng.random()
        turns = among[int(place * len(among))]
        facts = tuple(_facts(prompt["turns"], turns, house, pace, rng))
        yield WrittenAnswer(of, prompt["id"], candidate, quality, turns, facts)


def _quality(candidate: str, house: House, category: str, week: int, rng: np.random.Generator) -> str:
    is_weak = rng.random() < house.weak_in.get(category, house.weak)
    if candidate == BIRCH and category == UPDATED_CATEGORY and week >= UPDATED_IN_WEEK:
        return UPDATED
    return WEAK if is_weak else GOOD


def _facts(
    asked: Sequence[str], answered: Sequence[str], house: House, pace: float, rng: np.random.Generator
) -> Iterator[TurnFacts]:
    """Every turn is sent with all that was said before it."""
    sent = 0
    for question, text in zip(asked, answered, strict=True):
        sent += tokens(question) + _TOKENS_A_MESSAGE
        output = tokens(text)
        first = pace * house.first_token_ms * float(np.exp(rng.normal(0, _FIRST_SD)))
        speed = house.tokens_per_s * float(np.exp(rng.normal(0, _SPEED_SD)))
        whole = first + pace * 1000 * output / speed
        yield TurnFacts(round(_FIRST_BYTE * first, 1), round(first, 1), round(whole, 1), sent, output)
        sent += output + _TOKENS_A_MESSAGE


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return max(1, round(len(text) / _CHARACTERS_A_TOKEN))
