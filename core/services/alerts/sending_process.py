"""The process behind ``core.services.alerts.sending``: takes messages, hands each to apprise, says how that went.

It is run as a file, so that it loads apprise and nothing of ours. In a process of its own, because what apprise does
with an address cannot be stopped from within: the kernel ends this process when one message takes too long. What it
says of a failure is put together from codes alone; an address, which is a secret, is in none of it.
"""

import logging
import pickle
import resource
import signal
import smtplib
import socket
import ssl
import sys
from collections.abc import Mapping
from http import HTTPStatus
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

READY = "ready"
MEMORY_BYTES = 2_000_000_000
SOCKET_S = 10.0
HEADER = "X-Evenhand-Alert"
_WITH_FIELDS = frozenset({"json", "jsons", "form", "forms", "xml", "xmls"})
_TYPES = {"note": "info", "warning": "warning", "urgent": "failure"}
# What apprise sends over the network to people; not what it does on this machine (dbus, syslog, sounds, files …).
# fmt: off
REMOTE = _WITH_FIELDS | {
    "mailto", "mailtos", "slack", "workflow", "workflows", "azure", "discord", "gchat", "mmost", "mmosts", "rocket",
    "rockets", "zulip", "matrix", "matrixs", "webex", "wxteams", "tgram", "signal", "signals", "threema", "line",
    "groupme", "lark", "feishu", "dingtalk", "wecombot", "twist", "ncloud", "nclouds", "nctalk", "nctalks",
    "synology", "synologys", "pagerduty", "opsgenie", "splunk", "victorops", "squadcast", "incidentio",
    "betterstack", "goalert", "goalerts", "ilert", "spike", "signl4", "jira", "ntfy", "ntfys", "gotify", "gotifys",
    "pover", "pbul", "bark", "barks", "ses", "sns", "sendgrid", "mailgun", "postmark", "resend", "brevo",
    "sparkpost", "smtp2go", "mailersend", "o365", "twilio", "vonage", "msgbird", "plivo", "sinch", "ifttt",
    "hassio", "hassios", "apprise", "apprises",
}
# fmt: on


class _Ear(logging.Handler):
    """Hears what went wrong: apprise tells of an exception only while it handles it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.error: BaseException | None = None
        self.status: int | None = None
        self.retry_after: str | None = None

    def emit(self, _record: logging.LogRecord) -> None:
        self.error = sys.exc_info()[1] or self.error

    def forget(self) -> None:
        self.error = self.status = self.retry_after = None


_ear = _Ear()


def main() -> None:
    """Answer messages from the connection (a file descriptor, the first argument) until it closes."""
    connection = Connection(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for whoever started it
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prepare()
    try:
        connection.send(READY)
        while True:
            message = connection.recv()
            signal.setitimer(signal.ITIMER_REAL, message["within_s"])
            outcome = _outcome(message)
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send(outcome)
    except (EOFError, OSError, pickle.UnpicklingError):
        return


def _prepare() -> None:
    """Load apprise with all it knows, which takes half a second; it speaks to our ear alone."""
    import apprise
    import requests

    log = logging.getLogger("apprise")
    log.addHandler(_ear)
    log.propagate = False
    log.setLevel(logging.DEBUG)
    apprise.Apprise.instantiate("json://localhost")
    send = requests.adapters.HTTPAdapter.send

    def heard(adapter: Any, *args: Any, **kwargs: Any) -> Any:
        answer = send(adapter, *args, **kwargs)
        _ear.status, _ear.retry_after = answer.status_code, answer.headers.get("Retry-After")
        return answer

    requests.adapters.HTTPAdapter.send = heard  # type: ignore[assignment, method-assign]


def _outcome(message: Mapping[str, Any]) -> dict[str, Any]:
    """{"problem": None or why it was not taken, "retry_after": what the receiver said of it}."""
    _ear.forget()
    try:
        problem = _send(message)
    except Exception as error:
        problem = _of(error) or f"apprise failed ({type(error).__name__})."
    return {"problem": problem, "retry_after": None if problem is None else _ear.retry_after}


def _send(message: Mapping[str, Any]) -> str | None:
    """Send it; None where the receiver took it, else what went wrong."""
    found = _receiver(message)
    if isinstance(found, str):
        return found
    import apprise

    public_id = message["id"]
    vars(import_module("apprise.plugins.email.base"))["make_msgid"] = lambda domain: f"<{public_id}@{domain}>"
    taken = found.notify(
        body=message["body"],
        title=message["title"],
        notify_type=apprise.NotifyType(_TYPES[message["severity"]]),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return None if taken else _why()


def _receiver(message: Mapping[str, Any]) -> Any:
    """What apprise makes of the address, told to send once and to carry the alert's id; or why it may not be used."""
    import apprise
    from apprise.plugins import url_to_dict

    parts = url_to_dict(message["url"])  # type: ignore[no-untyped-call]
    if not parts:
        return "The variable holds no address that apprise knows. See docs/deploying.md for examples."
    if parts["schema"] not in REMOTE:
        return f"Nothing is sent to addresses that begin with {parts['schema']}://. See docs/deploying.md for a list."
    parts |= {"redirect": "no", "retry": 0, "cto": SOCKET_S, "rto": SOCKET_S, "overflow": "upstream"}
    if parts["schema"] in _WITH_FIELDS:
        parts["payload"] = {**(parts.get("payload") or {}), **_fields(message, parts["schema"])}
    asset = apprise.AppriseAsset(
        app_id="Evenhand", app_desc="Evenhand", app_url=message["app_url"], image_url_mask=None, image_url_logo=None,
        async_mode=False, http_redirects=False, pgp_autogen=False, pem_autogen=False,
    )  # fmt: skip
    try:
        receiver = apprise.Apprise.instantiate(parts, asset=asset, suppress_exceptions=False)
    except Exception:
        receiver = None
    if receiver is None:
        return "The variable's address is incomplete: apprise does not accept it. See docs/deploying.md for examples."
    return _once(receiver, message["id"])


