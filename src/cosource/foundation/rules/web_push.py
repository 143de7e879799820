"""Messages to browsers: encrypted for one browser (RFC 8291), and the sender's word to the push service (RFC 8292).

Keys, salt and time are given, so that the same goes in and the same comes out. Not here: sending.
"""

import base64
import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Push services take 4,096 bytes at least; the frame around the text takes 103 of them.
TEXT_LIMIT_BYTES = 3_900
RECORD_BYTES = 4_096
WORD_LASTS = timedelta(hours=12)


def unpadded(data: bytes) -> str:
    """Return bytes in the base64 of addresses.

    >>> unpadded(bytes([255, 254]))
    '__4'
    """
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """Return the bytes that such a text stands for. Raises: ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def private_key_of(text: str) -> ec.EllipticCurvePrivateKey:
    """Return a private key from the text of its number."""
    return ec.derive_private_key(int.from_bytes(bytes_of(text)), ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key that belongs to it, as an uncompressed point of 65 bytes."""
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def encrypted(
    text: bytes, *, browser_key: bytes, browser_secret: bytes, own: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Return the body for one browser; nobody on the way can read it.

    `own`: a fresh key for this message alone; `salt`: 16 fresh bytes. Source: RFC 8291, section 3.4; RFC 8188, section 2.
    Raises: ValueError for a browser's key that is no point, or a text that is too long.
    """
    if len(text) > TEXT_LIMIT_BYTES:
        raise ValueError(f"At most {TEXT_LIMIT_BYTES} bytes can be sent, these are {len(text)}.")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser_key)
    shared, mine = own.exchange(ec.ECDH(), theirs), public_bytes(own)
    material = _derived(shared, browser_secret, b"WebPush: info\x00" + browser_key + mine, 32)
    key = _derived(material, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(key).encrypt(nonce, text + b"\x02", None)
    return salt + RECORD_BYTES.to_bytes(4) + len(mine).to_bytes(1) + mine + sealed


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)


def authorization(address: str, *, key: ec.EllipticCurvePrivateKey, contact: str, at: datetime) -> str:
    """Return the header by which a push service knows who sends. Source: RFC 8292, sections 2 and 3."""
    parts = urlsplit(address)
    head = {"typ": "JWT", "alg": "ES256"}
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((at + WORD_LASTS).timestamp()),
        "sub": contact,
    }
    said = ".".join(unpadded(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    word = f"{said}.{unpadded(r.to_bytes(32) + s.to_bytes(32))}"
    return f"vapid t={word}, k={unpadded(public_bytes(key))}"
