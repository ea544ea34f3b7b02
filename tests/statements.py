"""What work has the database carry out, to count it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event


@contextmanager
def statements(of: Engine | type[Engine], *, this_thread: bool = False) -> Iterator[list[str]]:
    """The statements that are sent meanwhile, in their order. ``of``: one engine, or Engine for all.

    ``this_thread``: those of this thread alone; a page that is tested runs in one of its own.
    """
    said: list[str] = []
    me = threading.get_ident()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not this_thread or threading.get_ident() == me:
            said.append(statement)

    event.listen(of, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(of, "before_cursor_execute", note)
