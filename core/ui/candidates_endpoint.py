"""The fields of one endpoint: provider, model, address and the variable that holds the key."""

import streamlit as st

from core.providers.presets import PRESETS, Preset
from core.services.candidate_drafts import EndpointDraft
from core.services.importing.candidate_fields import is_variable
from core.services.importing.fields import LONGEST_NAME
from core.settings import secret
from core.ui import access, frame

BY_NAME = {preset.name: preset for preset in PRESETS}
_EMPTIED = "_fields_to_empty"


def fields(form: str, draft: EndpointDraft, prefix: str, *, disabled: bool) -> EndpointDraft:
    """Provider, model, address and key variable; the last two are filled in from the preset."""
    preset = BY_NAME.get(draft.provider)
    keys = {field: f"candidates_{form}_{prefix}{field}" for field in ("provider", "model", "base_url", "api_key_env")}
    names = [*BY_NAME, *([draft.provider] if draft.provider not in BY_NAME and draft.provider else [])]
    with st.grid(2, min_column_width=300):
        provider = st.selectbox(
            "Provider", names, format_func=lambda each: BY_NAME[each].title if each in BY_NAME else each,
            key=at(form, f"{prefix}provider", draft.provider or names[0]), disabled=disabled,
            on_change=_fill_in, args=(keys,),
        )  # fmt: skip
        model = st.text_input(
            "Model", key=at(form, f"{prefix}model", draft.model), disabled=disabled, max_chars=LONGEST_NAME,
            placeholder="as the provider spells it",
        )  # fmt: skip
        chosen = BY_NAME.get(provider)
        if chosen is not None and chosen.api == "local":
            st.caption("It runs on this machine: no address, no key, nothing to pay.")
            return EndpointDraft(provider=provider, model=model)
        base_url = st.text_input(
            "Address", key=at(form, f"{prefix}base_url", draft.base_url or _base_url(preset)), disabled=disabled,
            placeholder="https://host/v1",
        )  # fmt: skip
        variable = st.text_input(
            "Variable that holds the key",
            key=at(form, f"{prefix}api_key_env", draft.api_key_env or _usual_key(preset, draft)),
            placeholder="none",
            help="The name of an environment variable, never the key. Evenhand reads it when it asks.",
        )
    _say_of_key(variable, chosen)
    is_usual = chosen is not None and base_url.strip().rstrip("/") == _base_url(chosen)
    is_usual_key = is_usual and chosen is not None and variable.strip() == (chosen.api_key_env or "")
    return EndpointDraft(
        provider=provider,
        model=model,
        base_url=None if is_usual else base_url,
        api_key_env=None if is_usual_key else variable,
    )


def _say_of_key(variable: str, preset: Preset | None) -> None:
    name = variable.strip()
    if name and is_variable(name):
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
def _fill_in(keys: dict[str, str]) -> None:
    preset = BY_NAME.get(st.session_state[keys["provider"]])
    if preset is not None:
        st.session_state[keys["base_url"]] = _base_url(preset)
        st.session_state[keys["api_key_env"]] = preset.api_key_env or ""


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
