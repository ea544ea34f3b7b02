"""Counting staged votes into the tally: the same as a rebuild, and counted before anybody waits for it."""

from typing import Any

from core.domain.votes import Outcome
from core.services.importing.bulk import BulkAdd
from core.services.importing.landing import Landing
from core.services.importing.staging import Staging
from core.services.leaderboards.tallies import COUNTERS, hold

_KEYS = ("study_id", "simulated", "question_id", "left_id", "right_id", "category", "length_bin", "masked")
_OUTCOMES = tuple(COUNTERS[outcome] for outcome in Outcome)

_PAIRS = f"""
CREATE TABLE staged_pair_cell AS
SELECT v.question, v.lft, v.rgt, p.detail AS category, v.length_bin, v.masked,
       {", ".join(f"sum(v.outcome = {int(outcome)})" for outcome in Outcome)}
FROM staged_vote v JOIN staged_name p ON p.kind = 'prompt' AND p.code = v.prompt
GROUP BY 1, 2, 3, 4, 5, 6
"""  # noqa: S608


def count_staged(staging: Staging) -> None:
    """Count the staged votes by cell of the tally."""
    staging.rows.execute(_PAIRS)


def add_to_tallies(landing: Landing, study_id: int, questions: dict[int, int]) -> None:
    """Add the counts to the tally of a study. ``questions``: code → id."""
    hold(landing.session)

    pairs = BulkAdd(landing.session, "pair_tally", _KEYS, _OUTCOMES)
    for some in landing.staging.read("SELECT * FROM staged_pair_cell"):
        pairs.write(sorted(_cell(landing, study_id, questions, found) for found in some))


def _cell(landing: Landing, study_id: int, questions: dict[int, int], found: tuple[Any, ...]) -> tuple[Any, ...]:
    question, left, right, category, length_bin, masked, *counts = found
    both = (landing.id_of("candidate", side) for side in (left, right))
    return (study_id, False, questions[question], *both, category, length_bin, bool(masked), *counts)
