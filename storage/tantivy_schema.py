"""The fields of tantivy's index."""

from __future__ import annotations

import tantivy

from eakte.search_query import Where
from storage.index_fields import DATED, EVERYTHING, EXACT, HEAD, KEY, KIND, SCOPE, STEM


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in (EVERYTHING, EXACT, Where.NAMES, Where.REFERENCE):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="position")
    for field in (STEM, HEAD):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field(KIND, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(KEY, tokenizer_name="raw", index_option="basic", stored=True)
    builder.add_unsigned_field(SCOPE, indexed=True)
    builder.add_integer_field(DATED, indexed=True, fast=True)
    return builder.build()


SCHEMA = _schema()
