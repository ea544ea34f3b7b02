"""`evenhand …`: what a terminal can do. Exit 0: done; 1: a check failed; 2: bad input, with what, where and how."""

from core.cli import (
    alerting,
    boards,
    deciding,
    drifting,
    evaluating,
    exporting,
    importing,
    judging,
    people,
    reporting,
    routing,
    scheduling,
    serving,
)
from core.cli.terminal import app

__all__ = [
    "alerting",
    "app",
    "boards",
    "deciding",
    "drifting",
    "evaluating",
    "exporting",
    "importing",
    "judging",
    "people",
    "reporting",
    "routing",
    "scheduling",
    "serving",
]
