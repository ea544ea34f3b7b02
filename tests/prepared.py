"""Workspaces that several tests begin with, made once and copied from then on."""

import copy
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from sqlalchemy import Engine

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
