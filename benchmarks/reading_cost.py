"""What the whole intake costs, against Tesseract alone on the same pages."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import process_tree, sample_pages
from benchmarks.measures import Measure
from benchmarks.sample_city import RunningCity
from benchmarks.sample_pages import ScannedStack

LIMIT = 1.2


def measure(city: RunningCity, *, page_count: int, seed: int) -> Iterator[Measure]:
    """Deliver a grey and a black-and-white stack; CPU of server, workers and all they start, per document page.

    Bare Tesseract runs before and after each stack, so that a machine that becomes busier slows both.
    """
    intake_s = bare_s = 0.0
    for grey in (True, False):
        chance = random.Random(seed + grey)
        stack = _stack(city, chance, page_count // 2, grey=grey)
        before_s = bare_tesseract(stack)
        intake = _intake(city, stack, name=f"cost-{seed}-{stack.name}")
        after_s = bare_tesseract(stack)
        bare = statistics.mean((before_s, after_s))
        count = len(stack.pages)
        figures = (figure / count for figure in (intake, before_s, after_s))
        yield Measure(
            f"CPU of intake / bare Tesseract, {'grey PDF' if grey else 'G4 TIFF'}",
            intake / bare,
            "×",
            detail="{:.2f} s a page against {:.2f} and {:.2f} s".format(*figures) + f", {count} pages",
        )
        intake_s, bare_s = intake_s + intake, bare_s + bare
    yield Measure("CPU of intake / bare Tesseract", intake_s / bare_s, "×", LIMIT, detail="both stacks together")


def _stack(city: RunningCity, chance: random.Random, page_count: int, *, grey: bool) -> ScannedStack:
    """Envelopes with an answered letter and an enclosure each."""
    envelopes = []
    for number in range(max(1, page_count // 2)):
        case_file_id = city.open_case_file(f"cost-{int(grey)}-{number}")
        _, letter = city.send_letter(case_file_id, sample_pages.prose(chance, 4))
        envelopes.append([sample_pages.answered(chance, letter), sample_pages.enclosure(chance)])
    return sample_pages.scanned_stack(chance, envelopes, grey=grey)


def _intake(city: RunningCity, stack: ScannedStack, *, name: str) -> float:
    city.wait_until_idle()
    process_tree.settle(city.pid)
    before_s = process_tree.cpu_s(city.pid)
    batch = city.deliver(name, stack.name, stack.content, stack.media_type)
    city.wait_until_idle()
    used_s = process_tree.cpu_s(city.pid) - before_s
    _must_be_filed(city, batch["id"], len(stack.pages))
    return used_s


def _must_be_filed(city: RunningCity, batch_id: str, page_count: int) -> None:
    """A cheap intake that reads nothing would be no achievement."""
    batch = city.station.get(f"/scan-batches/{batch_id}")
    filed = [item for item in batch["items"] if item["outcome"] == "filed"]
    pages = sum(len(item["pages"]) for item in filed)
    if pages != page_count:
        raise SystemExit(f"{pages} of {page_count} pages were filed: {[item['reason'] for item in batch['items']]}")
    for item in filed:
        texts = city.caseworker.get(f"/documents/{item['document_id']}/text")["items"]
        if any(len(page["text"]) < 200 for page in texts):
            raise SystemExit(f"hardly any text was read: {[len(page['text']) for page in texts]}")


def bare_tesseract(stack: ScannedStack) -> float:
    """CPU seconds of `tesseract FILE out -l deu` on each page, one after the other."""
    used_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(stack.pages):
            file = Path(folder, f"page-{number}{stack.page_suffix}")
            file.write_bytes(page)
            used_s += _cpu_of(["tesseract", str(file), str(Path(folder, "out")), "-l", "deu"])
    return used_s


def _cpu_of(command: Sequence[str]) -> float:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime
