"""Contact points (e-mail, phone, name): each distinct value as seen gets one normal form, in one place."""

from rapport.contacts.normal_form import KINDS, NormalForm, normalise
from rapport.contacts.normalised import refresh

__all__ = ["KINDS", "NormalForm", "normalise", "refresh"]
