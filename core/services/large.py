"""What reads all responses of a large workspace: in a process of its own, as it takes seconds and a gigabyte."""

import logging
import pickle
import subprocess
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar, cast

from sqlalchemy import Engine, func
from sqlmodel import col, select

from core.errors import EvenhandError
from core.services import child
from core.storage.engine import reading
from core.storage.tables import Response

T = TypeVar("T")
LARGE = 100_000
"""How many responses make a workspace large."""
_one_at_a_time = Lock()
_log = logging.getLogger(__name__)


def is_large(engine: Engine) -> bool:
    """Whether the workspace holds so many responses that pages would wait for what reads them all."""
    with reading(engine) as session:
        return (session.exec(select(func.max(col(Response.id)))).one() or 0) >= LARGE


def computed(engine: Engine, work: Callable[..., T], *arguments: Any) -> T:
    """What ``work(session, *arguments)`` gives or raises; it only reads, and is sent by its name in its module.

    In a large workspace another process does it, one at a time, and its memory goes with it; where it ends without an
    answer, this one does it.
    """
    if is_large(engine):
        try:
            found = _elsewhere(engine, work, arguments)
        except subprocess.SubprocessError as problem:
            _log.warning("the process that computes what pages show gave no answer (%s)", type(problem).__name__)
        else:
            if isinstance(found, EvenhandError):
                raise found
            return cast("T", found)
    with reading(engine) as session:
        return work(session, *arguments)


def _elsewhere(engine: Engine, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    with _one_at_a_time:
        told = child.asked("core.services.large_process", engine, pickle.dumps((work, arguments)))
    return pickle.loads(told)  # noqa: S301  (our own process)
