"""Which kind of fault an error is: one table from codes, words and status."""

import re

from core.domain.answering import FaultKind

_K = FaultKind
_CODES = {
    _K.RATE_LIMIT: "rate_limit rate_limit_exceeded resource_exhausted too_many_requests throttling throttled "
    "throttling_rate_quota requests_limit_exceeded tokens_limit_exceeded",
    _K.OVERLOAD: "overloaded engine_overloaded unavailable service_unavailable server_overloaded "
    "insufficient_system_resource model_not_ready at_capacity",
    _K.SERVER: "api server internal internal_server internal_failure generation incomplete_generation abort aborted "
    "network",
    _K.TIMEOUT: "timeout deadline_exceeded request_timeout gateway_timeout api_timeout time_limit",
    _K.QUOTA: "insufficient_quota insufficient_balance insufficient_credits billing billing_hard_limit_reached "
    "billing_not_active arrearage payment_required credits_exhausted",
    _K.AUTH: "authentication permission invalid_api_key unauthenticated unauthorized permission_denied access_denied "
    "forbidden invalid_authentication incorrect_api_key",
    _K.CONTENT_FILTER: "content_filter content_policy_violation responsible_ai_policy_violation "
    "data_inspection_failed moderation",
    _K.BAD_REQUEST: "invalid_request not_found request_too_large bad_request invalid_argument invalid_parameter "
    "validation unprocessable_entity context_length_exceeded model_not_found unsupported_model model_not_supported "
    "string_above_max_length prompt_too_long not_implemented method_not_allowed exceed_context_size",
}
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_ENDING = re.compile(r"(?:error|exception)\Z")
_LONGEST_CODE = 100


def _squeezed(code: str) -> str:
    """``InternalServerError``, ``internal_server_error`` and ``internal-server`` alike."""
    plain = _NO_LETTER.sub("", code[:_LONGEST_CODE].casefold())
    return _ENDING.sub("", plain) or plain


_BY_CODE = {_squeezed(code): kind for kind, codes in _CODES.items() for code in codes.split()}
# A code that merely says "your request" or "my fault" is weaker than the status or the words beside it.
_WEAK = frozenset(("invalidrequest", "badrequest", "server", "api", "internalserver", "internal"))
_BY_STATUS = {
    401: _K.AUTH,
    402: _K.QUOTA,
    403: _K.AUTH,
    408: _K.TIMEOUT,
    409: _K.SERVER,
    425: _K.SERVER,
    429: _K.RATE_LIMIT,
    498: _K.OVERLOAD,
    503: _K.OVERLOAD,
    504: _K.TIMEOUT,
    529: _K.OVERLOAD,
}
_STATUSES = range(400, 600)


def _signs(*pairs: tuple[FaultKind, str]) -> tuple[tuple[re.Pattern[str], FaultKind], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), kind) for kind, pattern in pairs)


# What another try cannot change, whichever status stands beside it.
_FINAL_SIGNS = _signs(
    (_K.QUOTA, r"credit balance is too low|insufficient (?:account )?(?:balance|credits?|funds|quota)|out of credits?"),
    (
        _K.AUTH,
        r"api[ _-]?key (?:is )?(?:not valid|invalid|missing|required|expired|revoked)|"
        r"(?:invalid|incorrect|missing|wrong|expired|no|unknown) api[ _-]?key|"
        r"invalid (?:access|auth\w*|bearer|api) token|"
        r"invalid authentication|authentication (?:failed|required)|login fail",
    ),
    (_K.CONTENT_FILTER, r"content (?:management|filter(?:ing)?) policy|input was flagged|data inspection"),
    (
        _K.BAD_REQUEST,
        r"(?:maximum|max|model'?s?) context|context[ _-](?:length|window|size)|prompt is too long|prompt too long|"
        r"(?:input|prompt|request)(?: is| was)? (?:longer than|too long)|reduce the length|"
        r"maximum (?:input|prompt) length|"
        r"(?:no such|unknown|invalid|unsupported) model\b|"
        r"\bmodel\b.{0,120}?\b(?:not (?:be )?found|(?:does not|doesn't|not) exist|not supported|is unknown)|"
        r"(?:no|not a valid) model (?:named|called|id|with)",
    ),
)
_PASSING_SIGNS = _signs(
    (_K.RATE_LIMIT, r"rate[ -]?limit|too many requests|throttl|slow down"),
    (
        _K.OVERLOAD,
        r"overload|(?:at|over|out of|no) capacity|unavailable|is (?:currently )?(?:busy|loading)|server (?:is )?busy|"
        r"high demand",
    ),
    (_K.TIMEOUT, r"timed? ?out|deadline exceeded"),
)
_LAST_SIGNS = _signs(
    (_K.AUTH, r"unauthori[sz]ed|forbidden|permission denied|access denied|not allowed to"),
    (_K.QUOTA, r"\bquota\b|payment required"),
    (
        _K.SERVER,
        r"internal|crash|\bdied\b|out of memory|exception|traceback|generation|try again|bad gateway|upstream",
    ),
    (
        _K.BAD_REQUEST,
        r"not found|no route|unexpected endpoint|invalid|unsupported|not supported|unrecogni[sz]ed|malformed|"
        r"must (?:be|have|contain)|is required|missing|method not allowed|bad request|unknown (?:field|parameter|path)",
    ),
)


def kind_of(status: int | None, codes: list[str], said: str, *, otherwise: FaultKind = FaultKind.SERVER) -> FaultKind:
    """Strong codes first, then the words, the status, and weak codes; ``otherwise`` where nothing tells."""
    known = [(code, _BY_CODE[code]) for code in map(_squeezed, codes) if code in _BY_CODE]
    strong = next((kind for code, kind in known if code not in _WEAK), None)
    if strong is not None and strong not in (_K.SERVER, _K.BAD_REQUEST):
        return strong
    final = _sign(_FINAL_SIGNS, said) or (strong if strong is _K.BAD_REQUEST else None)
    if final is not None:
        return final
    told = next((int(code) for code in codes if code.isdecimal() and len(code) == 3), None)
    told = told if status in (None, 200) else status
    if told is not None and (told in _STATUSES or status not in (None, 200)):
        return _BY_STATUS.get(told) or (_K.SERVER if told >= _STATUSES[100] else _K.BAD_REQUEST)
    return (
        _sign(_PASSING_SIGNS, said)
        or strong
        or next((kind for _, kind in known), None)
        or _sign(_LAST_SIGNS, said)
        or otherwise
    )


def _sign(signs: tuple[tuple[re.Pattern[str], FaultKind], ...], said: str) -> FaultKind | None:
    return next((kind for sign, kind in signs if sign.search(said)), None)
