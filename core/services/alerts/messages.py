"""An alert as it is sent: with its id in the header and in the body, and the link to what proves it."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from core.domain.alerts import Severity
from core.settings import get_settings
from core.storage.tables import Alert


@dataclass(frozen=True)
class Message:
    """What a receiver is sent."""

    public_id: str
    """The same however often it is sent."""
    title: str
    body: str
    severity: str
    fields: dict[str, str]
    """What webhooks get beside title and body."""
    data: dict[str, Any] = field(default_factory=dict)
    """The alert's figures, for webhooks that take JSON."""


def message_of(alert: Alert) -> Message:
    """The message of an alert."""
    return _message(alert.public_id, alert.title, alert.text, alert.link, alert.kind, alert.severity, alert.data)


def trial_message(destination: str) -> Message:
    """A message that says that the destination works."""
    text = (
        f"This is a test of the destination '{destination}', sent because somebody asked for it. Nothing happened. "
        "Alerts look like this one."
    )
    return _message(str(uuid.uuid4()), "Evenhand: a test", text, "/alerts", "test", str(Severity.NOTE), {})


def address_in_app(link: str) -> str:
    """``link`` as an address that can be opened from elsewhere."""
    return f"{get_settings().base_url.rstrip('/')}/{link.lstrip('/')}"


def _message(
    public_id: str, title: str, text: str, link: str, kind: str, severity: str, data: dict[str, Any]
) -> Message:
    address = address_in_app(link)
    body = f"{text}\n\n{address}\n\nEvenhand alert {public_id}"
    return Message(public_id, title, body, severity, _fields(public_id, kind, severity, address), data)


def _fields(public_id: str, kind: str, severity: str, address: str) -> dict[str, str]:
    return {"alert": public_id, "kind": kind, "severity": severity, "link": address}
