"""Publishing: the night's marts merged into the live tables, all of them in one transaction."""

from rapport.publishing.publication import Comparison, Publication, compare, publish
from rapport.publishing.tables import Column, Table, tables_from_manifest

__all__ = ["Column", "Comparison", "Publication", "Table", "compare", "publish", "tables_from_manifest"]
