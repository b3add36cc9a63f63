"""Delivery to a real S3-compatible store: whole, once, never over another object."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from activation_night import Lists, business
from s3fs import S3FileSystem
from servers.object_store import ObjectStore, run_object_store

from rapport.activation.objects import ObjectDrop
from rapport.activation.transports import PlaceUnreachable
from rapport.airflow.connections import transport_for
from rapport.errors import DeliveryError

VIP = "2026-11-21/vip_20261121_full"


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with run_object_store() as running:
        yield running


def file_system(endpoint: str, store: ObjectStore, **options: Any) -> Any:
    client = {"endpoint_url": endpoint, "region_name": "eu-west-1"}
    return S3FileSystem(
        key=store.key, secret=store.secret, client_kwargs=client, skip_instance_cache=True, use_listings_cache=False,
        **options,
    )  # fmt: skip


@pytest.fixture
def bucket(store: ObjectStore, request: pytest.FixtureRequest) -> tuple[Any, str]:
    """A file system that sees the store, and a folder in a bucket of the test's own."""
    remote = file_system(store.endpoint, store)
    name = f"lists-{hashlib.sha1(request.node.name.encode()).hexdigest()[:12]}"
    remote.mkdir(name)
    return remote, f"{name}/incoming"


def test_lists_arrive_in_the_bucket_once_and_whole(lists: Lists, bucket: tuple[Any, str]) -> None:
    remote, folder = bucket
    assert [item.outcome for item in lists.send(ObjectDrop(remote, folder))] == ["delivered", "delivered"]
    found = sorted(path.removeprefix(f"{folder}/") for path in remote.find(folder))
    assert found == [
        f"2026-11-21/{name}_20261121_full{ending}"
        for name in ("quiet", "vip")
        for ending in (".csv", ".csv.sha256", ".manifest.json")
    ]
    content = remote.cat_file(f"{folder}/{VIP}.csv")
    assert json.loads(remote.cat_file(f"{folder}/{VIP}.manifest.json"))["sha256"] == hashlib.sha256(content).hexdigest()
    before = remote.info(f"{folder}/{VIP}.csv")["LastModified"]
    again = lists.send(ObjectDrop(remote, folder))
    assert [item.outcome for item in again] == ["already_delivered", "already_delivered"]
    assert remote.info(f"{folder}/{VIP}.csv")["LastModified"] == before
    assert again[0].location == f"s3://{folder}/{VIP}.csv"


def test_what_is_in_the_bucket_after_a_crash_is_recognised(lists: Lists, bucket: tuple[Any, str]) -> None:
    lists.send(ObjectDrop(*bucket))
    lists.conn.execute("truncate activation.deliveries, activation.delivery_members")
    lists.conn.commit()
    assert [item.outcome for item in lists.send(ObjectDrop(*bucket))] == ["delivered", "delivered"]
    assert len(lists.members()) == 2


def test_another_object_under_the_final_name_is_not_overwritten(lists: Lists, bucket: tuple[Any, str]) -> None:
    remote, folder = bucket
    remote.pipe_file(f"{folder}/{VIP}.csv", b"somebody else's")
    with pytest.raises(DeliveryError, match="Another file has this list's name"):
        lists.send(ObjectDrop(remote, folder))
    assert remote.cat_file(f"{folder}/{VIP}.csv") == b"somebody else's"


def test_the_store_itself_refuses_to_put_over_an_object(bucket: tuple[Any, str]) -> None:
    remote, folder = bucket
    place = ObjectDrop(remote, folder)
    place.put("taken.csv", b"first")
    with pytest.raises(DeliveryError, match="at the same moment"):
        place.put("taken.csv", b"second")
    assert remote.cat_file(f"{folder}/taken.csv") == b"first"


def test_a_bucket_that_is_not_there_says_so(store: ObjectStore) -> None:
    place = ObjectDrop(file_system(store.endpoint, store), "no-such-bucket/incoming")
    with pytest.raises(DeliveryError, match="no such bucket") as failure:
        place.put("list.csv", b"x")
    assert not failure.value.may_pass


def test_a_store_that_does_not_answer_is_worth_repeating(store: ObjectStore) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    away = file_system(endpoint, store, config_kwargs={"retries": {"max_attempts": 0}, "connect_timeout": 1})
    with pytest.raises(PlaceUnreachable, match="cannot be reached"):
        ObjectDrop(away, "lists/incoming").digest("list.csv")


def test_the_business_file_and_an_airflow_connection_name_the_bucket(
    lists: Lists, store: ObjectStore, bucket: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, folder = bucket
    connection = {
        "conn_type": "aws",
        "login": store.key,
        "password": store.secret,
        "extra": {"endpoint_url": store.endpoint, "region_name": "eu-west-1"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_KAFFE_S3", json.dumps(connection))
    place = transport_for(business(transport="s3", connection="kaffe_s3", folder=folder), "drop")
    (first, _) = lists.send(place)
    assert first.location == f"s3://{folder}/{VIP}.csv"
    assert remote.exists(f"{folder}/{VIP}.csv")
    assert store.secret not in first.location


@pytest.mark.parametrize("missing", ["connection", "folder"])
def test_a_bucket_without_connection_or_folder_is_asked_for(missing: str) -> None:
    drop = {"transport": "s3", "connection": "kaffe_s3", "folder": "lists/incoming"}
    del drop[missing]
    with pytest.raises(DeliveryError, match=missing):
        transport_for(business(**drop), "drop")


def test_a_connection_that_is_not_there_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "AIRFLOW_CONN_KAFFE_S3" not in os.environ
    with pytest.raises(DeliveryError, match="no Airflow connection kaffe_s3"):
        transport_for(business(transport="s3", connection="kaffe_s3", folder="lists/incoming"), "drop")
