"""`eakte watch`: what a scanner leaves in a folder is delivered as stacks of a station; a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from api.folders_at_rest import Rounds, in_lines, say_what_is_new, stored_whole, told
from api.service import Service
from api.watch_folder import Taken, WatchFolder
from api.watch_sidecars import delivery_beside
from eakte import actors
from eakte.documents import StoredFile
from eakte.errors import Conflict, EakteError, Invalid, NotPermitted
from eakte.file_names import safe_file_name
from eakte.intake import receive
from eakte.scan_profiles import DEFAULT_PROFILE

_MAX_STEM = 150


@dataclass
class Watch:
    """A folder, the station whose stacks come from it, and where it tells what happens.

    Attributes:
        operator: Who scans, where no sidecar tells; may be a pseudonym.
        delete: What is durable is deleted instead of kept in `.done`.
        say: Takes a line for a person.
    """

    service: Service
    folder: WatchFolder
    station: str
    operator: str
    delete: bool
    say: Callable[[str], None]
    refused: int = 0
    troubles: dict[Path, str] = field(default_factory=dict)

    def check_station(self) -> None:
        """Raises what is wrong with the station, before anything is taken.

        Raises:
            NotFound, NotPermitted: There is no such station.
        """
        with self.service.database.reading() as session:
            receive.station_for(session, actors.actor_for(session, self.station), self.station)

    def look(self) -> None:
        """Look once: take what has come to rest, deliver what is taken."""
        troubles: dict[Path, str] = {}
        with told(troubles, self.folder.root):
            for waiting in self.folder.waiting():
                if waiting.trouble is not None:
                    troubles[waiting.path] = waiting.trouble
                    continue
                with told(troubles, waiting.path.parent):
                    self.folder.take(waiting)
        with told(troubles, self.folder.root):
            self.folder.sweep()
            for taken in self.folder.taken():
                with told(troubles, taken.scan):
                    if self.folder.is_ready(taken):
                        self._deliver(taken, troubles)
        say_what_is_new(troubles, self.troubles, self.say)
        self.troubles = troubles

    def _deliver(self, taken: Taken, troubles: dict[Path, str]) -> None:
        try:
            line = self._received(taken)
        except (Invalid, NotPermitted, Conflict) as error:
            text = self.folder.refuse(taken, in_lines(error))
            self.refused += 1
            self.say(f"{taken.scan.name}: nicht angenommen, siehe {text}")
        except EakteError as error:
            troubles[taken.scan] = f"{error} Es wird noch einmal versucht."
        else:
            if line is not None:
                self.folder.finish(taken, delete=self.delete)
                self.say(f"{taken.scan.name}: {line}")

    def _received(self, taken: Taken) -> str | None:
        """Make a taken scan durable.

        Returns:
            What became of it; None when it was still written to while it was read.
        """
        defaults = {
            "station": self.station,
            "operator": self.operator,
            "batch_id": taken.scan.stem,
            "profile": taken.profile or DEFAULT_PROFILE,
        }
        delivery_beside(taken.sidecar, defaults)
        blob = stored_whole(self.service.blobs, taken.scan)
        if blob is None:
            return None
        # The same file under the same name is the same delivery, however often the scanner sends it.
        defaults["batch_id"] = f"{taken.scan.stem[:_MAX_STEM]}-{blob.sha256[:16]}"
        delivery = delivery_beside(taken.sidecar, defaults)
        with self.service.database.writing() as session:
            actor = actors.actor_for(session, self.station)
            stored = [StoredFile(blob, safe_file_name(taken.scan.name))]
            batch, new = receive.receive_batch(session, actor, delivery, stored)
            name = batch.batch_id
        return f"Stapel {name} {'angenommen' if new else 'war schon da'}."


def watch(
    service: Service,
    root: Path,
    rounds: Rounds,
    *,
    station: str,
    operator: str,
    delete: bool,
    needs_sidecar: bool,
) -> bool:
    """Watch a folder, as `Rounds.over` does.

    Raises:
        NotFound, NotPermitted: There is no such station.
        Conflict: Somebody watches the folder already.
    """
    folder = WatchFolder(root, settle_s=rounds.settle_s, needs_sidecar=needs_sidecar)
    watching = Watch(service, folder, station, operator, delete, rounds.say)
    watching.check_station()
    return rounds.over(root, watching)
