"""Whether the answer is the reference, letter for letter but for what is ignored."""

from core.domain.scoring import parameters
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use, failed, not_applicable, passed
from core.domain.scoring.wording import one_dash, plain, shown, straight
from core.domain.strict_params import StrictParams, Wordings


class ExactParams(StrictParams):
    """``expected``: what the answer must be where the prompt has no reference."""

    expected: Wordings | None = None
    ignore_case: bool = True
    ignore_blanks: bool = True
    ignore_punctuation: bool = True


_EDGES = " \t\r\n.,;:!?\"'*_`()[]{}。，、；：！？「」『』《》…"


def score(subject: Subject, params: ExactParams) -> Score:
    """1 where the last answer is one of the references (or, without any, of the texts in ``expected``).

    ``ignore_blanks``: runs of blanks count as one, those at the ends not at all. ``ignore_punctuation``: nor do marks
    at both ends ("**Paris.**" is "Paris"); signs and units such as - $ % count.
    """
    expected = parameters.references(subject, params, "expected")
    if not expected:
        return not_applicable("the prompt has no reference")
    answer = _spelled(subject.text, params)
    if any(answer == _spelled(wording, params) for wording in expected):
        return passed("the answer is the reference")
    if not answer:
        return failed(f"the answer is empty, '{shown(expected[0])}' was expected")
    return failed(f"'{shown(subject.text, 40)}' is not '{shown(expected[0], 40)}'{_others(expected)}")


def _others(expected: list[str]) -> str:
    return f" nor any of {len(expected) - 1} other references" if len(expected) > 1 else ""


def _spelled(text: str, params: ExactParams) -> str:
    """The text in the spelling in which it is compared."""
    text = one_dash(text)
    if params.ignore_blanks:
        text = plain(text, ignore_case=params.ignore_case)
    elif params.ignore_case:
        text = straight(text).casefold()
    return text.strip(_EDGES) or text if params.ignore_punctuation else text


KIND = EvaluatorKind(
    key="exact_match",
    title="Exact match",
    what="Whether the whole answer is the reference (or one of them), but for case, blanks and marks at its ends.",
    use=Use.CHECK,
    score=score,
    params=ExactParams,
    fails="is not the expected text",
    reads_reference=True,
)
