"""Asks models: presets name endpoints, ``open_provider`` connects to one, and a Completion or a fault comes back."""

from core.providers.opening import open_provider

__all__ = ["open_provider"]
