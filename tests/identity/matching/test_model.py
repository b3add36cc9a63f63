"""A model is kept whole, says what it does, and is one that Splink understands."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from rapport.errors import IdentityError
from rapport.identity.matching import Model, explain, link
from rapport.identity.matching.comparing import compare, levels
from rapport.identity.matching.comparisons import comparisons
from rapport.identity.matching.estimation import SAME, STRANGERS, Counts, estimate, log_likelihoods
from rapport.identity.matching.records import prepare


@pytest.fixture(scope="module")
def folder(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model.save(tmp_path_factory.mktemp("models"))


def test_a_saved_model_links_as_it_did(folder: Path, model: Model, population: pa.Table) -> None:
    again = Model.load(folder)
    assert again.version == model.version == folder.name
    few = population.slice(0, 300)
    assert link(few, model=again).pairs.equals(link(few, model=model).pairs)


def test_charts_lie_beside_the_model_and_load_nothing_from_elsewhere(folder: Path) -> None:
    for name in ("match_weights.html", "parameters.html"):
        page = (folder / name).read_text(encoding="utf-8")
        assert "a slip apart" in page
        assert "<script src=" not in page


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="no model"):
        Model.load(tmp_path)


def test_splink_weighs_pairs_as_the_model_does(model: Model, population: pa.Table) -> None:
    import splink

    conn = duckdb.connect()
    prepare(conn, population.slice(0, 40))
    conn.execute("create table pairs as select a.row as l, b.row as r from records a join records b on a.row < b.row")
    compare(conn, "pairs", "compared")
    settings = {**model.splink_settings(), "blocking_rules_to_generate_predictions": ["1 = 1"]}
    linker = splink.Linker(splink.DuckDBAPI(conn).register("records"), settings, log_level="ERROR")
    theirs = linker.inference.predict().as_pandas_dataframe()
    rows = dict(conn.execute("select id, row from records").fetchall())
    ends = np.sort(np.stack([theirs["id_l"].map(rows), theirs["id_r"].map(rows)]), axis=0)
    weights = dict(zip(map(tuple, ends.T.tolist()), theirs["match_weight"], strict=True))
    ours = conn.execute("select l, r, pattern from compared").fetchnumpy()
    logs = log_likelihoods(levels(ours["pattern"].astype(np.int64)), model.parameters) + np.log2(
        model.parameters.shares
    )
    expected = [weights[pair] for pair in zip(ours["l"].tolist(), ours["r"].tolist(), strict=True)]
    np.testing.assert_allclose(logs[:, SAME] - logs[:, STRANGERS], expected, atol=1e-6)


def test_an_explanation_adds_up_to_the_weight(model: Model) -> None:
    one = {"given_name": "ELIF", "surname": "KARAHAN", "phones": ["+905321112233"]}
    found = explain(one, {**one, "given_name": "KEREM"}, model)
    strangers = found.prior_strangers + sum(e.against_strangers + e.frequency for e in found.evidence)
    home = found.prior_household + sum(e.against_household for e in found.evidence)
    assert found.weight == pytest.approx(-np.log2(2.0**-strangers + 2.0**-home), abs=1e-6)
    assert found.probability < 0.1
    said = {evidence.comparison: evidence.level for evidence in found.evidence}
    assert said["given_name"] == "different"
    assert said["birth_date"] == "missing"


def test_where_estimation_does_not_settle_the_priors_stand() -> None:
    patterns = np.array([[comparison.top for comparison in comparisons()], [0] * len(comparisons())])
    counts = Counts(patterns, np.array([4.0, 0.0]), np.array([0.0, 41.0]))
    fallen_back = estimate(counts, 10, max_iterations=1)
    assert not fallen_back.is_estimated
    given_name, prior = fallen_back.levels[0][SAME], [level.same for level in reversed(comparisons()[0].levels)]
    np.testing.assert_allclose(given_name, np.array(prior) / sum(prior))
    assert estimate(counts, 10).is_estimated
