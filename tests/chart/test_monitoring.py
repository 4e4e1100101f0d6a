"""Alerts and the dashboard ask for what the injector tells, and for nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from initsync.pod.sidecar import metrics
from initsync.pod.sidecar.cycles import Figures
from initsync.words.model import JsonObject
from injector.webhook.metrics import OUTCOMES, Metrics
from tests.chart.examples import objects, one
from tests.chart.helm import CHART, NAMESPACE, ROOT, Helm

BOARD = json.loads((CHART / "dashboards/jasm-injector.json").read_text())
PAGE = (ROOT / "docs/alerts.md").read_text()
NAME = re.compile(r"jasm_\w+")
BAR = re.compile(r"< (\d+) \* 86400")


def told() -> set[str]:
    """The names of all series of the injector's metrics page."""
    page = Metrics(lambda: (0.0, 0.0), lambda: 0).page().decode()
    return set(re.findall(r"^(\w+)", page, re.MULTILINE))


def groups(helm: Helm, *settings: str) -> dict[str, list[JsonObject]]:
    """The rules of each group of alerts."""
    options = ["--set=monitoring.prometheusRule.enabled=true", *settings]
    found = one(helm.objects(*options), "PrometheusRule")["spec"]["groups"]
    return {it["name"]: it["rules"] for it in found}


def rules(helm: Helm, *settings: str) -> list[JsonObject]:
    """Those about the injector."""
    return groups(helm, *settings)["jasm-injector"]


def pods_rules(helm: Helm, *settings: str) -> list[JsonObject]:
    """Those about pods that ask for a secret."""
    return groups(helm, *settings)["jasm-pods"]


def board_queries() -> Iterator[str]:
    for panel in BOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (it["definition"] for it in BOARD["templating"]["list"] if "definition" in it)


def test_alerts_and_dashboard_name_series_that_are_told(helm: Helm) -> None:
    queries = [*(rule["expr"] for rule in rules(helm)), *board_queries()]

    named = {name for query in queries for name in NAME.findall(query)}

    assert len(named) >= 5
    assert named - told() == set()


def test_an_outcome_or_status_that_is_asked_for_is_one_that_is_told(helm: Helm) -> None:
    queries = [*(rule["expr"] for rule in rules(helm)), *board_queries()]

    outcomes = {it for query in queries for it in re.findall(r'outcome="([^"]*)"', query)}

    assert outcomes == {"bug"}
    assert outcomes <= set(OUTCOMES)


def test_every_alert_is_of_this_release_and_says_what_to_do(helm: Helm) -> None:
    found = rules(helm, "--set=monitoring.prometheusRule.alertLabels.team=platform")

    assert {rule["alert"] for rule in found} == {
        *("JasmInjectorDown", "JasmCertificateExpires", "JasmInjectorErrors", "JasmInjectorSlow")
    }
    for rule in found:
        selectors = re.findall(r"jasm_\w+\{([^}]*)\}", rule["expr"])
        assert len(selectors) == len(NAME.findall(rule["expr"]))
        assert all(f'namespace="{NAMESPACE}"' in it for it in selectors)
        assert rule["labels"]["team"] == "platform"
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}


def test_the_bars_are_the_values(helm: Helm) -> None:
    found = rules(
        helm,
        "--set-json=monitoring.prometheusRule.certificateDays="
        '{"info": 30, "warning": null, "critical": 2}',
        "--set=monitoring.prometheusRule.errorRatio=0.2",
        "--set=monitoring.prometheusRule.latencySeconds=1.5",
    )

    ends = {it["labels"]["severity"]: it["expr"] for it in found if "Expires" in it["alert"]}
    assert {key: BAR.findall(text) for key, text in ends.items()} == {
        "info": ["30"],
        "critical": ["2"],
    }
    assert [rule["expr"].endswith(("> 0.2", "> 1.5")) for rule in found[-2:]] == [True, True]


@pytest.mark.parametrize(
    ("life", "left", "fired"),
    [
        (365, 14.1, []),
        (365, 13.9, ["warning"]),
        (365, 2.9, ["critical", "warning"]),
        (30, 10, []),
        (30, 7.4, ["warning"]),
        (3, 1, []),
        (3, 0.7, ["critical", "warning"]),
    ],
)
def test_a_certificate_that_is_renewed_in_time_fires_no_alert_however_short_its_life(
    helm: Helm, life: float, left: float, fired: list[str]
) -> None:
    """It is renewed at two thirds. Their grammar is Python's, as far as they use it."""
    found = [rule for rule in rules(helm) if "Expires" in rule["alert"]]
    known = {"expiry": life, "not_before": 0.0}
    known = {f"jasm_injector_certificate_{it}_timestamp_seconds": v for it, v in known.items()}
    days = {name: value * 86_400 for name, value in known.items()}
    world = days | {"time": lambda: (life - left) * 86_400, "min": bool}

    firing = [it for it in found if eval(re.sub(r"\{.*?\}", "", it["expr"]), world)]

    assert sorted(it["labels"]["severity"] for it in firing) == fired


