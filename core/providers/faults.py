"""What went wrong with an attempt: one table from exceptions, status and codes to a FaultKind, and words to show.

A message says which provider and host, what happened and how to mend it. No message holds a key: what a server sends
back is cut short and cleared of everything secret.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from core import clock
from core.domain.answering import FaultKind
from core.providers import presets
from core.providers.base import Endpoint, ProviderFault
from core.providers.bounds import TooMuch
from core.providers.hearing import Hearing
from core.providers.limits import duration_s, retry_after_s
from core.settings import secret, without_secrets

_K = FaultKind
_BY_CODE = {
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "resource_exhausted"), _K.RATE_LIMIT),
    **dict.fromkeys(
        ("overloaded_error", "engine_overloaded", "unavailable", "insufficient_system_resource", "server_overloaded"),
        _K.OVERLOAD,
    ),
    **dict.fromkeys(("api_error", "server_error", "internal_error", "internal", "error", "abort"), _K.SERVER),
    **dict.fromkeys(("timeout_error", "deadline_exceeded"), _K.TIMEOUT),
    **dict.fromkeys(
        ("insufficient_quota", "billing_error", "billing_hard_limit_reached", "billing_not_active", "arrearage"),
        _K.QUOTA,
    ),
    **dict.fromkeys(
        ("authentication_error", "permission_error", "invalid_api_key", "unauthenticated", "permission_denied"), _K.AUTH
    ),
    **dict.fromkeys(
        ("content_filter", "content_policy_violation", "responsibleaipolicyviolation", "data_inspection_failed"),
        _K.CONTENT_FILTER,
    ),
    **dict.fromkeys(("invalid_request_error", "not_found_error", "request_too_large"), _K.BAD_REQUEST),
}
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
_SIGNS = (
    (re.compile(r"credit balance is too low|insufficient balance", re.I), _K.QUOTA),
    (re.compile(r"api[ _]key not valid|invalid api[ _]key|incorrect api key", re.I), _K.AUTH),
    (
        re.compile(r"content (?:management|filter(?:ing)?) policy|input was flagged|data inspection", re.I),
        _K.CONTENT_FILTER,
    ),
)
# A code that merely says "your request" is weaker than the status or the words beside it.
_WEAK = frozenset({"invalid_request_error", "server_error", "api_error", "error"})

_KEYLIKE = re.compile(r"\b(?:(?:sk|pk|gsk|rk|xai|key)[-_]|AIza)[\w*.-]{6,}|\bBearer\s+[^\s\"',]+", re.I)
_USERINFO = re.compile(r"(https?://)[^/\s@]+@")
_QUERY_KEY = re.compile(r"([?&](?:api[_-]?key|key|token|access_token)=)[^&\s\"']+", re.I)
_TAGS = re.compile(r"<[^>]*>")
_LONGEST = 500  # characters of a message


class StreamError(Exception):
    """A fault that the stream itself reports; ``body`` is its error object."""

    def __init__(self, body: object) -> None:
        super().__init__("the stream reports an error")
        self.body = body


def _key_held(endpoint: Endpoint) -> str | None:
    return secret(endpoint.api_key_env) if endpoint.api_key_env else None


def place_of(endpoint: Endpoint) -> str:
    """The provider as people call it, with the host that is asked."""
    title = presets.title_of(endpoint.provider)
    parts = urlsplit(endpoint.base_url or "")
    host = parts.netloc.rpartition("@")[2]
    return f"{title} ({host})" if host else title


def fault_of(error: Exception, endpoint: Endpoint, hearing: Hearing, *, timeout_s: float) -> ProviderFault:
    """The fault that an exception of an adapter means, with what had arrived before it."""
    response = getattr(error, "response", None)
    body = getattr(error, "body", None)
    if response is None and body is None:
        kind, what = _broken(error, endpoint, hearing, timeout_s)
        return hearing.fault(kind, _fit(what, endpoint))
    status = getattr(error, "status_code", None)
    codes, said = _read(body, error if response is None else response)
    kind = _kind(status, codes, said)
    wait = None if response is None else retry_after_s(response.headers, now=clock.now())
    message = _words(kind, endpoint, status)
    return hearing.fault(
        kind,
        _fit(f"{message} It said: {said}" if said else message, endpoint),
        http_status=status if status != 200 else None,
        retry_after_s=_delay_in(body) if wait is None else wait,
    )


def truncated(endpoint: Endpoint, hearing: Hearing) -> ProviderFault:
    """The stream ended, and nothing said that the answer had."""
    return hearing.fault(
        FaultKind.TRUNCATED, f"{place_of(endpoint)} ended the stream without saying that the answer was finished."
    )


def filtered(endpoint: Endpoint, hearing: Hearing) -> ProviderFault:
    """The answer ended with finish reason content_filter."""
    return hearing.fault(FaultKind.CONTENT_FILTER, _words(FaultKind.CONTENT_FILTER, endpoint, None))


def _broken(error: Exception, endpoint: Endpoint, hearing: Hearing, timeout_s: float) -> tuple[FaultKind, str]:
    """Kind and words of an exception that is no answer of the server's."""
    import httpx2

    place = place_of(endpoint)
    root = error if isinstance(error, TimeoutError) else error.__cause__ or error
    name = type(root).__name__
    if isinstance(root, httpx2.ConnectTimeout | httpx2.ConnectError):
        return _K.CONNECTION, f"{place} could not be reached ({root}): check its address (base_url) and the network."
    if isinstance(root, TimeoutError | httpx2.TimeoutException):
        return _K.TIMEOUT, f"{place} had not answered in full after {timeout_s:g} s: allow more time or fewer tokens."
    if isinstance(
        root, httpx2.UnsupportedProtocol | httpx2.InvalidURL | httpx2.LocalProtocolError | UnicodeEncodeError
    ):
        return (
            _K.BAD_REQUEST,
            f"{place} cannot be asked like this ({name}): check its address (base_url), and the key for stray signs.",
        )
    if isinstance(root, TooMuch):
        return _K.MALFORMED, f"{place} sent {root}: it was cut off there. Is its address (base_url) a model's?"
    if isinstance(root, httpx2.DecodingError | ValueError | LookupError | TypeError | AttributeError | RecursionError):
        return _K.MALFORMED, f"{place} sent something that cannot be read as an answer ({name})."
    when = "before answering" if hearing.first_byte is None else "in the middle of the answer"
    return _K.CONNECTION, f"{place} broke the connection {when} ({name})."


