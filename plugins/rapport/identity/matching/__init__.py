"""Which records are one person, by what they have in common: a model learned from the records themselves, no labels."""

from rapport.identity.matching.explaining import Explanation, explain
from rapport.identity.matching.guards import Guards
from rapport.identity.matching.linking import Linked, Settings, link, link_new
from rapport.identity.matching.model import Model

__all__ = ["Explanation", "Guards", "Linked", "Model", "Settings", "explain", "link", "link_new"]
