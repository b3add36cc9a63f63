"""The parts of the report, in the order in which an owner reads them; each asks the marts and tells what they say."""

from rapport.reporting.sections.base import base
from rapport.reporting.sections.bond import bond
from rapport.reporting.sections.claims import claims
from rapport.reporting.sections.kept_promises import kept_promises
from rapport.reporting.sections.leaks import leaks
from rapport.reporting.sections.list_effects import list_effects
from rapport.reporting.sections.movement import movement
from rapport.reporting.sections.section import Card, Section, Table
from rapport.reporting.sections.service import service
from rapport.reporting.sections.voice import voice

SECTIONS = (base, movement, bond, leaks, kept_promises, voice, service, list_effects, claims)

__all__ = ["SECTIONS", "Card", "Section", "Table"]
