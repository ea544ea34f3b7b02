"""Whether a request stays on this machine; the wall around local mode, where whoever comes is the admin."""

from ipaddress import ip_address


def is_loopback_host(host: str) -> bool:
    """Whether a Host header (name or address, with or without a port) names this machine itself.

    A page of another site that points its own name at 127.0.0.1 (DNS rebinding) still sends its own name here.
    """
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    return name == "localhost" or is_loopback_address(name)


def is_loopback_address(address: str) -> bool:
    """Whether ``address`` is 127.0.0.0/8 or ::1, also as an IPv4 address inside IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    inner = getattr(parsed, "ipv4_mapped", None)
    return (inner or parsed).is_loopback
