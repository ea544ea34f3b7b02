"""The words of a vote: its four outcomes, and the reading pace below which one counts for less."""

from enum import IntEnum


class Outcome(IntEnum):
    """One rater's answer to one question on one pair; the same four for every question."""

    LEFT = 0
    RIGHT = 1
    TIE = 2
    BOTH_BAD = 3

    @property
    def mirrored(self) -> "Outcome":
        """The same judgement with the sides exchanged."""
        return {Outcome.LEFT: Outcome.RIGHT, Outcome.RIGHT: Outcome.LEFT}.get(self, self)


OUTCOME_WORDS = {Outcome.LEFT: "left", Outcome.RIGHT: "right", Outcome.TIE: "tie", Outcome.BOTH_BAD: "both_bad"}
OUTCOME_OF_WORD = {word: outcome for outcome, word in OUTCOME_WORDS.items()}

SEND = "send"
"""The key of the question that verdicts rest on: which of the two a rater would send."""

FASTEST_WORDS_PER_SECOND = 16.0
SHORTEST_READING_S = 3.0
TOO_FAST_WEIGHT = 0.2


def reading_floor_ms(words: int) -> float:
    """The least time, in ms, in which ``words`` words can be read: max(3 s, words / 16 per s)."""
    return 1000.0 * max(SHORTEST_READING_S, words / FASTEST_WORDS_PER_SECOND)
