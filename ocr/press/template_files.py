"""Which files a letter template may use: what lies beside it, and what comes with the product."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

import jinja2
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

# By suffix: what lies in a folder without one (a stored original, a key) is nobody's picture or font.
_ASSET_SUFFIXES = frozenset(
    {".css", ".gif", ".jpeg", ".jpg", ".otf", ".png", ".svg", ".ttf", ".webp", ".woff", ".woff2"}
)
_PART_SUFFIXES = frozenset({".html"})


class TemplateFolders:
    """The folders a template may use, the nearest first.

    Args:
        folders: The template's own folder first.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder.resolve() for folder in folders]

    def asset(self, name: str) -> Path | None:
        """Find a picture, stylesheet or font; None where there is none that may be used."""
        return self._find(name, _ASSET_SUFFIXES)

    def part(self, name: str) -> Path | None:
        """Find a template that another one includes or extends."""
        return self._find(name, _PART_SUFFIXES)

    def _find(self, name: str, suffixes: frozenset[str]) -> Path | None:
        relative = PurePosixPath(name)
        if relative.is_absolute() or relative.suffix.lower() not in suffixes:
            return None
        for folder in self._folders:
            path = (folder / relative).resolve()  # also follows symbolic links, which may lead outside
            if path.is_relative_to(folder) and path.suffix.lower() in suffixes and path.is_file():
                return path
        return None

    @property
    def own(self) -> Path:
        """The template's own folder."""
        return self._folders[0]


class PartLoader(jinja2.BaseLoader):
    """Gives Jinja the template itself and the parts it may include."""

    def __init__(self, template: Path, folders: TemplateFolders) -> None:
        self._template = template
        self._folders = folders

    MAIN = "\0main"
    """Name of the template itself, which no include can spell by accident."""

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        path = self._template if template == self.MAIN else self._folders.part(template)
        if path is None:
            raise jinja2.TemplateNotFound(template)
        return path.read_text(encoding="utf-8"), str(path), None


class AssetFetcher(URLFetcher):  # type: ignore[misc]  # weasyprint has no types
    """Gives WeasyPrint pictures, stylesheets and fonts from the folders, and nothing else.

    No network, no other file. A refused address stops the rendering: a letter without its coat of
    arms, or with a hole that somebody else could fill, must not leave the house.

    Attributes:
        refused: Addresses asked for in vain; WeasyPrint goes on in spite of the error in some places.
    """

    def __init__(self, folders: TemplateFolders) -> None:
        super().__init__(fail_on_errors=True)
        self._folders = folders
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        scheme, _, path, _, _ = urlsplit(url)
        if scheme == "data":
            return super().fetch(url, headers)
        found = self._local(path) if scheme == "file" else None
        if found is None:
            # Addresses beside the template are told as its author wrote them, without our folder.
            self.refused.append(url.removeprefix(f"{self._folders.own.as_uri()}/"))
            raise FatalURLFetchingError(url)
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        return URLFetcherResponse(found.as_uri(), found.read_bytes(), {"Content-Type": kind})

    def _local(self, url_path: str) -> Path | None:
        """Find what an address means; addresses are relative to the template's own folder."""
        path = Path(url2pathname(url_path))
        if not path.is_relative_to(self._folders.own):
            return None
        return self._folders.asset(path.relative_to(self._folders.own).as_posix())
