"""What is in quarantine while other things happen to it: nothing is stuck, nobody learns what they may not."""

from __future__ import annotations

import pytest

from eakte import correcting, documents, inbox, quarantine
from eakte.case_file_tables import CaseFile
from eakte.case_files import complete_case_file
from eakte.errors import Conflict
from eakte.holding_back import hold_back
from eakte.intake import receive
from eakte.intake.filing import file_stack
from eakte.intake.held_files import give_up_again
from eakte.intake.recognition import give_up_reading
from eakte.intake.splitting import Segment, StackPage
from eakte.intake.stack import cut_out, look
from eakte.paper import PageReading
from eakte.quarantine_tables import QuarantineCause, QuarantineEntry, QuarantineState, VirusCheck
from tests.domain.held_paper import HeldPaper
from tests.domain.mailroom import pdf_of


def held(paper: HeldPaper) -> tuple[QuarantineEntry, CaseFile]:
    case_file = paper.registry.case_file(unit="SO")
    document = paper.registry.document(case_file)
    version = documents.newest_version(paper.session, document)
    return hold_back(paper.session, version, QuarantineCause.UNREADABLE, "unlesbar"), case_file


def test_what_was_filed_by_hand_and_fails_again_can_be_tried_once_more(paper: HeldPaper) -> None:
    paper.deliver(b"no paper at all")
    paper.work_stacks()
    [one] = paper.held("anna")
    anna = paper.registry.actor("anna")
    quarantine.retry(paper.session, anna, one.entry.id)
    [waiting] = inbox.list_waiting(paper.session, anna, limit=9)
    inbox.file_item(paper.session, anna, waiting.item.id, paper.registry.case_file(unit="SO").id)

    give_up_again(paper.session, one.entry.id)

    [again] = paper.held("anna")
    assert (again.entry.state, again.may_retry) == (QuarantineState.HELD, True)


def test_an_older_version_that_fails_again_can_be_tried_once_more(paper: HeldPaper) -> None:
    entry, _ = held(paper)
    entry.cause = QuarantineCause.INFECTED  # stays listed beside the newer version
    anna = paper.registry.actor("anna")
    quarantine.retry(paper.session, anna, entry.id)
    documents.add_version(paper.session, paper.registry.actor(), entry.document_id, paper.registry.stored(b"neu"))

    give_up_reading(paper.session, entry.version_id)

    assert quarantine.held_for(paper.session, anna, entry.id).may_retry


def test_an_administrator_is_not_told_in_which_case_file_it_lies(paper: HeldPaper) -> None:
    entry, case_file = held(paper)
    complete_case_file(paper.session, paper.registry.actor(), case_file.id)

    with pytest.raises(Conflict, match="abgeschlossen") as refused:
        quarantine.withdraw(paper.session, paper.registry.actor("ada"), entry.id, "weg damit")

    assert case_file.reference not in str(refused.value)


def test_what_exists_for_nobody_any_more_is_not_counted_as_held_back(paper: HeldPaper) -> None:
    entry, _ = held(paper)
    assert quarantine.counted(paper.session) == [(QuarantineCause.UNREADABLE, 1)]

    correcting.withdraw_document(paper.session, paper.registry.actor(), entry.document_id, "Versehen")

    assert quarantine.counted(paper.session) == []


def test_a_delivered_file_is_none_of_ours_where_scanning_begins_while_its_stack_is_worked(paper: HeldPaper) -> None:
    batch = paper.deliver(pdf_of(1))
    [file] = receive.files_of(paper.session, batch)
    look(paper.desk, file)
    page = StackPage(0, PageReading(1), False, (), (), ())
    [(_, whole)] = cut_out(paper.desk, batch.id, [file], [Segment((page,), None)], b"")
    paper.scan_with(None)

    file_stack(paper.session, batch, [whole], operator_id="scan-1")

    assert paper.session.get(VirusCheck, file.sha256) is None
