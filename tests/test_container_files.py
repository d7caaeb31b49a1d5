"""Dockerfile and docker-compose.yml agree with each other, with the settings and with the files that are there."""

import re
from typing import Any

import pytest

from eakte.settings import Settings
from tests.container_files import (
    PROJECT,
    command,
    compose,
    copied,
    dockerfile,
    environment,
    health_command,
    option,
    values,
)


@pytest.fixture
def services() -> dict[str, Any]:
    return dict(compose({"S3_SECRET_KEY": "a-key-of-this-test"})["services"])


def test_the_service_does_not_run_as_root() -> None:
    names = [instruction.name for instruction in dockerfile()]
    (user,) = values("USER")

    assert user not in {"root", "0"}
    assert names.index("USER") < names.index("CMD")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    let_through = {
        line[1:]
        for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }

    for path in copied():
        assert path.exists()
        assert path.relative_to(PROJECT).as_posix() in let_through


def test_system_packages_come_from_the_one_list_and_python_packages_from_the_lock() -> None:
    steps = " ".join(values("RUN"))

    assert "setup-system runtime" in steps
    assert "apt" not in re.sub(r"/var/lib/apt/lists", "", steps)
    assert "--require-hashes -r requirements.lock" in steps


def test_one_port_everywhere(services: dict[str, Any]) -> None:
    port = option(command(), "--port")
    (published,) = services["eakte"]["ports"]

    assert values("EXPOSE") == [port]
    assert published.split(":")[-1] == port
    assert f":{port}/healthz" in " ".join(health_command())


def test_pages_and_api_are_published_to_this_machine_only(services: dict[str, Any]) -> None:
    (published,) = services["eakte"]["ports"]

    assert published.startswith("127.0.0.1:")
    assert "ports" not in services["minio"]


def test_records_lie_in_a_volume(services: dict[str, Any]) -> None:
    folder = environment()["EAKTE_DATA_DIR"]

    assert values("VOLUME") == [folder]
    assert services["eakte"]["environment"]["EAKTE_DATA_DIR"] == folder
    assert [volume.split(":")[1] for volume in services["eakte"]["volumes"]] == [folder]


def test_the_settings_mean_the_minio_beside_it(services: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in services["eakte"]["environment"].items():
        monkeypatch.setenv(name, value)

    blobs = Settings().blobs

    assert (blobs.kind, blobs.endpoint, blobs.secure) == ("s3", "minio:9000", False)
    assert blobs.access_key == services["minio"]["environment"]["MINIO_ROOT_USER"]
    assert blobs.secret_key.get_secret_value() == services["minio"]["environment"]["MINIO_ROOT_PASSWORD"]


def test_every_setting_of_the_service_is_one_that_exists(services: dict[str, Any]) -> None:
    for name in services["eakte"]["environment"]:
        at: Any = Settings()
        for part in name.removeprefix("EAKTE_").lower().split("__"):
            assert hasattr(at, part), f"{name} is no setting"
            at = getattr(at, part)


def test_no_secret_is_shipped() -> None:
    with pytest.raises(KeyError):
        compose({})
