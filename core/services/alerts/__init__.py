"""Alerts: what somebody should look at, raised once, listed in the app and sent to where people read."""

from core.services.alerts.raising import Raised, raise_alert

__all__ = ["Raised", "raise_alert"]
