"""Ends a process's work between any two steps, for tests of what the next start finds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class Killed(BaseException):
    """No handler of ours sees it, as none sees kill -9."""


class Killer:
    """Ends everything before or after the n-th step that anybody could see afterwards."""

    def __init__(self, at: int) -> None:
        self.left = at

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            self._count()
            answer = step(*arguments, **options)
            self._count()
            return answer

        return watched

    def watch_folders(self, patched: pytest.MonkeyPatch) -> None:
        """Count every change of a folder."""
        for name in ("mkdir", "rename", "replace", "rmdir", "unlink"):
            patched.setattr(os, name, self.around(getattr(os, name)))

    def watch_folder(self, patched: pytest.MonkeyPatch, root: Path) -> None:
        """Count the moments before every change of one folder; the one behind a change is that before the next."""
        for name in ("mkdir", "rename", "replace", "rmdir", "unlink"):
            patched.setattr(os, name, self._before(getattr(os, name), root))

    def _before(self, step: Callable[..., Any], root: Path) -> Callable[..., Any]:
        def watched(path: Any, *arguments: Any, **options: Any) -> Any:
            if Path(path).is_relative_to(root):
                self._count()
            return step(path, *arguments, **options)

        return watched

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed
