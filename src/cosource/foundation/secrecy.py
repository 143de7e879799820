"""Texts that must be given back but not be readable in a copy of the database: other systems' secrets, second factors.

Encrypted with the installation's field keys: the newest writes, all of them read. Not here: passwords and our own tokens; those
are kept as digests only.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """The text was encrypted with a key that this installation does not have."""


def text_encrypt(text: str) -> str:
    """Return the text encrypted."""
    return _keys(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def text_decrypt(encrypted: str) -> str:
    """Return the text again. Raises: Unreadable."""
    try:
        return _keys(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


@lru_cache(maxsize=4)
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
