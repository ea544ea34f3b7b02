"""Keeping join tokens out of logs, whichever server runs the app."""

import logging
import re

_JOIN = re.compile(r"(/join/)[^\s/?#\"']+")


class _HideTokens(logging.Filter):
    """Blackens what follows /join/ in a message and in its arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; always let it through."""
        record.msg = _hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_hidden(part) for part in record.args)
        return True


def _hidden(part: object) -> object:
    return _JOIN.sub(r"\1…", part) if isinstance(part, str) else part


def keep_tokens_out_of_logs() -> None:
    """Filter the server's loggers; `streamlit run` writes no access log, a bare uvicorn does."""
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _HideTokens) for known in logger.filters):
            logger.addFilter(_HideTokens())
