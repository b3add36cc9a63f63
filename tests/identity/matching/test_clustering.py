"""Persons are what all pairs of records speak for together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.identity.matching.clustering import LARGEST_COMPONENT, LEAST, Pairs, decided, partition
from rapport.identity.matching.guards import Guards, Values, guard

NONE = np.zeros((0, 2), dtype=np.int64)


def pairs(*weighted: tuple[int, int, float]) -> Pairs:
    left, right, weight = zip(*weighted, strict=True) if weighted else ((), (), ())
    return Pairs(np.array(left, np.int64), np.array(right, np.int64), np.array(weight, np.float64))


def unlike(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Pairs that nobody compared disagree."""
    return np.full(len(left), LEAST)


def groups(cluster: npt.NDArray[np.int64]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(cluster == number).tolist()) for number in np.unique(cluster)}


def test_one_weak_link_does_not_join_two_strong_clusters() -> None:
    given = pairs((0, 1, 9), (1, 2, 9), (0, 2, 9), (3, 4, 9), (4, 5, 9), (3, 5, 9), (2, 3, 1))
    assert groups(partition(6, given, 0.0, unlike)) == {frozenset({0, 1, 2}), frozenset({3, 4, 5})}


def test_a_record_joins_those_who_speak_for_it_on_average() -> None:
    given = pairs((0, 1, 9), (1, 2, 9), (0, 2, 9), (0, 3, -2), (1, 3, 3), (2, 3, 3))
    assert groups(partition(4, given, 0.0, unlike)) == {frozenset({0, 1, 2, 3})}


def test_what_was_not_compared_is_compared_before_a_component_is_parted() -> None:
    chain = pairs((0, 1, 4), (1, 2, 4))
    alike = partition(3, chain, 0.0, lambda left, right: np.full(len(left), 5.0))
    assert groups(alike) == {frozenset({0, 1, 2})}
    assert len(groups(partition(3, chain, 0.0, unlike))) == 2


def test_decisions_outvote_weights_and_the_parting_one_counts() -> None:
    given = pairs((0, 1, 15), (1, 2, -9))
    must, cannot = np.array([[1, 2]]), np.array([[0, 1]])
    assert groups(partition(3, decided(given, must, NONE), 0.0, unlike)) == {frozenset({0, 1, 2})}
    assert groups(partition(3, decided(given, NONE, cannot), 0.0, unlike)) == {
        frozenset({0}),
        frozenset({1}),
        frozenset({2}),
    }
    both = decided(given, np.array([[0, 1]]), cannot)
    assert not any({0, 1} <= group for group in groups(partition(3, both, 0.0, unlike)))


def test_a_component_too_large_to_weigh_is_taken_apart_at_its_weak_links() -> None:
    n_records = 3 * LARGEST_COMPONENT
    links = [(row, row + 1, 2.0 if row % 2 else 12.0) for row in range(n_records - 1)]
    found = groups(partition(n_records, pairs(*links), 0.0, unlike))
    assert found == {frozenset({row, row + 1}) for row in range(0, n_records, 2)}


@pytest.mark.parametrize("kind", ["emails", "phones", "birth_dates"])
def test_a_person_with_too_many_values_of_a_kind_is_taken_back_to_strong_links(kind: str) -> None:
    strong = [(0, 1, 15.0), (2, 3, 15.0), (4, 5, 15.0)]
    weak = [(left, right, 2.0) for left in range(6) for right in range(left + 1, 6) if left // 2 != right // 2]
    given = pairs(*strong, *weak)
    cluster = partition(6, given, 0.0, unlike)
    assert len(groups(cluster)) == 1
    nothing = Values(np.zeros(0, np.int64), np.zeros(0, np.int64))
    held = dict.fromkeys(("emails", "phones", "birth_dates"), nothing)
    held[kind] = Values(np.arange(6), np.array([1, 1, 2, 2, 3, 3]))
    parted, was_broken = guard(cluster, held, Guards(**{kind: 2}), given, 0.0, unlike)
    assert groups(parted) == {frozenset({0, 1}), frozenset({2, 3}), frozenset({4, 5})}
    assert was_broken.all()
    kept, was_broken = guard(cluster, held, Guards(**{kind: 3}), given, 0.0, unlike)
    assert len(groups(kept)) == 1
    assert not was_broken.any()


WEIGHED = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(-9, 15)).filter(lambda pair: pair[0] < pair[1]),
    max_size=20,
    unique_by=lambda pair: pair[:2],
)


@given(WEIGHED, st.randoms(use_true_random=False))
def test_the_order_of_pairs_makes_no_difference(weighted: list[tuple[int, int, int]], random: object) -> None:
    shuffled = list(weighted)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = partition(8, pairs(*weighted), 0.0, unlike), partition(8, pairs(*shuffled), 0.0, unlike)
    assert one.tolist() == other.tolist()
