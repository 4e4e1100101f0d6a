"""The figures as Prometheus reads them."""

from prometheus_client.parser import text_string_to_metric_families

from initsync.pod.sidecar import metrics, pages
from initsync.pod.sidecar.cycles import Cycles, Figures

FIGURES = Figures({"created": 1, "ExternalSecretNotFound": 2}, 30.5, 20.25, 0.125, True)


def test_every_figure_is_read_back_with_its_type() -> None:
    page = metrics.page(FIGURES, 23_000_000).decode()

    families = {family.name: family for family in text_string_to_metric_families(page)}

    assert {name: family.type for name, family in families.items()} == {
        "jasm_syncs": "counter",
        "jasm_last_sync_timestamp_seconds": "gauge",
        "jasm_last_success_timestamp_seconds": "gauge",
        "jasm_sync_duration_seconds": "gauge",
        "jasm_failing": "gauge",
        "process_resident_memory_bytes": "gauge",
    }
    assert all(family.documentation for family in families.values())
    syncs = {sample.labels["outcome"]: sample.value for sample in families["jasm_syncs"].samples}
    assert syncs == {"created": 1, "ExternalSecretNotFound": 2}
    values = [family.samples[0].value for family in families.values()]
    assert values[1:] == [30.5, 20.25, 0.125, 1, 23_000_000]


def test_before_the_first_sync_every_outcome_is_there_at_zero() -> None:
    page = metrics.page(Cycles().figures, None).decode()

    assert 'jasm_syncs_total{outcome="updated"} 0\n' in page
    assert "process_resident" not in page


def test_what_came_of_new_values_is_there_once_one_was_brought_to_the_app() -> None:
    page = metrics.page(FIGURES._replace(changes={"budget": 2}, outdated=True), None).decode()

    assert 'jasm_changes_total{outcome="budget"} 2\n' in page
    assert "\njasm_app_outdated 1\n" in page
    assert "jasm_app_outdated" not in metrics.page(FIGURES, None).decode()


def test_a_time_is_written_to_the_last_digit() -> None:
    figures = FIGURES._replace(last_sync=1_800_000_000.25)

    assert b"jasm_last_sync_timestamp_seconds 1800000000.25\n" in metrics.page(figures, None)


def test_the_memory_is_this_processs() -> None:
    found = metrics.memory()

    assert found is None or 10_000_000 < found < 10_000_000_000


def test_the_pages() -> None:
    scraped = pages.page("/metrics", FIGURES, lambda: "")
    well = pages.page("/healthz", FIGURES, lambda: "")
    sick = pages.page("/healthz", FIGURES, lambda: "stuck")

    assert scraped
    assert scraped.kind == "text/plain; version=0.0.4; charset=utf-8"
    assert (well, sick) == (
        (200, b"ok\n", well and well.kind),
        (503, b"stuck\n", sick and sick.kind),
    )
    assert pages.page("/", FIGURES, lambda: "") is None
