"""The Dockerfile and docker-compose.yml as values, for the tests that keep them true without a container engine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Instruction:
    """One instruction of the Dockerfile, such as `COPY` with `eakte eakte`; lines continued are joined."""

    name: str
    value: str


def dockerfile() -> list[Instruction]:
    """The instructions in order, without comments."""
    lines = (PROJECT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    instructions = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if line.strip():
            name, value = line.split(maxsplit=1)
            instructions.append(Instruction(name, value))
    return instructions


def values(name: str) -> list[str]:
    """What stands behind each instruction of this name, in order."""
    return [instruction.value for instruction in dockerfile() if instruction.name == name]


def command() -> list[str]:
    """What a container runs."""
    (only,) = values("CMD")
    return list(json.loads(only))


def health_command() -> list[str]:
    """What tells whether a container is well."""
    (only,) = values("HEALTHCHECK")
    return list(json.loads(only.partition("CMD ")[2]))


def environment() -> dict[str, str]:
    """What the image sets."""
    return dict(pair.split("=", maxsplit=1) for value in values("ENV") for pair in value.split())


def copied() -> list[Path]:
    """What the image takes from this project, as paths in it."""
    return [PROJECT / source for value in values("COPY") for source in value.split()[:-1]]


def compose(given: Mapping[str, str]) -> dict[str, Any]:
    """docker-compose.yml with its variables filled in.

    Args:
        given: The variables of `.env`; one that is required and not given is a KeyError.
    """
    text = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    filled = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: given[found[1]], text)
    assert "${" not in filled, "a variable in a form this reader does not know"
    return dict(yaml.safe_load(filled))


def option(arguments: Sequence[str], name: str) -> str:
    """The value behind `--name`."""
    return arguments[arguments.index(name) + 1]


def with_option(arguments: Sequence[str], name: str, value: str) -> list[str]:
    """The same arguments with another value behind `--name`."""
    changed = list(arguments)
    changed[changed.index(name) + 1] = value
    return changed
