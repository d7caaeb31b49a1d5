"""`eakte mail`: what comes into a mailbox is delivered as stacks of a station, and leaves it once it is durable."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

from api.folders_at_rest import in_lines
from api.mailbox import Mailbox, MailGone, WaitingMail, check_settings, open_mailbox, too_large
from api.service import Service
from eakte import actors
from eakte.clock import in_city, today
from eakte.documents import StoredFile
from eakte.errors import Conflict, EakteError, FieldProblem, Invalid, NotPermitted
from eakte.intake import receive
from eakte.intake.receive import Delivery
from eakte.scan_profiles import settings_of
from eakte.settings import MailSettings

CHANNEL = "e-mail"
_LONGEST_WAIT_S = 900.0


@dataclass
class MailRound:
    """A mailbox, and where it is told what happens; never what a mail says.

    Attributes:
        say: Takes a line for a person.
        stopping: Set when no further mail is to be begun.
    """

    service: Service
    settings: MailSettings
    say: Callable[[str], None]
    stopping: threading.Event
    refused: int = 0

    def check(self) -> None:
        """Raises what is wrong with the settings, the station and the profile, before anything is taken.

        Raises:
            Invalid, NotFound, NotPermitted: As they are.
        """
        check_settings(self.settings)
        with self.service.database.reading() as session:
            receive.station_for(session, actors.actor_for(session, self.settings.station), self.settings.station)
            if settings_of(session, self.settings.profile).is_collated:
                detail = "E-Mails werden nicht in zwei Durchgängen gescannt; bitte ein anderes Profil wählen."
                raise Invalid("Das Scanprofil passt nicht.", FieldProblem("/EAKTE_MAIL__PROFILE", detail))

    def look(self) -> None:
        """Sign in, deliver everything that lies in the folder, and sign out.

        Raises:
            EakteError: Mailbox, records or bytes are away, or not as they are set up; what was not durable is still
                in the folder.
        """
        self.check()
        with open_mailbox(self.settings) as mailbox:
            for uid in mailbox.waiting():
                if self.stopping.is_set():
                    return
                waiting = mailbox.look_at(uid)
                if waiting is not None:
                    self._deliver(mailbox, waiting)

    def _deliver(self, mailbox: Mailbox, waiting: WaitingMail) -> None:
        name = f"E-Mail {waiting.uid} vom {in_city(waiting.received_at):%d.%m.%Y %H:%M}"
        try:
            line = self._received(mailbox, waiting)
        except MailGone as error:
            self.say(f"{name}: {error}")
        except (Invalid, NotPermitted, Conflict) as error:
            mailbox.add(self.settings.refused_folder, _note(name, in_lines(error)))
            mailbox.remove(waiting.uid, self.settings.refused_folder)
            self.refused += 1
            self.say(f"{name}: nicht angenommen, liegt in „{self.settings.refused_folder}“. {error}")
        else:
            mailbox.remove(waiting.uid, self.settings.done_folder)
            self.say(f"{name}: {line}")

    def _received(self, mailbox: Mailbox, waiting: WaitingMail) -> str:
        """Make a mail durable; the same mail is one however often it comes, known by its bytes.

        Not by its `Message-ID`: whoever writes a mail chooses that, and could make another's vanish.
        """
        most = self.settings.max_message_bytes
        if waiting.size_bytes > most:
            raise too_large(most)
        with mailbox.content(waiting.uid, most) as content:
            blob = self.service.blobs.put(content)
        if not blob.size_bytes:
            raise Invalid("Sie ist leer.")
        delivery = Delivery(
            station=self.settings.station,
            operator=CHANNEL,
            batch_id=f"mail-{blob.sha256[:40]}",
            profile=self.settings.profile,
            received_on=min(in_city(waiting.received_at).date(), today()),  # its server's clock may be ahead
            channel=CHANNEL,
        )
        with self.service.database.writing() as session:
            actor = actors.actor_for(session, self.settings.station)
            batch, new = receive.receive_batch(session, actor, delivery, [StoredFile(blob, "nachricht.eml")])
            name = batch.batch_id
        return f"Stapel {name} {'angenommen' if new else 'war schon da'}."


def empty_mailbox(
    service: Service, *, once: bool, interval_s: float, stopping: threading.Event, say: Callable[[str], None]
) -> bool:
    """Empty the mailbox again and again until told to stop, or once.

    What stands in the way is told once and tried again, each time after twice as long, at most a quarter of an hour.

    Returns:
        True when nothing was refused.

    Raises:
        EakteError: With `once`, what stands in the way; else only what is wrong from the start.
    """
    work = MailRound(service, service.settings.mail, say, stopping)
    work.check()
    if once:
        work.look()
        return not work.refused
    trouble, wait_s = "", interval_s
    while not stopping.is_set():
        try:
            work.look()
            trouble, wait_s = "", interval_s
        except EakteError as error:
            wait_s = min(max(2 * wait_s, 1.0), max(_LONGEST_WAIT_S, interval_s))
            if str(error) != trouble:
                trouble = str(error)
                say(f"{in_lines(error)} Es wird weiter versucht.")
        stopping.wait(wait_s)
    return True


def _note(name: str, reason: str) -> bytes:
    """What lies beside a refused mail, for whoever looks into that folder."""
    note = EmailMessage()
    note["From"] = "eAkte <noreply@localhost>"
    note["Subject"] = f"Nicht angenommen: {name}"
    note.set_content(f"{name} wurde nicht angenommen und liegt in diesem Ordner.\n\n{reason}\n")
    return note.as_bytes()
