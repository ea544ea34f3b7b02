"""The log of the web process: Streamlit's and uvicorn's loggers write as all others do, without join tokens."""

import logging

from uvicorn.config import LOGGING_CONFIG

from core import logs
from core.settings import LogFormat, get_settings

_UVICORN = ("uvicorn", "uvicorn.access", "uvicorn.error", "uvicorn.asgi")
_WITH_HANDLERS = ("uvicorn", "streamlit", "websockets")


class _HideTokens(logging.Filter):
    """Blackens what follows /join/ in a message and in its arguments, whoever writes them down."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; always let it through."""
        record.msg = _hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_hidden(part) for part in record.args)
        return True


class _Dressed(logging.Logger):
    """A logger whose handlers write as the settings say, whoever gives them to it."""

    def addHandler(self, hdlr: logging.Handler) -> None:  # noqa: N802 - as it is called there
        super().addHandler(hdlr)
        _dress(self)


def set_up_logs() -> None:
    """Have every logger of this process write as the settings say, those too that libraries set up later.

    `streamlit run` writes no access log, a bare uvicorn does.
    """
    logs.set_up()
    logging.setLoggerClass(_Dressed)
    if get_settings().log is LogFormat.JSON:
        for formatter in LOGGING_CONFIG["formatters"].values():
            formatter.clear()
            formatter["()"] = logs.JsonLines
    for name in (*_UVICORN, *logging.root.manager.loggerDict):
        _dress(logging.getLogger(name))
    for name in _UVICORN:
        logger = logging.getLogger(name)
        if not any(isinstance(known, _HideTokens) for known in logger.filters):
            logger.addFilter(_HideTokens())


def _dress(logger: logging.Logger) -> None:
    if logger.name.partition(".")[0] in _WITH_HANDLERS:
        logs.dress(logger)


def _hidden(part: object) -> object:
    return logs.without_tokens(part) if isinstance(part, str) else part
