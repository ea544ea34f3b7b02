"""The longest that any evaluator takes over a text of a megabyte, or a tenth of one, that was made to be hard.

The unit is the time to fold the case of an ordinary megabyte and to count its words. Some evaluators leave a megabyte
unscored, so the tenth counts too.
"""

import statistics
import time
from collections.abc import Callable

from core.domain.lengths import count_words
from core.domain.scoring.base import EvaluatorKind, Subject
from core.domain.scoring.wording import plain
from core.services.scoring import embedding
from core.services.scoring.registry import KINDS

LENGTHS, ROUNDS, GOAL = (100_000, 1_000_000), 3, 15.0
ORDINARY = "First take out the filter, then rinse it and let it dry for a day before you put it back. "
HARD = {
    "ordinary": ORDINARY, "one word": "a", "blanks": " ", "a reference, denied": "not paris ", "numbers": "1 ",
    "grouped numbers": "1,234 ", "fractions": "½", "numbers in words": "two hundred and ", "list numbers": "1. a\n",
    "footnotes": "a [3]", "stars in words": "**a", "links": "[a](", "arrays and objects": '[0, {"',
    "braces": "{", "brackets": "[", "an array": "[1,", "fences": "```\n",
    "refusals": "I can't help with that. ", "quotes": "\"'", "marks": "*_", "stops": ". ", "Chinese": "我不能",
    "accents": "e\u0301", "NUL": "\x00", "insults": "You are the worst. ",
}  # fmt: skip
CONSTRAINTS = {
    "max_words": 120,
    "max_characters": 160,
    "number": 9,
    "json_schema": {"items": {"type": "integer"}, "uniqueItems": True},
}
PARAMS = {"regex": {"pattern": r"(?:(\w+)+\s?)*[^\w\s]{5}$"}, "json_valid": {"always": True}}


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median of some rounds, of this process's own time."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return statistics.median(times)


def scoring(kind: EvaluatorKind, text: str) -> Callable[[], object]:
    """The work of scoring the text."""
    subject = Subject(turns=[text], reference=["Paris", text[:2000]], constraints=CONSTRAINTS)
    params = kind.params.of(PARAMS.get(kind.key, {}))
    assert kind.score is not None
    return lambda: (embedding.KEPT.clear(), kind.score(subject, params))


def run() -> dict:
    """The worst evaluator's time on its worst text over the unit."""
    texts = {
        f"{name}, {length:,} characters": (part * (length // len(part) + 1))[:length]
        for name, part in HARD.items()
        for length in LENGTHS
    } | {"a whole array": f"[{','.join(map(str, range(16_000)))}]"}
    ordinary = (ORDINARY * (LENGTHS[-1] // len(ORDINARY) + 1))[: LENGTHS[-1]]
    unit = seconds(lambda: count_words(plain(ordinary)))
    worst: dict[str, tuple[float, str]] = {}
    for kind in KINDS:
        if kind.score is not None:
            scoring(kind, ORDINARY)()  # libraries and models are loaded once
            _, name = max((seconds(scoring(kind, text), rounds=1), name) for name, text in texts.items())
            worst[kind.key] = (seconds(scoring(kind, texts[name])), name)
    slowest = max(worst, key=lambda key: worst[key][0])
    value = round(worst[slowest][0] / unit, 2)
    detail = {"unit, s": round(unit, 3), "slowest": slowest} | {
        key: f"{taken:.3f} s on {name}" for key, (taken, name) in worst.items()
    }
    return {"name": "megabyte_scores", "value": value, "goal": GOAL, "met": value <= GOAL, "detail": detail}
