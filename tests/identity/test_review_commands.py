"""What people decide about records is written down once, and the latest word counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport import settings
from rapport.identity.review_commands import add_decision


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    path = tmp_path / "identity_decisions.csv"
    path.write_text((settings.SEEDS / "identity_decisions.csv").read_text().splitlines()[0] + "\n")
    return path


def rows(path: Path) -> list[list[str]]:
    return [line.split(",")[:3] for line in path.read_text().splitlines()[1:]]


def test_a_decision_is_a_row_of_the_seed_whichever_record_is_named_first(seed: Path) -> None:
    add_decision(seed, "shop:b", "crm:a", "same", "told so by phone")
    assert rows(seed) == [["crm:a", "shop:b", "same"]]
    assert seed.read_text().splitlines()[1].endswith(",told so by phone")


def test_a_later_decision_about_the_same_records_takes_the_place_of_the_first(seed: Path) -> None:
    add_decision(seed, "crm:a", "shop:b", "same", "")
    add_decision(seed, "crm:a", "shop:c", "different", "")
    add_decision(seed, "shop:b", "crm:a", "different", "")
    assert rows(seed) == [["crm:a", "shop:c", "different"], ["crm:a", "shop:b", "different"]]
