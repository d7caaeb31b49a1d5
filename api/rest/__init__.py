"""The REST API, version 1: one module per resource; each route translates and calls one domain function."""
