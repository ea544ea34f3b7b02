"""A page over very many responses and votes, against a bare page that shows the same from what is at hand.

A visitor opens the page over a websocket, as a browser does, until the script has run to its end; the two pages in
turn. The goal is about every visit but the first one after something changed: whoever comes first computes what the
page shows anew, unless the background has done so, and that is told beside it.
"""

import os
import pickle
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.many_responses import NOW, filled
from benchmarks.many_votes import voted
from benchmarks.visiting import Visit, served, visit
from core.services import columns
from core.settings import get_settings
from core.storage.engine import get_engine

RESPONSES, VOTES, VISITS = 1_000_000, 1_000_000, 9
MOST_TIMES_BARE = 2.0


def compared(
    page: str, bare_script: str, view: Callable[[], object], *, responses: int, votes: int, visits: int, query: str = ""
) -> dict[str, Any]:
    """What ``run`` of a benchmark gives.

    ``view``: computes what the page shows, which the bare one is handed. ``query``: of our page's address.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        engine = filled(Path(folder) / f"{page}.db", responses)
        voted(engine, responses, votes)
        columns.keep(engine, 1, now=NOW)
        database = str(engine.url)
        engine.dispose()
        ours = stack.enter_context(served("streamlit_app.py", folder, database=database))
        first = visit(ours, page, query)
        kept = Path(folder, "view")
        computed_s = _left(kept, database, view)
        bare = stack.enter_context(served(bare_script, folder, str(kept)))
        assert _drawn(visit(bare)) == _drawn(first) > (0, 0)
        times: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(visits):
            times["ours"].append(visit(ours, page, query).ms)
            times["bare"].append(visit(bare).ms)
        peak_mb = ours.peak_mb()
    mine, theirs = median(times["ours"]), median(times["bare"])
    return {
        "name": f"{page}_scale",
        "value": round(mine / theirs, 2),
        "goal": f"<= {MOST_TIMES_BARE:g}",
        "met": mine / theirs <= MOST_TIMES_BARE,
        "detail": {
            "responses": responses,
            "votes": votes,
            "visit_ms": {"ours": round(mine), "bare": round(theirs)},
            "first_visit_of_the_server_ms": round(first.ms),
            "computed_s": round(computed_s, 2),
            "server_peak_mb": peak_mb,
        },
    }


def _drawn(found: Visit) -> tuple[int, int]:
    return found.charts, found.tables


def _left(file: Path, database: str, view: Callable[[], object]) -> float:
    """Compute the view in this process, for the bare page; in how many seconds."""
    os.environ["EVENHAND_DATABASE_URL"] = database
    get_settings.cache_clear()
    began = time.perf_counter()
    file.write_bytes(pickle.dumps(view()))
    taken = time.perf_counter() - began
    get_engine().dispose()
    return taken
