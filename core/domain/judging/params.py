"""What configures a judge: which model it is, and what it is asked to look at."""

from collections.abc import Mapping
from typing import Any

from core.errors import BadInput

SCORE_KIND = "llm_judge"
PAIRWISE_KIND = "pairwise_judge"

RUBRIC = """\
5: right, complete and to the point; could be sent to a user as it is.
4: good; a small flaw that a user would hardly mind.
3: usable after editing: something is missing, unclear or partly wrong.
2: poor: mostly wrong, off the point or unsuitable in tone.
1: useless or harmful: wrong, empty, or must not be sent."""
CRITERION = (
    "Which response serves the user better: right, complete, to the point, safe to send, and in a fitting tone? "
    "Length by itself is no merit."
)

# A temperature or a seed of None is not sent: some models take neither.
_ASKING: Mapping[str, Any] = {
    "provider": "",
    "model": "",
    "base_url": None,
    "api_key_env": None,
    "temperature": 0.0,
    "max_tokens": 600,
    "seed": 0,
    "may_judge_own_family": False,
}
DEFAULTS: Mapping[str, Any] = {**_ASKING, "rubric": RUBRIC}
PAIRWISE_DEFAULTS: Mapping[str, Any] = {**_ASKING, "rubric": CRITERION}
_MOST_TOKENS = 100_000


def check_params(params: Mapping[str, Any]) -> None:
    """Raise BadInput, naming the parameter, unless ``params`` make a judge; the same for both kinds of judge."""
    unknown = sorted(set(params) - set(DEFAULTS))
    if unknown:
        raise BadInput(f"A judge has no parameter '{unknown[0]}'. It has: {', '.join(DEFAULTS)}.")
    for name in ("provider", "model", "rubric"):
        _want_text(params, name)
    for name in ("base_url", "api_key_env"):
        if params.get(name) is not None:
            _want_text(params, name)
    if params.get("temperature") is not None:
        _want_number(params, "temperature", 0.0, 2.0)
    _want_whole(params, "max_tokens", 1, _MOST_TOKENS)
    if params.get("seed") is not None:
        _want_whole(params, "seed", 0, 2**31 - 1)
    if not isinstance(params.get("may_judge_own_family", False), bool):
        raise BadInput("The judge's 'may_judge_own_family' must be true or false.")


def _want_text(params: Mapping[str, Any], name: str) -> None:
    found = params.get(name, DEFAULTS[name])
    if not isinstance(found, str) or not found.strip():
        raise BadInput(f"The judge's '{name}' is missing: give it a text.")


def _want_number(params: Mapping[str, Any], name: str, least: float, most: float) -> None:
    found = params.get(name, DEFAULTS[name])
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
        raise BadInput(f"The judge's '{name}' must be a number from {least:g} to {most:g}, not {found!r}.")


def _want_whole(params: Mapping[str, Any], name: str, least: int, most: int) -> None:
    found = params.get(name, DEFAULTS[name])
    if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
        raise BadInput(f"The judge's '{name}' must be a whole number from {least} to {most}, not {found!r}.")