def _kind(status: int | None, codes: list[str], said: str) -> FaultKind:
    """Strong codes first, then the words, the status, and weak codes."""
    for code in codes:
        if code in _BY_CODE and code not in _WEAK:
            return _BY_CODE[code]
    for sign, kind in _SIGNS:
        if sign.search(said):
            return kind
    told = next((int(code) for code in codes if code.isdigit()), None) if status in (None, 200) else status
    if told is not None and told != 200:
        return _BY_STATUS.get(told) or (_K.SERVER if told >= 500 else _K.BAD_REQUEST)
    return next((_BY_CODE[code] for code in codes if code in _BY_CODE), _K.SERVER)


def _words(kind: FaultKind, endpoint: Endpoint, status: int | None) -> str:
    """What happened and how to mend it."""
    place, model = place_of(endpoint), endpoint.model
    number = f" ({status})" if status is not None and status != 200 else ""
    if kind is _K.AUTH and not _key_held(endpoint):
        return f"{place} wants a key and none was sent{number}: name the variable that holds it (api_key_env)."
    if kind is _K.BAD_REQUEST and status == 404:
        return f"{place} knows no model '{model}' at this address{number}: check its name and the address (base_url)."
    return {
        _K.AUTH: f"{place} refused the key in {endpoint.api_key_env}{number}: check it, and that it may use '{model}'.",
        _K.QUOTA: f"{place} has no credit or quota left for this key{number}: top it up or raise its limit.",
        _K.RATE_LIMIT: f"{place} asks for fewer requests{number}: wait, or lower the concurrency.",
        _K.OVERLOAD: f"{place} is overloaded{number}: try again later.",
        _K.SERVER: f"{place} failed at its own end{number}: try again later.",
        _K.TIMEOUT: f"{place} gave up waiting for the model{number}: try again, or ask for fewer tokens.",
        _K.CONTENT_FILTER: f"{place} withheld the answer by its content filter{number}: change the prompt.",
    }.get(kind, f"{place} refused the request{number}: check the candidate's settings for '{model}'.")


def _read(body: object, source: object) -> tuple[list[str], str]:
    """The error's codes in small letters, and its words, from whichever shape the provider gives them."""
    errors = list(_error_objects(body))
    codes = [
        str(error[name]).casefold()
        for error in errors
        for name in ("code", "type", "status")
        if isinstance(error.get(name), str | int)
    ]
    words: object = next((found for e in errors if (found := e.get("message") or e.get("detail"))), None)
    if words is None:
        words = body if isinstance(body, str) else getattr(source, "message", None)
    said = " ".join(_TAGS.sub(" ", str(words or "")).split())
    return codes, said


def _error_objects(body: object) -> Iterator[Mapping[str, Any]]:
    """The objects that may describe the error, the innermost first."""
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, Mapping):
        yield from _error_objects(body.get("error"))
        if isinstance(body.get("error"), str):
            yield {"message": body["error"]}
        yield body


def _delay_in(body: object) -> float | None:
    """The ``retryDelay`` that Google's errors carry in their details."""
    for error in _error_objects(body):
        for detail in error.get("details") or ():
            if isinstance(detail, Mapping) and isinstance(detail.get("retryDelay"), str):
                return duration_s(detail["retryDelay"], now=clock.now())
    return None


def _fit(message: str, endpoint: Endpoint) -> str:
    """The message, cleared of secrets and cut to a length that can be read."""
    key = _key_held(endpoint)
    if key is not None:
        for form in (key, quote(key, safe="")):
            message = message.replace(form, f"[{endpoint.api_key_env}]")
    message = _QUERY_KEY.sub(r"\1[hidden]", _USERINFO.sub(r"\1", without_secrets(message)))
    message = _KEYLIKE.sub("[hidden]", message)
    return message if len(message) <= _LONGEST else message[:_LONGEST] + " …"
