"""The page of metrics, as Prometheus reads it."""

from injector.webhook.metrics import OUTCOMES, STATUSES, Metrics


def page(metrics: Metrics) -> dict[str, str]:
    lines = metrics.page().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")


def test_every_outcome_and_status_is_there_from_the_beginning() -> None:
    found = page(Metrics(lambda: (0.0, 0.0), lambda: 0))

    for outcome in OUTCOMES:
        assert found[f'jasm_injector_reviews_total{{outcome="{outcome}"}}'] == "0.0"
    for status in STATUSES:
        assert found[f'jasm_injector_requests_refused_total{{status="{status}"}}'] == "0.0"
    assert not [name for name in found if "_created" in name]


def test_a_review_is_in_its_bucket_and_in_those_above() -> None:
    metrics = Metrics(lambda: (0.0, 0.0), lambda: 0)

    for seconds in (0.0002, 9.0):
        metrics.reviewed("injected", seconds)

    found = page(metrics)
    assert found["jasm_injector_review_seconds_sum"] == "9.0002"
    bounds = [
        found[f'jasm_injector_review_seconds_bucket{{le="{le}"}}']
        for le in ("0.0002", "5.0", "+Inf")
    ]
    assert bounds == ["1.0", "1.0", "2.0"]


def test_what_is_now_is_asked_when_the_page_is() -> None:
    now = [1.0]
    metrics = Metrics(lambda: (now[0], 2 * now[0]), lambda: int(3 * now[0]))

    now[0] = 5.0

    found = page(metrics)
    assert found["jasm_injector_certificate_not_before_timestamp_seconds"] == "5.0"
    assert found["jasm_injector_certificate_expiry_timestamp_seconds"] == "10.0"
    assert found["jasm_injector_requests_in_flight"] == "15.0"
