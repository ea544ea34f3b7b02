"""Gives a rater their pair, as the rating page does, in a transaction of its own."""

import random
from datetime import datetime

from sqlalchemy import Engine

from core.services.studies import assigning
from core.storage.engine import write
from core.storage.tables import Assignment


def pair_in_hand(engine: Engine, *, study_id: int, rater_id: int, now: datetime, rng: random.Random) -> Assignment:
    """The pair in hand, or a new one."""
    return write(
        engine, lambda session: assigning.current(session, study_id=study_id, rater_id=rater_id, now=now, rng=rng)
    )
