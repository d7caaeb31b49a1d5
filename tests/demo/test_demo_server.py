"""The demo's server gets a port that is free and an environment that leads nowhere but into its own folder."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from api.demo import city
from api.demo.server import HOST, free_port


def test_a_port_in_use_is_passed_over() -> None:
    with socket.socket() as busy:
        busy.bind((HOST, 0))
        busy.listen()
        port = busy.getsockname()[1]

        assert free_port(port) > port


def test_no_setting_of_a_real_installation_reaches_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = {"EAKTE_DATABASE__URL": "postgresql://real", "EAKTE_BLOBS__KIND": "s3", "eakte_city": "Echt", "PATH": "/bin"}
    for name, value in real.items():
        monkeypatch.setenv(name, value)

    environment = city.environment_in(tmp_path, real)
    assert {name for name in environment if name.upper().startswith("EAKTE_")} == {"EAKTE_DATA_DIR", "EAKTE_DEMO"}
    assert environment["PATH"] == "/bin"

    settings = city.settings_in(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'eakte.sqlite3'}"
    assert settings.blobs.kind == "folder"
    assert settings.demo
