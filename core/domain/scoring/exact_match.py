"""Whether the answer is the reference, letter for letter but for what is ignored."""

from core.domain.scoring import parameters
from core.domain.scoring.base import EvaluatorKind, Params, Score, Subject, Use, failed, not_applicable, passed
from core.domain.scoring.wording import plain, shown, straight

DEFAULTS: Params = {
    "expected": None,
    "ignore_case": True,
    "ignore_blanks": True,
    "ignore_punctuation": True,
}
_EDGES = " \t\r\n.,;:!?\"'*_`()[]{}。，、；：！？「」『』《》…"


def score(subject: Subject, params: Params) -> Score:
    """1 where the last answer is one of the references (or, without any, of the texts in ``expected``).

    ``ignore_blanks``: runs of blanks count as one, those at the ends not at all. ``ignore_punctuation``: nor do marks
    at both ends ("**Paris.**" is "Paris"); signs and units such as - $ % count.
    """
    options = {**DEFAULTS, **params}
    expected = parameters.references(subject, options, "expected")
    if not expected:
        return not_applicable("the prompt has no reference")
    answer = _spelled(subject.text, options)
    if any(answer == _spelled(wording, options) for wording in expected):
        return passed("the answer is the reference")
    if not answer:
        return failed(f"the answer is empty, '{shown(expected[0])}' was expected")
    return failed(f"'{shown(subject.text, 40)}' is not '{shown(expected[0], 40)}'{_others(expected)}")


def _others(expected: list[str]) -> str:
    return f" nor any of {len(expected) - 1} other references" if len(expected) > 1 else ""


def _spelled(text: str, options: Params) -> str:
    """The text in the spelling in which it is compared."""
    if options["ignore_blanks"]:
        text = plain(text, ignore_case=options["ignore_case"])
    elif options["ignore_case"]:
        text = straight(text).casefold()
    return text.strip(_EDGES) or text if options["ignore_punctuation"] else text


def check_params(params: Params) -> None:
    """Raise BadInput, naming the parameter, on values that make no sense."""
    parameters.known(params, DEFAULTS)
    parameters.wordings(params, "expected")
    parameters.switch(params, "ignore_case", "ignore_blanks", "ignore_punctuation")


KIND = EvaluatorKind(
    key="exact_match",
    title="Exact match",
    what="Whether the whole answer is the reference (or one of them), but for case, blanks and marks at its ends.",
    use=Use.CHECK,
    score=score,
    defaults=DEFAULTS,
    check_params=check_params,
)
