"""Filters whose choices stand in the address by id, so that a link means the same to whoever opens it.

The address is what counts: each run reads it, draws the choice, and at ``say_gone`` writes back what was chosen, what
came of itself too. Ids stand there wherever there are any; the names of old links are read and written anew as ids.
What is chosen goes along to the pages that know it: a study, a dataset, a category, candidates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.ui.shared import access, frame

WIDTH = 160
_LONGEST_SAID, _MOST_SAID, _MOST_READ = 60, 3, 400
_GONE, _MOVED, _WRITTEN, _KNOWN, _SCOPE = (f"_address_{name}" for name in ("gone", "moved", "out", "known", "scope"))
Options = Sequence[str] | Mapping[str, str]
"""Labels, or label → what stands in the address for it."""


def one_of(
    label: str,
    options: Options,
    *,
    key: str,
    help: str | None = None,
    usual: str | None = None,
    within: str = "",
    also: Mapping[str, str] | None = None,
    carried: str | None = None,
    what: str | None = None,
    width: int = WIDTH,
) -> str:
    """The label chosen in a drop-down that is kept in the address under ``key``; ``say_gone`` tells what is not here.

    ``usual``: the label where nothing valid is asked for, by default the first. ``within``: the address value of what
    the options hang on: once that is another, another default is no surprise. ``also``: further address values →
    label. ``carried``: the kind of thing it is, where a choice made on another page holds here too. ``what`` it is
    called in a sentence, by default as its label.
    """
    values = _values(options)
    known = {value: name for name, value in values.items()} | dict(also or {})
    asked = st.query_params.get(key)
    moved = _moved(key, values)
    chosen = moved or (None if asked is None else _label_of(asked, values, known))
    of_itself = moved is None and (asked is None or chosen is None or _came_of_itself(key, asked))
    if chosen is None and asked is None and carried is not None:
        chosen = known.get(_carried(carried))
    if chosen is None:
        chosen = usual if usual in values else next(iter(values))
        if asked is not None and _is_a_surprise(key, asked, within):
            gone(what or label.lower(), [asked], chosen)
    value = asked if asked is not None and known.get(asked) == chosen else values[chosen]
    _write(key, [value])
    _known()[key] = _Known(value, within, of_itself)
    if carried is not None and not of_itself and known.get(_carried(carried)) != chosen:
        _scope()[carried] = (value,)
    st.session_state[key] = chosen
    st.selectbox(
        label, list(values), key=key, width=width, help=help,
        on_change=access.guarded(access.Role.ANALYST)(partial(_note_move, key)),
    )  # fmt: skip
    return chosen


def several_of(
    label: str, options: Options, *, key: str, most: int, placeholder: str, width: int | None = None,
    carried: str | None = None,
) -> list[str]:  # fmt: skip
    """The labels chosen among many, at most ``most``, kept in the address under ``key``; none where all are meant."""
    values = _values(options)
    known = {value: name for name, value in values.items()}
    asked = st.query_params.get_all(key)[:_MOST_READ]
    moved = st.session_state.get(key) if key in _moves() else None
    if moved is not None:
        chosen = [name for name in moved if name in values]
    elif asked:
        found = {each: _label_of(each, values, known) for each in asked}
        chosen = [name for name in dict.fromkeys(found.values()) if name is not None]
        lost = [each for each, name in found.items() if name is None and _is_a_surprise(f"{key} {each}", each, "")]
        gone("candidates", lost, ", ".join(chosen) or "all")
    else:
        chosen = [known[each] for each in _scope().get(carried or "", ()) if each in known]
    chosen = chosen[:most]
    _write(key, [values[name] for name in chosen])
    for name in chosen:
        _known()[f"{key} {values[name]}"] = _Known(values[name], "", of_itself=False)
    if carried is not None and (chosen or moved is not None):
        _scope()[carried] = tuple(values[name] for name in chosen)
    _moves().discard(key)
    st.session_state[key] = chosen
    st.multiselect(
        label, list(values), key=key, max_selections=most, placeholder=placeholder, width=width or "stretch",
        on_change=access.guarded(access.Role.ANALYST)(partial(_note_move, key)),
    )  # fmt: skip
    return chosen


def choose(key: str, label: str | list[str]) -> None:
    """Before the filter ``key`` is drawn: have it show ``label``, or one of many all of these."""
    st.session_state[key] = label
    _moves().add(key)


def forget(key: str) -> None:
    """For callbacks: the filter ``key`` shows in the run that follows what it shows of itself."""
    st.session_state.pop(key, None)
    _known().pop(key, None)
    if key in st.query_params:
        del st.query_params[key]


def switch(label: str, usual: bool, *, key: str, help: str | None = None) -> bool:
    """Whether a switch is on that is kept in the address under ``key``."""
    asked = st.query_params.get(key)
    moved = st.session_state.get(key) if key in _moves() else None
    on = usual if asked is None else asked.lower() == "true" if asked.lower() in ("true", "false") else usual
    on = on if moved is None else bool(moved)
    _moves().discard(key)
    _write(key, [str(on).lower()])
    st.session_state[key] = on
    return st.toggle(label, key=key, help=help, on_change=access.guarded(access.Role.ANALYST)(partial(_note_move, key)))


def gone(what: str, asked: Iterable[str], shown: str = "") -> None:
    """Have ``say_gone`` tell ``what`` a link asks for that is not here, and what is shown instead."""
    lost = list(asked)
    st.session_state.setdefault(_GONE, {}).update({what: (lost, shown)} if lost else {})


def say_gone() -> None:
    """Below a row of filters: what its link asked for and is not here, said once. The address then says what is."""
    for what, (lost, shown) in st.session_state.pop(_GONE, {}).items():
        names = ", ".join(f"“{frame.as_typed(name[:_LONGEST_SAID])}”" for name in lost[:_MOST_SAID])
        more = f" and {len(lost) - _MOST_SAID:,} more" if len(lost) > _MOST_SAID else ""
        are = "are" if what.endswith("s") else "is"
        instead = f"; showing *{frame.as_typed(shown)}*" if shown else ""
        st.caption(f":material/link_off: The {what} of this link ({names}{more}) {are} not here any more{instead}.")
    write_back()


def write_back() -> None:
    """Let the address say what was chosen, in one step."""
    written: dict[str, list[str]] = st.session_state.pop(_WRITTEN, {})
    there = {key: st.query_params.get_all(key) for key in written}
    changed = {key: found for key, found in written.items() if there[key] != found}
    if changed:
        st.query_params.update(changed)


def _values(options: Options) -> dict[str, str]:
    return dict(options) if isinstance(options, Mapping) else {name: name for name in options}


def _label_of(asked: str, values: Mapping[str, str], known: Mapping[str, str]) -> str | None:
    """What a link means: an id, or in an old link a name."""
    return known.get(asked, asked if asked in values else None)


def _moved(key: str, values: Mapping[str, str]) -> str | None:
    """What was chosen on the page just now."""
    if key not in _moves():
        return None
    _moves().discard(key)
    chosen = st.session_state.get(key)
    return chosen if chosen in values else None


def _is_a_surprise(key: str, asked: str, within: str) -> bool:
    """Not where it was here until what it hangs on was chosen anew."""
    before = _known().get(key)
    return before is None or before.value != asked or before.within == within


def _came_of_itself(key: str, asked: str) -> bool:
    before = _known().get(key)
    return before is not None and before.value == asked and before.of_itself


def _write(key: str, values: list[str]) -> None:
    st.session_state.setdefault(_WRITTEN, {})[key] = values


def _note_move(key: str) -> None:
    _moves().add(key)


def _moves() -> set[str]:
    found: set[str] = st.session_state.setdefault(_MOVED, set())
    return found


@dataclass(frozen=True)
class _Known:
    """What was shown of a filter in the run before."""

    value: str
    within: str
    of_itself: bool
    """Nobody chose it, and no link asked for it."""


def _known() -> dict[str, _Known]:
    found: dict[str, _Known] = st.session_state.setdefault(_KNOWN, {})
    return found


def _carried(kind: str) -> str:
    """What was chosen of a kind of thing, on whichever page."""
    return _scope().get(kind, ("",))[0]


def _scope() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = st.session_state.setdefault(_SCOPE, {})
    return found
