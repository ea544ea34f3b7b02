"""A process of ours beside this one, on the same database: started, and ended."""

import contextlib
import subprocess
import sys

from sqlalchemy import Engine

from core.settings import PROJECT_ROOT, server_environment

_STOPS_WITHIN_S = 5.0
ANSWERS_WITHIN_S = 600.0


def start(module: str, engine: Engine) -> subprocess.Popen[bytes]:
    """Run ``module``; its standard input is a pipe from this process, and closes when this one ends, killed or not."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=_environment(engine),
        cwd=PROJECT_ROOT,
    )


def asked(module: str, engine: Engine, question: bytes) -> bytes:
    """What ``module`` writes when it is given the question.

    Raises SubprocessError where it fails or has not answered after ten minutes; it is killed then.
    """
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", module],
        input=question,
        stdout=subprocess.PIPE,
        env=_environment(engine),
        cwd=PROJECT_ROOT,
        check=True,
        timeout=ANSWERS_WITHIN_S,
    ).stdout


def end(child: subprocess.Popen[bytes]) -> None:
    """Tell it to end, and kill it where it has not in five seconds."""
    if child.poll() is None:
        child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_STOPS_WITHIN_S)
    if child.poll() is None:
        child.kill()
        child.wait()
    if child.stdin is not None:
        child.stdin.close()


def _environment(engine: Engine) -> dict[str, str]:
    address = engine.url.render_as_string(hide_password=False)
    return server_environment(host="127.0.0.1", port=8501) | {"EVENHAND_DATABASE_URL": address}
