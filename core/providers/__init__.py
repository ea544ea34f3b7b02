"""Providers: who answers, over which protocol. ``open_provider`` is the one way in."""
