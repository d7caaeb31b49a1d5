"""The caseworkers' pages: server-rendered, usable without script, one module per page group.

Each route translates and calls the domain; what a person may see or do is decided there.
"""
