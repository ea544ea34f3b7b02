"""Alerts: raised once for one thing, listed in the app, delivered to destinations until they are taken."""
