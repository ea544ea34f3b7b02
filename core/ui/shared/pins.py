"""Links that hold on to a moment: which one an address asks for, and what changed since a link was made."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import streamlit as st

from core.domain.words import n
from core.services import deciding
from core.services.datasets import datasets
from core.services.leaderboards import moments
from core.services.leaderboards.moments import Moment, Since
from core.storage.engine import reading
from core.ui.shared import access
from core.ui.shared.address import gone
from core.ui.shared.resources import engine

AS_OF, SEEN = "as_of", "seen"
_MOMENT = re.compile(r"([0-9]{1,15})\.([0-9]{1,15})\.([0-9]{1,15})")
_SEEN = re.compile(rf"{_MOMENT.pattern}\.((?:[0-9a-f]{{3}}){{0,12}})\.([0-9a-f]{{8}})\.([0-9a-f]{{6}})")


@dataclass(frozen=True)
class Shown:
    """What a page shows, so that a link to it can say later what changed."""

    moment: Moment
    """Of which it is; what the address asked for, or now."""
    is_pinned: bool
    label: str
    """How the moment is called: "as of vote no. 2,698"."""
    since: Callable[[Moment], Since]
    """What came in the page's scope after a moment."""
    rules: Mapping[str, object]
    """By name what else the figures rest on, and is counted as it stands now; at most twelve."""
    numbers: object
    """What is another once the figures are; told apart by its ``repr``."""


def of_verdicts(dataset: str, numbers: object, up_to: Moment | None = None) -> Shown:
    """What rests on the verdicts of the dataset of that name, as of ``up_to`` or now."""
    with reading(engine()) as session:
        moment = up_to or moments.newest(session)
        rules, ids = deciding.rules(session), datasets.versions(session, dataset)

    def since(then: Moment) -> Since:
        with reading(engine()) as session:
            return moments.since(session, then, dataset_ids=ids)

    label = f"as of vote no. {moment.vote_id:,} and run no. {moment.run_id:,}"
    return Shown(moment, up_to is not None, label, since, rules, numbers)


def asked() -> Moment | None:
    """The moment that the address asks for; None for now, and ``say_gone`` tells where it makes no sense."""
    wanted = st.query_params.get(AS_OF)
    if wanted is None:
        return None
    found = _MOMENT.fullmatch(wanted)
    moment = None if found is None else Moment(*map(int, found.groups()))
    with reading(engine()) as session:
        newest = moments.newest(session)
    if moment is None or _is_ahead(moment, newest):
        gone("moment", [wanted], "what is here now")
        del st.query_params[AS_OF]
        return None
    return moment


def _is_ahead(moment: Moment, newest: Moment) -> bool:
    return moment.vote_id > newest.vote_id or moment.run_id > newest.run_id or moment.response_id > newest.response_id


def written(moment: Moment) -> str:
    """A moment as addresses say it."""
    return f"{moment.vote_id}.{moment.run_id}.{moment.response_id}"


def seen(shown: Shown, choices: Mapping[str, object]) -> str:
    """What a link says of what was seen under these choices of filters, to be held against what is seen later."""
    rules = "".join(_digest(rule, 3) for rule in shown.rules.values())
    return f"{written(shown.moment)}.{rules}.{_digest(shown.numbers, 8)}.{_digest(sorted(choices.items()), 6)}"


def _digest(found: object, digits: int) -> str:
    return blake2b(repr(found).encode(), digest_size=8).hexdigest()[:digits]


def say_changes(shown: Shown, choices: Mapping[str, object]) -> None:
    """In a quiet line: of which moment the page is, what changed since its link was made, and the way to the other."""
    before = _SEEN.fullmatch(st.query_params.get(SEEN, ""))
    moment = shown.moment if before is None else Moment(*map(int, before.groups()[:3]))
    if not shown.is_pinned and before is None:
        return
    since = shown.since(shown.moment if shown.is_pinned else moment)
    said = _told(shown, since) + ([] if before is None else _differs(shown, choices, before, since))
    if not said:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/push_pin: {' '.join(said)}", width="content")
        if shown.is_pinned:
            st.button("Show now", type="tertiary", key="pins_now", on_click=_show_now, icon=":material/update:")
        elif not since.is_nothing:
            st.button(
                "Show it as it was", type="tertiary", key="pins_then", on_click=_show_then, args=(written(moment),),
                icon=":material/history:",
            )  # fmt: skip


def _told(shown: Shown, since: Since) -> list[str]:
    parts = [n(since.votes, "vote")] * bool(since.votes) + [n(since.runs, "run")] * bool(since.runs)
    came = " and ".join(parts)
    late = since.late_responses
    if not shown.is_pinned:
        parts += [n(late, "response")] * bool(late)
        return [f"Since this link was made: {', '.join(parts)}."] if parts else []
    said = [f"Shown {shown.label}, as the link asks; {f'{came} since' if came else 'nothing came since'}."]
    return said + [f"{n(late, 'response')} to its runs came later and count too."] * bool(late)


def _differs(shown: Shown, choices: Mapping[str, object], before: re.Match[str], since: Since) -> list[str]:
    """What changed that cannot be shown as it was."""
    *_, rules, numbers, scope = before.groups()
    now = [_digest(rule, 3) for rule in shown.rules.values()]
    was = [rules[start : start + 3] for start in range(0, len(rules), 3)]
    if len(was) == len(now):
        changed = [name for name, one, other in zip(shown.rules, was, now, strict=True) if one != other]
        if changed:
            return [f"Changed since, and counted as it is now: {', '.join(changed)}."]
    is_same_view = scope == _digest(sorted(choices.items()), 6)
    is_same_moment = written(shown.moment) == before.group(0)[: len(written(shown.moment))]
    moved = numbers != _digest(shown.numbers, 8) and is_same_view
    if moved and not since.late_responses and (is_same_moment if shown.is_pinned else since.is_nothing):
        return ["Some figures are not those of the link: responses were scored, priced or removed since."]
    return []


@access.guarded(access.Role.ANALYST)
def _show_now() -> None:
    st.query_params.pop(AS_OF, None)


@access.guarded(access.Role.ANALYST)
def _show_then(moment: str) -> None:
    st.query_params[AS_OF] = moment
