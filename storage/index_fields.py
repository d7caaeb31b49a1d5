"""Fields and points that the engines share, so that they find and rank alike.

An exact form stands above a stem, a stem above a part of a compound, and that above a similar word: the
first two add a step each. A hit in title, names or reference adds half a step. Frequency (BM25) only
orders what is equally near.
"""

EVERYTHING = "everything"  # stems and parts of compounds, with positions: decides what is found
EXACT = "exact"  # words as written, with positions: ranks, and serves prefixes and similar words
STEM = "stem"  # stems without parts: ranks
HEAD = "head"  # stems and parts of title, names and reference: ranks
SCOPE = "scope"
KIND = "document_kind"
POORLY_READ = "poorly-read"  # stands beside the kind: a field of its own would make every index unreadable
DATED = "dated"  # days since year 1
KEY = "key"

STEP_POINTS = 4.0
HEAD_POINTS = 2.0
FREQUENCY_WEIGHT = 0.03  # BM25 of one word reaches about 30 in a million entries
