"""Trying a destination: one message, sent at once, for whoever waits to hear how it went."""

from sqlalchemy import Engine

from core.services.alerts import destinations
from core.services.alerts.messages import trial_message
from core.services.alerts.sending import Outcome, Sender
from core.storage.engine import reading


def send_test(engine: Engine, name: str) -> Outcome:
    """Send a test to the destination of that name; NotFound where there is none. Takes up to the deadline."""
    with reading(engine) as session:
        destination = destinations.named(session, name)
    with Sender() as sender:
        return sender.send(trial_message(destination.name), destination.url_env)
