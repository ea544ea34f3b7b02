"""Who may come in: invitations, sign-ins, roles, on both databases."""

import csv
import io
import random
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.people import Role
from core.domain.votes import Outcome
from core.errors import BadInput, NotAllowed, NotFound, NothingToRate
from core.services.people import joining, listing, people
from core.services.people.loopback import is_loopback_host
from core.services.studies import assigning, studies, voting
from core.storage.engine import reading, write
from core.storage.tables import Assignment, Invitation, Person, SignIn
from tests.pairs import pair_in_hand
from tests.workspace import NOW as WORKSPACE_NOW
from tests.workspace import Workspace, make_workspace

pytestmark = pytest.mark.one_database

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def invite(engine: Engine, name: str = "Anna", role: Role = Role.RATER, days: int = 14) -> tuple[int, str]:
    person, token = write(engine, lambda session: people.invite(session, name=name, role=role, now=NOW, days=days))
    assert person.id is not None
    return person.id, token


def redeem(engine: Engine, token: str, now: datetime = LATER) -> str:
    return write(engine, lambda session: joining.redeem(session, token, now))


def who(engine: Engine, sign_in: str | None, now: datetime = LATER) -> Person | None:
    with reading(engine) as session:
        return joining.person_of(session, sign_in, now)


def test_a_join_link_signs_its_person_in(engine: Engine) -> None:
    person_id, token = invite(engine, "Anna", Role.ANALYST)
    person = who(engine, redeem(engine, token))
    assert person is not None
    assert (person.id, person.name, person.role) == (person_id, "Anna", "analyst")


def test_tokens_have_256_bits_and_only_their_hashes_are_stored(engine: Engine) -> None:
    _, token = invite(engine)
    sign_in = redeem(engine, token)
    assert len(token) >= 43 and len(sign_in) >= 43 and token != sign_in
    with reading(engine) as session:
        stored = [*session.exec(select(Invitation.token_hash)), *session.exec(select(SignIn.token_hash))]
    assert stored == [joining.hash_token(token), joining.hash_token(sign_in)]
    assert not {token, sign_in} & set(stored)


@pytest.mark.parametrize("kind", ["forged", "reused", "expired", "revoked", "superseded", "empty"])
def test_a_link_that_is_not_good_is_refused_in_the_same_words(engine: Engine, kind: str) -> None:
    person_id, token = invite(engine)
    when = LATER
    if kind == "forged":
        token = token[:-1] + ("A" if token[-1] != "A" else "B")
    elif kind == "reused":
        redeem(engine, token)
    elif kind == "expired":
        when = NOW + timedelta(days=14)
    elif kind == "revoked":
        write(engine, lambda session: people.revoke(session, person_id, now=NOW))
    elif kind == "superseded":
        write(engine, lambda session: people.new_link(session, person_id, now=NOW))
    else:
        token = ""
    with reading(engine) as session:
        assert joining.invited(session, token, when) is None
    with pytest.raises(NotAllowed) as refusal:
        redeem(engine, token, when)
    assert str(refusal.value) == joining.LINK_IS_DEAD


def test_looking_at_a_link_does_not_use_it_up(engine: Engine) -> None:
    _, token = invite(engine)
    for _ in range(3):
        with reading(engine) as session:
            person = joining.invited(session, token, LATER)
        assert person is not None and person.name == "Anna"
    assert who(engine, redeem(engine, token)) is not None


