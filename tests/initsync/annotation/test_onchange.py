"""What `on-change` may say."""

import pytest

from initsync.annotation import onchange, policy
from initsync.annotation.onchange import Action
from initsync.words import keys
from initsync.words.errors import AnnotationError

LOCAL = "http://localhost:9090"


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("evict", Action("evict")),
        ("signal:HUP", Action("signal", "HUP")),
        ("signal:USR1:nginx", Action("signal", "USR1", "nginx")),
        (LOCAL, Action("http", url=LOCAL, target="/")),
        (f"{LOCAL}/-/reload?a=b", Action("http", url=LOCAL, target="/-/reload?a=b")),
        ("http://127.0.0.1:1/x", Action("http", url="http://127.0.0.1:1", target="/x")),
        ("http://[::1]:65535/", Action("http", url="http://[::1]:65535", target="/")),
    ],
)
def test_what_is_asked_for(text: str, action: Action) -> None:
    assert onchange.parse(text) == action
    assert policy.parse({keys.ON_CHANGE: text}).on_change == text


@pytest.mark.parametrize(
    "text",
    [
        *("Evict", "evict ", "restart", "signal", "signal:KILL", "signal:STOP", "signal:SIGHUP"),
        *("signal:HUP:", "signal:HUP:a b", "signal:HUP:../x", f"signal:HUP:{'x' * 65}"),
        *("http://localhost/x", "http://localhost:0/", "http://localhost:65536/", LOCAL + "/a#b"),
        *("https://localhost:1/", "http://example.com:80/", "http://localhost.example.com:80/"),
        *("http://localhost:80@example.com/", "http://user@localhost:80/", LOCAL + "/a b"),
        *(LOCAL + "/\r\nx: y", LOCAL + "/é", "http://169.254.169.254:80/", LOCAL + "x"),
    ],
)
def test_all_else_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(AnnotationError, match=r"on-change: is .*, but must be evict, signal:NAME"):
        policy.parse({keys.ON_CHANGE: text})


def test_the_window() -> None:
    assert policy.parse({}).change_window == 300
    assert policy.parse({keys.CHANGE_WINDOW: "0s"}).change_window == 0
    with pytest.raises(AnnotationError, match="change-window: is 'soon'"):
        policy.parse({keys.CHANGE_WINDOW: "soon"})
