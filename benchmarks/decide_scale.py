"""How long `evenhand decide` thinks over a million responses and a million votes, read from stored columns.

Ten candidates, eight categories, 20,000 prompts × 5; twelve raters have answered *send* on a million pairs that they
were shown. The value is in seconds, of the verdicts with what would settle the open ones; the columns stand before.
"""

import resource
import tempfile
import time
from pathlib import Path

from benchmarks.many_responses import NOW, filled
from benchmarks.many_votes import voted
from core.services import columns, deciding
from core.storage.engine import reading

RESPONSES, VOTES, GOAL_S = 1_000_000, 1_000_000, 10.0


def run() -> dict:
    """The seconds that the verdicts take, with the peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        engine = filled(Path(folder, "evenhand.db"), RESPONSES)
        voted(engine, RESPONSES, VOTES)
        columns.rebuild(engine, now=NOW)
        began = time.perf_counter()
        with reading(engine) as session:
            found = deciding.verdicts(session, "benchmark")
        taken = time.perf_counter() - began
        engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    detail = {"verdicts": [str(one.decision) for one in found.verdicts], "peak_mb": round(peak), "votes": VOTES}
    met = taken <= GOAL_S
    return {"name": "decide_scale", "value": round(taken, 2), "goal": f"<= {GOAL_S:g} s", "met": met, "detail": detail}
