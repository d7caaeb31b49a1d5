"""Signing in: secrets as Argon2 hashes, bearer tokens of which only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlmodel import Session, col, select

from eakte.audit import AuditTag, Origin, record
from eakte.clock import now
from eakte.errors import Damaged, FieldProblem, Invalid, NotFound, NotPermitted
from eakte.ports import Records
from eakte.principals import AccessToken, Principal, PrincipalKind

SHORTEST_PASSWORD = 8
LONGEST_SECRET = 1024
LONGEST_NAME = 80
_TOKEN_BYTES = 32
_HERE = Origin()
_hasher = PasswordHasher()
_REFUSAL = "Name oder Passwort stimmt nicht; bitte noch einmal versuchen."


class TokenInvalid(NotPermitted):
    """The token is unknown, ended or expired, or its owner no longer active: signing in again helps."""

    def __init__(self) -> None:
        super().__init__("Die Anmeldung ist abgelaufen; bitte neu anmelden.")


def set_secret(session: Session, principal_id: str, secret: str, actor_id: str) -> None:
    """Set a person's password or a machine's client secret; what was signed in with the old one is signed out.

    Raises:
        NotFound: No such name.
        Invalid: Too short for a person, empty, or longer than anybody types.
    """
    principal = session.get(Principal, principal_id)
    if principal is None:
        raise NotFound(f"Den Namen „{principal_id}“ gibt es nicht; bitte zuerst mit eakte apply anlegen.")
    shortest = SHORTEST_PASSWORD if principal.kind is PrincipalKind.PERSON else 1
    if not shortest <= len(secret) <= LONGEST_SECRET:
        detail = f"Das Passwort muss {shortest} bis {LONGEST_SECRET} Zeichen lang sein; bitte ein anderes wählen."
        raise Invalid(detail, FieldProblem("/password", detail))
    principal.secret_hash = _hasher.hash(_normal(secret))
    session.exec(sa.delete(AccessToken).where(col(AccessToken.principal_id) == principal_id))
    session.flush()
    record(session, AuditTag.SECRET_SET, actor_id=actor_id, object_kind="principal", object_id=principal_id)


@dataclass(frozen=True)
class _Checked:
    """A secret held against its hash.

    Attributes:
        name: Of the principal; empty when there is none, since what was typed may be a password in the wrong box.
        matched: The hash the secret fits; None when it fits none.
        renewed: Its hash by today's rules, where the kept one is older.
    """

    name: str
    matched: str | None
    renewed: str | None


def let_in(
    records: Records,
    principal_id: str,
    secret: str,
    *,
    kinds: frozenset[PrincipalKind] = frozenset(PrincipalKind),
    elsewhere: str = "",
    origin: Origin = _HERE,
) -> Principal:
    """Let a name in by its secret, or refuse; either way it is in the trail, committed.

    Hashing is slow on purpose; nobody who writes waits for it.

    Args:
        kinds: Who may come in by this door.
        elsewhere: What those are told who have the right secret at the wrong door.

    Raises:
        NotPermitted: Unknown or inactive name, no secret set, or the wrong one (nobody can tell which), or
            the wrong door.
    """
    with records.reading() as session:
        checked = _check(session, principal_id, secret)
    with records.writing() as session:
        principal = _note_outcome(session, checked, kinds, origin)
    if principal is not None:
        return principal
    if elsewhere and checked.matched is not None:
        raise NotPermitted(elsewhere)
    raise NotPermitted(_REFUSAL)


def check_secret(session: Session, principal_id: str, secret: str, *, origin: Origin = _HERE) -> Principal:
    """As `let_in`, within a writing session; a refusal is committed here, since its error would take it back."""
    checked = _check(session, principal_id, secret)
    principal = _note_outcome(session, checked, frozenset(PrincipalKind), origin)
    if principal is None:
        session.commit()
        raise NotPermitted(_REFUSAL)
    return principal


def _check(session: Session, principal_id: str, secret: str) -> _Checked:
    principal = session.get(Principal, principal_id) if _can_be_a_name(principal_id) else None
    known_hash = principal.secret_hash if principal is not None and principal.active else None
    matches = _matches(known_hash or _hash_of_nobody(), secret)
    name = "" if principal is None else principal.id
    if known_hash is None or not matches:
        return _Checked(name, None, None)
    outdated = _hasher.check_needs_rehash(known_hash)
    return _Checked(name, known_hash, _hasher.hash(_normal(secret)) if outdated else None)


def _note_outcome(
    session: Session, checked: _Checked, kinds: frozenset[PrincipalKind], origin: Origin
) -> Principal | None:
    """Record who came in or was refused; None for refused, also when the secret was changed meanwhile."""
    principal = session.get(Principal, checked.name, with_for_update=True) if checked.matched is not None else None
    admitted = (
        principal is not None
        and principal.active
        and principal.secret_hash == checked.matched
        and principal.kind in kinds
    )
    record(
        session,
        AuditTag.SIGNED_IN if admitted else AuditTag.SIGN_IN_REFUSED,
        actor_id=checked.name,
        object_kind="principal",
        object_id=checked.name,
        origin=origin,
    )
    if principal is None or not admitted:
        return None
    if checked.renewed is not None:
        principal.secret_hash = checked.renewed
        session.flush()
    return principal


def _normal(secret: str) -> bytes:
    """The same umlaut comes as one character from one keyboard and as two from another."""
    return unicodedata.normalize("NFC", secret).encode("utf-8", "surrogatepass")


def _can_be_a_name(text: str) -> bool:
    """Databases refuse to look for texts that cannot be stored."""
    return text.isprintable() and len(text) <= LONGEST_NAME


def _matches(secret_hash: str, secret: str) -> bool:
    try:
        return len(secret) <= LONGEST_SECRET and _hasher.verify(secret_hash, _normal(secret))
    except VerifyMismatchError:
        return False
    except InvalidHashError as error:
        raise Damaged("Ein gespeichertes Passwort ist beschädigt; bitte neu setzen (eakte password NAME).") from error


@cache
def _hash_of_nobody() -> str:
    """Checked in place of a missing hash, so that an unknown name takes as long as a wrong password."""
    return _hasher.hash(secrets.token_urlsafe(_TOKEN_BYTES))


def issue_token(
    session: Session,
    principal_id: str,
    *,
    lifetime: timedelta,
    browser: bool = False,
    issued_by: str | None = None,
    origin: Origin = _HERE,
) -> tuple[str, AccessToken]:
    """Make a bearer token, or sign in a browser; the name's expired ones are cleared away.

    Args:
        browser: Also gives a CSRF token.
        issued_by: Who had it made, if not the name itself.

    Returns:
        The token, which is nowhere to be found again, and its row.

    Raises:
        NotFound: No such name, or it is no longer active.
    """
    principal = session.get(Principal, principal_id)
    if principal is None or not principal.active:
        raise NotFound(f"Den Namen „{principal_id}“ gibt es nicht.")
    moment = now()
    session.exec(
        sa.delete(AccessToken).where(
            col(AccessToken.principal_id) == principal_id, col(AccessToken.expires_at) <= moment
        )
    )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = AccessToken(
        token_hash=_token_hash(token),
        principal_id=principal_id,
        browser=browser,
        csrf_token=secrets.token_urlsafe(_TOKEN_BYTES) if browser else "",
        created_at=moment,
        expires_at=moment + lifetime,
    )
    session.add(row)
    session.flush()
    record(
        session,
        AuditTag.TOKEN_ISSUED,
        actor_id=issued_by or principal_id,
        object_kind="principal",
        object_id=principal_id,
        origin=origin,
        expires_at=row.expires_at.isoformat(),
        browser=browser,
    )
    return token, row


_GOOD_TOKEN = (
    select(AccessToken)
    .join(Principal, col(Principal.id) == col(AccessToken.principal_id))
    .where(
        AccessToken.token_hash == sa.bindparam("token_hash"),
        AccessToken.expires_at > sa.bindparam("moment"),
        col(Principal.active).is_(True),
    )
)
"""Built once: every request asks it."""


def principal_for_token(session: Session, token: str) -> AccessToken:
    """The row of a token that is good now; its `principal_id` is who acts.

    Raises:
        TokenInvalid: Unknown, ended, expired, or its owner no longer active.
    """
    asked = {"token_hash": _token_hash(token), "moment": now()}
    row: AccessToken | None = session.execute(_GOOD_TOKEN, asked).scalars().first()
    if row is None:
        raise TokenInvalid
    return row


def end_token(session: Session, token: str, *, origin: Origin = _HERE) -> None:
    """Sign out; a token that is already gone stays gone."""
    row = session.exec(select(AccessToken).where(AccessToken.token_hash == _token_hash(token))).first()
    if row is None:
        return
    session.delete(row)
    session.flush()
    record(
        session,
        AuditTag.SIGNED_OUT,
        actor_id=row.principal_id,
        object_kind="principal",
        object_id=row.principal_id,
        origin=origin,
    )


def _token_hash(token: str) -> str:
    """A token is long and random, so a plain hash hides it."""
    return hashlib.sha256(token.encode()).hexdigest()
