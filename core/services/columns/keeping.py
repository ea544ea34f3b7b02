"""Writing a run's columns: begun, read from the facts, and whole only where no fact changed meanwhile.

Who begins puts a row of ``run_columns`` down before reading anything, and a change of the facts takes it away from
then on (migration 0008). Such a change may be under way at that moment and see no row: on SQLite there is one writer at
a time, and on PostgreSQL the changers hold a lock together that the one who begins must have alone.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.judging import PAIRWISE_KIND, SCORE_KIND
from core.services.columns.facts import Block, from_facts, together
from core.services.columns.packing import packed, packed_scores
from core.services.columns.parts import PARTS, Part
from core.services.columns.scores import SCORES, SCORES_CHUNK, in_pieces
from core.services.columns.stored import LAYOUTS
from core.storage.engine import reading, write
from core.storage.tables import Evaluator, metadata
from core.storage.upsert import insert_into

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
Key = tuple[str, int]
"""A part, and of scores the evaluator."""
_columns, _chunk = metadata.tables["run_columns"], metadata.tables["run_columns_chunk"]
_response, _score = metadata.tables["response"], metadata.tables["score"]
_LOCK = 0x45564E4A
_MOST_RUN_ID = 2147483647
_DEAD_AFTER = timedelta(minutes=10)
_MOST_BYTES = 4 * 2**20
_LONGEST_REST_S = 1.0


def keep(engine: Engine, run_id: int, *, now: datetime, gently: bool = False) -> int:
    """Write the columns of a run that are not there; how many parts became whole.

    Scores of an evaluator that has not seen every response yet are left for later. ``gently``: rest as long as it
    works, for a process that shows pages. Safe beside others that write them, or change the facts.
    """
    with reading(engine) as session:
        wanted = lacking(session, run_id)
        seen_by = _seen_by(session, run_id, wanted)
    ready = [(part, evaluator) for part, evaluator in wanted if part != SCORES or evaluator in seen_by]
    tokens = write(engine, partial(_begin, run_id=run_id, keys=ready, now=now)) if ready else {}
    if not tokens:
        return 0
    work = _Work(engine, run_id, tokens, gently)
    try:
        work.carry_out()
    finally:
        write(engine, partial(_forget, tokens=list(work.tokens.values())))
    return work.kept


def lacking(session: Session, run_id: int) -> list[Key]:
    """Which of the run's columns are not there whole, in today's layout."""
    c = _columns.c
    query = sa.select(c.part, c.evaluator_id, c.layout).where(c.run_id == run_id, c.is_whole)
    there = {(part, evaluator) for part, evaluator, layout in session.execute(query) if layout == LAYOUTS.get(part)}
    return [key for key in all_keys(session) if key not in there]


def all_keys(session: Session) -> list[Key]:
    """The parts that every run is to have: PARTS, and the scores of every evaluator in use that scores one response."""
    used = select(Evaluator.id).where(col(Evaluator.retired_at).is_(None), Evaluator.kind != PAIRWISE_KIND)
    evaluators = [evaluator or 0 for evaluator in session.exec(used.order_by(col(Evaluator.id)))]
    return [*((part.name, 0) for part in PARTS), *((SCORES, evaluator) for evaluator in evaluators)]


def _seen_by(session: Session, run_id: int, wanted: Iterable[Key]) -> set[int]:
    """The evaluators that scored the run's last response, which most come to last; and judges, who need not."""
    evaluators = [evaluator for part, evaluator in wanted if part == SCORES]
    last = sa.select(sa.func.max(_response.c.id)).where(_response.c.run_id == run_id).scalar_subquery()
    said = sa.select(_score.c.evaluator_id).where(_score.c.response_id == last, _score.c.evaluator_id.in_(evaluators))
    is_empty = session.execute(sa.select(last)).scalar() is None
    return set(evaluators) if is_empty else set(session.execute(said).scalars()) | _judges(session)


def _judges(session: Session) -> set[int]:
    return {judge or 0 for judge in session.exec(select(Evaluator.id).where(Evaluator.kind == SCORE_KIND))}


def _begin(session: Session, run_id: int, keys: Iterable[Key], now: datetime) -> dict[Key, str]:
    """Key → token of what is ours to write: of what others write now, and while somebody changes facts, nothing."""
    c = _columns.c
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        alone = sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK, run_id % _MOST_RUN_ID))
        if not session.execute(alone).scalar():
            return {}
    for part, layout in LAYOUTS.items():
        abandoned = (~c.is_whole & (c.begun_at < now - _DEAD_AFTER)) | (c.layout != layout)
        session.execute(sa.delete(_columns).where(c.run_id == run_id, c.part == part, abandoned))
    ours: dict[Key, str] = {}
    for part, evaluator_id in keys:
        token = uuid4().hex
        row = {"run_id": run_id, "part": part, "evaluator_id": evaluator_id, "token": token, "begun_at": now}
        row |= {"layout": LAYOUTS[part], "is_whole": False, "rows": 0, "chunks": 0}
        once = insert_into(dialect, _columns).on_conflict_do_nothing().returning(c.token)
        if session.connection().execute(once, row).first() is not None:
            ours[part, evaluator_id] = token
    return ours


