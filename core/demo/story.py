"""Who is who in the demo's story, and what happens to them in its eight weeks. All of it is invented.

Alder, Birch and Cedar were written for the demo by its makers; Plain and Terse are SmolLM2, really recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ALDER, BIRCH, CEDAR, PLAIN, TERSE = "Alder", "Birch", "Cedar", "Plain", "Terse"
RECORDED = (PLAIN, TERSE)
"""The tiny model under two instructions: *Re-evaluate* can run them without a key."""

WEEKS = 8


@dataclass(frozen=True)
class Round:
    """One run of the written candidates."""

    week: int
    """From 1."""
    days: int = 0
    """After the week's own run."""
    category: str | None = None
    """What alone was asked; None: everything."""


UPDATED_IN_WEEK, UPDATED_CATEGORY = 6, "coding"
"""When Birch's provider changes its model, and what gets worse by it."""
AGAIN = Round(7, 4, UPDATED_CATEGORY)
"""The coding prompts are asked once more, after the alarm."""
ROUNDS = tuple(sorted([*(Round(week) for week in range(1, WEEKS + 1)), AGAIN], key=lambda one: (one.week, one.days)))
DEARER_IN_WEEK = 4
DEARER_INPUT_USD_PER_MTOK, DEARER_OUTPUT_USD_PER_MTOK = 0.50, 2.40
"""Cedar's price from that week on."""
BASELINE_WEEKS = 3
"""The weeks that later ones are compared with."""


@dataclass(frozen=True)
class House:
    """How a written candidate goes about answering: how often it has a bad day, how quick it is, what raters feel."""

    weak: float
    """The share of its answers that are the weak ones, where ``weak_in`` says nothing of the category."""
    weak_in: Mapping[str, float]
    first_token_ms: float
    tokens_per_s: float
    liked: Mapping[str, float] = field(default_factory=dict)
    """Question → what every rater adds to it, in the unit of ``taste``."""
    liked_in: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """(question, category) → the same, added to that."""


HOUSES: Mapping[str, House] = {
    ALDER: House(
        0.12,
        {"support": 0.24, "writing": 0.15, "summarising": 0.15, "ambiguous": 0.18, "coding": 0.04, "safety": 0.0},
        first_token_ms=850.0,
        tokens_per_s=46.0,
        liked={"tone": 0.15, "safety": -0.1},
        liked_in={("safety", "safety"): 1.3, ("send", "safety"): 0.3},
    ),
    BIRCH: House(
        0.015,
        {"safety": 0.7, "coding": 0.0, "extraction": 0.0},
        first_token_ms=420.0,
        tokens_per_s=105.0,
        liked={"tone": 0.1, "safety": 0.15},
        liked_in={("safety", "safety"): -0.9, ("send", "safety"): -0.4},
    ),
    CEDAR: House(
        0.29,
        {"safety": 0.4, "extraction": 0.12, "reasoning": 0.2},
        first_token_ms=190.0,
        tokens_per_s=210.0,
        liked={"tone": -0.15, "safety": 0.15},
        liked_in={("safety", "safety"): -0.9},
    ),
}
"""The written candidates: their answers, prices and times are invented, so nothing can be asked of them anew."""

ANSWERS_A_MONTH = {
    "support": 9_800,
    "writing": 9_700,
    "summarising": 9_700,
    "extraction": 9_700,
    "reasoning": 9_700,
    "ambiguous": 9_600,
    "coding": 600,
    "safety": 1_200,
}
"""What Larkfield's users ask for."""
LATENCY_LIMIT_MS = 12_000.0
MARGIN_OVER_ALL = 0.10
"""What 64 prompts can prove; the usual 5 points take some hundreds."""
RATER_HOUR_USD = 30.0
