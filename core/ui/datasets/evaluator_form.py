"""The form for a new evaluator: fields for whatever parameters its kind has."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core import clock
from core.domain.scoring.base import EvaluatorKind
from core.errors import BadInput
from core.providers.presets import PRESETS, title_of
from core.services.candidates.drafts import CandidateDraft, checked
from core.services.scoring import evaluators
from core.services.scoring.evaluators import JUDGES, LONGEST_NAME
from core.services.scoring.registry import KINDS
from core.storage.engine import reading
from core.storage.tables import Evaluator
from core.ui.shared import doing, frame
from core.ui.shared.resources import engine

_ROUND = "_evaluator_round"
_KINDS = {kind.key: kind for kind in KINDS}
_LABELS = {
    "pattern": "Pattern (a regular expression)",
    "whole": "It must cover the whole answer",
    "forbidden": "A match is what fails",
    "ignore_case": "Upper and lower case alike",
    "max_words": "Most words",
    "min_words": "Least words",
    "max_characters": "Most characters",
    "min_characters": "Least characters",
    "contains": "Texts that the answer must mention, one a line",
    "expected": "Right answers, one a line",
    "reference": "Right answers, one a line",
    "match": "How many of them",
    "whole_words": "As whole words",
    "denied_counts": "A denied mention counts too",
    "longest_reference_words": "References of at most so many words",
    "json_schema": "JSON schema",
    "strict": "Nothing around the JSON",
    "always": "Also where the prompt asks for no JSON",
    "number": "The number",
    "which": "Which number of the answer",
    "relative_tolerance": "Tolerance as a share",
    "in_words": "Numbers in words count",
    "harsh_below": "Harsh at or below",
    "allowed": "Allowed words, one a line",
    "provider": "Provider",
    "model": "Model",
    "base_url": "Address",
    "api_key_env": "Variable that holds the key",
    "max_tokens": "Most tokens of its reply",
    "may_judge_own_family": "May judge its own family; how far it favours it is then shown",
    "rubric": "What it is asked to look at",
}
_LONG = frozenset({"rubric", "json_schema"})
_PLACEHOLDERS = {"base_url": "the provider's own", "api_key_env": "the provider's usual one", "seed": "none"}


def label(name: str) -> str:
    """What a parameter is called for people."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def form(place: str) -> None:
    """Which kind, its parameters, a name, and the button."""
    turn = st.session_state.get(_ROUND, 0)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True):
            key = st.selectbox(
                "Kind",
                list(_KINDS),
                format_func=lambda each: _KINDS[each].title,
                key=f"datasets_evaluator_kind_{turn}",
                width=300,
                index=list(_KINDS).index("regex"),
            )
            kind = _KINDS[key]
            name = st.text_input(
                "Name",
                max_chars=LONGEST_NAME,
                key=f"datasets_evaluator_name_{turn}_{kind.key}",
                placeholder=kind.title,
                width=300,
                help="What it is called beside its scores.",
            )
        st.caption(frame.as_typed(kind.what))
        fields = _fields(kind, turn)
        if st.button("Add it", type="primary", key="datasets_evaluator_add"):
            _add(place, kind, name.strip() or kind.title, fields)
            st.rerun()


def _fields(kind: EvaluatorKind, turn: int) -> dict[str, Callable[[], Any]]:
    """A field for each parameter; what is returned reads them, and may raise BadInput."""
    found: dict[str, Callable[[], Any]] = {}
    usual = kind.params.defaults()
    switches = [name for name, default in usual.items() if isinstance(default, bool)]
    others = [name for name in usual if name not in switches]
    with st.grid(2, min_column_width=280):
        for name in (name for name in others if name not in _LONG):
            found[name] = _field(kind, name, f"datasets_evaluator_{turn}_{kind.key}_{name}")
    for name in (name for name in others if name in _LONG):
        found[name] = _field(kind, name, f"datasets_evaluator_{turn}_{kind.key}_{name}")
    with st.container(horizontal=True):
        for name in switches:
            on = st.toggle(label(name), usual[name], key=f"datasets_evaluator_{turn}_{kind.key}_{name}")
            found[name] = lambda on=on: on  # type: ignore[misc]
    return found


