"""What went wrong with an attempt: from exceptions and errors of every shape to a fault, with words to show.

A message says which provider and host, what happened and how to mend it. No message holds a key: what a server sends
back is cut short and cleared of everything secret.
"""

import re
from typing import Any
from urllib.parse import quote, urlsplit

from core import clock
from core.domain.answering import FaultKind
from core.providers import error_bodies, presets
from core.providers.base import Endpoint, ProviderFault
from core.providers.bounds import TooMuch
from core.providers.error_bodies import StreamError
from core.providers.fault_kinds import kind_of
from core.providers.hearing import Hearing
from core.providers.limits import retry_after_s
from core.settings import secret, without_secrets

_K = FaultKind
_KEYLIKE = re.compile(r"\b(?:(?:sk|pk|gsk|rk|xai|key)[-_]|AIza)[\w*.-]{6,}|\bBearer\s+[^\s\"',]+", re.I)
_USERINFO = re.compile(r"(https?://)[^/\s@]+@")
_QUERY_KEY = re.compile(r"([?&](?:api[_-]?key|key|token|access_token)=)[^&\s\"']+", re.I)
_STATUS_IN_A_TITLE = re.compile(r"\b(?:429|5\d\d)\b")
_TITLE = 100  # characters of a page's words
_LONGEST = 500  # characters of a message


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
    said = error_bodies.words_of(body)
    if status is None and isinstance(body, str) and error_bodies.is_page(body):
        kind, message = _page(endpoint, said)
    else:
        otherwise = _unknown(error, hearing)
        kind = kind_of(status, error_bodies.codes_of(body), said, otherwise=otherwise)
        message = _words(kind, endpoint, status)
    return hearing.fault(
        kind,
        _fit(f"{message} It said: {said}" if said else message, endpoint),
        http_status=status if status != 200 else None,
        retry_after_s=_wait_s(kind, response, body, hearing),
    )


def _unknown(error: Exception, hearing: Hearing) -> FaultKind:
    """The kind of an error of which nothing is known: what came instead of a stream will come again."""
    if not isinstance(error, StreamError):
        return _K.SERVER
    if error.is_bare and not hearing.has_begun:
        return _K.BAD_REQUEST
    return _K.MALFORMED if isinstance(error.body, str) else _K.SERVER


def _wait_s(kind: FaultKind, response: Any, body: object, hearing: Hearing) -> float | None:
    """How long the endpoint says to wait: by its header, its words, or when what is used up is there again."""
    wait = None if response is None else retry_after_s(response.headers, now=clock.now())
    if wait is None:
        wait = error_bodies.delay_of(body)
    if wait is None and kind is _K.RATE_LIMIT and hearing.limits is not None:
        wait = hearing.limits.wait_s
    return wait


def _page(endpoint: Endpoint, said: str) -> tuple[FaultKind, str]:
    """A web page instead of an answer. What its beginning says may pass; else the address is wrong."""
    kind = kind_of(None, _STATUS_IN_A_TITLE.findall(said[:_TITLE]), "", otherwise=_K.BAD_REQUEST)
    place = place_of(endpoint)
    return kind, f"{place} sent a web page (HTML) and no answer: check its address (base_url)."


def truncated(endpoint: Endpoint, hearing: Hearing) -> ProviderFault:
    """The stream ended, and nothing said that the answer had."""
    how = "ended the stream without saying that the answer was finished" if hearing.has_begun else "sent no answer"
    return hearing.fault(FaultKind.TRUNCATED, f"{place_of(endpoint)} {how}.")


def filtered(endpoint: Endpoint, hearing: Hearing) -> ProviderFault:
    """The answer ended with finish reason content_filter."""
    return hearing.fault(FaultKind.CONTENT_FILTER, _words(FaultKind.CONTENT_FILTER, endpoint, None))


def _broken(error: Exception, endpoint: Endpoint, hearing: Hearing, timeout_s: float) -> tuple[FaultKind, str]:
    """Kind and words of an exception that is no answer of the server's."""
    import httpx2

    place = place_of(endpoint)
    root = error if isinstance(error, TimeoutError | httpx2.HTTPError) else error.__cause__ or error
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
        _K.MALFORMED: f"{place} sent something that cannot be read as an answer.",
        _K.CONTENT_FILTER: f"{place} withheld the answer by its content filter{number}: change the prompt.",
    }.get(kind, f"{place} refused the request{number}: check the candidate's settings for '{model}'.")


def _fit(message: str, endpoint: Endpoint) -> str:
    """The message, cleared of secrets and cut to a length that can be read."""
    key = _key_held(endpoint)
    if key is not None:
        for form in (key, quote(key, safe="")):
            message = message.replace(form, f"[{endpoint.api_key_env}]")
    message = _QUERY_KEY.sub(r"\1[hidden]", _USERINFO.sub(r"\1", without_secrets(message)))
    message = _KEYLIKE.sub("[hidden]", message)
    return message if len(message) <= _LONGEST else message[:_LONGEST] + " …"