def _forget(session: Session, tokens: list[str]) -> None:
    """Give up what was begun."""
    for table in (_columns, _chunk):
        session.execute(sa.delete(table).where(table.c.token.in_(tokens)))


@dataclass
class _Work:
    """Writing what has ``tokens``, until none is left; ``kept``: how many parts became whole."""

    engine: Engine
    run_id: int
    tokens: dict[Key, str]
    gently: bool
    kept: int = 0
    _chunks: list[dict[str, Any]] = field(default_factory=list)
    _whole: list[dict[str, Any]] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _bytes: int = 0
    _turn: Lock = field(default_factory=Lock)

    def carry_out(self) -> None:
        """Unless gently, scores are read beside the rest: SQLite adds up without holding the interpreter."""
        evaluators = [evaluator for part, evaluator in self.tokens if part == SCORES]
        if self.gently or not evaluators:
            self._parts()
            self._scores(evaluators)
        else:
            with ThreadPoolExecutor(1) as beside:
                parts = beside.submit(self._parts)
                self._scores(evaluators)
                parts.result()
        self._flush()

    def _parts(self) -> None:
        for part in PARTS:
            if (part.name, 0) in self.tokens:
                self._part(part)

    def _part(self, part: Part) -> None:
        key, rows, candidates = (part.name, 0), 0, set[int]()
        for block in _rebatched(part, self._gently(self._from_facts(part))):
            rows += len(block["run_id"])
            candidates |= set(np.unique(block["candidate_id"]).tolist())
            self._put(key, packed(part, block))
        self._finish(key, rows, sorted(candidates))

    def _from_facts(self, part: Part) -> Iterator[Block]:
        with reading(self.engine) as session:
            yield from from_facts(session, part, {self.run_id: None})

    def _read_ids(self) -> Ids:
        query = sa.select(_response.c.id).where(_response.c.run_id == self.run_id).order_by(_response.c.id)
        with reading(self.engine) as session:
            return np.fromiter(session.execute(query).scalars(), dtype=np.int64)

    def _scores(self, evaluators: list[int]) -> None:
        """Where an evaluator that ought to have seen all has not, its scores are not kept."""
        ids = self._read_ids() if evaluators else np.zeros(0, dtype=np.int64)
        with reading(self.engine) as session:
            may_lack = _judges(session)
        is_lacking = np.zeros(len(evaluators), dtype=bool)
        for begin in range(0, len(ids), SCORES_CHUNK):
            some = ids[begin : begin + SCORES_CHUNK]
            found = np.concatenate(list(self._gently(in_pieces(self.engine, evaluators, some, ahead=not self.gently))))
            is_lacking |= np.isnan(found).any(axis=0)
            for place, evaluator in enumerate(evaluators):
                self._put((SCORES, evaluator), packed_scores(np.ascontiguousarray(found[:, place])))
        for place, evaluator in enumerate(evaluators):
            if evaluator in may_lack or not is_lacking[place]:
                self._finish((SCORES, evaluator), len(ids), None)

    def _gently(self, blocks: Iterator[Any]) -> Iterator[Any]:
        began = time.perf_counter()
        for block in blocks:
            yield block
            if self.gently:
                time.sleep(min(time.perf_counter() - began, _LONGEST_REST_S))
                began = time.perf_counter()

    def _put(self, key: Key, file: bytes) -> None:
        with self._turn:
            token = self.tokens[key]
            number = self._numbers[token] = self._numbers.get(token, -1) + 1
            self._chunks.append({"token": token, "number": number, "packed": file})
            self._bytes += len(file)
            if self._bytes > _MOST_BYTES:
                self._flush()

    def _finish(self, key: Key, rows: int, candidates: list[int] | None) -> None:
        token = self.tokens[key]
        said = {"rows": rows, "chunks": self._numbers.get(token, -1) + 1, "candidates": candidates}
        with self._turn:
            self._whole.append({"key": key, "token": token, "said": said})

    def _flush(self) -> None:
        """Write what has come together, and what is whole by now: where its row has gone, it stays away."""
        stood = write(self.engine, self._commit)
        self.kept += stood
        for done in self._whole:
            del self.tokens[done["key"]]
        self._chunks, self._whole, self._bytes = [], [], 0

    def _commit(self, session: Session) -> int:
        if self._chunks:
            session.connection().execute(_chunk.insert(), self._chunks)
        stood = 0
        for done in self._whole:
            mine = sa.update(_columns).where(_columns.c.token == done["token"])
            stood += session.connection().execute(mine.values(is_whole=True, **done["said"])).rowcount
        return stood


def _rebatched(part: Part, blocks: Iterator[Block]) -> Iterator[Block]:
    """The same rows, about as many together as the part wants."""
    held: list[Block] = []
    for block in blocks:
        held.append(block)
        if sum(len(each["run_id"]) for each in held) >= part.chunk:
            yield together(part, held)
            held = []
    if held:
        yield together(part, held)
