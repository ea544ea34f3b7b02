"""Prices that admins enter, each from a date on, and pricing old runs again."""

from datetime import UTC, datetime, time

import pandas as pd
import streamlit as st

from core import clock
from core.domain.words import price
from core.providers.presets import PRESETS, title_of
from core.services import prices
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.services.candidates.fields import DEAREST
from core.services.prices import PricedRun
from core.storage.engine import reading
from core.storage.tables import Person, PriceOverride
from core.ui.candidates import repricing
from core.ui.shared import access, doing
from core.ui.shared.choosing import choose_row
from core.ui.shared.resources import engine

_TABLE, _PLACE, _ROUND = "candidates_prices_table", "prices", "_price_round"
_ANOTHER = ("", "")
_LONGEST_NOTE = 200


def section(person: Person) -> None:
    """What was entered, a form to enter more, and the old runs."""
    with reading(engine()) as session:
        entered = prices.overrides(session)
        lines = candidates.listed(session, clock.now())
        runs = prices.priced_runs(session)
    st.markdown(
        "Published prices are known for most models of the large providers. Where one is not, or your contract says "
        "otherwise, enter it here: it comes before every other price, from its date on."
    )
    doing.problem(_PLACE)
    _table(entered)
    _form(lines, person)
    _old_runs(runs)


def _table(entered: list[PriceOverride]) -> None:
    st.subheader("Entered prices", anchor=False)
    if not entered:
        st.caption("None so far. Every price comes from the published list, or from the candidate itself.")
        return
    rows = pd.DataFrame(
        {
            "Model": [one.model for one in entered],
            "Provider": [title_of(one.provider) for one in entered],
            "In": [price(one.input_usd_per_mtok) for one in entered],
            "Out": [price(one.output_usd_per_mtok) for one in entered],
            "Cached": [_cached(one) for one in entered],
            "From": [one.valid_from for one in entered],
            "Note": [one.note for one in entered],
        }
    )
    row = choose_row(
        rows,
        key=_TABLE,
        whole_up_to=12,
        tallest_px=460,
        columns={
            "Model": st.column_config.TextColumn(width=160),
            "In": st.column_config.TextColumn(help="US dollars per million input tokens"),
            "Out": st.column_config.TextColumn(help="US dollars per million output tokens"),
            "Cached": st.column_config.TextColumn(help="US dollars per million input tokens read from a cache"),
            "From": st.column_config.DatetimeColumn("Valid from", format="D MMM YYYY"),
        },
        alt="Prices that admins entered",
    )
    st.button(
        "Withdraw", icon=":material/undo:", key="candidates_price_withdraw", disabled=row is None, on_click=_withdraw,
        args=(0 if row is None else entered[row].id,),
        help="For a price entered by mistake: it counts no more, for any time. Choose its line first.",
    )  # fmt: skip


def _cached(one: PriceOverride) -> str:
    return "as input" if one.cached_input_usd_per_mtok is None else price(one.cached_input_usd_per_mtok)


@access.guarded(access.Role.ADMIN)
def _withdraw(override_id: int) -> None:
    doing.do(
        lambda session: prices.withdraw(session, override_id, now=clock.now()),
        done="The price is withdrawn. Old runs keep their cost until they are priced again.",
        kept="Nothing was changed.", place=_PLACE,
    )  # fmt: skip


def _form(lines: list[CandidateLine], person: Person) -> None:
    st.subheader("Enter a price", anchor=False)
    turn = st.session_state.get(_ROUND, 0)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True):
            provider, model = _which(lines, turn)
        with st.container(horizontal=True):
            paid = _dollars("Input", turn)
            answered = _dollars("Output", turn)
            cached = _dollars("Cached input", turn, "as input")
            since = st.date_input("Valid from", clock.now().date(), key=f"candidates_price_from_{turn}", width=150)
            note = st.text_input(
                "Note",
                max_chars=_LONGEST_NOTE,
                key=f"candidates_price_note_{turn}",
                placeholder="why, or where",
                width=280,
            )
        st.caption("US dollars per million tokens. A day begins at midnight UTC.")
        ready = bool(provider and model.strip()) and paid is not None and answered is not None and since is not None
        if st.button("Enter it", type="primary", key="candidates_price_enter", disabled=not ready):
            assert paid is not None
            assert answered is not None
            done = doing.do(
                lambda session: prices.enter_override(
                    session, provider=provider, model=model, input_usd_per_mtok=paid, output_usd_per_mtok=answered,
                    cached_input_usd_per_mtok=cached, valid_from=datetime.combine(since, time(), UTC), now=clock.now(),
                    note=note, entered_by_id=person.id,
                ),
                done=f"The price of {model.strip()} counts now.", kept="Nothing was entered.", place=_PLACE,
            )  # fmt: skip
            if done is not None:
                st.session_state[_ROUND] = turn + 1
            st.rerun()


def _which(lines: list[CandidateLine], turn: int) -> tuple[str, str]:
    """A model that a candidate names, those of unknown price first, or another one."""
    asked: dict[tuple[str, str], bool] = {}
    for line in sorted(lines, key=lambda each: each.rates is not None):
        if line.candidate.provider and line.candidate.model and line.candidate.provider != "local":
            asked.setdefault((line.candidate.provider, line.candidate.model), line.rates is not None)
    chosen = st.selectbox(
        "Of which model", [*asked, _ANOTHER], key=f"candidates_price_of_{turn}", width=420,
        format_func=lambda pair: "Another model" if pair == _ANOTHER else _called(pair, asked[pair]),
    )  # fmt: skip
    if chosen is not None and chosen != _ANOTHER:
        return chosen
    names = [preset.name for preset in PRESETS if preset.api != "local"]
    provider = st.selectbox("Provider", names, format_func=title_of, key=f"candidates_price_provider_{turn}", width=200)
    model = st.text_input("Model", key=f"candidates_price_model_{turn}", placeholder="as candidates name it", width=280)
    return provider or "", model


def _called(pair: tuple[str, str], is_known: bool) -> str:
    return f"{pair[1]} · {title_of(pair[0])}" + ("" if is_known else " · unknown")


def _dollars(word: str, turn: int, placeholder: str = "") -> float | None:
    return st.number_input(
        word,
        0.0,
        DEAREST,
        None,
        step=0.05,
        format="%.4f",
        key=f"candidates_price_{word}_{turn}",
        placeholder=placeholder,
        width=150,
    )


def _old_runs(runs: list[PricedRun]) -> None:
    st.subheader("Price old runs again", anchor=False)
    if not runs:
        st.caption("No run has made calls yet. A run keeps the prices it was made with until it is priced again here.")
        return
    repricing.section(runs)
