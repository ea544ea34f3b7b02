"""Rules: what of the workspace raises an alert."""

from core.services.watching.rules.registry import RULES, look
from core.services.watching.rules.rule import Parameter, Rule

__all__ = ["RULES", "Parameter", "Rule", "look"]
