"""What the figures of runs are made of, in columns: read from the facts, or stored once and read from there."""

from core.services.columns.due import keep_due, rebuild
from core.services.columns.facts import Block, rows_of, together
from core.services.columns.keeping import keep
from core.services.columns.packing import load
from core.services.columns.parts import ANSWERED, ATTEMPTS, FAULTS, GIVEN_UP, JUDGING, RESPONSES, TRIED, Part
from core.services.columns.scores import NO_CASE, NOT_THERE, UNSCORED, of_responses, places
from core.services.columns.stored import Stored

__all__ = [
    "ANSWERED",
    "ATTEMPTS",
    "FAULTS",
    "GIVEN_UP",
    "JUDGING",
    "NOT_THERE",
    "NO_CASE",
    "RESPONSES",
    "TRIED",
    "UNSCORED",
    "Block",
    "Part",
    "Stored",
    "keep",
    "keep_due",
    "load",
    "of_responses",
    "places",
    "rebuild",
    "rows_of",
    "together",
]
