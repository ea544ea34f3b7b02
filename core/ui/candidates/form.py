"""The form for a candidate: new, like another one, or changed."""

from dataclasses import dataclass, replace

import streamlit as st

from core import clock
from core.domain.fields import LONGEST_NAME
from core.domain.pricing import Rates
from core.domain.words import n
from core.errors import BadInput
from core.providers.presets import PRESETS
from core.services import prices
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.services.candidates.drafts import LABELS, CandidateDraft, EndpointDraft, draft_of
from core.services.candidates.fields import DEAREST, HOTTEST
from core.settings import secret
from core.storage.engine import reading
from core.storage.tables import Candidate
from core.ui.candidates import endpoint as candidates_endpoint
from core.ui.candidates import words
from core.ui.candidates.address import CHOSEN, COPY, EDIT, NEW, show_list
from core.ui.candidates.endpoint import at
from core.ui.shared import doing, filters, frame
from core.ui.shared.resources import engine

_PLACE = "candidate_form"


@dataclass(frozen=True)
class _Task:
    """What the form is for."""

    key: str
    title: str
    draft: CandidateDraft
    line: CandidateLine | None = None
    """The candidate that is changed, None for a new one."""

    @property
    def is_fixed(self) -> bool:
        """Whether name, model and settings stay, because there are responses under them."""
        return self.line is not None and self.line.responses > 0 and self.line.candidate.provider is not None


def page() -> None:
    """The whole form, as the address asks for it."""
    task = _task(st.query_params[EDIT])
    if task is None:
        frame.empty_state("That candidate is not here any more", "It may have been deleted meanwhile.")
        return
    frame.page_head(task.title, "Which model, asked where, with which settings?")
    doing.problem(_PLACE)
    if task.is_fixed and task.line is not None:
        st.info(
            f"It has {n(task.line.responses, 'response')}, so its name, model and settings stay as they are: scores "
            "and votes are about these. The key's variable and the price may change; for anything else duplicate it.",
            icon=":material/lock:",
        )
    if task.line is not None and task.line.is_doubted:
        st.warning(f"{frame.as_typed(task.line.why_not or '')} Saving allows it.", icon=":material/key:")
    name, endpoint = _model(task)
    settings = _settings(task)
    own_price = _price(task, endpoint)
    fallback = _fallback(task, endpoint)
    draft = CandidateDraft(
        name=name,
        fallback=fallback,
        **{**vars(endpoint), **settings, **own_price},
    )
    _say_of_twins(task, draft)
    with st.container(horizontal=True):
        label = "Save" if task.line is not None else "Add it"
        # Not a callback: that would be given what the fields held one run ago.
        if st.button(label, type="primary", key=f"candidates_{task.key}_save"):
            _save(task, draft)
            st.rerun()
        st.button("Cancel", type="tertiary", key=f"candidates_{task.key}_cancel", on_click=show_list)


def _say_of_twins(task: _Task, draft: CandidateDraft) -> None:
    if task.is_fixed:
        return
    but = task.line.candidate.name if task.line is not None else ""
    with reading(engine()) as session:
        alike = candidates.twins_of(session, draft, but=but)
    if alike:
        st.caption(
            f":material/content_copy: {frame.as_typed(alike[0])} asks the same model with the same settings already. "
            "Two of a kind show how far answers differ by chance alone."
        )


def _task(asked: str) -> _Task | None:
    if asked == NEW:
        usable = [preset for preset in PRESETS if preset.api_key_env and secret(preset.api_key_env)]
        first = (usable or list(PRESETS))[0]
        return _Task("new", "New candidate", CandidateDraft(provider=first.name))
    with reading(engine()) as session:
        lines = {str(line.id): line for line in candidates.listed(session, clock.now())}
        line = lines.get(asked.removeprefix(COPY))
        if line is None:
            return None
        if asked.startswith(COPY):
            title = f"Like {frame.as_typed(line.candidate.name)}"
            return _Task(f"copy_{line.id}", title, candidates.copy_of(session, line.candidate))
    draft = draft_of(line.candidate)
    if not draft.provider:
        draft = replace(draft, provider=PRESETS[0].name)
    return _Task(f"edit_{line.id}", f"Edit {frame.as_typed(line.candidate.name)}", draft, line)


