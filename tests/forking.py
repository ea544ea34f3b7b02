"""Python programs as processes of their own, forked where their libraries are loaded already.

Loading them anew takes two seconds and more of a start, and is the same each time. What belongs to the app's pages is
not loaded, so a server that is started this way is as cold as any.
"""

import multiprocessing
import os
import pkgutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

_LIBRARIES = (
    "alembic.command",
    "apscheduler.schedulers.background",
    "genai_prices",
    "glin_profanity",
    "latex2mathml.converter",
    "markdown_it",
    "nltk",
    "onnxruntime",
    "openai",
    "openai.resources.chat",
    "pandas",
    "plotly.graph_objects",
    "pyarrow",
    "rouge_score.rouge_scorer",
    "sacrebleu.metrics",
    "streamlit.web.cli",
    "streamlit.web.server.starlette.starlette_app",
    "tokenizers",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["core.cli", *_LIBRARIES, "tests.components_found"])


def share() -> None:
    """Begin now what this process and those forked from it share, each library loaded once.

    That is the process from which programs are forked, and what tests load when they first need it.
    """
    forkserver.ensure_running()
    # It looks for that process among its own children, where a fork would not find it.
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]
    for library in (*_LIBRARIES, "anthropic.resources.messages", "apprise", "tests.components_found"):
        import_module(library)


def fork(
    program: str, args: Sequence[str], *, env: Mapping[str, str], out: Path, err: Path | None = None, cwd: Path
) -> BaseProcess:
    """Start a program (``module:function``, as pyproject.toml names one) in this environment and no other.

    What it writes is appended to files; without ``err`` both streams go to ``out``. It ends with whoever started it.
    """
    process = _forks.Process(target=_run, args=(program, args, dict(env), out, err or out, cwd), daemon=True)
    with _no_main():
        process.start()
    return process


@contextmanager
def _no_main() -> Iterator[None]:
    """A forked process runs its parent's main module first, and in a test of pages that is a page."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _run(program: str, args: Sequence[str], env: dict[str, str], out: Path, err: Path, cwd: Path) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())
    sys.argv = [program, *args]
    pkgutil.resolve_name(program)()
