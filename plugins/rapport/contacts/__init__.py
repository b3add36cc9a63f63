"""Contact points (e-mail, phone, name, postal address): one normal form for each, in one place."""

from rapport.contacts.normal_form import KINDS, NormalForm, normalise
from rapport.contacts.normalised import refresh

__all__ = ["KINDS", "NormalForm", "normalise", "refresh"]
