"""Who is who in the demo's story, and what happens to them in its eight weeks.

Alder, Birch and Cedar were written for the demo by its makers; Plain and Terse are SmolLM2, really recorded.
"""

ALDER, BIRCH, CEDAR, PLAIN, TERSE = "Alder", "Birch", "Cedar", "Plain", "Terse"
WRITTEN = (ALDER, BIRCH, CEDAR)
"""Their answers, prices and times are invented, so nothing can be asked of them anew."""
RECORDED = (PLAIN, TERSE)
"""The tiny model under two instructions: *Re-evaluate* can run them without a key."""

WEEKS = 8
UPDATED_IN_WEEK, UPDATED_CATEGORY = 6, "coding"
"""When Birch's provider changes its model, and what gets worse by it."""
DEARER_IN_WEEK = 4
"""When Cedar's price changes."""

__all__ = [
    "ALDER",
    "BIRCH",
    "CEDAR",
    "DEARER_IN_WEEK",
    "PLAIN",
    "RECORDED",
    "TERSE",
    "UPDATED_CATEGORY",
    "UPDATED_IN_WEEK",
    "WEEKS",
    "WRITTEN",
]
