"""Counting staged votes into the tallies: the same as a rebuild, and counted before anybody waits for it."""

from typing import Any

from core.domain.votes import Outcome
from core.services.importing.bulk import BulkAdd
from core.services.importing.landing import Landing
from core.services.importing.staging import Staging
from core.services.leaderboards.tallies import BUCKETS, COUNTERS, WINS2, hold

_SIDES = ("study_id", "simulated", "question_id", "left_id", "right_id")
_PAIR_KEYS = (*_SIDES, "category", "length_bin", "masked")
_OUTCOMES = tuple(COUNTERS[outcome] for outcome in Outcome)
_CLUSTER_KEYS = ("kind", *_SIDES, "bucket")

_PAIRS = f"""
CREATE TABLE staged_pair_cell AS
SELECT v.question, v.lft, v.rgt, p.detail AS category, v.length_bin, v.masked,
       {", ".join(f"sum(v.outcome = {int(outcome)})" for outcome in Outcome)}
FROM staged_vote v JOIN staged_name p ON p.kind = 'prompt' AND p.code = v.prompt
GROUP BY 1, 2, 3, 4, 5, 6
"""  # noqa: S608
_CLUSTERS = """
CREATE TABLE staged_{kind}_cell AS
SELECT question, lft, rgt, {kind} < 0 AS is_new, abs({kind}) % {buckets} AS part, count(*) AS n,
       sum(CASE outcome {wins} END) AS wins2
FROM staged_vote GROUP BY 1, 2, 3, 4, 5
"""


def count_staged(staging: Staging) -> None:
    """Count the staged votes by cell of either tally."""
    staging.rows.execute(_PAIRS)
    wins = " ".join(f"WHEN {int(outcome)} THEN {twice}" for outcome, twice in WINS2.items())
    for kind in ("rater", "prompt"):
        staging.rows.execute(_CLUSTERS.format(kind=kind, buckets=BUCKETS, wins=wins))


def add_to_tallies(landing: Landing, study_id: int, questions: dict[int, int]) -> None:
    """Add the counts to the tallies of a study. ``questions``: code → id."""
    hold(landing.session)

    def sides(question: int, left: int, right: int) -> tuple[Any, ...]:
        both = (landing.id_of("candidate", side) for side in (left, right))
        return (study_id, False, questions[question], *both)

    pairs = BulkAdd(landing.session, "pair_tally", _PAIR_KEYS, _OUTCOMES)
    for some in landing.staging.read("SELECT * FROM staged_pair_cell"):
        rows = ((*sides(*cell[:3]), *cell[3:5], bool(cell[5]), *cell[6:]) for cell in some)
        pairs.write(sorted(rows))
    clusters = BulkAdd(landing.session, "cluster_tally", _CLUSTER_KEYS, ("n", "wins2"))
    for kind, table in (("rater", "person"), ("prompt", "prompt")):
        for some in landing.staging.read(f"SELECT * FROM staged_{kind}_cell"):  # noqa: S608
            clusters.write(
                sorted((kind, *sides(*cell[:3]), _bucket(landing.bases[table], *cell[3:5]), *cell[5:]) for cell in some)
            )


def _bucket(base: int, is_new: int, part: int) -> int:
    """The cluster bucket of ids: new ones follow ``base``, so their remainders turn by its."""
    return (base + part) % BUCKETS if is_new else part
