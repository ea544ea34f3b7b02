"""Whether the answer is whole: not cut off, not empty."""

from core.domain.answering import INCOMPLETE, FinishReason, finish_reason_of
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use, failed, passed
from core.domain.scoring.fences import fences
from core.domain.scoring.json_text import find_json
from core.domain.scoring.wording import shown
from core.domain.strict_params import StrictParams

_CUT = {
    FinishReason.LENGTH: "it ran into the limit of tokens",
    FinishReason.TRUNCATED: "the stream broke off",
}
_BLOCKED = frozenset({FinishReason.REFUSAL, FinishReason.CONTENT_FILTER})
_LONGEST_HINT = 200_000


def score(subject: Subject, params: StrictParams) -> Score:  # noqa: ARG001
    """1 where every turn was answered and nothing says that the last answer was cut; 0 where it was, or is empty.

    An answer that was refused or blocked is not incomplete: see refusal. Where the finish reason is not known, what
    looks cut (an open code fence, JSON without its end) is a hint in the reason and no more.
    """
    reason = (subject.finish_reason or "").lower()
    if reason in INCOMPLETE:
        return failed(_CUT[FinishReason(reason)])
    if finish_reason_of(reason) in INCOMPLETE:
        return failed(f"it was cut off: {reason}")
    if reason in _BLOCKED:
        return passed("refused or blocked, not cut off")
    if not subject.turns:
        return failed("there is no answer")
    for number, turn in enumerate(subject.turns, 1):
        if not turn.strip():
            return failed("the answer is empty" if len(subject.turns) == 1 else f"the answer in turn {number} is empty")
    hint = _looks_cut(subject.text)
    known = "" if reason else "why it ended is not known"
    return passed("; ".join(part for part in (known, hint) if part))


def _looks_cut(text: str) -> str:
    """What makes the text look as if its end were missing; empty where nothing does."""
    if len(text) > _LONGEST_HINT:
        return ""
    if any(not fence.is_closed for fence in fences(text)):
        return "a code fence is still open, so it may be cut"
    if text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] not in ("}", "]"):
        problem = find_json(text, strict=True).problem
        return f"it may be cut: {shown(problem, 80)}" if problem else ""
    return ""


KIND = EvaluatorKind(
    key="incomplete",
    title="Complete",
    what="Whether the answer is whole: neither cut off by the limit of tokens or a broken stream, nor empty.",
    use=Use.CHECK,
    score=score,
)
