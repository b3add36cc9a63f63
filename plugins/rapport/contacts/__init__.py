"""Contact points (e-mail, phone, name, postal address): one normal form for each, in one place."""

from rapport.contacts.forms import NormalForm
from rapport.contacts.nicknames import formal_names
from rapport.contacts.normal_form import KINDS, normal_forms, normalise
from rapport.contacts.normalised import refresh

__all__ = ["KINDS", "NormalForm", "formal_names", "normal_forms", "normalise", "refresh"]