def test_of_eight_browsers_at_once_one_joins(engine: Engine) -> None:
    _, token = invite(engine)
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def join() -> None:
        start.wait()
        try:
            outcomes.append(redeem(engine, token))
        except NotAllowed:
            outcomes.append("refused")

    threads = [threading.Thread(target=join) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("refused") == 7
    with reading(engine) as session:
        assert len(session.exec(select(SignIn)).all()) == 1


def test_revoking_ends_every_sign_in_and_every_link_at_once(engine: Engine) -> None:
    person_id, token = invite(engine)
    first = redeem(engine, token)
    second = redeem(engine, write(engine, lambda session: people.new_link(session, person_id, now=NOW)))
    waiting = write(engine, lambda session: people.new_link(session, person_id, now=NOW))
    write(engine, lambda session: people.revoke(session, person_id, now=LATER))
    assert who(engine, first) is None and who(engine, second) is None
    with pytest.raises(NotAllowed):
        redeem(engine, waiting)


def test_a_revoked_person_comes_back_only_by_a_new_link(engine: Engine) -> None:
    person_id, token = invite(engine)
    old = redeem(engine, token)
    write(engine, lambda session: people.revoke(session, person_id, now=NOW))
    again = write(engine, lambda session: people.new_link(session, person_id, now=NOW))
    person = who(engine, redeem(engine, again))
    assert person is not None and person.id == person_id
    assert who(engine, old) is None


def test_a_sign_in_ends_by_itself(engine: Engine) -> None:
    _, token = invite(engine)
    sign_in = redeem(engine, token)
    assert who(engine, sign_in, LATER + timedelta(days=joining.SIGN_IN_DAYS, seconds=-1)) is not None
    assert who(engine, sign_in, LATER + timedelta(days=joining.SIGN_IN_DAYS)) is None


def test_signing_out_ends_one_browser_and_not_the_other(engine: Engine) -> None:
    person_id, token = invite(engine)
    here = redeem(engine, token)
    there = redeem(engine, write(engine, lambda session: people.new_link(session, person_id, now=NOW)))
    write(engine, lambda session: joining.sign_out(session, here, LATER))
    assert who(engine, here) is None and who(engine, there) is not None


@pytest.mark.parametrize("token", [None, "", "forged", "\ud800", "é" * 10_000])
def test_a_cookie_that_is_no_sign_in_is_nobody(engine: Engine, token: str | None) -> None:
    assert who(engine, token) is None


def test_a_role_changes_from_the_next_look_on(engine: Engine) -> None:
    person_id, token = invite(engine)
    sign_in = redeem(engine, token)
    write(engine, lambda session: people.change_role(session, person_id, Role.ANALYST))
    person = who(engine, sign_in)
    assert person is not None and person.role == "analyst"


def test_the_last_admin_can_be_neither_demoted_nor_revoked(engine: Engine) -> None:
    admin, _ = invite(engine, "Ada", Role.ADMIN)
    for work in (
        lambda session: people.change_role(session, admin, Role.ANALYST),
        lambda session: people.revoke(session, admin, now=NOW),
    ):
        with pytest.raises(BadInput, match="last admin"):
            write(engine, work)
    invite(engine, "Bo", Role.ADMIN)
    write(engine, lambda session: people.revoke(session, admin, now=NOW))


def test_two_admins_who_demote_each_other_at_once_leave_one(engine: Engine) -> None:
    ids = [invite(engine, name, Role.ADMIN)[0] for name in ("Ada", "Bo")]
    start = threading.Barrier(2)

    def demote(person_id: int) -> None:
        def work(session: Session) -> None:
            people.change_role(session, person_id, Role.RATER)

        start.wait()
        with suppress(BadInput):
            write(engine, work)

    threads = [threading.Thread(target=demote, args=(person_id,)) for person_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as session:
        assert len(session.exec(select(Person).where(Person.role == "admin")).all()) == 1


@pytest.mark.parametrize("name", ["", "   ", "\n", "x" * 81, "a\x00b", "a\u202eb", "\u200b"])
def test_a_name_nobody_could_read_is_refused(engine: Engine, name: str) -> None:
    with pytest.raises(BadInput):
        invite(engine, name)


def test_names_are_trimmed_and_taken_once(engine: Engine) -> None:
    invite(engine, "  Zoë   Ørsted ")
    with reading(engine) as session:
        assert session.exec(select(Person.name)).all() == ["Zoë Ørsted"]
    with pytest.raises(BadInput, match="already somebody called 'Zoë Ørsted'"):
        invite(engine, "Zoe\u0308 Ørsted")


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_link_without_a_sensible_end_is_refused(engine: Engine, days: int) -> None:
    with pytest.raises(BadInput):
        invite(engine, days=days)
    with reading(engine) as session:
        assert session.exec(select(Person)).all() == []


def test_nobody_is_found_who_is_not_a_human_here(engine: Engine) -> None:
    simulated = Person(name="S1", kind="simulated", created_at=NOW)
    person = write(engine, lambda session: _add(session, simulated))
    for person_id in (person.id, 10_000):
        with pytest.raises(NotFound):
            write(engine, lambda session, person_id=person_id: people.new_link(session, person_id, now=NOW))


def _add(session: Session, person: Person) -> Person:
    session.add(person)
    session.flush()
    return person


def test_the_list_says_where_everybody_stands(engine: Engine) -> None:

    invite(engine, "waits for it", days=3)
    invite(engine, "let it lapse", days=1)
    _, joined = invite(engine, "is here")
    gone, _ = invite(engine, "was shown out")
    redeem(engine, joined)
    write(engine, lambda session: people.revoke(session, gone, now=NOW))
    with reading(engine) as session:
        rows = listing.list_people(session, NOW + timedelta(days=2))
    assert {row.name: row.state for row in rows} == {
        "is here": "joined",
        "let it lapse": "expired",
        "waits for it": "invited",
        "was shown out": "revoked",
    }
    assert [row.name for row in rows] == sorted(row.name for row in rows)


def test_somebody_who_voted_or_was_here_is_never_called_not_joined(engine: Engine) -> None:

    ids = {name: invite(engine, name, days=2)[0] for name in ("voted by address", "renewed")}
    _, token = invite(engine, "signed out")
    sign_in = redeem(engine, token)
    write(engine, lambda session: joining.sign_out(session, sign_in, LATER))
    workspace = make_workspace(engine)
    for person_id in ids.values():
        vote(engine, workspace, person_id)
    write(engine, lambda session: people.new_link(session, ids["renewed"], now=NOW, days=9))
    with reading(engine) as session:
        rows = {row.name: row for row in listing.list_people(session, NOW + timedelta(days=3))}
    assert {name: rows[name].state for name in (*ids, "signed out")} == {
        "voted by address": "away",
        "renewed": "returning",
        "signed out": "away",
    }
    assert rows["renewed"].votes == 1


@pytest.mark.parametrize("state", ["revoked", "demoted", "unknown"])
def test_whoever_may_no_longer_is_refused_in_the_transaction_itself(engine: Engine, state: str) -> None:
    invite(engine, "Ada", Role.ADMIN)
    actor, _ = invite(engine, "Bo", Role.ADMIN)
    write(engine, lambda session: people.require_still(session, actor, Role.ADMIN))
    if state == "revoked":
        write(engine, lambda session: people.revoke(session, actor, now=NOW))
    elif state == "demoted":
        write(engine, lambda session: people.change_role(session, actor, Role.ANALYST))
    else:
        actor = 10_000
    with pytest.raises(NotAllowed, match="may not do this any more"):
        write(engine, lambda session: people.require_still(session, actor, Role.ADMIN))


def test_of_two_admins_who_revoke_each_other_at_once_one_stays(engine: Engine) -> None:
    ids = [invite(engine, name, Role.ADMIN)[0] for name in ("Ada", "Bo")]
    start = threading.Barrier(2)

    def revoke(me: int, other: int) -> None:
        def work(session: Session) -> None:
            people.require_still(session, me, Role.ADMIN)
            people.revoke(session, other, now=NOW)

        start.wait()
        with suppress(BadInput, NotAllowed):
            write(engine, work)

    threads = [threading.Thread(target=revoke, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as session:
        assert len(session.exec(select(Person).where(col(Person.revoked_at).is_(None))).all()) == 1


@pytest.mark.regression("2.1")
def test_pairs_in_hand_of_somebody_whose_access_ends_go_to_others_at_once(engine: Engine) -> None:
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=1)
    first, second, _ = workspace.raters
    take(engine, workspace, first)
    with pytest.raises(NothingToRate):
        take(engine, workspace, second)
    write(engine, lambda session: people.revoke(session, first, now=WORKSPACE_NOW))
    assigning.release_abandoned(engine, WORKSPACE_NOW + timedelta(seconds=1))
    assert take(engine, workspace, second).rater_id == second


@pytest.mark.regression("2.1")
def test_no_link_is_made_for_somebody_whose_access_has_ended(engine: Engine) -> None:
    person_id, _ = invite(engine)
    write(engine, lambda session: people.revoke(session, person_id, now=NOW))

    def give(session: Session) -> str:
        return joining.give_link(session, people.find_person(session, person_id), now=NOW)

    with pytest.raises(BadInput, match="has ended"):
        write(engine, give)


def invite_all(engine: Engine, text: str, *, study_id: int | None = None, by_address: bool = False) -> list:
    from core.services.studies import inviting

    terms = inviting.Terms(Role.RATER, study_id, "https://rate.example.org/", by_address)
    return write(engine, lambda session: inviting.invite_all(session, text, terms, now=NOW))


def test_several_people_are_invited_with_a_message_for_each(engine: Engine) -> None:
    from core.services.studies import inviting

    workspace = make_workspace(engine)
    text = "Anna Weber <Anna@Example.org>\nBo\n=Cy()"
    made = invite_all(engine, text, study_id=workspace.study)
    assert [(each.name, each.email) for each in made] == [
        ("Anna Weber", "anna@example.org"),
        ("Bo", None),
        ("=Cy()", None),
    ]
    for each in made:
        assert each.link is not None and each.link.startswith("https://rate.example.org/join/")
        assert each.link in each.message and "'Everything': 36 pairs, about" in each.message
        assert "It works once, until 18 May 2026" in each.message
        person = who(engine, redeem(engine, each.link.rsplit("/", 1)[1]))
        assert person is not None and person.name == each.name
    rows = list(csv.DictReader(io.StringIO(inviting.as_csv(made).decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["Anna Weber", "Bo", "'=Cy()"]
    assert rows[0]["link"] == made[0].link and rows[0]["message"] == made[0].message


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ((0, 0.0), ""),
        ((1, 0.4), "1 pair, about 5 minutes in all"),
        ((40, 43.0), "40 pairs, about 45 minutes in all"),
        ((2000, 1000.0), "2,000 pairs, about 17 hours in all, at your own pace"),
    ],
)
def test_a_message_says_how_much_work_it_is(amount: tuple[int, float], words: str) -> None:
    from core.services.studies import inviting

    assert inviting.amount_in_words(*amount) == words


def test_a_list_with_bad_lines_names_each_and_invites_nobody(engine: Engine) -> None:

    invite(engine, "Ada")
    gone, _ = invite(engine, "Gone")
    write(engine, lambda session: people.revoke(session, gone, now=NOW))
    text = "Bo\nno@host\nBo\nAda\nGone\nx <a@b.example\n" + "y" * 81
    with pytest.raises(BadInput) as refused:
        invite_all(engine, text)
    said = str(refused.value).split("\n")
    assert [line.partition(":")[0].partition(",")[0] for line in said] == [f"Line {n}" for n in range(2, 8)]
    for line, words in zip(
        said,
        ("'no@host' is not one", "stands on line 1", "is here already", "let them back in", "neither a name", "81"),
        strict=True,
    ):
        assert words in line
    with reading(engine) as session:
        assert sorted(session.exec(select(Person.name))) == ["Ada", "Gone"]


def test_where_people_sign_in_by_address_everybody_needs_one_and_nobody_gets_a_link(engine: Engine) -> None:

    with pytest.raises(BadInput, match="Line 2, 'Bo': the e-mail address is missing"):
        invite_all(engine, "a@x.org\nBo", by_address=True)
    (made,) = invite_all(engine, "Anna <a@x.org>", by_address=True)
    assert made.link is None and "/join/" not in made.message
    assert "Sign in as a@x.org here:\nhttps://rate.example.org/" in made.message


@pytest.mark.parametrize("text", ["", " \n;"])
def test_an_empty_list_is_said_to_be_one(engine: Engine, text: str) -> None:

    with pytest.raises(BadInput, match="the list is empty"):
        invite_all(engine, text)


def test_nobody_is_invited_to_a_closed_study_or_to_one_that_is_gone(engine: Engine) -> None:
    make_workspace(engine)

    def closed(session: Session) -> int:
        study = studies.create(session, name="Over", now=NOW)
        studies.set_state(session, study.id, "open")
        studies.set_state(session, study.id, "closed")
        return study.id

    for study_id, says in ((write(engine, closed), "'Over' is closed"), (999, "does not exist")):
        with pytest.raises(BadInput, match=says):
            write(engine, lambda s, id=study_id: people.invite(s, name="A", role=Role.RATER, now=NOW, study_id=id))
    with reading(engine) as session:
        assert session.exec(select(Person).where(Person.name == "A")).first() is None


def take(engine: Engine, workspace: Workspace, rater: int) -> Assignment:
    return pair_in_hand(engine, study_id=workspace.study, rater_id=rater, now=WORKSPACE_NOW, rng=random.Random(0))


def vote(engine: Engine, workspace: Workspace, rater: int) -> None:
    voting.cast(
        engine,
        public_id=take(engine, workspace, rater).public_id,
        rater_id=rater,
        question_id=workspace.questions[0],
        outcome=Outcome.LEFT,
        now=WORKSPACE_NOW,
    )


def test_the_first_start_gives_one_admin_link_and_none_once_an_admin_is_in(engine: Engine) -> None:
    first = write(engine, lambda session: people.first_admin_link(session, NOW))
    assert first is not None
    lost = write(engine, lambda session: people.first_admin_link(session, NOW))
    assert lost is not None and lost != first
    with pytest.raises(NotAllowed):
        redeem(engine, first)
    person = who(engine, redeem(engine, lost))
    assert person is not None and person.role == "admin"
    assert write(engine, lambda session: people.first_admin_link(session, LATER)) is None


def test_an_invited_admin_needs_no_first_link(engine: Engine) -> None:
    invite(engine, "Ada", Role.ADMIN)
    assert write(engine, lambda session: people.first_admin_link(session, LATER)) is None


def test_local_modes_admin_is_one_person(engine: Engine) -> None:
    with reading(engine) as session:
        assert people.find_local_admin(session) is None
    first = write(engine, lambda session: people.local_admin(session, NOW))
    again = write(engine, lambda session: people.local_admin(session, NOW))
    assert first.id == again.id and first.role == "admin"


def test_an_address_opens_the_door_only_to_its_person(engine: Engine) -> None:
    write(engine, lambda s: people.create_person(s, name="Ada", role=Role.ANALYST, now=NOW, email="Ada@Example.org "))
    with reading(engine) as session:
        found = people.person_by_email(session, "ADA@example.org")
        assert found is not None and found.name == "Ada"
        assert people.person_by_email(session, "eve@example.org") is None
    assert found.id is not None
    first = write(engine, lambda session: people.admit_admin(session, "root@example.org", NOW))
    assert first is not None and first.role == "admin"
    write(engine, lambda session: people.revoke(session, found.id, now=NOW))
    with reading(engine) as session:
        assert people.person_by_email(session, "ada@example.org") is None


def test_an_admin_address_that_was_revoked_stays_out(engine: Engine) -> None:
    first = write(engine, lambda session: people.admit_admin(session, "root@example.org", NOW))
    invite(engine, "Ada", Role.ADMIN)
    assert first is not None and first.id is not None
    first_id = first.id
    write(engine, lambda session: people.revoke(session, first_id, now=NOW))
    assert write(engine, lambda session: people.admit_admin(session, "root@example.org", NOW)) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8501", "[::1]:8501", "127.8.9.1:80", "LOCALHOST", "::1"])
def test_a_host_header_of_this_machine_is_known(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8501", "10.0.0.1", "0.0.0.0", "[::]"]
)
def test_another_host_header_is_not_this_machine(host: str) -> None:
    assert not is_loopback_host(host)
