# What people do with this checkout; `make` alone lists it.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup demo test test-services test-faults lint types format lock

help:  ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## */\1\t/p' Makefile | while IFS='	' read -r name what; do printf '  make %-14s %s\n' "$$name" "$$what"; done

setup:  ## install what is missing: system packages, Python environment in .venv
	@tools/setup-system base
	@tools/setup-python

demo: setup  ## the main job before your eyes on a sample city, then keep serving (ONCE=1: stop after it)
	@.venv/bin/eakte demo $(if $(filter-out 0,$(ONCE)),--once)

test: setup  ## the default tests (ARGS="-k letter" passes words on to pytest)
	@.venv/bin/pytest $(ARGS)

test-services: setup  ## the tests on PostgreSQL, real S3 and IMAP servers, LibreOffice and Chromium
	@tools/setup-system services
	@tools/test-services $(ARGS)

test-faults: setup  ## kill -9, full disks, parts that are away (POINTS=200: at how many points somebody is killed)
	@tools/test-faults $(ARGS)

lint: setup  ## ruff's rules and format, and which way imports go
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports

types: setup  ## mypy, strict, over all code, tests too
	@.venv/bin/mypy

format: setup  ## put the code into ruff's format and mend what it can mend
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

lock:  ## write the two lock files anew from pyproject.toml
	@tools/lock