def _field(kind: EvaluatorKind, name: str, key: str) -> Callable[[], Any]:
    """The field for what the parameter may hold."""
    default, (first, *more) = kind.params.defaults()[name], kind.params.described(name)
    if name == "provider":
        provider = st.selectbox(label(name), [preset.name for preset in PRESETS], format_func=title_of, key=key)
        return lambda: provider
    if "enum" in first:
        chosen = st.selectbox(label(name), first["enum"], index=first["enum"].index(default), key=key)
        return lambda: chosen
    if first.get("type") in ("integer", "number"):
        return _number(name, default, key, is_whole=first["type"] == "integer")
    return _lines(name, default, key) if more else _text(name, default, key)


def _number(name: str, default: Any, key: str, *, is_whole: bool) -> Callable[[], Any]:
    if is_whole:
        count = st.number_input(label(name), None, None, default, step=1, key=key, placeholder="none")
        return lambda: None if count is None else int(count)
    number = st.number_input(label(name), None, None, default, step=0.1, key=key, placeholder="none")
    return lambda: number


def _lines(name: str, default: Any, key: str) -> Callable[[], Any]:
    lines = st.text_area(label(name), "\n".join(default or ()), key=key, height=90)
    return lambda: [line.strip() for line in lines.splitlines() if line.strip()] or default


def _text(name: str, default: Any, key: str) -> Callable[[], Any]:
    if name in _LONG:
        text = st.text_area(label(name), default or "", key=key, height=160)
        return lambda: _json(text, name) if name == "json_schema" else text
    text = st.text_input(label(name), default or "", key=key, placeholder=_PLACEHOLDERS.get(name, ""))
    return lambda: text.strip() or default


def _json(text: str, name: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"{label(name)}: this is not JSON ({error}).") from None


def _add(place: str, kind: EvaluatorKind, name: str, fields: Mapping[str, Callable[[], Any]]) -> None:
    params: dict[str, Any] = {}
    try:
        params.update({field: read() for field, read in fields.items()})
        if kind.key in JUDGES:
            _check_endpoint(name, params)
        evaluators.check(kind.key, params)
        _refuse_duplicate(kind, params)
    except BadInput as error:
        doing.refuse(_in_our_words(str(error), params), kept="Nothing was added.", place=place)
        return
    made = doing.do(
        lambda session: _made(evaluators.add(session, kind.key, name, params, clock.now())),
        done=f"'{name}' scores every response from now on.", kept="Nothing was added.", place=place,
    )  # fmt: skip
    if made is not None:
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _refuse_duplicate(kind: EvaluatorKind, params: Mapping[str, Any]) -> None:
    with reading(engine()) as session:
        there = evaluators.same_as(session, kind.key, params)
    if there is not None:
        raise BadInput(f"'{there.name}' does exactly this already. Change a setting, or go on with that one.")


def _in_our_words(problem: str, params: Mapping[str, Any]) -> str:
    """A problem with its parameters called as the fields are."""
    for name in params:
        problem = problem.replace(f"'{name}'", f"'{label(name)}'")
    return problem


def _made(evaluator: Evaluator) -> int:
    return evaluator.id or 0


def _check_endpoint(name: str, params: Mapping[str, Any]) -> None:
    """A judge is asked like a candidate, so its endpoint passes the same checks: no key in place of a variable."""
    checked(
        CandidateDraft(
            name=name,
            provider=params.get("provider") or "",
            model=params.get("model") or "",
            base_url=params.get("base_url"),
            api_key_env=params.get("api_key_env"),
            system=params.get("rubric"),
            temperature=params.get("temperature"),
            max_tokens=params.get("max_tokens"),
        )
    )
