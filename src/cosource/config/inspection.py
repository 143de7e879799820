"""Looks over what an installation chose, and names what weakens it together with the fix.

Not here: values that cannot be used at all (environment.py stops the start) and Django's own checks.
"""

import ipaddress
import stat
from pathlib import Path
from urllib.parse import urlsplit

from cosource.config.shapes import Bind


def weaknesses(
    *, bind: Bind, base_url: str, behind_proxy: bool, debug: bool, secrets_file: Path
) -> list[str]:
    """List what is unwise, one line each; an empty list is what one wants to see."""
    address = urlsplit(base_url)
    found = []
    if debug and not _is_this_machine(address.hostname or ""):
        found.append("COSOURCE_DEBUG is on and others can reach this system: unset it")
    if address.scheme == "http" and not _is_this_machine(address.hostname or ""):
        found.append(
            "COSOURCE_BASE_URL is http: passwords and sessions cross the network in the clear; use https"
        )
    if address.scheme == "https" and not behind_proxy:
        found.append(
            "COSOURCE_TRUSTED_PROXY is not set: name the proxy that does https, or everyone has its address"
        )
    if address.scheme == "https" and behind_proxy and not _is_private(bind.host):
        found.append(f"COSOURCE_BIND is {bind}: listen where only the proxy can reach it")
    if secrets_file.exists() and stat.S_IMODE(secrets_file.stat().st_mode) & 0o077:
        found.append(f"{secrets_file} can be read by others on this machine: chmod 600 {secrets_file}")
    return found


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    return address.is_private and not address.is_unspecified
