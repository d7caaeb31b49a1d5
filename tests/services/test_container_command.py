"""The container's command, in the container's environment, without the container.

The package is installed from the very files that the Dockerfile copies, so what is missing from the
image is missing here too; the S3 server of tools/test-services stands in for MinIO.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.container_files import PROJECT, command, compose, copied, environment, health_command, option, with_option

pytestmark = pytest.mark.services

READY_WITHIN_S = 60
STOPPED_WITHIN_S = 20
"""What `docker-compose.yml` grants is longer; the product promises this."""


@dataclass(frozen=True)
class RunningService:
    """The service as compose would run it."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def answers(self, path: str) -> int:
        """Status of a GET, or 0 while nobody answers."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10).status_code
        except httpx.TransportError:
            return 0

    def wait_until_ready(self) -> None:
        """Return when `/readyz` says so; fail with the log when it never does."""
        deadline = time.monotonic() + READY_WITHIN_S
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.answers("/readyz") == 200:
                return
            time.sleep(0.2)
        pytest.fail(f"not ready, exit code {self.process.poll()}:\n{self.log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed as in the image: from a copy of what the image gets, not editable."""
    folder = tmp_path_factory.mktemp("image")
    source, target = folder / "source", folder / "site"
    source.mkdir()
    for path in copied():
        if path.is_dir():
            shutil.copytree(path, source / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / path.name)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--target",
            target,
            ".",
        ],
        cwd=source,
        check=True,
    )
    return target


def test_the_image_lacks_no_file_of_the_package(installed: Path) -> None:
    ours = {
        path.relative_to(PROJECT)
        for part in ("eakte", "storage", "ocr", "api")
        for path in (PROJECT / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert {path for path in ours if not (installed / path).is_file()} == set()


@pytest.fixture
def service(installed: Path, tmp_path: Path) -> Iterator[RunningService]:
    address = urlsplit(os.environ["EAKTE_TEST_S3_URL"])
    given = environment() | compose({"S3_SECRET_KEY": address.password or ""})["services"]["eakte"]["environment"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = {
        "HOME": str(tmp_path),
        "EAKTE_DATA_DIR": str(tmp_path / "data"),
        "EAKTE_BLOBS__ENDPOINT": f"{address.hostname}:{address.port}",
        "EAKTE_BLOBS__ACCESS_KEY": address.username or "",
        "EAKTE_BLOBS__BUCKET": f"container-{uuid4().hex}",  # the service has to make it
        "PYTHONPATH": str(installed),
        "PATH": f"{installed / 'bin'}:{os.environ['PATH']}",
    }
    # Compose publishes the port on 127.0.0.1 only; without a network of its own that is done here.
    run = with_option(with_option(command(), "--host", "127.0.0.1"), "--port", str(port))
    log = tmp_path / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [installed / "bin" / run[0], *run[1:]], env=given | here, cwd=tmp_path, stdout=output, stderr=output
        )
        try:
            yield RunningService(process, port, log)
        finally:
            process.kill()
            process.wait()


def test_the_container_command_gets_ready_is_well_and_stops_cleanly(service: RunningService) -> None:
    service.wait_until_ready()

    well = [part.replace(f":{option(command(), '--port')}/", f":{service.port}/") for part in health_command()]
    assert service.answers("/healthz") == 200
    assert subprocess.run([sys.executable, *well[1:]], check=False).returncode == 0

    service.process.send_signal(signal.SIGTERM)
    try:
        code = service.process.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        pytest.fail(f"still running {STOPPED_WITHIN_S} s after SIGTERM:\n{service.log.read_text(encoding='utf-8')}")
    assert code == 0, service.log.read_text(encoding="utf-8")
