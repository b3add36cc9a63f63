"""Records of one person find each other; those of one household do not become one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks.identity import pairwise
from benchmarks.identity_data import sample
from benchmarks.made_up_people import MadeUp
from rapport.errors import IdentityError
from rapport.identity.matching import Guards, Linked, Model, Settings, explain, link, link_new
from rapport.identity.matching.records import SCHEMA
from rapport.identity.person_files import read_mapping, read_persons

Partition = set[frozenset[str]]

HOME = {"street": "CUMHURIYET CAD 12", "city": "BURSA", "postal_code": "16010"}
ELIF = {"given_name": "ELIF", "surname": "KARAHAN", "birth_date": "19800412", **HOME}


def table(*records: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([{"id": f"planted-{n}", **record} for n, record in enumerate(records)], SCHEMA)


def persons(linked: Linked) -> Partition:
    members: dict[str, set[str]] = defaultdict(set)
    for record, cluster in zip(*(linked.clusters[name].to_pylist() for name in ("id", "cluster")), strict=True):
        members[cluster].add(record)
    return {frozenset(found) for found in members.values()}


def are_one(model: Model, one: dict[str, Any], other: dict[str, Any]) -> bool:
    return len(persons(link(table(one, other), model=model))) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"surname": "YILMAZ", "emails": ["elif@karahan.example"], "street": None},
            "married, same mailbox and birthday",
        ),
        ({"given_name": "KARAHAN", "surname": "ELIF"}, "names in each other's place"),
        ({"given_name": "ELFI", "birth_date": None}, "a slip"),
        ({"birth_date": "19801204"}, "day and month swapped"),
        ({"birth_date": "19800413", "street": "BAHAR SOK 3", "phones": ["+905321112233"]}, "moved, one digit off"),
        ({"given_name": None, "emails": ["elif@karahan.example"]}, "no given name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_person_is_found_again(model: Model, change: dict[str, Any], why: str) -> None:
    known = {**ELIF, "emails": ["elif@karahan.example"], "phones": ["+905321112233"]}
    assert are_one(model, known, {**known, "emails": None, "phones": None, **change})


def test_a_short_form_is_no_other_name(model: Model) -> None:
    known = {"given_name": "ELISABETH", "surname": "LUND", "birth_date": "19800412", **HOME}
    said = [explain(known, {**known, "given_name": name}, model).evidence[0].level for name in ("LISE", "KIRSTEN")]
    assert said == ["short for the other, or among its words", "different"]


@pytest.mark.parametrize(
    ("other", "who"),
    [
        ({"given_name": "KEREM", "birth_date": "19780903"}, "husband"),
        ({"given_name": "KEREM", "birth_date": None}, "husband of unknown birthday"),
        ({"given_name": "ZEHRA"}, "twin sister"),
        ({"birth_date": "20080117"}, "daughter of the same name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_people_of_one_home_stay_apart_though_phone_and_mailbox_are_shared(
    model: Model, other: dict[str, Any], who: str
) -> None:
    shared = {"emails": ["aile@karahan.example"], "phones": ["+902241112233"]}
    assert not are_one(model, {**ELIF, **shared}, {**ELIF, **shared, **other})


def test_a_mailbox_alone_joins_until_names_contradict_it(model: Model) -> None:
    mailbox = {"emails": ["post@example.org"]}
    assert are_one(model, mailbox, {**mailbox, "given_name": "ELIF", "surname": "KARAHAN"})
    assert not are_one(
        model,
        {**mailbox, "given_name": "JONAS", "surname": "LUND", "birth_date": "19900101"},
        {**mailbox, "given_name": "ELIF", "surname": "KARAHAN", "birth_date": "19800412"},
    )


def test_a_number_on_many_people_is_no_evidence(model: Model) -> None:
    names = ["ELIF", "JONAS", "KEREM", "ZEHRA", "MAGNUS", "FREJA", "OSMAN", "CLARA", "TORBEN", "YUSUF", "AGNES"]
    office = table(
        *({"given_name": name, "phones": ["+902241112233"]} for name in names), {"phones": ["+902241112233"]}
    )
    assert len(persons(link(office, model=model))) == len(names) + 1


def test_how_many_people_are_too_many_on_a_mailbox_is_the_business_s_to_say(model: Model) -> None:
    mailbox = {"emails": ["post@example.org"]}
    home = table({**mailbox, "given_name": "ELIF"}, {**mailbox, "given_name": "KEREM"}, mailbox)
    assert len(persons(link(home, Settings(most_bearers=2), model=model))) < 3
    assert len(persons(link(home, Settings(most_bearers=1), model=model))) == 3


def test_made_up_households_are_told_apart_without_labels(population: pa.Table, made_up: MadeUp) -> None:
    clusters = link(population).clusters.to_pandas().set_index("id")["cluster"]
    precision, recall, _ = pairwise(clusters, made_up.person)
    assert precision > 0.95
    assert recall > 0.9


def test_nobody_of_the_sample_retailer_becomes_one_with_another(tmp_path: Path) -> None:
    records = sample(tmp_path, 2_000)
    read = read_persons(records.path, read_mapping(records.maps), records.country, "utf-8")
    clusters = link(read).clusters.to_pandas().set_index("id")["cluster"]
    precision, recall, _ = pairwise(clusters, records.truth)
    assert precision == 1
    assert recall > 0.99


def test_the_order_of_rows_makes_no_difference(population: pa.Table, model: Model) -> None:
    shuffled = population.take(pa.array(np.random.default_rng(5).permutation(population.num_rows)))
    again = link(shuffled)
    assert again.model.version == model.version
    assert persons(again) == persons(link(population))


def among(pairs: pa.Table) -> Callable[[pa.Array], pa.Table]:
    def of(ids: pa.Array) -> pa.Table:
        return pairs.filter(pc.or_(*(pc.is_in(pairs[side], value_set=ids) for side in ("id_l", "id_r"))))

    return of


def test_many_batches_make_the_same_persons_as_one(population: pa.Table, model: Model) -> None:
    order = pa.array(np.random.default_rng(6).permutation(population.num_rows))
    shuffled = population.take(order)
    whole = link(shuffled, model=model)
    known, pairs = shuffled.slice(0, 0), whole.pairs.slice(0, 0)
    found: dict[str, str] = {}
    for start in range(0, shuffled.num_rows, 400):
        new = shuffled.slice(start, 400)
        linked = link_new(new, known, among(pairs), model)
        found |= dict(zip(*(linked.clusters[name].to_pylist() for name in ("id", "cluster")), strict=True))
        known, pairs = pa.concat_tables([known, new]), pa.concat_tables([pairs, linked.pairs])
    members: dict[str, set[str]] = defaultdict(set)
    for record, cluster in found.items():
        members[cluster].add(record)
    assert {frozenset(group) for group in members.values()} == persons(whole)


def test_a_new_record_answers_for_its_own_person_only(population: pa.Table, model: Model) -> None:
    known = link(population, model=model)
    new = population.slice(0, 1).set_column(0, "id", pa.array(["new"]))
    linked = link_new(new, population, among(known.pairs), model)
    (mine,) = [group for group in persons(linked) if "new" in group]
    assert population["id"][0].as_py() in mine
    assert linked.clusters.num_rows < 20
    assert set(linked.pairs["id_l"].to_pylist()) | set(linked.pairs["id_r"].to_pylist()) >= {"new"}
    assert all(
        "new" in (left, right)
        for left, right in zip(*(linked.pairs[c].to_pylist() for c in ("id_l", "id_r")), strict=True)
    )


def test_what_is_decided_by_hand_is_kept_to(model: Model) -> None:
    records = table(ELIF, ELIF, {"given_name": "JONAS", "surname": "LUND"})
    assert persons(link(records, model=model)) == {frozenset({"planted-0", "planted-1"}), frozenset({"planted-2"})}
    settings = Settings(
        must_link=[("planted-2", "planted-0")], cannot_link=[("planted-1", "planted-0"), ("gone", "planted-0")]
    )
    decided = persons(link(records, settings, model=model))
    assert frozenset({"planted-0", "planted-2"}) in decided


def test_pairs_in_doubt_are_for_review_and_stay_apart(population: pa.Table, model: Model) -> None:
    linked = link(population, Settings(merge=0.9, review=0.2, guards=Guards()), model=model)
    weight = linked.for_review["weight"].to_numpy()
    assert len(weight)
    assert (weight >= np.log2(0.2 / 0.8)).all()
    person = {record: group for group in persons(linked) for record in group}
    ends = zip(*(linked.for_review[name].to_pylist() for name in ("id_l", "id_r")), strict=True)
    assert all(person[left] != person[right] for left, right in ends)


@pytest.mark.parametrize(
    "records",
    [
        table(ELIF),
        table(*({"surname": "LUND", "city": "BURSA"} for _ in range(5))),
        table(*({"emails": [f"{n}@example.org"]} for n in range(40))),
        table({}, {}, {}),
        table(*({"phones": [f"+4520{n:06d}"], "street": f"NYGADE {n}"} for n in range(20) for _ in range(5))),
    ],
    ids=["one record", "all constant", "all unique", "all empty", "no names, five each"],
)
def test_any_shape_of_file_is_partitioned(records: pa.Table) -> None:
    linked = link(records)
    assert sorted(linked.clusters["id"].to_pylist()) == sorted(records["id"].to_pylist())
    assert np.isfinite(linked.model.parameters.shares).all()


def test_five_records_each_without_names_are_found() -> None:
    records = table(*({"phones": [f"+4520{n:06d}"], "street": f"NYGADE {n}"} for n in range(20) for _ in range(5)))
    assert {len(group) for group in persons(link(records))} == {5}


def test_a_customer_of_many_orders_stays_one_person(population: pa.Table) -> None:
    orders = pa.Table.from_pylist(
        [{"id": f"order-{n:04d}", **ELIF, "emails": ["elif@karahan.example"]} for n in range(200)], population.schema
    )
    linked = link(pa.concat_tables([population, orders]))
    (person,) = [group for group in persons(linked) if "order-0000" in group]
    assert {record for record in person if record.startswith("order-")} == set(orders["id"].to_pylist())


def test_ids_that_are_given_twice_are_refused_without_naming_them() -> None:
    records = pa.table({"id": ["secret", "secret"], "surname": ["LUND", "LUND"]})
    with pytest.raises(IdentityError, match="1 of 2 records") as refused:
        link(records)
    assert "secret" not in str(refused.value)


def test_thresholds_that_are_no_probabilities_are_refused() -> None:
    with pytest.raises(IdentityError, match=r"0 < review <= merge < 1"):
        Settings(merge=0.2, review=0.5)
