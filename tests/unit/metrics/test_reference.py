"""The page of the reference says what the definitions say."""

from pathlib import Path

from cosource.metrics.rules.catalogue import METRICS, chosen
from cosource.metrics.rules.reference import reference_page

ROOT = Path(__file__).parents[3]


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs/reference/metrics.md").read_text()
    assert page == reference_page(), "run `cosource metrics list --markdown > docs/reference/metrics.md`"


def test_every_metric_is_on_the_page_once() -> None:
    headings = [line for line in reference_page().splitlines() if line.startswith("## ")]
    assert ", ".join(line.removeprefix("## ") for line in headings) == ", ".join(f"`{m.id}`" for m in METRICS)
    assert len({metric.id for metric in METRICS}) == len(METRICS)


def test_metrics_are_chosen_in_the_order_of_the_catalogue() -> None:
    assert [metric.id for metric in chosen(("reopened", "tickets"))] == ["tickets", "reopened"]
