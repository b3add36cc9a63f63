"""What dbt says about a failure is passed on without what the failing row held."""

from __future__ import annotations

from rapport.building.steps import DBT_STEPS, _without_values


def test_messages_keep_the_fault_and_lose_the_data() -> None:
    message = (
        "Database Error in model customers (models/x.sql)\n"
        '  invalid input syntax for type numeric: "ayse@example.org"\n'
        "  DETAIL:  Failing row contains (1, ayse@example.org).\n"
    )
    shown = _without_values(message)
    assert "invalid input syntax for type numeric" in shown
    assert "ayse" not in shown


def test_a_broken_constraint_is_told_without_its_row() -> None:
    message = (
        'null value in column "customer_id" of relation "orders" violates not-null constraint\n'
        "DETAIL:  Failing row contains (null, ayse@example.org)."
    )
    assert _without_values(message).endswith("violates not-null constraint")
    assert '"customer_id"' in _without_values(message)


def test_a_night_has_about_ten_dbt_steps() -> None:
    assert 8 <= len(DBT_STEPS) <= 12
