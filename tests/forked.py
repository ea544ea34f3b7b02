"""Tests in several processes at once, forked when all is loaded and collected.

``pytest -p tests.forked --workers 4``. Whoever is free takes the next file of tests, so that what a module shares is
made once; all browser tests are two workers', whose chromium is warm then.
"""

import os
import pickle
import struct
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from _pytest.runner import pytest_sessionfinish as tear_down

from tests.forking import share

_FORKS = get_context("fork")
_NUMBER = struct.Struct("i")
Pile = list[pytest.Item]
"""What one worker runs without a break."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how many processes run tests."""
    parser.addoption("--workers", type=int, default=1, help="how many processes run tests")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Have workers run what was collected; where there is one, pytest does it itself."""
    option = session.config.option
    if option.workers < 2 or option.collectonly or session.testsfailed:
        return None
    piles, stop = _piles(session.items), mmap(-1, 1)
    share()
    todo = _numbers(len(piles))
    folder = session.config._tmp_path_factory.getbasetemp()
    workers = []
    for number in range(option.workers):
        told, tell = _FORKS.Pipe(duplex=False)
        process = _FORKS.Process(target=_work, args=(session, piles, todo, stop, tell, folder / f"worker-{number}"))
        process.start()
        tell.close()
        workers.append(_Worker(process, told))
    os.close(todo)
    try:
        _listen(session, workers, stop)
    finally:
        stop[0] = 1
        for worker in workers:
            worker.process.join()
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    return True


@dataclass
class _Worker:
    process: BaseProcess
    told: Connection
    at: str = ""
    """The test that it is at, if it is at one."""


def _piles(items: list[pytest.Item]) -> list[Pile]:
    """The browser's come first: they take longest."""
    piles: dict[str, Pile] = defaultdict(list)
    for item in items:
        piles[_pile_of(item.nodeid.split("::", 1)[0])].append(item)
    return [piles[name] for name in sorted(piles, key=lambda name: not name.startswith("browser"))]


def _pile_of(file: str) -> str:
    if not file.startswith("tests/browser/"):
        return file
    return "browser, first half" if file < "tests/browser/test_o" else "browser, second half"


def _numbers(count: int) -> int:
    """A pipe from which each number up to ``count`` is read once, by whoever comes first."""
    taken, given = os.pipe()
    for number in range(count):
        os.write(given, _NUMBER.pack(number))
    os.close(given)
    return taken


def _listen(session: pytest.Session, workers: list[_Worker], stop: mmap) -> None:
    """Pass on what workers tell, as if it happened here, until all have ended."""
    working = {worker.told: worker for worker in workers}
    while working:
        for told in wait(list(working)):
            worker = working[told]
            try:
                what, of = pickle.loads(told.recv_bytes())
            except EOFError:
                del working[told]
                worker.process.join()
                if worker.at or worker.process.exitcode:
                    _say_that_it_died(session, worker)
                continue
            _pass_on(session.config, worker, what, of)
            if session.shouldfail or session.shouldstop:
                stop[0] = 1


def _pass_on(config: pytest.Config, worker: _Worker, what: str, of: Any) -> None:
    if what == "begins":
        worker.at = of[0]
        config.hook.pytest_runtest_logstart(nodeid=of[0], location=of[1])
    elif what == "has ended":
        config.hook.pytest_runtest_logfinish(nodeid=of[0], location=of[1])
    elif what == "is done":
        worker.at = ""
    elif what == "report":
        config.hook.pytest_runtest_logreport(report=config.hook.pytest_report_from_serializable(config=config, data=of))
    else:
        text, category, file, line = of.pop("said")
        said = warnings.WarningMessage(category(text), category, file, line)
        config.hook.pytest_warning_recorded.call_historic(kwargs={"warning_message": said, **of})


def _say_that_it_died(session: pytest.Session, worker: _Worker) -> None:
    text = f"the process ended with {worker.process.exitcode}; what it had yet to run of its file was not run"
    at = worker.at or "between two tests"
    report = pytest.TestReport(at, (at, None, at), {}, "failed", text, "call")
    session.config.hook.pytest_runtest_logreport(report=report)


def _work(session: pytest.Session, piles: list[Pile], todo: int, stop: mmap, tell: Connection, folder: Any) -> None:
    """What a worker does: take a pile, run it, tell what there is to report."""
    plugins = session.config.pluginmanager
    for plugin in plugins.get_plugins():
        if type(plugin).__name__ in ("TerminalReporter", "LFPlugin", "NFPlugin", "LogXML", "StepwisePlugin"):
            plugins.unregister(plugin)
    plugins.register(_Teller(session.config, tell))
    folder.mkdir()
    session.config._tmp_path_factory._basetemp = folder
    tests = _taken(piles, todo)
    item = next(tests, None)
    while item is not None:
        following = next(tests, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        item = None if stop[0] else following
    tear_down(session)
    tell.send_bytes(pickle.dumps(("is done", None)))


def _taken(piles: list[Pile], todo: int) -> Iterator[pytest.Item]:
    while number := os.read(todo, _NUMBER.size):
        yield from piles[_NUMBER.unpack(number)[0]]


class _Teller:
    """Tells the process that was forked from what its reporters want to know."""

    def __init__(self, config: pytest.Config, tell: Connection) -> None:
        self._config = config
        self._connection = tell

    def _tell(self, what: str, of: Any) -> None:
        self._connection.send_bytes(pickle.dumps((what, of)))

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._tell("begins", (nodeid, location))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._tell("report", self._config.hook.pytest_report_to_serializable(config=self._config, report=report))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._tell("has ended", (nodeid, location))

    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str, location: Any) -> None:
        said = warning_message
        known = UserWarning if said.category.__module__ != "builtins" else said.category
        of = {"said": (str(said.message), known, said.filename, said.lineno)}
        self._tell("warning", of | {"when": when, "nodeid": nodeid, "location": location})
