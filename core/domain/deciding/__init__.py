"""Champion against challengers: what the evidence allows to decide."""

from core.domain.deciding.decide import decide
from core.domain.deciding.evidence import Evidence, HumanEvidence, Scopes
from core.domain.deciding.following import may_follow
from core.domain.deciding.settings import Margins, Settings
from core.domain.deciding.verdicts import (
    Because,
    Changed,
    Claim,
    Comparison,
    Decision,
    Difference,
    Need,
    Proof,
    Reading,
    Settlement,
    Since,
    Source,
    Verdict,
    Way,
)
from core.domain.deciding.wording import READINGS, comparison_sentence, sentence, settlement_sentence, since

__all__ = [
    "READINGS",
    "Because",
    "Changed",
    "Claim",
    "Comparison",
    "Decision",
    "Difference",
    "Evidence",
    "HumanEvidence",
    "Margins",
    "Need",
    "Proof",
    "Reading",
    "Scopes",
    "Settings",
    "Settlement",
    "Since",
    "Source",
    "Verdict",
    "Way",
    "comparison_sentence",
    "decide",
    "may_follow",
    "sentence",
    "settlement_sentence",
    "since",
]
