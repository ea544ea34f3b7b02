"""How alerts are put into words and marks: the same in the inbox, among the rules and at the destinations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.domain.alerts import WORDS, AlertKind, Severity
from core.domain.words import ago, n, when
from core.services.alerts import AlertState
from core.services.alerts.inbox import Delivered, Listed

Colour = Literal["red", "orange", "blue", "gray", "green"]


@dataclass(frozen=True)
class Mark:
    """A word with its icon and colour."""

    word: str
    icon: str
    colour: Colour


SEVERITIES = {
    Severity.URGENT: Mark("Urgent", ":material/priority_high:", "red"),
    Severity.WARNING: Mark("Warning", ":material/warning:", "orange"),
    Severity.NOTE: Mark("Note", ":material/info:", "blue"),
}
STATES = {
    AlertState.OPEN: "Open",
    AlertState.SNOOZED: "Snoozed",
    AlertState.ACKNOWLEDGED: "Acknowledged",
}
LEAST = {
    Severity.NOTE: "All of them",
    Severity.WARNING: "Warnings and what is urgent",
    Severity.URGENT: "Only what is urgent",
}


def title_of(kind: str) -> str:
    """A kind, by its stored name."""
    return WORDS[AlertKind(kind)].title


def standing(one: Listed, now: datetime) -> str:
    """When it was raised, and what somebody did about it."""
    alert = one.alert
    said = [f"{when(alert.created_at)} UTC, {ago(alert.created_at, now)}"]
    if one.state is AlertState.ACKNOWLEDGED:
        said.append(f"acknowledged by {one.acknowledged_by or 'somebody'}, {when(alert.acknowledged_at)}")
    elif one.state is AlertState.SNOOZED:
        said.append(f"snoozed until {when(alert.snoozed_until)}")
    return " · ".join(said)


def delivered(one: Delivered) -> str:
    """How its message to one destination stands."""
    if one.state == "sent":
        return f"Sent to {one.destination}, {when(one.sent_at)} UTC"
    if one.state == "given_up":
        return f"Not sent to {one.destination}, given up after {n(one.attempts, 'attempt')}. {one.problem or ''}"
    if not one.attempts:
        return f"On its way to {one.destination}"
    return f"Not at {one.destination} yet, next attempt {when(one.next_at)} UTC. {one.problem or ''}"
