"""Spoiled files, five times as many under `make test-long`: each ends in a clear error and nothing kept, or whole."""

import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from core.errors import BadFile, BadInput
from core.services.importing import ImportSummary, Kind, import_file
from core.storage.engine import open_engine
from core.storage.schema import upgrade
from core.storage.tables import metadata
from tests.long import times
from tests.services.importing.import_fuzz import SEEDS, spoil

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
FILES = times(100, long=500)
_COUNTS = " UNION ALL ".join(
    f"SELECT '{table.name}', count(*) FROM \"{table.name}\"" for table in metadata.sorted_tables
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'evenhand.db'}")
    upgrade(engine)
    prompts = "".join(f'{{"id": "p{number}", "turns": ["Hi {number}"]}}\n' for number in range(6))
    import_file(engine, io.BytesIO(prompts.encode()), Kind.PROMPTS, dataset="seed", now=NOW)
    responses = "".join(
        f'{{"prompt_id": "p{number}", "candidate": "{name}", "text": "Hello"}}\n'
        for number in range(6)
        for name in ("m1", "m2")
    )
    import_file(engine, io.BytesIO(responses.encode()), Kind.RESPONSES, dataset="seed", now=NOW)
    yield engine
    engine.dispose()


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return dict(tuple(row) for row in connection.execute(text(_COUNTS)))


def test_every_seed_is_a_sound_file(workspace: Engine) -> None:
    for number, seed in enumerate(SEEDS):
        summary = _take(workspace, seed.kind, _lines(seed.records), f"sound{number}.jsonl")
        assert summary.records == len(seed.records)


def _lines(records: tuple[dict[str, object], ...]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def _take(engine: Engine, kind: str, content: bytes, name: str) -> ImportSummary:
    dataset = "seed" if kind == "votes" else None
    return import_file(engine, io.BytesIO(content), Kind(kind), name=name, dataset=dataset, now=NOW)


@pytest.mark.parametrize("part", range(10))
def test_a_spoiled_file_is_refused_whole_or_taken_whole(workspace: Engine, part: int) -> None:
    refused = 0
    for number in range(part * FILES // 10, (part + 1) * FILES // 10):
        rng = random.Random(number)
        seed = SEEDS[number % len(SEEDS)]
        content, name = spoil(seed, rng)
        name = f"{number}-{name}"
        before = counts(workspace)
        try:
            summary = _take(workspace, seed.kind, content, name)
        except BadInput as error:
            refused += 1
            assert isinstance(error, BadFile), f"{name}: {error!r}"
            assert str(error).startswith(name)
            assert str(error).endswith("Nothing was imported.")
            assert counts(workspace) == before, name
        else:
            _check_whole(workspace, summary, before, name)
    assert refused > 0.4 * FILES / 10


def _check_whole(engine: Engine, summary: ImportSummary, before: dict[str, int], name: str) -> None:
    after = counts(engine)
    grown = {table: after[table] - before[table] for table in after}
    assert summary.records > 0, name
    assert summary.created + summary.unchanged == summary.records, name
    if summary.already_imported:
        assert not any(grown.values()), name
    elif summary.kind is Kind.VOTES:
        assert grown["vote"] == summary.created
    elif summary.kind is Kind.RESPONSES:
        assert grown["response"] == summary.created
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == [], name
