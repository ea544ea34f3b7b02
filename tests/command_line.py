"""`evenhand` as scripts use it: each call a process of its own."""

from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from tests.forking import fork
from tests.speed import patience_s

WITHIN_S = patience_s(120)


def evenhand(*args: str, env: Mapping[str, str]) -> CompletedProcess[str]:
    """What ``evenhand ARGS…`` printed and how it ended, in this environment and no other."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = fork("core.cli:app", args, env=env, out=out, err=err, cwd=Path.cwd())
        process.join(WITHIN_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"evenhand {' '.join(args)} took more than {WITHIN_S:.0f} s:\n{err.read_text()}")
        return CompletedProcess(["evenhand", *args], process.exitcode, out.read_text(), err.read_text())
