"""Which network addresses a request may go to when somebody else named the target."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

type Network = IPv4Network | IPv6Network
type Address = IPv4Address | IPv6Address


def real_address(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does.

    >>> str(real_address(ip_address("::ffff:127.0.0.1")))
    '127.0.0.1'
    """
    if isinstance(address, IPv6Address):
        teredo = address.teredo
        inner = address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
        if inner is not None:
            return inner
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


_NAT64 = IPv6Network("64:ff9b::/96")


def may_be_reached(text: str, *, allowed: Sequence[Network] = ()) -> bool:
    """Tell whether a connection to this address is fine: it is public, or in a network that the installation allows.

    Loopback, private, link-local (cloud metadata), shared, reserved and multicast addresses are not.

    >>> may_be_reached("169.254.169.254"), may_be_reached("::ffff:10.0.0.1"), may_be_reached("93.184.215.14")
    (False, False, True)
    >>> from ipaddress import ip_network
    >>> may_be_reached("10.0.0.1", allowed=[ip_network("10.0.0.0/8")])
    True
    """
    try:
        address = real_address(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    if any(address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast
