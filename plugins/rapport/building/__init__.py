"""Building: dbt steps of a night, in this process, with per-model results kept."""

from rapport.building.night import build_night
from rapport.building.project import build_docs, manifest_path, read_manifest, sources_path
from rapport.building.steps import DBT_STEPS, StepResult, run_step

__all__ = [
    "DBT_STEPS",
    "StepResult",
    "build_docs",
    "build_night",
    "manifest_path",
    "read_manifest",
    "run_step",
    "sources_path",
]
