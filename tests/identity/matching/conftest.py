"""One population, trained once for all tests that only ask about it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from benchmarks.made_up_people import MadeUp, make_up
from rapport.identity.matching import Model, link
from rapport.identity.person_files import read_mapping, read_persons

N_RECORDS = 1_200


@pytest.fixture(scope="session")
def made_up() -> MadeUp:
    return make_up(N_RECORDS, repeats=0.4, seed=3)


@pytest.fixture(scope="session")
def population(made_up: MadeUp, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """Made-up households as normalised records."""
    path = tmp_path_factory.mktemp("people") / "people.csv"
    made_up.records.to_csv(path, index=False)
    return read_persons(path, read_mapping([f"{name}={name}" for name in made_up.records.columns]), "TR", "utf-8")


@pytest.fixture(scope="session")
def model(population: pa.Table) -> Model:
    return link(population).model
