"""Secrets and tokens: who gets in, who does not, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlmodel import Session, col, select

from eakte import sign_in
from eakte.audit import AuditEvent, AuditTag, Origin, pending_events, verify_chain
from eakte.clock import now
from eakte.errors import Invalid, NotFound, NotPermitted
from eakte.principals import AccessToken, Principal, PrincipalKind
from eakte.sign_in import TokenInvalid, check_secret, end_token, issue_token, let_in, principal_for_token, set_secret
from storage.database import Database

DAY = timedelta(hours=24)
PASSWORD = "Grüße aus Öhringen"


@pytest.fixture(scope="module")
def password_hash() -> str:
    """Made once: it is slow on purpose."""
    return PasswordHasher().hash(PASSWORD)


@pytest.fixture
def people(session: Session, password_hash: str) -> Session:
    """Änne with a password, Otto without, a system, and Ilse, who has left."""
    session.add(Principal(id="anna", kind=PrincipalKind.PERSON, name="Änne Ärmel"))
    session.add(Principal(id="otto", kind=PrincipalKind.PERSON, name="Otto Öl"))
    session.add(Principal(id="ilse", kind=PrincipalKind.PERSON, name="Ilse Igel"))
    session.add(Principal(id="km-personal", kind=PrincipalKind.SYSTEM, name="KM-Personal"))
    session.flush()
    session.get_one(Principal, "anna").secret_hash = password_hash
    session.get_one(Principal, "ilse").secret_hash = password_hash
    session.get_one(Principal, "ilse").active = False
    session.flush()
    return session


def tags(session: Session) -> list[str]:
    return [event.tag for event in pending_events(session)]


def test_the_right_password_lets_in(people: Session) -> None:
    set_secret(people, "otto", "Otto sein Passwort", "admin")

    assert check_secret(people, "otto", "Otto sein Passwort").id == "otto"
    assert check_secret(people, "anna", PASSWORD).id == "anna"
    assert tags(people)[-1] == AuditTag.SIGNED_IN


def test_an_umlaut_counts_the_same_however_the_keyboard_makes_it(people: Session) -> None:
    decomposed = "Gru\u0308ße aus O\u0308hringen"

    assert check_secret(people, "anna", decomposed).id == "anna"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        pytest.param("anna", "grüße aus öhringen", id="wrong password"),
        pytest.param("anna", "", id="no password"),
        pytest.param("anna", "\ud800", id="half a character"),
        pytest.param("anna", "x" * 100_000, id="endless password"),
        pytest.param("nobody", PASSWORD, id="unknown name"),
        pytest.param("an\x00na", PASSWORD, id="a name no database can look for"),
        pytest.param("\ud800", PASSWORD, id="half a character as name"),
        pytest.param("otto", "", id="no password set"),
        pytest.param("ilse", PASSWORD, id="no longer active"),
    ],
)
def test_every_refusal_says_the_same(people: Session, name: str, secret: str) -> None:
    people.commit()

    with pytest.raises(NotPermitted, match="Name oder Passwort stimmt nicht; bitte noch") as refused:
        check_secret(people, name, secret)

    assert str(refused.value) == "Name oder Passwort stimmt nicht; bitte noch einmal versuchen."


def test_an_unknown_name_is_checked_as_long_as_a_wrong_password(
    people: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.commit()
    checked: list[str] = []
    really = sign_in._matches

    def counted(secret_hash: str, secret: str) -> bool:
        checked.append(secret_hash.rsplit("$", 2)[0])
        return really(secret_hash, secret)

    monkeypatch.setattr(sign_in, "_matches", counted)
    for name in ("anna", "nobody"):
        with pytest.raises(NotPermitted):
            check_secret(people, name, "wrong password")

    assert len(checked) == 2
    assert checked[0] == checked[1]


def test_a_refusal_stays_in_the_trail_though_its_transaction_failed(database: Database) -> None:
    with database.writing() as session:
        session.add(Principal(id="anna", kind=PrincipalKind.PERSON, name="Änne Ärmel"))
    for name in ("anna", "my secret password"):
        with pytest.raises(NotPermitted), database.writing() as session:
            check_secret(session, name, "wrong", origin=Origin("r-1", "192.0.2.7"))

    with database.reading() as session:
        events = session.exec(select(AuditEvent)).all()
        assert [(event.tag, event.actor_id, event.object_id) for event in events] == [
            ("sign_in_refused", "anna", "anna"),
            ("sign_in_refused", "", ""),
        ]
        assert "192.0.2.7" in (events[0].payload or "")
        assert "my secret" not in (events[1].payload or "")
        assert verify_chain(session) == []


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        pytest.param("anna", "7 chars", id="too short for a person"),
        pytest.param("km-personal", "", id="empty for a system"),
        pytest.param("anna", "x" * 1025, id="longer than anybody types"),
    ],
)
def test_a_bad_password_is_refused_and_the_old_one_stays(people: Session, name: str, secret: str) -> None:
    before = people.get_one(Principal, name).secret_hash

    with pytest.raises(Invalid, match="Zeichen lang") as refused:
        set_secret(people, name, secret, "admin")

    assert refused.value.fields[0].pointer == "/password"
    assert people.get_one(Principal, name).secret_hash == before


def test_a_machines_secret_may_be_short_and_nobody_has_one_without_a_name(people: Session) -> None:
    set_secret(people, "km-personal", "kurz", "admin")

    assert check_secret(people, "km-personal", "kurz").kind is PrincipalKind.SYSTEM
    with pytest.raises(NotFound):
        set_secret(people, "nobody", PASSWORD, "admin")


def test_the_password_itself_is_nowhere(people: Session) -> None:
    stored = people.get_one(Principal, "anna").secret_hash or ""

    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored
    assert all(PASSWORD not in (event.payload or "") for event in pending_events(people))


def test_a_new_password_signs_out_whoever_used_the_old_one(people: Session) -> None:
    token, _row = issue_token(people, "anna", lifetime=DAY)
    other, _row = issue_token(people, "otto", lifetime=DAY)

    set_secret(people, "anna", "ein neues Passwort", "admin")

    with pytest.raises(TokenInvalid):
        principal_for_token(people, token)
    assert principal_for_token(people, other).principal_id == "otto"


def test_a_token_names_its_owner_and_only_its_hash_is_kept(people: Session) -> None:
    token, row = issue_token(people, "anna", lifetime=DAY)

    assert principal_for_token(people, token).principal_id == "anna"
    assert row.csrf_token == ""
    assert token not in row.model_dump_json()
    assert all(token not in (event.payload or "") for event in pending_events(people))
    assert now() + DAY - row.expires_at < timedelta(minutes=1)


def test_a_browser_gets_a_csrf_token_of_its_own(people: Session) -> None:
    first, second = (issue_token(people, "anna", lifetime=DAY, browser=True)[1] for _ in range(2))

    assert first.browser
    assert first.csrf_token
    assert first.csrf_token != second.csrf_token


def test_a_token_for_a_machine_tells_who_had_it_made(people: Session) -> None:
    issue_token(people, "km-personal", lifetime=DAY, issued_by="root")

    assert (pending_events(people)[-1].actor_id, pending_events(people)[-1].object_id) == ("root", "km-personal")


def test_tokens_end(people: Session) -> None:
    ended, _row = issue_token(people, "anna", lifetime=DAY)
    expired, _row = issue_token(people, "anna", lifetime=timedelta(seconds=-1))
    orphaned, _row = issue_token(people, "otto", lifetime=DAY)
    end_token(people, ended)
    end_token(people, ended)
    people.get_one(Principal, "otto").active = False
    people.flush()

    assert tags(people).count(AuditTag.SIGNED_OUT) == 1
    for token in (ended, expired, orphaned, "", "\x00", "never issued"):
        with pytest.raises(TokenInvalid, match="bitte neu anmelden"):
            principal_for_token(people, token)


def test_expired_tokens_are_cleared_away(people: Session) -> None:
    issue_token(people, "anna", lifetime=timedelta(seconds=-1))
    issue_token(people, "anna", lifetime=DAY)

    assert len(people.exec(select(AccessToken)).all()) == 1


def test_nobody_inactive_or_unknown_gets_a_token(people: Session) -> None:
    for name in ("ilse", "nobody"):
        with pytest.raises(NotFound):
            issue_token(people, name, lifetime=DAY)


# -- letting in by a door --------------------------------------------------------------------------------


@pytest.fixture
def records(database: Database, password_hash: str) -> Database:
    """Änne with a password, committed."""
    with database.writing() as session:
        session.add(Principal(id="anna", kind=PrincipalKind.PERSON, name="Änne Ärmel", secret_hash=password_hash))
    return database


def trail(records: Database) -> list[tuple[str, str]]:
    with records.reading() as session:
        assert verify_chain(session) == []
        events = session.exec(select(AuditEvent).order_by(col(AuditEvent.number)))
        return [(event.tag, event.object_id) for event in events]


def test_whoever_comes_in_or_is_refused_is_in_the_trail(records: Database) -> None:
    assert let_in(records, "anna", PASSWORD).id == "anna"
    for name, secret in (("anna", "wrong"), ("my secret password", "anna")):
        with pytest.raises(NotPermitted, match="Name oder Passwort"):
            let_in(records, name, secret)

    assert trail(records) == [("signed_in", "anna"), ("sign_in_refused", "anna"), ("sign_in_refused", "")]


def test_the_right_secret_at_the_wrong_door_is_refused_told_where_to_go_and_noted(records: Database) -> None:
    machines = frozenset({PrincipalKind.SYSTEM, PrincipalKind.STATION})

    with pytest.raises(NotPermitted, match="in den Seiten"):
        let_in(records, "anna", PASSWORD, kinds=machines, elsewhere="Personen melden sich in den Seiten an.")
    with pytest.raises(NotPermitted, match="Name oder Passwort"):
        let_in(records, "anna", "wrong", kinds=machines, elsewhere="Personen melden sich in den Seiten an.")

    assert trail(records) == [("sign_in_refused", "anna")] * 2


def test_nobody_who_writes_waits_for_the_hashing(records: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    really = sign_in._matches

    def write_meanwhile(secret_hash: str, secret: str) -> bool:
        with records.writing() as session:
            session.add(Principal(id="otto", kind=PrincipalKind.PERSON, name="Otto Öl"))
        return really(secret_hash, secret)

    monkeypatch.setattr(sign_in, "_matches", write_meanwhile)

    assert let_in(records, "anna", PASSWORD).id == "anna"
    with records.reading() as session:
        assert session.get(Principal, "otto")


def test_a_secret_that_was_changed_during_the_check_lets_nobody_in(
    records: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = sign_in._matches

    def change_meanwhile(secret_hash: str, secret: str) -> bool:
        with records.writing() as session:
            set_secret(session, "anna", "ein neues Passwort", "admin")
        return really(secret_hash, secret)

    monkeypatch.setattr(sign_in, "_matches", change_meanwhile)

    with pytest.raises(NotPermitted):
        let_in(records, "anna", PASSWORD)
    assert trail(records)[-1] == ("sign_in_refused", "anna")


def test_a_hash_by_older_rules_is_renewed_on_the_way_in(records: Database) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with records.writing() as session:
        session.get_one(Principal, "anna").secret_hash = old

    let_in(records, "anna", PASSWORD)

    with records.reading() as session:
        renewed = session.get_one(Principal, "anna").secret_hash or ""
    assert renewed != old
    assert not PasswordHasher().check_needs_rehash(renewed)
