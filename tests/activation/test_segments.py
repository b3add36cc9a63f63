"""A segment's declaration is checked whole, and a fault names its file, its key and what was expected."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from rapport.activation.destinations import check_destinations, declared_destinations
from rapport.activation.segments import declared_segments
from rapport.building import read_manifest
from rapport.errors import DeliveryError

META: dict[str, Any] = {
    "owner": "lifecycle-marketing",
    "segment": {
        "purpose": "Recognise the best customers.",
        "channel": "email",
        "contact_type": "email",
        "audience": "customer",
        "consent_purpose": "marketing",
        "priority": 20,
        "cap_days": 90,
        "holdout_share": 0.1,
        "destinations": ["drop"],
    },
}


def node(meta: dict[str, Any] = META, name: str = "seg_vip", **changes: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "description": "One row per valued customer.",
        "original_file_path": f"models/activation/segments/{name}.sql",
        "patch_path": f"rapport://models/activation/segments/{name}.yml",
        "columns": {column: {} for column in ("customer_id", "reason", "offer", "valid_until")},
        "config": {"meta": meta},
        **changes,
    }


def manifest(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": {str(position): found for position, found in enumerate(nodes)}}


def changed(**values: Any) -> dict[str, Any]:
    meta = copy.deepcopy(META)
    meta["segment"] |= values
    meta["segment"] = {key: value for key, value in meta["segment"].items() if value is not ...}
    return meta


def test_the_projects_own_segments_are_declared_as_they_must_be(server: str) -> None:
    segments = declared_segments(read_manifest("sample"))
    check_destinations(segments, declared_destinations())
    names = [segment.name for segment in segments]
    assert {"welcome_first_order", "detractor_recovery", "vip"} <= set(names)
    assert [segment.priority for segment in segments] == sorted(segment.priority for segment in segments)


def test_only_models_in_the_segments_folder_are_segments() -> None:
    other = node(meta={"owner": "x"}, name="lists", original_file_path="models/activation/lists.sql")
    assert [found.name for found in declared_segments(manifest(node(), other))] == ["vip"]


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (
            changed(holdout_shar=0.1),
            "config.meta.segment.holdout_shar: unknown key; expected one of purpose, channel",
        ),
        (changed(priority=...), "config.meta.segment.priority: missing (1 goes first"),
        (changed(priority="high"), "config.meta.segment.priority: Input should be a valid integer"),
        (
            changed(channel="pigeon"),
            "config.meta.segment.channel: Input should be 'email', 'sms', 'phone' or 'post'",
        ),
        (changed(holdout_share=0.9), "config.meta.segment.holdout_share: Input should be less than 0.5"),
        (
            changed(contact_type="phone"),
            "config.meta.segment: contact_type: expected 'email' for channel 'email'",
        ),
        (changed(audience="service_staff"), "config.meta.segment: consent_purpose: expected 'service' for"),
        (changed(destinations=[]), "config.meta.segment.destinations: List should have at least 1 item"),
        ({"segment": META["segment"]}, "config.meta.owner: String should have at least 2 characters"),
        ({"owner": "x", "segmnet": META["segment"]}, "config.meta.segment: missing"),
    ],
    ids=lambda value: value[:45] if isinstance(value, str) else "",
)
def test_a_fault_names_file_key_and_what_was_expected(meta: dict[str, Any], expected: str) -> None:
    with pytest.raises(DeliveryError) as failure:
        declared_segments(manifest(node(meta)))
    assert f"models/activation/segments/seg_vip.yml: {expected}" in str(failure.value)
    assert "docs/how-to/add-a-segment.md" in failure.value.fix


def test_all_faults_of_all_segments_are_told_at_once() -> None:
    wrong = changed(priority=0, cap_days=-1)
    with pytest.raises(DeliveryError) as failure:
        declared_segments(manifest(node(wrong), node(wrong, name="seg_other")))
    assert str(failure.value).count("seg_vip.yml") == 2
    assert str(failure.value).count("seg_other.yml") == 2


def test_a_segment_must_describe_the_columns_of_a_list() -> None:
    with pytest.raises(DeliveryError, match="not described: valid_until"):
        declared_segments(manifest(node(columns={"customer_id": {}, "reason": {}, "offer": {}})))


def test_a_model_of_another_name_is_not_taken_for_a_segment_in_silence() -> None:
    with pytest.raises(DeliveryError, match="expected seg_<segment>, got 'vip'"):
        declared_segments(manifest(node(name="vip")))


def test_a_segment_cannot_name_a_destination_that_is_not_there() -> None:
    segments = declared_segments(manifest(node(changed(destinations=["nowhere"]))))
    with pytest.raises(DeliveryError, match="there is no destination 'nowhere'") as failure:
        check_destinations(segments, declared_destinations())
    assert "seg_vip.sql" in failure.value.where
