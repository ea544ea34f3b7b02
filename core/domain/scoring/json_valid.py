"""Whether the answer is JSON that a program can read."""

from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use, failed, not_applicable, passed
from core.domain.scoring.json_text import Found, find_json
from core.domain.scoring.wording import shown
from core.domain.strict_params import StrictParams


class JsonParams(StrictParams):
    """``always``: also where the prompt does not ask for JSON. ``strict``: nothing may stand around it."""

    always: bool = False
    strict: bool = False


_WHERE = {"alone": "valid JSON", "fence": "valid JSON in a code fence", "text": "valid JSON among other words"}


def score(subject: Subject, params: JsonParams) -> Score:
    """1 where the last answer is valid JSON (RFC 8259: no NaN, no comments).

    It applies where the prompt asks for JSON (constraint ``json``: true, or a ``json_schema``), or everywhere with
    ``always``. Unless ``strict`` (parameter, or constraint ``json``: "strict"), a code fence or words around it are
    accepted. A key that stands twice is valid, and the reason names it.
    """
    stated = subject.constraints.get("json")
    asked = params.always if stated is None else bool(stated)
    if not asked and subject.constraints.get("json_schema") is None:
        return not_applicable("the prompt does not ask for JSON")
    found = find_json(subject.text, strict=params.strict or stated == "strict")
    return failed(shown(found.problem, 140)) if found.problem is not None else passed(_said(found))


def _said(found: Found) -> str:
    twice = f"; the key '{shown(found.repeated, 40)}' stands twice" if found.repeated is not None else ""
    return _WHERE[found.place] + twice


KIND = EvaluatorKind(
    key="json_valid",
    title="Valid JSON",
    what="Whether the answer is JSON that a program can read, where the prompt asks for JSON.",
    use=Use.CHECK,
    score=score,
    params=JsonParams,
    fails="is not valid JSON",
)
