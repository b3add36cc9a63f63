"""The dbt project as a night sees it: environment, variables, and a manifest that is parsed only when it changed."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapport import settings
from rapport.businesses import Business, load_business
from rapport.errors import BuildError
from rapport.warehouse import connection_parameters

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from rapport.nights import Night

THREADS = 2
_SOURCES = "sources.json"
_PARSED_FOLDERS = ("models", "macros", "seeds", "snapshots", "tests")


def dbt_folder(business: str) -> Path:
    """Where dbt's targets of a business are kept."""
    return settings.work_dir(business) / "dbt"


def variables(business: Business, night: Night | None = None) -> dict[str, Any]:
    """dbt variables: the business's settings, and the night's date and clock if there is one."""
    dialects = business.dialects.items()
    found: dict[str, Any] = {
        "business": business.name,
        "vendors": business.vendors,
        "reporting_currency": business.reporting_currency,
        "time_zone": business.time_zone,
        "default_country": business.default_country,
        "vendor_currencies": {vendor: said.currency for vendor, said in dialects if said.currency},
        "vendor_time_zones": {vendor: said.time_zone for vendor, said in dialects if said.time_zone},
        "vendor_countries": {vendor: said.country for vendor, said in dialects if said.country},
        "max_names_per_contact": business.max_names_per_contact,
        "adult_age": business.age_limit,
        "global_holdout_share": business.holdout_share,
    }
    if night is not None:
        found |= {"business_date": night.business_date.isoformat(), "clock": night.clock.isoformat()}
    return found


def environment(business: str, application_name: str = "rapport:dbt") -> dict[str, str]:
    """What dbt_project/profiles.yml reads from the environment."""
    parameters = connection_parameters(business)
    return {f"RAPPORT_PG_{key.upper()}": value for key, value in parameters.items()} | {
        "RAPPORT_PG_APPLICATION_NAME": application_name[:63],
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def invoke(
    business: Business,
    arguments: Sequence[str],
    *,
    night: Night | None = None,
    manifest: Manifest | None = None,
    target: str | Path = "target",
    application_name: str = "rapport:dbt",
    more_variables: dict[str, Any] | None = None,
) -> Any:
    """Run one dbt command in this process and return dbt's own result object (`dbtRunnerResult`).

    `target` is a folder, by name in the business's own.
    """
    os.environ.update(environment(business.name, application_name))
    from dbt.cli.main import dbtRunner

    folder = dbt_folder(business.name)
    command, *rest = arguments
    return dbtRunner(manifest=manifest).invoke(
        [
            "--no-use-colors",
            "--log-level-file=none",
            command,
            *rest,
            "--project-dir", str(settings.DBT_PROJECT),
            "--profiles-dir", str(settings.DBT_PROJECT),
            "--target-path", str(folder / target),
            "--log-path", str(folder / "logs"),
            "--vars", json.dumps(variables(business, night) | (more_variables or {})),
        ]
    )  # fmt: skip


def manifest_path(business: str) -> Path:
    """Path of dbt's manifest.json for the business, parsed anew if the project has changed since."""
    return _ensure_parsed(load_business(business)) / "manifest.json"


def sources_path(business: str) -> Path:
    """Path of the sources of the manifest alone (`{"sources": …}`), which every task of a load reads."""
    return _ensure_parsed(load_business(business)) / _SOURCES


def read_manifest(business: str) -> dict[str, Any]:
    """dbt's manifest as a dict (`nodes`, `sources`, `macros` …)."""
    content: dict[str, Any] = json.loads(manifest_path(business).read_text(encoding="utf-8"))
    return content


def parsed_manifest(business: Business) -> Manifest:
    """dbt's manifest as dbt's own object: given to a command, it saves parsing again."""
    from dbt.contracts.graph.manifest import Manifest

    content = (_ensure_parsed(business) / "partial_parse.msgpack").read_bytes()
    was_on = gc.isenabled()
    gc.disable()  # it makes objects by the hundred thousand and no garbage: looking for some takes three times as long
    try:
        found = Manifest.from_msgpack(content)
        found.build_flat_graph()
    finally:
        if was_on:
            gc.enable()
    return found


def build_docs(business: Business, night: Night, *, application_name: str) -> Path:
    """Generate the dbt docs as one self-contained page; returns its path."""
    parsed, folder = manifest_path(business.name), dbt_folder(business.name) / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(parsed, folder / parsed.name)  # dbt writes none of its own when it is given one
    result = invoke(
        business,
        ["docs", "generate", "--static", "--no-compile"],
        night=night,
        manifest=parsed_manifest(business),
        target="docs",
        application_name=application_name,
    )
    if not result.success:
        raise BuildError("dbt could not write the docs.", where="dbt docs generate", fix="read the task's log")
    return folder / "static_index.html"


def parsed_folder(business: str, fingerprint: str) -> Path:
    """Where what dbt parsed is kept: the latest only. By `fingerprint`, of project and settings, tests keep several."""
    return dbt_folder(business) / "parsed"


def _ensure_parsed(business: Business) -> Path:
    wanted = _fingerprint(business)
    folder = parsed_folder(business.name, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "fingerprint"
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first of several tasks parses, the others wait for it
        if stamp.exists() and stamp.read_text() == wanted and (folder / _SOURCES).exists():
            return folder
        # In full: a model that unites whoever declares a concept has to see a declaration that was just added.
        result = invoke(business, ["parse", "--quiet", "--no-partial-parse"], target=folder)
        if not result.success:
            raise BuildError(
                f"dbt cannot read the project: {result.exception or 'see above'}",
                where="dbt_project/",
                fix="run `rapport dbt -- parse`",
            )
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        (folder / _SOURCES).write_text(json.dumps({"sources": manifest["sources"]}), encoding="utf-8")
        stamp.write_text(wanted)
    return folder


@cache
def _installed_dbt() -> str:
    from importlib.metadata import version

    return version("dbt-core")


def _fingerprint(business: Business) -> str:
    digest = hashlib.sha256(json.dumps([variables(business), _installed_dbt()], sort_keys=True).encode())
    files = [settings.DBT_PROJECT / "dbt_project.yml", settings.DBT_PROJECT / "profiles.yml"]
    for folder in _PARSED_FOLDERS:
        files += sorted(path for path in (settings.DBT_PROJECT / folder).rglob("*") if path.is_file())
    for path in files:
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
