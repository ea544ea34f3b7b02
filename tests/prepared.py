"""Workspaces that several tests begin with, made once and copied from then on."""

import copy
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Engine

from core.services.demo.finishing import finish_demo
from core.services.demo.opening import open_demo, prepare_workspace

T = TypeVar("T")
_made: dict[str, tuple[sqlite3.Connection, object, Engine]] = {}


def prepared(engine: Engine, name: str, make: Callable[[Engine], T]) -> T:
    """What ``make`` returns after it has filled the empty database of ``engine``.

    On SQLite it is made for the first of a process, and the others get a copy of the database and of what was
    returned; the copy's engine is theirs. ``name``: what is made.
    """
    if engine.dialect.name != "sqlite":
        return make(engine)
    if name not in _made:
        found = make(engine)
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(str(engine.url.database))) as source:
            source.backup(kept)
        _made[name] = kept, copy.deepcopy(found, {id(engine): engine}), engine
        return found
    kept, found, former = _made[name]
    engine.dispose()
    with closing(sqlite3.connect(str(engine.url.database))) as target:
        kept.backup(target)
    return copy.deepcopy(found, {id(former): engine})


def demo_of_a_week(engine: Engine) -> None:
    """The demo with its newest run alone, scored: for who needs its prompts and candidates, and not its weeks."""
    prepared(engine, "the demo of a week", _demo_of_a_week)


def _demo_of_a_week(engine: Engine) -> None:
    now = datetime.now(UTC)
    prepare_workspace(engine, demo=False, now=now)
    open_demo(engine, now=now, weeks=1)
    finish_demo(engine, now=now)
