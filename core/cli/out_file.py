"""Where an export goes: to the terminal, or to a file that is there whole or stays as it was."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from core.errors import BadInput

_NEW_FILE = 0o666


@contextmanager
def sink(out: Path | None) -> Iterator[Any]:
    """What to write to. A file is written beside its place and takes it at the end; a failure leaves it untouched.

    Raises BadInput where that cannot be.
    """
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    place = _checked(out)
    try:
        with _written(place) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadInput(f"'{out}' could not be written ({why}). What was there is as it was.") from error


def _checked(out: Path) -> Path:
    """The file itself, where links lead to one."""
    place = out.resolve()
    if place.is_dir():
        raise BadInput(f"'{out}' is a folder. Name a file in it.")
    if not place.parent.is_dir():
        raise BadInput(f"There is no folder '{out.parent}'. Make it first, or choose another place for the file.")
    return place


@contextmanager
def _written(place: Path) -> Iterator[BinaryIO]:
    if place.exists() and not place.is_file():  # a device or a pipe: nothing is lost there
        with place.open("wb") as file:
            yield file
        return
    descriptor, name = tempfile.mkstemp(prefix=f".{place.name[:100]}.", suffix=".part", dir=place.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _mode(place))
            yield cast(BinaryIO, file)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(place: Path) -> int:
    """What the file had, or what a new one has."""
    if place.exists():
        return stat.S_IMODE(place.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return _NEW_FILE & ~mask
