"""Cost and quality of every candidate on a dataset, and the responses behind every figure."""

from core.services.quality.amounts import ScoreMean, Times, Tokens
from core.services.quality.behind import KINDS, BehindRow, What, examples, responses_behind
from core.services.quality.cells import Basis
from core.services.quality.explained import Explained, Ground, ScoreLine, explained, replies
from core.services.quality.figures import Line
from core.services.quality.heard import MOST_VOTES, Heard, NoteOn, VoteOn, heard
from core.services.quality.judged import GateInUse
from core.services.quality.report import CandidateRef, QualityReport, candidates_of, report
from core.services.quality.scope import RunRef, Scope, as_of, newest_answered, rules, runs
from core.services.quality.scope_words import apart_in_words, run_name, scope_in_words
from core.services.quality.votes_behind import PairRow, Votes, VotesBehind, votes_behind

__all__ = [
    "KINDS",
    "MOST_VOTES",
    "Basis",
    "BehindRow",
    "CandidateRef",
    "Explained",
    "GateInUse",
    "Ground",
    "Heard",
    "Line",
    "NoteOn",
    "PairRow",
    "QualityReport",
    "RunRef",
    "Scope",
    "ScoreLine",
    "ScoreMean",
    "Times",
    "Tokens",
    "VoteOn",
    "Votes",
    "VotesBehind",
    "What",
    "apart_in_words",
    "as_of",
    "candidates_of",
    "examples",
    "explained",
    "heard",
    "newest_answered",
    "replies",
    "report",
    "responses_behind",
    "rules",
    "run_name",
    "runs",
    "scope_in_words",
    "votes_behind",
]
