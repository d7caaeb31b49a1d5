"""What the whole intake costs, against Tesseract alone on the same pages, and how many errors each makes."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import mixed_pages, process_tree, sample_pages
from benchmarks.measures import Measure
from benchmarks.mixed_pages import MixedPage, Original, Setting
from benchmarks.reading_errors import Errors, compare
from benchmarks.sample_city import RunningCity

LIMIT = 0.9
_SHEETS_OF_AN_ENVELOPE = 4
_LOOK_EVERY_S = 2.0  # what is measured is not the measuring


def measure(city: RunningCity, *, page_count: int, seed: int) -> Iterator[Measure]:
    """Deliver a stack of every kind; CPU of server, workers and all they start, per page of the documents.

    Envelopes hold an answered letter with its code and three more sheets, some of them blank, and end with a
    separator, which costs us and is not read by bare Tesseract. What is born digital is handed in as one document.
    Half of the pages are read by bare Tesseract before, half after, so that a machine that becomes busier slows both.
    """
    intake_s, bare_s, sheets = 0.0, 0.0, 0
    ours, bare = Errors(), Errors()
    for setting in mixed_pages.SETTINGS:
        chance = random.Random(f"{seed} {setting.name}")
        originals = list(mixed_pages.originals(setting, page_count, chance, coded_letters=_letters(city, chance)))
        pages = [mixed_pages.mixed_page(original, setting, chance) for original in originals]
        half = len(pages) // 2
        before_s, before = bare_tesseract(pages[:half])
        used_s, texts = _intake(city, setting, pages, f"cost-{seed}-{setting.name}")
        after_s, after = bare_tesseract(pages[half:])
        found = [compare(original.text, text) for original, text in zip(originals, texts, strict=True)]
        ours_here, bare_here = sum(found, Errors()), before + after
        both_s = before_s + after_s
        detail = _detail(len(pages), used_s, both_s, ours_here, bare_here)
        yield Measure(f"… {setting.name}", used_s / both_s, "×", detail=detail)
        intake_s, bare_s, sheets = intake_s + used_s, bare_s + both_s, sheets + len(pages)
        ours, bare = ours + ours_here, bare + bare_here
    detail = _detail(sheets, intake_s, bare_s, ours, bare)
    yield Measure("CPU of intake / bare Tesseract", intake_s / bare_s, "×", LIMIT, detail=detail)
    yield Measure("character errors of the intake", 100 * ours.cer, "%", 100 * bare.cer, detail="limit: bare Tesseract")
    recall = 100 * ours.recall, "%", 100 * bare.recall
    yield Measure("word recall of the intake", *recall, at_least=True, detail="limit: bare Tesseract")


def _detail(count: int, intake_s: float, bare_s: float, ours: Errors, bare: Errors) -> str:
    return (
        f"{count} pages, {intake_s / count:.2f} s against {bare_s / count:.2f} s; CER {ours.cer:.2%} against "
        f"{bare.cer:.2%}; words {ours.recall:.2%} against {bare.recall:.2%}"
    )


def _letters(city: RunningCity, chance: random.Random) -> Iterator[Original]:
    """Letters as they come back."""
    while True:
        case_file_id = city.open_case_file(f"cost-{chance.randrange(10**9)}")
        _, pdf = city.send_letter(case_file_id, sample_pages.prose(chance, 4))
        yield Original(mixed_pages.text_of(pdf), pdf)


def _intake(city: RunningCity, setting: Setting, pages: Sequence[MixedPage], name: str) -> tuple[float, list[str]]:
    """CPU seconds of taking pages in until they can be found, and what was read, page by page."""
    chance = random.Random(name)
    separator = mixed_pages.scan_of(sample_pages.separator(), setting, chance)
    stack: list[MixedPage] = []
    for number, page in enumerate(pages, start=1):
        stack.append(page)
        if number % _SHEETS_OF_AN_ENVELOPE == 0 or number == len(pages):
            stack.append(separator)
    born = setting.coding == "born"
    content, media_type = mixed_pages.stack(pages if born else stack, setting)
    case_file_id = city.open_case_file(name)
    city.wait_until_idle()
    process_tree.settle(city.pid)
    began_s = process_tree.cpu_s(city.pid)
    if born:
        documents = [city.attach(case_file_id, name, content)]
    else:
        batch = city.deliver(name, "stack", content, media_type)
    city.wait_until_idle(every_s=_LOOK_EVERY_S)
    used_s = process_tree.cpu_s(city.pid) - began_s
    if not born:
        items = city.station.get(f"/scan-batches/{batch['id']}")["items"]
        items = [item for item in items if item["document_id"] is not None]
        # A cheap intake that files nothing would be no achievement.
        if len(pages) >= _SHEETS_OF_AN_ENVELOPE and not any(item["outcome"] == "filed" for item in items):
            raise SystemExit(f"nothing was filed: {[item['reason'] for item in items]}")
        documents = [item["document_id"] for item in sorted(items, key=_first_sheet)]
    texts = [page["text"] for document in documents for page in city.read_text(document)]
    if len(texts) != len(pages):
        raise SystemExit(f"{len(texts)} of {len(pages)} pages were read")
    return used_s, texts


def _first_sheet(item: dict[str, Any]) -> int:
    return min(int(page["page"]) for page in item["pages"])


def bare_tesseract(pages: Sequence[MixedPage]) -> tuple[float, Errors]:
    """CPU seconds of `tesseract FILE out -l deu` on each page, one after the other, and its errors."""
    used_s, errors = 0.0, Errors()
    with tempfile.TemporaryDirectory() as folder:
        for page in pages:
            file, answer = Path(folder, f"page{page.suffix}"), Path(folder, "out")
            file.write_bytes(page.image)
            used_s += _cpu_of(["tesseract", str(file), str(answer), "-l", "deu"])
            errors += compare(page.original.text, answer.with_suffix(".txt").read_text(encoding="utf-8"))
    return used_s, errors


def _cpu_of(command: Sequence[str]) -> float:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime
