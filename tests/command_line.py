"""`evenhand` as scripts use it: each call a process of its own, forked where the program is loaded already.

Loading it anew takes two seconds a call, and is the same each time.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from types import ModuleType

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["core.cli"])
WITHIN_S = 120


def evenhand(*args: str, env: Mapping[str, str]) -> CompletedProcess[str]:
    """What ``evenhand ARGS…`` printed and how it ended, in this environment and no other."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _forks.Process(target=_be_evenhand, args=(args, dict(env), out, err))
        with _no_main():
            process.start()
        process.join(WITHIN_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"evenhand {' '.join(args)} took more than {WITHIN_S} s:\n{err.read_text()}")
        return CompletedProcess(["evenhand", *args], process.exitcode, out.read_text(), err.read_text())


@contextmanager
def _no_main() -> Iterator[None]:
    """A forked process runs its parent's main module first, and in a test of pages that is a page."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _be_evenhand(args: tuple[str, ...], env: dict[str, str], out: Path, err: Path) -> None:
    from core.cli import app

    os.environ.clear()
    os.environ.update(env)
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream.fileno())
    sys.argv = ["evenhand", *args]
    app()
