"""A text as the terms by which it is compared: its words and pairs of neighbours.

Learning and suggesting take the same terms, so that what was learned means the same when it is asked.
"""

import re
from itertools import pairwise

_WORD = re.compile(r"\w\w+")
MOST_WORDS = 400
# Words that join others, in the languages that pages are offered in: two tickets are not alike by them alone.
_JOINED_BY = """
about after again all also am an and any are as at be because been before but by can cannot could did do does for from had has
have he her here his how if in into is it its just me more my no not of off on or our out please she should since so some than
that the their them then there these they this to up us was we were what when where which who why will with would you your
aber alle als am an auch auf aus bei bin bis bitte da das dass dem den der des die dies doch du ein eine einem einen einer er es
für hat haben hier ich ihr im in ist ja kann kein keine mehr mein mich mir mit nach nicht noch nur oder seit sich sie sind so
und uns unser vom von vor war was wenn wer wie wir wird wo zu zum zur über
"""
_JOINING = frozenset(_JOINED_BY.split())


def terms_of(text: str) -> list[str]:
    """Return words of two letters or more, and each pair of neighbours, of the first few hundred words.

    >>> terms_of("Printer is out of TONER")
    ['printer', 'is', 'out', 'of', 'toner', 'printer is', 'is out', 'out of', 'of toner']
    """
    words = _WORD.findall(text.casefold())[:MOST_WORDS]
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def says_something(term: str) -> bool:
    """Tell whether a term has a word that does more than join others.

    >>> says_something("out of"), says_something("of toner")
    (False, True)
    """
    return not _JOINING.issuperset(term.split())
