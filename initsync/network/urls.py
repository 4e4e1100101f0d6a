"""Where a URL leads: its host and port, and the proxy on the way there. Text in, tuples out."""

import base64
import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from initsync.words.errors import InvalidSetup
from initsync.words.wording import shown

_HOST = re.compile(r"[A-Za-z0-9._:%-]+")  # IPv6 with its zone included
_PORTS = {"http": 80, "https": 443}


class Host(NamedTuple):
    """One host, as a connection needs it."""

    secure: bool
    host: str
    port: int
    authority: str
    """The value of the Host header."""
    prefix: str
    """The URL's own path, without a slash at its end."""


class Proxy(NamedTuple):
    """An HTTP proxy. Its printed form shows no password."""

    host: str
    port: int
    authorization: str | None

    def __repr__(self) -> str:
        return f"Proxy({self.host}:{self.port})"


def place(url: str) -> Host:
    """The host of an http or https URL. Raises InvalidSetup for any other text."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        host, port = "", 0
    if not _HOST.fullmatch(host):
        advice = "write it as https://HOST[:PORT] in the variable or file that names it"
        raise InvalidSetup(f"{shown(without_user(url))} is no URL of a host", advice)
    authority = parts.netloc.rpartition("@")[2]
    return Host(parts.scheme == "https", host, port, authority, parts.path.rstrip("/"))


def proxy_for(to: Host, env: Mapping[str, str]) -> Proxy | None:
    """The proxy that the environment names for a host, as botocore would choose it.

    `https_proxy` and `http_proxy` by the URL's scheme, `no_proxy` for exceptions; lower case
    goes before upper case, and an empty value switches off. Raises InvalidSetup.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-proxy.html
    """
    url = _either_case(env, "https_proxy" if to.secure else "http_proxy")
    if not url or _excepted(to, _either_case(env, "no_proxy")):
        return None
    return named_proxy(url)


def named_proxy(url: str) -> Proxy:
    """The proxy at a URL; `http://` may be left out. Raises InvalidSetup."""
    url = url if "://" in url else f"http://{url}"
    if not url.lower().startswith("http://"):
        problem = f"the proxy {shown(without_user(url))} is not spoken to over plain HTTP"
        raise InvalidSetup(problem, "name one as http://HOST:PORT, what it carries stays encrypted")
    found = place(url)
    user, given, password = urlsplit(url).netloc.rpartition("@")[0].partition(":")
    login = f"{unquote(user)}:{unquote(password)}" if user or given else ""
    token = base64.b64encode(login.encode()).decode()
    return Proxy(found.host, found.port, f"Basic {token}" if login else None)


def _excepted(to: Host, exceptions: str) -> bool:
    return any(_matches(to, entry.strip().lower()) for entry in exceptions.split(","))


def _matches(to: Host, entry: str) -> bool:
    """One entry of NO_PROXY: `*`, an address, a CIDR block, or a name with all below it.

    Addresses and blocks are what Go and requests accept beyond botocore's names:
    https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
    """
    if entry == "*":
        return True
    if block := _network(entry):
        address = _network(to.host)
        return address is not None and address.version == block.version and _within(address, block)
    name, colon, port = entry.rpartition(":")
    if colon and port.isascii() and port.isdigit():
        network = _network(name)
        same = network is not None and network == _network(to.host)
        return int(port) == to.port and (same or _below(to.host, name))
    return _below(to.host, entry)


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _within(address: _Network, block: _Network) -> bool:
    return address.network_address in block


def _below(host: str, name: str) -> bool:
    name = name.removeprefix("*").lstrip(".")
    return bool(name) and (host == name or host.endswith("." + name))


def _either_case(env: Mapping[str, str], name: str) -> str:
    return env[name] if name in env else env.get(name.upper(), "")


def without_user(url: str) -> str:
    """The URL without its user and password, to be shown."""
    before, at, after = url.rpartition("@")
    scheme, mark, _ = before.partition("://")
    return f"{scheme if mark else ''}{mark}...@{after}" if at else url
