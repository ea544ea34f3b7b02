"""How the time to mask a text grows with its length: five times the text should take five times as long."""

import statistics
import time

from core.domain.masking import mask_self_identification

PHRASES = (
    "I am Claude made by OpenAI ", "I'm a large language model ", "gpt-", "claude 3 sonnet 3 ", "你好我是",
    "developed, created, ", "open-ai-4.4.4", "OpenAI's use use ", "\n", "an ordinary sentence about the sea. ",
)  # fmt: skip
SHORT, LONG, GOAL = 20_000, 100_000, 2.0


def seconds(phrase: str, length: int) -> float:
    """Median of five: the time to mask ``length`` characters of the phrase, and one name."""
    text = (phrase * (length // len(phrase) + 1))[:length] + " I'm Qwen."
    times = []
    for _ in range(5):
        begin = time.process_time()
        mask_self_identification(text, topic="")
        times.append(time.process_time() - begin)
    return statistics.median(times)


def run() -> dict:
    """The worst phrase's time on 100,000 characters over five times its time on 20,000; 1 is linear, 5 quadratic."""
    growth = {phrase: seconds(phrase, LONG) / (LONG / SHORT * seconds(phrase, SHORT)) for phrase in PHRASES}
    worst = max(growth, key=lambda phrase: growth[phrase])
    value = round(growth[worst], 2)
    detail = {
        "worst phrase": worst,
        "ordinary text, ms per 2,000 characters": round(1000 * seconds(PHRASES[-1], 2000), 2),
    }
    return {"name": "masking", "value": value, "goal": GOAL, "met": value <= GOAL, "detail": detail}
