"""Tasks of erase_customers: find files of requests, and answer each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from rapport.building import read_manifest
from rapport.businesses import load_business
from rapport.errors import UsageError
from rapport.landing import read_declarations
from rapport.privacy.requests import answer_requests, pending_requests, requests_folder

if TYPE_CHECKING:
    from airflow.sdk import Context


class ListRequests(BaseOperator):
    """The files of requests that wait; each becomes a mapped task."""

    def execute(self, context: Context) -> list[str]:
        business = load_business(context["params"]["business"])
        found = [path.name for path in pending_requests(business)]
        self.log.info("%d files of requests in %s", len(found), requests_folder(business))
        return found


class AnswerRequests(BaseOperator):
    """Erase the persons of one file. Neither its log nor its result says who they were.

    While a night is at work it fails and is tried again.
    """

    template_fields = ("file",)

    def __init__(self, *, file: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file

    def execute(self, context: Context) -> dict[str, Any]:
        business = load_business(context["params"]["business"])
        path = requests_folder(business) / self.file
        if path not in pending_requests(business):
            return {"file": self.file, "erased": 0}  # an earlier attempt has answered it
        tables = read_declarations(read_manifest(business.name))
        try:
            answered = answer_requests(business, tables, path, say=lambda row: self.log.info("%s, %s", self.file, row))
        except UsageError as error:
            raise AirflowFailException(str(error)) from None
        if answered.unknown_rows:
            self.log.warning("rows whose key names nobody, or several: %s", ", ".join(map(str, answered.unknown_rows)))
        return {"file": self.file, "erased": answered.n_erased}