def _once(receiver: Any, public_id: str) -> Any:
    count = len(receiver) + len(getattr(receiver, "cc", None) or ()) + len(getattr(receiver, "bcc", None) or ())
    if count != 1:
        # Where one of several refuses, the others would get the next attempt as well.
        return f"The address names {count} receivers. Make a destination for each, or use one shared address."
    if isinstance(getattr(receiver, "headers", None), dict):
        receiver.headers[HEADER] = public_id
    return receiver


def _fields(message: Mapping[str, Any], schema: str) -> dict[str, Any]:
    fields = dict(message["fields"])
    if schema in ("json", "jsons"):
        fields["data"] = message["data"]
    return fields


def _why() -> str:
    """What the receiver or the network said, in plain words."""
    status = _ear.status
    if status is not None and not 200 <= status < 300:
        also = " Redirects are not followed: use the address it leads to." if 300 <= status < 400 else ""
        return f"The receiver answered {status}{_phrase(status)}.{also}"
    if _ear.error is not None and (said := _of(_ear.error)):
        return said
    return "The receiver did not take it." if status is not None else "apprise could not send it."


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _of(error: BaseException) -> str | None:
    """What an exception, or one that it came of, says; None for one that says nothing to a user."""
    seen: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or one in seen or len(seen) > 20:
            continue
        seen.append(one)
        if said := _says(one):
            return said
        todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return "The connection failed." if any(isinstance(one, OSError) for one in seen) else None


def _says(error: BaseException) -> str | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
        return f"The mail server refused the recipient ({codes})."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server answered {error.smtp_code}."
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "The mail server closed the connection."
    words = {
        ConnectionRefusedError: "The receiver could not be reached: the connection was refused.",
        socket.gaierror: "The receiver could not be reached: its name is not known.",
        ssl.SSLError: "The connection is not secure: its certificate was not accepted, or it does not speak TLS.",
        TimeoutError: "The receiver did not answer in time.",
        ConnectionResetError: "The receiver closed the connection.",
    }
    for kind, said in words.items():
        if isinstance(error, kind):
            return said
    return (
        "The receiver did not answer in time." if type(error).__name__.endswith(("Timeout", "TimeoutError")) else None
    )


if __name__ == "__main__":
    main()
