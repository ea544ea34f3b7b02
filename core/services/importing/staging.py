"""Where records wait until all are read and checked: a file of our own, so that nobody waits for it or sees it."""

import contextlib
import fcntl
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Engine
from sqlmodel import Session

from core import clock
from core.storage.engine import reading

Found = dict[str, tuple[int, str]]
"""By name: the id, and what else is to be known of it."""
Find = Callable[[Session, set[str]], Found]

_PREFIX = "evenhand-import-"
_ALIVE = "alive"
_ABANDONED_AFTER_S = 60.0
_AT_ONCE = 5000
_MOST_REMEMBERED = 200_000
_TABLES = """
CREATE TABLE staged_name (kind TEXT, name TEXT, code INTEGER, detail TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE INDEX staged_name_code ON staged_name (kind, code);
"""


class Staging:
    """Rows on their way in, in tables ``staged_…`` of a temporary SQLite file.

    A row that others refer to and that is not in the workspace yet has a negative code in place of an id: −1, −2, …
    """

    def __init__(self) -> None:
        sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._alive = _held(self._folder)
        self.path = self._folder / "rows.db"
        self.rows = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "temp_store=FILE"):
            self.rows.execute(f"PRAGMA {pragma}")
        self.rows.executescript(_TABLES)
        self.rows.execute("BEGIN")

    def __enter__(self) -> "Staging":
        return self

    def __exit__(self, *_: object) -> None:
        self.rows.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._alive.close()

    def seal(self) -> None:
        """Make what was added visible to who attaches the file."""
        self.rows.execute("COMMIT")

    def table(self, name: str, columns: Sequence[str]) -> Callable[[Iterable[Sequence[Any]]], None]:
        """A new table ``staged_…``; returns what adds rows to it."""
        self.rows.execute(f"CREATE TABLE staged_{name} ({', '.join(columns)})")
        statement = f"INSERT INTO staged_{name} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608

        def add(rows: Iterable[Sequence[Any]]) -> None:
            self.rows.executemany(statement, rows)

        return add

    def read(self, query: str, *values: Any) -> Iterator[list[tuple[Any, ...]]]:
        """What a query over the staged tables gives, in lists of bounded size."""
        found = self.rows.execute(query, values)
        while some := list(islice(found, _AT_ONCE)):
            yield some

    def one(self, query: str, *values: Any) -> Any:
        """The first column of a query's first row; None without one."""
        row = self.rows.execute(query, values).fetchone()
        return None if row is None else row[0]


class Names:
    """Names of one kind and their codes: the id in the workspace, or a negative one for a new name.

    They stand in the staging file; some are remembered, so that memory does not grow with their number.
    """

    def __init__(self, engine: Engine, staging: Staging, kind: str, find: Find) -> None:
        self._engine, self._staging, self.kind, self._find = engine, staging, kind, find
        self._known: dict[str, int] = {}
        self._new = 0

    @property
    def new(self) -> int:
        """How many of them are not in the workspace yet."""
        return self._new

    def load(self, names: set[str]) -> tuple[dict[str, int], set[str]]:
        """(codes by name, at least of those of ``names`` that have one; the names that have none)."""
        if len(self._known) > _MOST_REMEMBERED:
            self._known = {}
        unknown = names - self._known.keys()
        if unknown:
            self._known |= self._staged(unknown)
            unknown -= self._known.keys()
        if unknown:
            with reading(self._engine) as session:
                found = self._find(session, unknown)
            self._keep((name, *found[name]) for name in found)
            unknown -= found.keys()
        return self._known, unknown

    def add(self, names: Iterable[str], detail: str = "") -> dict[str, int]:
        """Give each of these new names a code, in their order."""
        fresh = list(names)
        self._keep((name, -(self._new + number), detail) for number, name in enumerate(fresh, start=1))
        self._new += len(fresh)
        return self._known

    def fresh(self) -> list[str]:
        """The new names in their order; for kinds of which there are few."""
        query = "SELECT name FROM staged_name WHERE kind = ? AND code < 0 ORDER BY code DESC"
        return [name for some in self._staging.read(query, self.kind) for (name,) in some]

    def hold(self, session: Session) -> bool:
        """Whether the workspace still says of every name what it said when it was met."""
        query = "SELECT name, code FROM staged_name WHERE kind = ?"
        for some in self._staging.read(query, self.kind):
            known = {name: code for name, code in some if code > 0}
            found = self._find(session, {name for name, _ in some})
            if {name: id for name, (id, _) in found.items()} != known:
                return False
        return True

    def _staged(self, names: set[str]) -> dict[str, int]:
        marks = ", ".join("?" * len(names))
        query = f"SELECT name, code FROM staged_name WHERE kind = ? AND name IN ({marks})"  # noqa: S608
        return dict(self._staging.rows.execute(query, (self.kind, *names)))

    def _keep(self, rows: Iterable[tuple[str, int, str]]) -> None:
        kept = list(rows)
        insert = "INSERT INTO staged_name VALUES (?, ?, ?, ?)"
        self._staging.rows.executemany(insert, ((self.kind, *row) for row in kept))
        self._known |= {name: code for name, code, _ in kept}


def sweep() -> None:
    """Remove what imports have left behind that were killed: whoever is alive holds a lock in their folder."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if not _is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_alive(folder: Path) -> bool:
    if not (folder / _ALIVE).exists():
        return clock.now().timestamp() - folder.stat().st_mtime < _ABANDONED_AFTER_S
    with (folder / _ALIVE).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _held(folder: Path) -> BinaryIO:
    """The folder's lock; the system lets go of it when this process ends, however it ends."""
    waiting = folder / f"{_ALIVE}-soon"
    file = waiting.open("wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    waiting.rename(folder / _ALIVE)
    return file