# https://github.com/kubernetes/kube-state-metrics/blob/v2.17.0/docs/metrics/workload/pod-metrics.md
KUBE_STATE = {
    "kube_pod_init_container_status_ready": {"container", "namespace", "pod", "uid"},
    "kube_pod_init_container_status_waiting_reason": {
        *("container", "namespace", "pod", "uid", "reason"),
    },
    "kube_pod_status_phase": {"namespace", "pod", "phase", "uid"},
}


def test_alerts_about_pods_ask_for_series_of_kube_state_metrics_and_of_the_sidecar(
    helm: Helm,
) -> None:
    waiting, failing, outdated = pods_rules(helm)
    page = metrics.page(Figures({}, changes={"budget": 1}), None).decode()

    asked = re.findall(r"(kube_\w+)\{([^}]*)\}", waiting["expr"])
    assert {name for name, _ in asked} == set(KUBE_STATE)
    for name, labels in asked:
        assert set(re.findall(r"(\w+)=", labels)) <= KUBE_STATE[name]
    for rule, series in ((failing, "jasm_failing"), (outdated, "jasm_app_outdated")):
        assert re.findall(r"jasm_\w+", rule["expr"]) == [series]
        assert f"\n{series} " in page


@pytest.mark.parametrize(
    ("ready", "phase", "reason", "fires"),
    [
        pytest.param(0, "Pending", "CrashLoopBackOff", True, id="it fails again and again"),
        pytest.param(0, "Pending", "ImagePullBackOff", True, id="its image cannot be pulled"),
        pytest.param(0, "Pending", "", True, id="it runs, and waits in itself"),
        pytest.param(0, "Pending", "PodInitializing", False, id="another runs before it"),
        pytest.param(1, "Pending", "", False, id="it has ended well"),
        pytest.param(1, "Running", "", False, id="a sidecar that serves"),
        pytest.param(0, "Failed", "", False, id="a Job's pod that is over"),
    ],
)
def test_an_alert_fires_for_a_pod_that_waits_in_jasm_init_and_for_no_other(
    helm: Helm, ready: int, phase: str, reason: str, fires: bool
) -> None:
    """For one pod the grammar is Python's, once the series are numbers."""
    rule, *_ = pods_rules(helm)
    text = re.sub(r"(min|on) (by )?\(namespace, pod\) ?", "", rule["expr"])
    text = text.replace(" unless ", " and not ").replace("\n", " ").replace("unless", "and not")
    known = {
        r"kube_pod_init_container_status_ready\{.*?\}": ready,
        r'kube_pod_status_phase\{phase="Pending"\}': int(phase == "Pending"),
        r"kube_pod_init_container_status_waiting_reason\{.*?\}": int(reason == "PodInitializing"),
    }
    for series, value in known.items():
        text, times = re.subn(series, str(value), text)
        assert times == 1

    assert bool(eval(text)) == fires


def test_alerts_about_pods_are_there_without_an_injector_too(helm: Helm) -> None:
    assert list(groups(helm, "--set=injection.mode=policy")) == ["jasm-pods"]


def test_how_long_pods_may_wait_and_sidecars_fail_is_chosen(helm: Helm) -> None:
    chosen = "waitingMinutes=5,monitoring.prometheusRule.failingMinutes=90"

    found = pods_rules(helm, f"--set=monitoring.prometheusRule.{chosen}")

    assert [it.get("for") for it in found] == ["5m", "90m", None]
    assert "for 5 minutes" in found[0]["annotations"]["description"]


@pytest.mark.parametrize("base", ["", "https://git.example.com/jasm/blob/main/docs/alerts.md"])
def test_each_alerts_runbook_is_its_heading_in_the_page_of_alerts(helm: Helm, base: str) -> None:
    """Anchors of headings are made in lower case, by GitHub and GitLab alike."""
    headings = re.findall(r"^## (\w+)$", PAGE, re.MULTILINE)
    found = groups(helm, f"--set=monitoring.prometheusRule.runbookUrl={base}")
    alerts = {rule["alert"]: rule["annotations"] for it in found.values() for rule in it}

    assert sorted(headings) == sorted(alerts)
    for alert, said in alerts.items():
        assert said["runbook_url"] == f"{base or 'docs/alerts.md'}#{alert.lower()}"


def test_metrics_are_scraped_verified_by_the_certificates_ca(helm: Helm) -> None:
    found = objects(helm, "monitoring")
    monitor = one(found, "ServiceMonitor")
    service = one(found, "Service")
    (endpoint,) = monitor["spec"]["endpoints"]

    assert (
        monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    )
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    assert endpoint["tlsConfig"] == {
        "serverName": f"jasm-injector.{NAMESPACE}.svc",
        "ca": {"secret": {"name": "jasm-injector-tls", "key": "ca.crt"}},
    }


def test_the_dashboard_is_the_file_and_grafana_finds_it(helm: Helm) -> None:
    board = one(objects(helm, "monitoring"), "ConfigMap")

    assert json.loads(board["data"]["jasm-injector.json"]) == BOARD
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert board["metadata"]["namespace"] == "monitoring"


def test_no_panel_covers_another() -> None:
    taken: dict[tuple[int, int], Any] = {}
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["id"]) == panel["id"]
