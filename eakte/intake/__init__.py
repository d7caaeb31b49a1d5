"""From paper to case file, step by step: receive, look, split, match, file, recognise, derive, index.

Every step keeps its state in the database and can be killed and repeated at any point.
"""
