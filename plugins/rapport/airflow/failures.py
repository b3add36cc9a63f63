"""Which failures are worth a retry: connections and disks may recover, a check or a declaration will not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from airflow.sdk.exceptions import AirflowFailException

from rapport.errors import RapportError
from rapport.nights import fail
from rapport.warehouse import connect


@contextmanager
def failing_for_good(
    business: str, business_date: date, step: str, *, fails_the_night: bool, is_last_try: bool
) -> Iterator[None]:
    """Fail without retries on an error that stays, closing the night with it; let what may pass be retried."""
    try:
        yield
    except RapportError as error:
        if error.may_pass and not is_last_try:
            raise
        if fails_the_night:
            with connect(business) as conn:
                fail(conn, business_date, step, str(error))
        raise AirflowFailException(str(error)) from None
    except Exception as error:
        # Left `building`, the night would hold up all later ones with nobody at work on it.
        if is_last_try and fails_the_night:
            with connect(business) as conn:
                fail(conn, business_date, step, f"{type(error).__name__}, {step} was tried for the last time")
        raise
