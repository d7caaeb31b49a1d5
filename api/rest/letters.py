"""Letters (Schreiben): made from templates, approved, posted, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest import views
from api.rest.schemas.letters import (
    LetterIn,
    LetterOut,
    LettersOut,
    LetterTemplateOut,
    LetterTemplatesOut,
    PostIn,
    ReplyIn,
)
from eakte import access, letters, nodes, replies
from eakte.letter_tables import Letter

router = APIRouter(tags=["Schreiben"])


@router.get("/letter-templates", response_model=LetterTemplatesOut, responses=answers(), summary="Letter templates")
def list_templates(call: CallDep) -> Response:
    """List the letter templates, `brief` first."""

    def act(session: Session) -> Answer:
        items = [LetterTemplateOut(id=row.id, name=row.name) for row in letters.list_templates(session)]
        return Answer(LetterTemplatesOut(items=items))

    return call.read(act)


@router.post(
    "/case-files/{case_file_id}/letters",
    status_code=201,
    response_model=LetterOut,
    responses=answers(403, 404, 409, 503),
    summary="Make a letter",
)
def make_letter(call: CallDep, case_file_id: UUID, body: LetterIn) -> Response:
    """Fill a template, stamp its return codes and file it as a draft; its document's original is the stamped PDF."""
    content = body.model_dump_json()
    given = call.given_before(content)
    if given is not None:
        return given
    with call.service.database.reading() as session:
        planned = letters.plan_letter(
            session,
            call.actor,
            case_file_id,
            template_id=body.template,
            data=body.data,
            recipient_id=body.recipient,
            city=call.service.settings.city,
        )
    service = call.service
    rendered = letters.render_letter(planned, service.blobs, service.press, service.settings.work_dir / "letters")

    def act(session: Session) -> Answer:
        return _told(session, letters.make_letter(session, call.actor, rendered), 201)

    return call.write(act, content=content)


@router.get(
    "/case-files/{case_file_id}/letters", response_model=LettersOut, responses=answers(404), summary="Letters of a file"
)
def list_letters(call: CallDep, case_file_id: UUID) -> Response:
    """List the letters of a case file, newest first."""

    def act(session: Session) -> Answer:
        rows = letters.letters_of(session, call.actor, case_file_id)
        return Answer(LettersOut(items=[views.letter(session, row) for row in rows]))

    return call.read(act)


@router.get("/letters/{letter_id}", response_model=LetterOut, responses=answers(404), summary="One letter")
def read_letter(call: CallDep, letter_id: UUID) -> Response:
    """Tell a letter's state, and whether and when the answer came."""

    def act(session: Session) -> Answer:
        return _told(session, access.letter_for(session, call.actor, letter_id))

    return call.read(act)


@router.post(
    "/letters/{letter_id}/approve", response_model=LetterOut, responses=answers(403, 404, 409, 412), summary="Approve"
)
def approve_letter(call: CallDep, letter_id: UUID) -> Response:
    """Approve a draft (freigeben)."""
    return _change(call, letter_id, lambda session: letters.approve_letter(session, call.actor, letter_id))


@router.post(
    "/letters/{letter_id}/post", response_model=LetterOut, responses=answers(403, 404, 409, 412), summary="Posted"
)
def post_letter(call: CallDep, letter_id: UUID, body: PostIn | None = None) -> Response:
    """Note that an approved letter went out (versandt)."""
    wish = body or PostIn()
    return _change(
        call,
        letter_id,
        lambda session: letters.post_letter(session, call.actor, letter_id, posted_on=wish.posted_on),
        content=wish.model_dump_json(),
    )


@router.post(
    "/letters/{letter_id}/cancel", response_model=LetterOut, responses=answers(403, 404, 409, 412), summary="Cancel"
)
def cancel_letter(call: CallDep, letter_id: UUID) -> Response:
    """Cancel a letter (stornieren): its return code no longer files anything."""
    return _change(call, letter_id, lambda session: letters.cancel_letter(session, call.actor, letter_id))


@router.post(
    "/letters/{letter_id}/reply",
    response_model=LetterOut,
    responses=answers(403, 404, 409, 412),
    summary="Judge anew what came back",
)
def judge_reply(call: CallDep, letter_id: UUID, body: ReplyIn) -> Response:
    """What came back as undeliverable is the answer after all, or what was taken for it came back undelivered.

    The document stays where it lies; the waiting for an answer ends, or begins again.
    """
    judge = replies.take_as_answer if body.outcome == "answer" else replies.take_as_undeliverable
    return _change(
        call, letter_id, lambda session: judge(session, call.actor, letter_id), content=body.model_dump_json()
    )


def _change(call: Call, letter_id: UUID, change: Callable[[Session], Letter], *, content: str = "") -> Response:
    def act(session: Session) -> Answer:
        row = access.letter_for(session, call.actor, letter_id)
        call.honour_match(lambda: views.letter(session, row))
        return _told(session, change(session))

    return call.write(act, content=content)


def _told(session: Session, row: Letter, status: int = 200) -> Answer:
    location = f"/api/v1/letters/{row.id}" if status == 201 else None
    about = (nodes.document(row.document_id).written,)
    return Answer(views.letter(session, row), status, is_state=True, location=location, about=about)
