"""Tokens: what counts as the same word, so that every search engine finds the same (Volltext).

words       one word: spelling folded, stemmed, taken apart
wholes      dates, amounts and account numbers, one spelling each
compounds   parts of German compounds, from the list in lexicon
tokens      a text as tokens with positions and character spans
entries     an index entry as the token streams the engines take
demands     a query in terms of tokens
hits        where a token stream meets a demand
"""
