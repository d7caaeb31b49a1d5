"""`eakte drop`: what a specialist system leaves in a folder by night is filed in the right case files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from api.drop_folder import DropFolder, TakenIndex, spelled
from api.drop_index import Row, read_index
from api.drop_mapping import DropMapping
from api.drop_report import FILED, KNOWN, REFUSED, RowResult, read_report, write_report
from api.drop_rows import Asked, asked_by, file_named
from api.folders_at_rest import Rounds, in_lines, say_what_is_new, stored_whole, told
from api.service import Service
from eakte import access, actors, case_files, documents
from eakte.actors import Actor
from eakte.documents import StoredFile
from eakte.errors import Conflict, EakteError, Invalid, NotFound, NotPermitted
from eakte.file_names import safe_file_name
from eakte.ports import BlobRef
from eakte.principals import PrincipalKind

_REFUSALS = (Invalid, NotPermitted, NotFound, Conflict)


@dataclass
class Drop:
    """A folder, the specialist system whose rights hold for what comes from it, and where it tells what happens.

    Attributes:
        delete: What is durable is deleted instead of kept in `.done`.
        say: Takes a line for a person.
        stopping: Set when no further row is to be begun.
    """

    service: Service
    folder: DropFolder
    mapping: DropMapping
    system: str
    delete: bool
    say: Callable[[str], None]
    stopping: threading.Event = field(default_factory=threading.Event)
    refused: int = 0
    troubles: dict[Path, str] = field(default_factory=dict)

    def check_system(self) -> None:
        """Raises what is wrong with the system, before anything is taken.

        Raises:
            NotFound, NotPermitted: There is no such specialist system.
        """
        with self.service.database.reading() as session:
            self._actor(session)

    def look(self) -> None:
        """Look once: take what is complete, file what is taken."""
        troubles: dict[Path, str] = {}
        with told(troubles, self.folder.root):
            for waiting in self.folder.waiting():
                if waiting.trouble is not None:
                    troubles[waiting.path] = waiting.trouble
                    continue
                with told(troubles, waiting.path):
                    self.folder.take(waiting)
        with told(troubles, self.folder.root):
            for taken in self.folder.taken():
                with told(troubles, taken.index):
                    self._deal_with(taken, troubles)
        say_what_is_new(troubles, self.troubles, self.say)
        self.troubles = troubles

    def _deal_with(self, taken: TakenIndex, troubles: dict[Path, str]) -> None:
        if not taken.report.exists():
            try:
                results = self._results(taken)
            except EakteError as error:
                troubles[taken.index] = f"{error} Es wird noch einmal versucht."
                return
            if results is None:
                return
            write_report(taken.report, results)
        results = read_report(taken.report)
        refused = [result for result in results if result.is_refused]
        accepted = {result.file for result in results} - {result.file for result in refused}
        report = self.folder.put_away(taken, accepted, in_order=not refused, delete=self.delete)
        self.refused += len(refused)
        counts = {outcome: sum(result.outcome == outcome for result in results) for outcome in (FILED, KNOWN, REFUSED)}
        told_counts = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
        self.say(f"{taken.index.name}: {told_counts}; siehe {report}")

    def _results(self, taken: TakenIndex) -> list[RowResult] | None:
        """File row by row, each in a transaction of its own; what was filed before a kill is found again.

        Returns:
            None when told to stop on the way.
        """
        self.check_system()
        try:
            rows = read_index(taken.index, self.mapping)
        except Invalid as error:
            return [RowResult("", "", REFUSED, in_lines(error))]
        files = {path.name: path for path in taken.files}
        results = []
        for row in rows:
            if self.stopping.is_set():
                return None
            results.append(self._result(row, files))
        named = {result.file for result in results}
        left = "Die Indexdatei nennt diese Datei nicht mehr; sie wurde geändert, während sie abgeholt wurde."
        return results + [RowResult("", name, REFUSED, left) for name in files if name not in named]

    def _result(self, row: Row, files: Mapping[str, Path]) -> RowResult:
        result = RowResult(str(row.number), "", REFUSED)
        try:
            name = file_named(row, self.mapping)
            there_as = spelled(name, files)
            result = replace(result, file=there_as or name)
            if there_as is None:
                raise Invalid("Die Datei fehlt.")
            path = files[there_as]
            asked = asked_by(row, self.mapping)
            blob = stored_whole(self.service.blobs, path)
            if blob is None:
                raise Invalid("Die Datei wurde geändert, während sie gelesen wurde; bitte noch einmal liefern.")
            return self._filed(result, asked, blob)
        except _REFUSALS as error:
            return replace(result, reason=in_lines(error))

    def _filed(self, result: RowResult, asked: Asked, blob: BlobRef) -> RowResult:
        wish = asked.document
        if wish.external_id is None:  # the same file in the same case file is one document, however often it comes
            wish = replace(wish, external_id=f"drop-{blob.sha256[:40]}")
        with self.service.database.writing() as session:
            actor = self._actor(session)
            case_file_id = self._case_file(session, actor, asked)
            try:
                stored = StoredFile(blob, safe_file_name(result.file))
                document, new = documents.attach_document(session, actor, case_file_id, stored, wish)
            except NotFound as error:
                raise _no_case_file(asked) from error
            return replace(
                result,
                outcome=FILED if new else KNOWN,
                reference=access.reference_of(session, case_file_id),
                document_id=str(document.id),
            )

    def _case_file(self, session: Session, actor: Actor, asked: Asked) -> UUID:
        try:
            if asked.reference is not None:
                return case_files.find_by_reference(session, actor, asked.reference).id
            if asked.opening is not None:
                reference_format = self.service.settings.reference_format
                return case_files.find_or_open(session, actor, asked.opening, reference_format=reference_format)[0].id
        except NotFound as error:
            raise _no_case_file(asked) from error
        known = case_files.find_by_external_reference(session, actor, str(asked.external_id))
        if known is None:
            raise _no_case_file(asked)
        return known

    def _actor(self, session: Session) -> Actor:
        actor = actors.actor_for(session, self.system)
        if actor.kind is not PrincipalKind.SYSTEM:
            raise NotPermitted(f"„{self.system}“ ist kein Fachverfahren.")
        return actor


def drop(
    service: Service,
    root: Path,
    rounds: Rounds,
    mapping: DropMapping,
    *,
    system: str,
    delete: bool,
    patience_s: float,
) -> bool:
    """File what is dropped in a folder, as `Rounds.over` looks into it.

    Raises:
        NotFound, NotPermitted: There is no such specialist system.
        Conflict: Somebody watches the folder already.
    """
    folder = DropFolder(root, mapping, settle_s=rounds.settle_s, patience_s=0.0 if rounds.once else patience_s)
    dropping = Drop(service, folder, mapping, system, delete, rounds.say, rounds.stopping)
    dropping.check_system()
    return rounds.over(root, dropping)


def _no_case_file(asked: Asked) -> NotFound:
    if asked.reference is not None:
        return NotFound(f"Eine Akte „{asked.reference}“ gibt es für dieses Fachverfahren nicht.")
    if asked.opening is not None:
        return NotFound(
            "Unter dieser Aktenplaneinheit darf dieses Fachverfahren keine Akte anlegen, oder es gibt sie nicht."
        )
    return NotFound(f"Zur Kennung „{asked.external_id}“ gibt es für dieses Fachverfahren keine Akte.")
