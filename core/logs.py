"""How every process of the app writes its log: a line of text or a JSON object each, never with a key or join token."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from core.settings import LogFormat, get_settings, without_secrets

_JOIN = re.compile(r"(/join/)[^\s/?#\"'\\]+")
_IDS = ("run_id", "candidate_id")
_about: ContextVar[dict[str, int]] = ContextVar("_about", default={})  # noqa: B039 - never changed in place


@contextmanager
def about(**ids: int) -> Iterator[None]:
    """Have whatever is logged within, tasks that begin there too, say which ``run_id`` or ``candidate_id`` it is of."""
    before = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(before)


def without_tokens(text: str) -> str:
    """``text`` with keys and join tokens blotted out."""
    return without_secrets(_JOIN.sub(r"\1…", text))


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, event, where known run_id and candidate_id, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": without_tokens(_message(record)),
        }
        line |= {name: known for name in _IDS if (known := _known(record, name)) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["traceback"] = without_tokens(self.formatException(record.exc_info))
        elif record.exc_text:
            line["traceback"] = without_tokens(record.exc_text)
        return json.dumps(line, ensure_ascii=True)


class TextLines(logging.Formatter):
    """What another formatter writes, with keys and join tokens blotted out."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """The line, with a traceback below it."""
        return without_tokens(self._inner.format(record))


_TEXT = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def set_up(*, level: int = logging.WARNING) -> None:
    """Write this process's log as the settings say, from ``level`` on; to be called by every process at its start."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_TEXT)
        root.addHandler(handler)
        root.setLevel(level)
    logging.captureWarnings(True)
    dress(root)


def dress(logger: logging.Logger) -> None:
    """Have the handlers that write to this process's output write as the settings say; others stay as they are."""
    for handler in logger.handlers:
        if type(handler) is logging.StreamHandler and not isinstance(handler.formatter, JsonLines | TextLines):
            is_json = get_settings().log is LogFormat.JSON
            handler.setFormatter(JsonLines() if is_json else TextLines(handler.formatter or _TEXT))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # what is logged wrongly is logged all the same
        return f"{record.msg} {record.args}"


def _known(record: logging.LogRecord, name: str) -> int | None:
    found = getattr(record, name, None)
    return found if isinstance(found, int) else _about.get().get(name)
