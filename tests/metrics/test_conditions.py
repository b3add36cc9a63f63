"""Conditions in short names become MetricFlow's; what is not a name, a word or a text is refused."""

from __future__ import annotations

import pytest

from rapport.errors import UsageError
from rapport.metrics.conditions import as_template

NAMES = {"country": "customer__country", "month": "metric_time__month", "customer": "customer"}


@pytest.mark.parametrize(
    ("condition", "template"),
    [
        ("country = 'TR'", "{{ Dimension('customer__country') }} = 'TR'"),
        ("month >= '2026-01-01'", "{{ TimeDimension('metric_time', 'month') }} >= '2026-01-01'"),
        (
            "country is not null and lower(customer) in ('country', 'o''country')",
            "{{ Dimension('customer__country') }} is not null and lower({{ Entity('customer') }})"
            " in ('country', 'o''country')",
        ),
        ("{{ Dimension('order__store') }} = 'x'", "{{ Dimension('order__store') }} = 'x'"),
    ],
)
def test_a_condition_is_translated_outside_of_its_texts(condition: str, template: str) -> None:
    assert as_template(condition, NAMES) == template


@pytest.mark.parametrize("condition", ["country = TR", "(select email) is null", "land = 'TR'"])
def test_a_word_that_is_no_name_is_refused_with_those_that_are(condition: str) -> None:
    with pytest.raises(UsageError, match="country, month, customer"):
        as_template(condition, NAMES)
