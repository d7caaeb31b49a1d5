"""Whoever watches a folder is killed between any two steps: nothing is lost, nothing comes in twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.folders_at_rest import DELETING, DONE, REFUSED, TAKEN
from eakte.intake import receive
from tests.api.city import City
from tests.api.killing import Killed, Killer
from tests.api.watched import SCAN, Post, text_of_refusal


@pytest.fixture
def post(city: City, tmp_path: Path) -> Post:
    return Post(city, tmp_path / "scans")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # who is killed closes no file
@pytest.mark.parametrize("delete", [False, True])
def test_killed_between_any_two_steps_every_scan_comes_in_once_with_its_sidecar(
    post: Post, monkeypatch: pytest.MonkeyPatch, delete: bool
) -> None:
    for at in _until_it_survives(post, monkeypatch, delete=delete):
        watch = post.watch(delete=delete)
        watch.look()

        batches = {batch.batch_id: batch.operator for batch in post.batches()}
        assert batches == {f"stapel-{number}": f"op-{number}" for number in range(1, at + 1)}, at
        assert (post.lying(), post.in_place(TAKEN), post.in_place(REFUSED)) == ([], [], []), at
        assert len(post.in_place(DONE)) == (0 if delete else 2 * at), at
        assert post.in_place(DELETING) == [], at


def _until_it_survives(post: Post, monkeypatch: pytest.MonkeyPatch, *, delete: bool) -> Iterator[int]:
    """Deliver again and again, killed one step later each time, until nothing is left to be killed at."""
    for at in range(1, 100):
        post.put("scan.pdf", SCAN + b"%d" % at)
        post.put("scan.json", json.dumps({"batch_id": f"stapel-{at}", "operator": f"op-{at}"}).encode())
        killer = Killer(at)
        with monkeypatch.context() as patched:
            killer.watch_folders(patched)
            patched.setattr(receive, "receive_batch", killer.around(receive.receive_batch))
            try:
                post.watch(delete=delete).look()
                survived = True
            except Killed:
                survived = False
        yield at
        if survived:
            assert at > 10, "there are more steps than that"
            return


def test_a_scan_taken_by_half_does_not_lend_its_sidecar_to_the_next_one(post: Post) -> None:
    half = post.root / TAKEN / "2026-11-27T101112-scan-0123abcd"
    half.mkdir(parents=True)
    (half / "scan.json").write_bytes(b'{"operator": "alt"}')
    post.put("scan.pdf")
    post.put("scan.json", b'{"operator": "neu"}')

    post.watch().look()

    assert [batch.operator for batch in post.batches()] == ["neu"]
    assert "ohne ihren Scan" in text_of_refusal(post)
