"""A folder that a scanner writes into, in a city, for tests."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import select

from api.folders_at_rest import REFUSED
from api.watch import Watch
from api.watch_folder import WatchFolder
from eakte.scan_tables import ScanBatch
from tests.api.city import City

SCAN = b"%PDF-1.7 ein Scan"


class Post:
    """A folder a scanner writes into, and who watches it."""

    def __init__(self, city: City, root: Path) -> None:
        self.city, self.root = city, root
        self.lines: list[str] = []
        self.now = 0.0
        root.mkdir()

    def watch(self, *, settle_s: float = 0.0, delete: bool = False, needs_sidecar: bool = False) -> Watch:
        folder = WatchFolder(self.root, settle_s=settle_s, needs_sidecar=needs_sidecar, clock=lambda: self.now)
        return Watch(self.city.service, folder, "scan-1", "op-7", delete, self.lines.append)

    def put(self, name: str, content: bytes = SCAN) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def batches(self) -> list[ScanBatch]:
        with self.city.service.database.reading() as session:
            return list(session.exec(select(ScanBatch)))

    def lying(self) -> list[str]:
        """What lies in the folder itself and below, but for what is put away."""
        paths = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return sorted(str(path) for path in paths if not path.parts[0].startswith("."))

    def in_place(self, place: str) -> list[str]:
        """The files put away at a place, with their profile's name before them."""
        paths = ((self.root / place).rglob("*"), self.root / place)
        return sorted(
            str(Path(*path.relative_to(paths[1]).parts[:-2], path.name)) for path in paths[0] if path.is_file()
        )


def text_of_refusal(post: Post) -> str:
    (text,) = (post.root / REFUSED).rglob("*.txt")
    return text.read_text("utf-8")
