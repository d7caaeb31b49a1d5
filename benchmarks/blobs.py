"""How fast the folder store takes uploads, against `cp` with fsync of the same file on the same disk.

Run: `python -m benchmarks.blobs [--folder FOLDER] [--rounds N] [--size-mb N]`. The rounds are interleaved, so that a
busy disk slows both; the printed ratio is that of the median times (1.0 = as fast as cp, higher is better).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from storage.folder_blobs import FolderBlobs

_WANTED_RATIO = 0.7


def main() -> None:
    """Measure, print, and fail when the promise is broken."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, default=None, help="on the disk to measure; default: temporary")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--size-mb", type=int, default=50)
    wishes = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=wishes.folder) as folder:
        ratio = compare(Path(folder), rounds=wishes.rounds, size_bytes=wishes.size_mb * 1_000_000)
    if ratio < _WANTED_RATIO:
        raise SystemExit(f"slower than promised: {ratio:.2f} < {_WANTED_RATIO}")


def compare(folder: Path, *, rounds: int, size_bytes: int) -> float:
    """Time both ways of storing one file of random bytes.

    Returns:
        Throughput of the store as a multiple of that of cp and fsync.
    """
    original, copy = folder / "original", folder / "copy"
    store = FolderBlobs(folder / "store")
    copying_s: list[float] = []
    storing_s: list[float] = []
    for number in range(rounds + 1):
        # New bytes each round, as uploads are; so the store makes its folders as it does in life.
        original.write_bytes(os.urandom(size_bytes))
        steps = [(copying_s, partial(_copy, original, copy)), (storing_s, partial(_store, original, store))]
        # Who goes first changes from round to round.
        for times_s, step in steps if number % 2 else reversed(steps):
            os.sync()
            began = time.perf_counter()
            step()
            took_s = time.perf_counter() - began
            if number:  # the first round only warms up
                times_s.append(took_s)
        copy.unlink()
        for sha256 in list(store.all()):
            store.delete(sha256)
    _print("cp + fsync", copying_s, size_bytes)
    _print("FolderBlobs.put", storing_s, size_bytes)
    ratio = statistics.median(copying_s) / statistics.median(storing_s)
    print(f"throughput FolderBlobs.put / cp + fsync: {ratio:.2f} (promised: at least {_WANTED_RATIO})")
    return ratio


def _copy(original: Path, target: Path) -> None:
    subprocess.run(["cp", "--", original, target], check=True)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _store(original: Path, store: FolderBlobs) -> None:
    with original.open("rb") as content:
        store.put(content)


def _print(name: str, times_s: list[float], size_bytes: int) -> None:
    median_s = statistics.median(times_s)
    print(
        f"{name:<16} median {median_s * 1000:6.0f} ms  {size_bytes / median_s / 1e6:6.0f} MB/s"
        f"  (fastest {min(times_s) * 1000:.0f} ms, slowest {max(times_s) * 1000:.0f} ms)"
    )


if __name__ == "__main__":
    main()
