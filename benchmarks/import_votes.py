"""Import of a million votes: its time against a bare executemany of the same rows, and its memory."""

import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

VOTES = 1_000_000
ROUNDS = 3
MOST_TIMES_BARE = 5.0
MOST_MEMORY_MB = 300.0

_IMPORT = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from core.services.importing import Kind, import_file
from core.storage.engine import open_engine
engine = open_engine(sys.argv[1])
start = time.perf_counter()
summary = import_file(engine, Path(sys.argv[2]), Kind.VOTES, now=datetime.now(UTC))
seconds = time.perf_counter() - start
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak_mb = int(status["VmHWM"].split()[0]) / 1024  # getrusage would count what the benchmark held when it forked
print(json.dumps({"seconds": seconds, "peak_mb": peak_mb, "created": summary.created}))
"""


def run(votes: int = VOTES, rounds: int = ROUNDS) -> dict[str, Any]:
    """Median over the rounds of (import ÷ bare executemany), and the largest peak memory of an importing process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "votes.jsonl"
        _write_votes(file, votes)
        ratios, peaks, bare, whole = [], [], [], []
        for number in range(rounds):
            database = Path(folder) / f"round{number}.db"
            imported = _import(database, file)
            assert imported["created"] == votes
            bare.append(_bare_seconds(database))
            whole.append(imported["seconds"])
            peaks.append(imported["peak_mb"])
            ratios.append(whole[-1] / bare[-1])
            database.unlink()
    times, memory = median(ratios), max(peaks)
    return {
        "name": "import_votes",
        "value": {"times_bare": round(times, 2), "peak_mb": round(memory, 1)},
        "goal": {"times_bare": f"<= {MOST_TIMES_BARE}", "peak_mb": f"<= {MOST_MEMORY_MB}"},
        "met": times <= MOST_TIMES_BARE and memory <= MOST_MEMORY_MB,
        "detail": {
            "votes": votes,
            "import_s": round(median(whole), 2),
            "bare_executemany_s": round(median(bare), 2),
            "ratios": [round(ratio, 2) for ratio in ratios],
        },
    }


def _write_votes(file: Path, votes: int) -> None:
    rng = random.Random(1)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    with file.open("w") as out:
        for number in range(votes):
            left, right = rng.sample(range(20), 2)
            vote = {
                "prompt_id": f"prompt-{rng.randrange(5000)}",
                "left": f"candidate-{left}",
                "right": f"candidate-{right}",
                "winner": rng.choice(("left", "right", "tie", "both_bad")),
                "question": rng.choice(("tone", "safety", "send")),
                "rater": f"rater-{rng.randrange(500)}",
                "created_at": (start + timedelta(seconds=number)).isoformat(),
            }
            out.write(json.dumps(vote) + "\n")


def _import(database: Path, file: Path) -> dict[str, Any]:
    from core.storage.engine import open_engine
    from core.storage.schema import upgrade

    engine = open_engine(f"sqlite:///{database}")
    upgrade(engine)
    engine.dispose()
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, f"sqlite:///{database}", str(file)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _bare_seconds(database: Path) -> float:
    """Seconds to put the imported rows, held as tuples, into an emptied vote table of the same database."""
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    cursor = connection.execute("SELECT * FROM vote ORDER BY id")
    marks = ", ".join("?" * len(cursor.description))
    rows = cursor.fetchall()
    schema = connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'vote' AND sql IS NOT NULL").fetchall()
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("DROP TABLE vote")
    for (statement,) in schema:
        connection.execute(statement)
    connection.execute("PRAGMA foreign_keys=ON")
    start = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO vote VALUES ({marks})", rows)
    connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return seconds
