"""Imports in a process of their own: the pages of this one would wait for a large file's turns at the interpreter."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import Engine

from core.errors import EvenhandError
from core.services import importing
from core.services.importing.apart_process import DONE, READ, Work
from core.services.importing.records import ImportSummary, OnProgress
from core.services.importing.source import GZIP_MAGIC, MEGABYTE
from core.settings import PROJECT_ROOT

_SMALL = MEGABYTE


class Broken(EvenhandError):
    """The process ended before it said what became of the import."""


def import_file(
    engine: Engine, file: BinaryIO, *arguments: Any, on_progress: OnProgress, **named: Any
) -> ImportSummary:
    """As ``importing.import_file``; a small file within this process, since another takes longer to start.

    What ``on_progress`` raises ends the import, and nothing of it is kept. ``check`` must be a module-level function
    or a ``partial`` of one. Raises Broken, besides what the import itself raises.
    """
    if _is_small(file):
        return importing.import_file(engine, file, *arguments, on_progress=on_progress, **named)
    with _on_disk(file) as descriptor:
        arguments = (Path(f"/dev/fd/{descriptor}"), *arguments)
        return _imported(engine, importing.import_file, arguments, named, on_progress, descriptor)


def import_query(engine: Engine, *arguments: Any, on_progress: OnProgress, **named: Any) -> ImportSummary:
    """As ``importing.import_query``, in a process of its own; see ``import_file``."""
    return _imported(engine, importing.import_query, arguments, named, on_progress)


def _is_small(file: BinaryIO) -> bool:
    """Whether it is read within some tenths of a second, to judge by its size."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    is_packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    return size <= _SMALL and not is_packed


@contextmanager
def _on_disk(file: BinaryIO) -> Iterator[int]:
    """The descriptor of a file with this content: its own, or that of a temporary copy."""
    descriptor = _descriptor(file)
    if descriptor is not None:
        yield descriptor
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield copy.fileno()


def _descriptor(file: BinaryIO) -> int | None:
    with suppress(OSError):
        return file.fileno()
    return None


def _imported(
    engine: Engine,
    work: Callable[..., ImportSummary],
    arguments: tuple[Any, ...],
    named: dict[str, Any],
    on_progress: OnProgress,
    *descriptors: int,
) -> ImportSummary:
    """What the process answers, which waits after each progress until it is told to go on.

    So it can only be stopped in between, never while its rows come in: what was stopped has certainly left nothing.
    """
    address = engine.url.render_as_string(hide_password=False)
    with _process(descriptors) as (process, connection):
        said, what = _answer(process, connection, Work(address, work, arguments, named))
        while said == READ:
            on_progress(*what)
            said, what = _answer(process, connection, True)
    if said != DONE:
        raise what
    return cast(ImportSummary, what)


def _answer(process: "subprocess.Popen[bytes]", connection: Connection, told: object) -> tuple[str, Any]:
    try:
        connection.send(told)
        answer: tuple[str, Any] = connection.recv()
    except (EOFError, OSError):
        raise Broken(
            f"The process that imported it ended ({process.wait()}). Import it again: what came in already is not "
            "taken twice."
        ) from None
    return answer


@contextmanager
def _process(descriptors: tuple[int, ...]) -> Iterator[tuple["subprocess.Popen[bytes]", Connection]]:
    """The process and the line to it; it is killed in the end, also where this process is."""
    ours, theirs = Pipe()
    with ours, theirs:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "core.services.importing.apart_process", str(theirs.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            pass_fds=[theirs.fileno(), *descriptors],
        )
        theirs.close()
        with process:
            try:
                yield process, ours
            finally:
                process.kill()
                process.wait()
                importing.sweep()
