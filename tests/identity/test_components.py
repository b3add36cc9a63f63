"""Records are one person exactly when a chain of shared keys connects them."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rapport.identity.components import find_components


def table(rows: list[tuple[str, str | None, str | None]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return pa.table([pa.array(c, pa.string()) for c in columns], ["source_record_id", "key_type", "key_value"])


def people(rows: list[tuple[str, str | None, str | None]]) -> set[frozenset[str]]:
    found = find_components(table(rows))
    groups: dict[int, set[str]] = {}
    for record, component in zip(found.records.to_pylist(), found.component.tolist(), strict=True):
        groups.setdefault(component, set()).add(record)
    return {frozenset(group) for group in groups.values()}


def test_a_chain_of_shared_keys_is_one_person() -> None:
    rows = [
        ("a", "email", "x"),
        ("b", "email", "x"),
        ("b", "phone", "+1"),
        ("c", "phone", "+1"),
        ("d", None, None),
    ]
    assert people(rows) == {frozenset("abc"), frozenset("d")}


def test_equal_values_of_different_key_types_do_not_connect() -> None:
    assert people([("a", "phone", "1"), ("b", "external_id", "1")]) == {frozenset("a"), frozenset("b")}


def test_the_evidence_names_only_keys_that_others_share() -> None:
    rows = [
        ("a", "email", "x"),
        ("a", "phone", "+1"),
        ("b", "email", "x"),
        ("b", "external_id", "7"),
        ("b", "email", "x"),
    ]
    found = find_components(table([*rows, ("c", "email", "z"), ("c", "email", "z")]))
    assert found.evidence.to_pylist() == ["email", "email", "alone"]


KEYS = st.tuples(st.sampled_from("abcdefghij"), st.sampled_from(["email", "phone", None]), st.sampled_from("1234"))


@given(st.lists(KEYS, min_size=1, max_size=25))
def test_components_equal_those_of_a_plain_union_find(rows: list[tuple[str, str | None, str]]) -> None:
    parent = {record: record for record, _, _ in rows}

    def root(record: str) -> str:
        return record if parent[record] == record else root(parent[record])

    seen: dict[tuple[str, str], str] = {}
    for record, key_type, value in rows:
        if key_type:
            parent[root(record)] = root(seen.setdefault((key_type, value), record))
    expected: dict[str, set[str]] = {}
    for record in parent:
        expected.setdefault(root(record), set()).add(record)
    assert people(rows) == {frozenset(group) for group in expected.values()}
