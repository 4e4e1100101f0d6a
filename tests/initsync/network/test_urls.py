"""Where a URL leads, and by which proxy: botocore is the oracle for what both know."""

import base64
from unittest import mock

import pytest
from botocore.utils import get_environ_proxies
from hypothesis import given
from hypothesis import strategies as st

from initsync.network import urls
from initsync.words.errors import InvalidSetup

SECRETS = "https://secretsmanager.eu-west-1.amazonaws.com"
PROXY = {"HTTPS_PROXY": "http://proxy:3128"}


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (SECRETS, (True, SECRETS[8:], 443, SECRETS[8:], "")),
        ("http://127.0.0.1:5000/a/", (False, "127.0.0.1", 5000, "127.0.0.1:5000", "/a")),
        ("https://[fd00::1]:6443", (True, "fd00::1", 6443, "[fd00::1]:6443", "")),
        ("http://user:pl4nted@h", (False, "h", 80, "h", "")),
    ],
)
def test_a_url_leads_to_a_host(url: str, place: urls.Host) -> None:
    assert urls.place(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host",
        "host:443",
        "ftp://host",
        "https://",
        "https://h:port",
        "https://h:70000",
        "https://[::1",
        "https://ho st",
        "https://hö",
        "//host",
        "http://a\x00b",
        "https:/host",
    ],
)
def test_any_other_text_is_told(url: str) -> None:
    with pytest.raises(InvalidSetup, match="is no URL of a host: write it as https://HOST"):
        urls.place(url)


def test_a_password_in_a_url_is_never_shown() -> None:
    with pytest.raises(InvalidSetup) as caught:
        urls.place("https://user:pl4nted@:x")

    assert "pl4nted" not in str(caught.value)


def proxy(url: str, env: dict[str, str]) -> urls.Proxy | None:
    return urls.proxy_for(urls.place(url), env)


def test_the_scheme_chooses_the_variable() -> None:
    env = {"HTTP_PROXY": "http://plain:1", "HTTPS_PROXY": "http://tls:2"}

    assert proxy("http://h", env) == ("plain", 1, None)
    assert proxy("https://h", env) == ("tls", 2, None)


def test_lower_case_goes_first_and_an_empty_value_switches_off() -> None:
    assert proxy("https://h", PROXY | {"https_proxy": "http://other:1"}) == ("other", 1, None)
    assert proxy("https://h", PROXY | {"https_proxy": ""}) is None


def test_a_login_is_sent_and_never_printed() -> None:
    found = proxy("https://h", {"HTTPS_PROXY": "http://me:pl4nted%40x@proxy:3128"})

    assert found is not None
    assert found.authorization == "Basic " + base64.b64encode(b"me:pl4nted@x").decode()
    assert "pl4nted" not in repr(found)


def test_a_proxy_may_leave_its_scheme_out() -> None:
    assert proxy("https://h", {"HTTPS_PROXY": "proxy:3128"}) == ("proxy", 3128, None)


@pytest.mark.parametrize("url", ["http://[::1", "http://:3128", "http://me:pl4nted@"])
def test_a_proxy_at_no_host_is_told(url: str) -> None:
    with pytest.raises(InvalidSetup, match="is no URL of a host") as caught:
        proxy("https://h", {"HTTPS_PROXY": url})

    assert "pl4nted" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://proxy:3128", "socks5://me:pl4nted@proxy:1080"])
def test_a_proxy_of_another_kind_is_told(url: str) -> None:
    with pytest.raises(InvalidSetup, match="name one as http://HOST:PORT") as caught:
        proxy("https://h", {"HTTPS_PROXY": url})

    assert "pl4nted" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "exceptions"),
    [
        (SECRETS, "*"),
        (SECRETS, "amazonaws.com"),
        (SECRETS, ".amazonaws.com"),
        (SECRETS, "*.amazonaws.com"),
        (SECRETS, "a,, .EU-WEST-1.amazonaws.com "),
        (SECRETS, "amazonaws.com:443"),
        ("https://10.0.0.7", "10.0.0.7"),
        ("https://10.0.0.7:6443", "10.0.0.7:6443"),
        ("https://10.0.0.7", "10.0.0.0/8"),
        ("https://[fd00::7]", "fd00::7"),
        ("https://[fd00::7]", "[fd00::7]"),
        ("https://[fd00::7]:443", "[fd00::7]:443"),
        ("https://[fd00::7]", "fd00::/8"),
        ("https://[fd00::7]", "FD00:0:0::7"),
    ],
)
def test_exceptions(url: str, exceptions: str) -> None:
    assert proxy(url, PROXY | {"NO_PROXY": exceptions}) is None


@pytest.mark.parametrize(
    ("url", "exceptions"),
    [
        (SECRETS, ""),
        (SECRETS, "zonaws.com"),
        (SECRETS, "amazonaws.com:8443"),
        ("https://10.0.0.7", "10.0.0.70"),
        ("https://10.0.0.7", "11.0.0.0/8"),
        ("https://10.0.0.7", "fd00::/8"),
        ("https://[fd00::7]", "10.0.0.0/8"),
        ("https://h", "10.0.0.0/99"),
        ("https://h", "/"),
        ("https://h", "."),
        ("https://h", "h:²"),
    ],
)
def test_no_exceptions(url: str, exceptions: str) -> None:
    assert proxy(url, PROXY | {"NO_PROXY": exceptions}) is not None


HOST = st.sampled_from(["a", "b.a", "c.b.a", "xa", SECRETS[8:], "10.0.0.7"])
ENTRY = st.sampled_from(["a", ".a", "b.a", "c.b.a", "amazonaws.com", "10.0.0.7", "a:443", "x", ""])
VARIABLE = st.sampled_from(["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"])


@given(
    st.sampled_from(["http", "https"]),
    HOST,
    st.sampled_from(["", ":443", ":8080"]),
    st.dictionaries(VARIABLE, st.sampled_from(["http://p1:1", "http://p2:2", ""])),
    st.dictionaries(st.sampled_from(["no_proxy", "NO_PROXY"]), st.lists(ENTRY).map(",".join)),
)
def test_botocore_would_go_the_same_way(
    scheme: str, host: str, port: str, proxies: dict[str, str], exceptions: dict[str, str]
) -> None:
    url, env = f"{scheme}://{host}{port}", proxies | exceptions

    with mock.patch.dict("os.environ", env, clear=True):
        oracle = get_environ_proxies(url).get(scheme)

    found = proxy(url, env)
    if not port and ":443" in ",".join(exceptions.values()) and scheme == "https":
        return  # urllib compares the port as written, Go and we the one that is meant
    assert (f"http://{found.host}:{found.port}" if found else None) == (oracle or None)
