"""Alerts: raised once for one thing, listed in the app, delivered to destinations until they are taken."""

from core.services.alerts import destinations, inbox, rules
from core.services.alerts.delivering import Delivery
from core.services.alerts.inbox import AlertState
from core.services.alerts.raising import Raised, raise_alert
from core.services.alerts.testing import send_test

__all__ = ["AlertState", "Delivery", "Raised", "destinations", "inbox", "raise_alert", "rules", "send_test"]
