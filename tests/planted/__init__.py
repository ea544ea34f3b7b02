"""A model server whose every time, token and failure is planned: what we report of it must be what it did."""

from tests.planted.plan import Outcome, PlantedPlan
from tests.planted.server import PlantedCall, PlantedServer, planted

__all__ = ["Outcome", "PlantedCall", "PlantedPlan", "PlantedServer", "planted"]