def _model(task: _Task) -> tuple[str, EndpointDraft]:
    with st.container(border=True, gap="small"):
        name = st.text_input(
            LABELS["name"], max_chars=LONGEST_NAME, key=at(task.key, "name", task.draft.name), disabled=task.is_fixed,
            width=420,
            help="What it is called on every page, in exports and in scripts. Fixed once it has answered.",
        )  # fmt: skip
        return name, candidates_endpoint.fields(task.key, task.draft, "", disabled=task.is_fixed)


def _settings(task: _Task) -> dict[str, object]:
    with st.container(border=True, gap="small"):
        system = st.text_area(
            LABELS["system"], key=at(task.key, "system", task.draft.system or ""), disabled=task.is_fixed, height=140,
            placeholder="what it is told before every prompt; empty for none",
        )  # fmt: skip
        with st.container(horizontal=True):
            temperature = st.number_input(
                LABELS["temperature"], 0.0, HOTTEST, None, step=0.1,
                key=at(task.key, "temperature", task.draft.temperature),
                disabled=task.is_fixed, placeholder="the provider's own", width=220,
            )  # fmt: skip
            most = st.number_input(
                LABELS["max_tokens"], 1, None, None, step=100,
                key=at(task.key, "max_tokens", task.draft.max_tokens),
                disabled=task.is_fixed, placeholder="the provider's own", width=220,
                help="Of an answer. It bounds what one can cost, so that a spending cap reserves less for each.",
            )  # fmt: skip
    return {"system": system, "temperature": temperature, "max_tokens": most}


def _price(task: _Task, endpoint: EndpointDraft) -> dict[str, object]:
    with st.container(border=True, gap="small"):
        known = _known_price(endpoint)
        if known is not None:
            st.markdown(frame.dollars(f":gray[Known price] {words.rates_in_words(known)}"))
        elif endpoint.model.strip():
            st.markdown(":gray[Known price] none: give one here, or cost shows as *unknown*.")
        else:
            st.markdown(":gray[Known price] shown once the model is named.")
        with st.container(horizontal=True):
            paid = _dollars(task, "input_usd_per_mtok", task.draft.input_usd_per_mtok)
            answered = _dollars(task, "output_usd_per_mtok", task.draft.output_usd_per_mtok)
    return {"input_usd_per_mtok": paid, "output_usd_per_mtok": answered}


def _dollars(task: _Task, field: str, initial: float | None) -> float | None:
    return st.number_input(
        f"{LABELS[field]}, \\$ per million tokens", 0.0, DEAREST, None, step=0.05, format="%.4f", width=300,
        key=at(task.key, field, initial), placeholder="none of its own",
    )  # fmt: skip


def _known_price(endpoint: EndpointDraft) -> Rates | None:
    if not endpoint.model.strip():
        return None
    asked = prices.AskedModel(endpoint.provider, endpoint.model.strip(), (endpoint.base_url or "").strip() or None)
    with reading(engine()) as session:
        entered = prices.overrides(session)
    try:
        return prices.rates_for(asked, {}, entered, at=clock.now())
    except BadInput:
        return None


def _fallback(task: _Task, first: EndpointDraft) -> EndpointDraft | None:
    there = task.draft.fallback
    wanted = st.toggle(
        "A fallback for when the first endpoint fails", key=at(task.key, "has_fallback", there is not None),
        disabled=task.is_fixed,
        help="The same model elsewhere, for instance behind a gateway. Every attempt says which one answered.",
    )  # fmt: skip
    if not wanted:
        return None
    draft = there or EndpointDraft(provider=first.provider, model=first.model)
    with st.container(border=True, gap="small"):
        typed = candidates_endpoint.fields(task.key, draft, "fallback_", disabled=task.is_fixed)
    return replace(draft, **vars(typed))


def _save(task: _Task, draft: CandidateDraft) -> None:
    if task.line is None:
        made = doing.do(
            lambda session: candidates.define(session, draft, now=clock.now()),
            done=f"'{draft.name.strip()}' is added.", kept="Nothing was added.", place=_PLACE,
        )  # fmt: skip
    else:
        changed = task.line.id
        made = doing.do(
            lambda session: candidates.change(session, changed, draft),
            done=f"'{draft.name.strip()}' is saved.", kept="It is as it was.", place=_PLACE,
        )  # fmt: skip
    if made is not None:
        _back_to(made)
        return
    candidates_endpoint.empty_later(task.key, ("", draft), ("fallback_", draft.fallback))


def _back_to(candidate: Candidate) -> None:
    show_list()
    filters.choose(CHOSEN, candidate.name)
