"""Requests by file are answered one by one, by the DAG's own tasks, and nothing that is left says who asked."""

from __future__ import annotations

import csv
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException
from privacy.conftest import EMAIL, HOME_PHONE, MEMBER, Retailer

from rapport.airflow.erase import AnswerRequests, ListRequests
from rapport.privacy.requests import pending_requests, requests_folder
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def folder(retailer: Retailer) -> Iterator[Path]:
    found = requests_folder(retailer.business)
    yield found
    shutil.rmtree(found)


def answer(retailer: Retailer, file: str) -> dict[str, object]:
    context = {"params": {"business": retailer.business.name}}
    task = AnswerRequests(task_id="answer", file=file)
    found: dict[str, object] = task.execute(context)  # type: ignore[arg-type]
    return found


def listed(retailer: Retailer) -> list[str]:
    found: list[str] = ListRequests(task_id="list_requests").execute({"params": {"business": retailer.business.name}})  # type: ignore[arg-type]
    return found


def test_a_file_is_answered_row_by_row_and_its_keys_are_gone(
    retailer: Retailer, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # semicolons and a mark, as spreadsheets write them; the name tells who asks
    (folder / f"{EMAIL}.csv").write_text(
        f"key;note\n{EMAIL};asked on Monday\nnobody@example.net;\n", encoding="utf-8-sig"
    )
    with caplog.at_level(logging.INFO):
        (file,) = listed(retailer)
        found = answer(retailer, file)
    assert EMAIL not in file
    assert found == {"file": file, "erased": 1}
    (left,) = folder.iterdir()
    rows = list(csv.reader(left.read_text().splitlines()))
    assert rows[0] == ["row", "erasure"]
    assert rows[1][0] == "1"
    assert rows[1][1].isdigit()
    assert rows[2] == ["2", "Nobody is known by this key."]
    told = caplog.text + left.read_text() + left.name
    assert not any(name in told for name in (EMAIL, "qwortz", "nobody@example.net"))
    assert listed(retailer) == []
    assert answer(retailer, file) == {"file": file, "erased": 0}  # a second attempt of the same task


def test_somebody_of_the_same_home_keeps_everything_and_gets_no_tombstone(retailer: Retailer, folder: Path) -> None:
    with connect(retailer.business.name) as conn:
        before = conn.execute("select * from customer_360.customers where email = %s", [MEMBER]).fetchall()
    (folder / "monday.csv").write_text(f"key\n{EMAIL}\n")
    answer(retailer, "monday.csv")
    with connect(retailer.business.name) as conn:
        after = conn.execute("select * from customer_360.customers where email = %s", [MEMBER]).fetchall()
        contact = conn.execute("select phone_number from raw.hubspot__contacts where email = %s", [MEMBER]).fetchall()
    assert len(before) == 1
    assert after == before
    assert [number.replace(" ", "") for (number,) in contact] == [HOME_PHONE.removeprefix("+45")]


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("monday 2026-11-23.csv", True),
        ("20261123_gdpr.csv", True),
        ("ayse@example.net.csv", False),
        ("call 31 22 33 44.csv", False),
        ("+905321112233.csv", False),
    ],
)
def test_a_name_that_may_say_who_asks_is_seen_by_nobody(
    retailer: Retailer, folder: Path, name: str, is_kept: bool
) -> None:
    (folder / name).write_text("key\n")
    assert (listed(retailer) == [name]) == is_kept
    assert [path.name for path in folder.iterdir()] == listed(retailer)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"email\nx@example.net\n", "no column `key`"), ("key\nBj\xf8rn\n".encode("latin-1"), "not UTF-8")],
)
def test_a_file_that_cannot_be_read_is_refused_without_its_values(
    retailer: Retailer, folder: Path, content: bytes, said: str
) -> None:
    (folder / "monday.csv").write_bytes(content)
    with pytest.raises(AirflowFailException, match=said) as refused:
        answer(retailer, "monday.csv")
    assert "example.net" not in str(refused.value)
    assert [path.name for path in pending_requests(retailer.business)] == ["monday.csv"]
