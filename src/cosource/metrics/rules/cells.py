"""Cells of a table that a spreadsheet opens."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def defused(value: object) -> str:
    """Return a cell as text that no spreadsheet takes for a formula; numbers stay numbers.

    >>> defused("=1+1"), defused(-2.5), defused(None), defused("HH-1")
    ("'=1+1", '-2.5', '', 'HH-1')
    """
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float):
        return text
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
