"""From a key press to the next pair on the screen with 400,000 responses to draw from, against 4,000."""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine

from benchmarks.key_press import ARGS, PRESS, Desk, brought_another_pair
from benchmarks.key_press import _server as app
from core.services.studies import preferences, rounds, studies, voting
from core.storage.engine import open_engine, reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, Person, Run, Study, metadata

FEW, MANY, CANDIDATES = 4_000, 400_000, 4
PAIRS, MOST_TIMES_FEW = 20, 1.3
_CHUNK = 20_000
_TEXT = "It is paid within ten days of the request, to the card that was used. " * 6
_NOW = datetime(2026, 11, 2, tzinfo=UTC)


def run(few: int = FEW, many: int = MANY, pairs: int = PAIRS) -> dict[str, Any]:
    """Median ms to the next pair with ``many`` responses over that with ``few``; at most 1.3."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        stack.callback(browser.close)
        pages: dict[int, Page] = {}
        without_pages: dict[int, float] = {}
        for responses in (few, many):
            place = Path(folder, str(responses))
            place.mkdir()
            address = f"sqlite:///{place}/evenhand.db"
            without_pages[responses] = _filled(address, responses, pairs)
            server = stack.enter_context(app("streamlit_app.py", str(place), EVENHAND_DEMO="0"))
            pages[responses] = Desk(browser, server, address).open()
        times = _pressed(pages, pairs)
    medians = {responses: statistics.median(found) for responses, found in times.items()}
    value = medians[many] / medians[few]
    detail = {
        "responses → ms": {f"{responses}": round(found) for responses, found in medians.items()},
        "slowest ms": {f"{responses}": round(max(found)) for responses, found in times.items()},
        "services alone, ms": {f"{responses}": round(1000 * found, 1) for responses, found in without_pages.items()},
    }
    return {
        "name": "key_press_scale",
        "value": round(value, 2),
        "goal": f"<= {MOST_TIMES_FEW:g}",
        "met": bool(value <= MOST_TIMES_FEW),
        "detail": detail,
    }


def _pressed(pages: dict[int, Page], pairs: int) -> dict[int, list[float]]:
    """Milliseconds of the key presses that brought another pair, the pages in turn."""
    times: dict[int, list[float]] = {responses: [] for responses in pages}
    for number in range(3 * pairs):
        for responses, page in pages.items():
            press = page.evaluate(PRESS, "1234"[number % 4])
            if brought_another_pair(press):
                times[responses].append(press["ms"])
            page.wait_for_timeout(250)
    return times


def _filled(address: str, responses: int, pairs: int) -> float:
    """Make the database and rate so many pairs; the median seconds of what the services do for a key press."""
    engine = open_engine(address)
    upgrade(engine)
    prompts = responses // CANDIDATES
    with writing(engine) as session:
        dataset = Dataset(name="benchmark", content_hash="benchmark", created_at=_NOW)
        models = [Candidate(name=f"candidate {n}", settings={}, position=n, created_at=_NOW) for n in range(CANDIDATES)]
        rater = Person(name="rater", created_at=_NOW)
        session.add_all([dataset, *models, rater])
        session.flush()
        made = Run(dataset_id=dataset.id, source="import", created_at=_NOW)
        session.add(made)
        study = studies.ensure_default(session, now=_NOW)
        session.flush()
        for table, rows in (("prompt", _prompts(dataset.id, prompts)), ("response", _responses(made.id, prompts))):
            for chunk in rows:
                session.execute(metadata.tables[table].insert(), chunk)
    assert study.id is not None and rater.id is not None
    preferences.refresh(engine)
    seconds = [_key_press(engine, study, rater.id, number) for number in range(3 * pairs)]
    engine.dispose()
    return statistics.median(seconds[2::3])


def _prompts(dataset: int | None, prompts: int) -> Iterator[list[dict[str, Any]]]:
    for begin in range(0, prompts, _CHUNK):
        yield [
            {
                "id": number + 1,
                "dataset_id": dataset,
                "external_id": str(number),
                "category": f"category {number % 8}",
                "messages": [{"role": "user", "content": f"Question {number}?"}],
                "tags": [],
                "content_hash": str(number),
            }
            for number in range(begin, min(prompts, begin + _CHUNK))
        ]


def _responses(run_id: int | None, prompts: int) -> Iterator[list[dict[str, Any]]]:
    for begin in range(0, prompts, _CHUNK // CANDIDATES):
        yield [
            {
                "run_id": run_id,
                "prompt_id": number + 1,
                "candidate_id": candidate + 1,
                "repetition": 0,
                "turns": [_TEXT],
                "words": 84,
                "content_hash": f"{number} {candidate}",
                "created_at": _NOW,
            }
            for number in range(begin, min(prompts, begin + _CHUNK // CANDIDATES))
            for candidate in range(CANDIDATES)
        ]


def _key_press(engine: Engine, study: Study, rater: int, number: int) -> float:
    """Seconds of: the vote, which studies there are, the next question or pair."""
    assert study.id is not None
    asked = {"study_id": study.id, "rater_id": rater, "now": datetime.now(UTC), "rng": random.Random(number)}
    shown = rounds.current_round(engine, **asked)  # type: ignore[arg-type]
    question = shown.open_question
    assert question is not None and question.id is not None
    began = time.perf_counter()
    voting.cast(
        engine,
        public_id=shown.pair.assignment,
        rater_id=rater,
        question_id=question.id,
        outcome=voting.Outcome(number % 4),
        now=datetime.now(UTC),
    )
    with reading(engine) as session:
        rounds.studies_to_rate(session, rater)
    rounds.current_round(engine, **asked)  # type: ignore[arg-type]
    return time.perf_counter() - began
