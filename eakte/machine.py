"""What the machine lacks, whatever is being worked on: it says nothing about the thing at hand, which waits."""

from __future__ import annotations

import errno
import os
from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_TROUBLE = NO_ROOM | {errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}

ROOM_BYTES = 100 * 1024 * 1024
"""With less, a disk is full: reading one large page may take as much for a moment."""

NO_ROOM_LEFT = "Der Speicherplatz reicht nicht. Bitte Platz schaffen; danach geht es von selbst weiter."


def is_trouble(error: BaseException) -> bool:
    """Whether an error tells of the machine (no room, a failing disk, no descriptor left) and of nothing else."""
    return isinstance(error, OSError) and error.errno in _TROUBLE


def has_room(folder: Path) -> bool:
    """Whether there is room for the work on one thing where a folder lies, or will lie.

    Libraries seldom pass on why they could not write; so this is asked after whatever failed.
    """
    while not folder.exists():
        folder = folder.parent
    there = os.statvfs(folder)
    return there.f_bavail * there.f_frsize >= ROOM_BYTES
