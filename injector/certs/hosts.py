"""What a certificate is for: DNS names and IP addresses, each in the one form it is compared in.

Pure.
"""

import ipaddress

from initsync.words import rules


def canonical(host: str) -> str:
    """A host name or address, as a certificate or a webhook configuration has it."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()


def ip_address(text: str) -> str:
    """An IP address. Raises ValueError."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r}: must be an IP address") from None
    if "%" in text:
        raise ValueError(f"{text!r}: must be an IP address without a zone")
    return str(found)


def dns_name(text: str) -> str:
    """A DNS name. Raises ValueError."""
    found = text.lower()
    if problem := rules.name_problem(found):
        raise ValueError(f"{text!r}: {problem}")
    *_, last = parts = found.split(".")
    if last.isdigit():  # https://www.rfc-editor.org/rfc/rfc1123#page-13
        raise ValueError(f"{text!r}: must be a DNS name, and no address")
    if max(map(len, parts)) > rules.LABEL_LIMIT:
        raise ValueError(f"{text!r}: must have no part of more than {rules.LABEL_LIMIT} characters")
    return found
