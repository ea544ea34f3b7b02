"""The fields of one endpoint: provider, model, address and the variable that holds the key."""

import json
from collections.abc import Mapping

import streamlit as st

from core.domain.fields import LONGEST_NAME
from core.providers import keys
from core.providers.base import Preset
from core.providers.presets import PRESETS
from core.services.candidates.drafts import LABELS, EndpointDraft
from core.services.candidates.fields import is_variable
from core.settings import secret
from core.ui.shared import access, frame

BY_NAME = {preset.name: preset for preset in PRESETS}
_EMPTIED = "_fields_to_empty"


def fields(form: str, draft: EndpointDraft, prefix: str, *, disabled: bool) -> EndpointDraft:
    """Provider, model, address and key variable; the last two are filled in from the preset. Then what is rarer."""
    filled = {field: f"candidates_{form}_{prefix}{field}" for field in ("provider", "model", "base_url", "api_key_env")}
    names = [*BY_NAME, *([draft.provider] if draft.provider not in BY_NAME and draft.provider else [])]
    with st.grid(2, min_column_width=300):
        provider = st.selectbox(
            LABELS["provider"], names, format_func=lambda each: BY_NAME[each].title if each in BY_NAME else each,
            key=at(form, f"{prefix}provider", draft.provider or names[0]), disabled=disabled,
            on_change=_fill_in, args=(filled,),
        )  # fmt: skip
        model = st.text_input(
            LABELS["model"], key=at(form, f"{prefix}model", draft.model), disabled=disabled, max_chars=LONGEST_NAME,
            placeholder="as the provider spells it",
        )  # fmt: skip
        chosen = BY_NAME.get(provider)
        if chosen is not None and chosen.api == "local":
            st.caption("It runs on this machine: no address, no key, nothing to pay.")
            return EndpointDraft(provider=provider, model=model)
        base_url, variable = _place(form, draft, prefix, disabled=disabled)
    _say_of_key(variable, chosen)
    headers, extra = _further(form, draft, prefix, disabled=disabled)
    is_usual = chosen is not None and base_url.strip().rstrip("/") == _base_url(chosen)
    is_usual_key = is_usual and chosen is not None and variable.strip() == (chosen.api_key_env or "")
    return EndpointDraft(
        provider=provider,
        model=model,
        base_url=None if is_usual else base_url,
        api_key_env=None if is_usual_key else variable,
        headers=headers,
        extra=extra,
    )


def _place(form: str, draft: EndpointDraft, prefix: str, *, disabled: bool) -> tuple[str, str]:
    preset = BY_NAME.get(draft.provider)
    base_url = st.text_input(
        LABELS["base_url"], key=at(form, f"{prefix}base_url", draft.base_url or _base_url(preset)), disabled=disabled,
        placeholder="https://host/v1",
        help="Where its API begins. What is copied with /chat/completions or /v1/messages at its end will do.",
    )  # fmt: skip
    variable = st.text_input(
        LABELS["api_key_env"],
        key=at(form, f"{prefix}api_key_env", draft.api_key_env or _usual_key(preset, draft)),
        placeholder="none",
        help="The name of the environment variable that holds the key, never the key itself. A provider's own goes to "
        "that provider alone; for another address take a variable whose name ends in _API_KEY.",
    )
    return base_url, variable


def _further(form: str, draft: EndpointDraft, prefix: str, *, disabled: bool) -> tuple[str, str]:
    """Headers, and for the candidate itself fields of the request, as they are typed."""
    headers, extra = draft.headers or {}, draft.extra or {}
    with st.expander(
        "Further headers and fields", icon=":material/tune:", expanded=bool(headers or extra),
        key=f"candidates_{form}_{prefix}further",
    ):  # fmt: skip
        typed = st.text_area(
            LABELS["headers"], key=at(form, f"{prefix}headers", _as_lines(headers)), disabled=disabled, height=90,
            placeholder="x-portkey-provider: openai\nx-portkey-api-key: $PORTKEY_API_KEY",
            help="One a line. A $ and the name of a variable stand for what is in it, so that no key is kept here.",
        )  # fmt: skip
        if prefix:
            return typed, ""
        fields_typed = st.text_area(
            LABELS["extra"], key=at(form, "extra", _as_json(extra)), disabled=disabled, height=90,
            placeholder='{"top_p": 0.9}',
            help="A JSON object of what else the provider takes, sent with every question and to the fallback too.",
        )  # fmt: skip
    return typed, fields_typed


def _as_lines(headers: Mapping[str, object] | str) -> str:
    if isinstance(headers, str):
        return headers
    return "\n".join(f"{name}: {content}" for name, content in headers.items())


def _as_json(extra: Mapping[str, object] | str) -> str:
    return extra if isinstance(extra, str) else json.dumps(extra, ensure_ascii=False) if extra else ""


def _say_of_key(variable: str, preset: Preset | None) -> None:
    name = variable.strip()
    if name and is_variable(name) and keys.is_key_name(name):
        is_set = secret(name) is not None
        st.caption(
            f":material/check: {frame.as_typed(name)} is set here."
            if is_set
            else f":material/key_off: {frame.as_typed(name)} is not set here. Set it where Evenhand runs and start "
            "it again; the candidate can be saved before."
        )
    if preset is not None and preset.docs:
        st.caption(f"[What {preset.title} says of its models and keys]({preset.docs})")


@access.guarded(access.Role.ADMIN)
def _fill_in(filled: dict[str, str]) -> None:
    preset = BY_NAME.get(st.session_state[filled["provider"]])
    if preset is not None:
        st.session_state[filled["base_url"]] = _base_url(preset)
        st.session_state[filled["api_key_env"]] = preset.api_key_env or ""


def at(form: str, field: str, initial: object) -> str:
    """The key of a field, which begins as ``initial``."""
    key = f"candidates_{form}_{field}"
    st.session_state.setdefault(key, initial)
    if key in st.session_state.get(_EMPTIED, ()):
        st.session_state[_EMPTIED].remove(key)
        st.session_state[key] = ""
    return key


def _base_url(preset: Preset | None) -> str:
    return (preset.base_url or "") if preset is not None else ""


def _usual_key(preset: Preset | None, draft: EndpointDraft) -> str:
    return (preset.api_key_env or "") if preset is not None and not draft.base_url else ""


def empty_later(form: str, *drafts: tuple[str, EndpointDraft | None]) -> None:
    """Have fields emptied in the next run that hold no variable's name: it may be a key. ``drafts`` by prefix."""
    st.session_state[_EMPTIED] = [
        f"candidates_{form}_{prefix}api_key_env"
        for prefix, draft in drafts
        if draft is not None and (typed := (draft.api_key_env or "").strip()) and not is_variable(typed)
    ]
