"""A night's model of value: two fits, each there or refused with a reason in words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from rapport.value import bgnbd, gamma_gamma


@dataclass(frozen=True)
class Model:
    """What was learned of how often customers buy (`purchases`) and for how much (`amounts`).

    A fit is None where the data are not fit for it; its reason then says why. `correlation` is that of the number of
    repeat purchases and their mean amount, None where it has no meaning.
    """

    n_customers: int
    n_repeaters: int
    purchases: bgnbd.Fit | None
    purchases_reason: str | None
    amounts: gamma_gamma.Fit | None
    amounts_reason: str | None
    correlation: float | None

    @property
    def version(self) -> str:
        """Twelve digits that differ as soon as anything of the model does."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:12]

    def as_json(self) -> dict[str, Any]:
        """The model as json keeps it; no customer is in it."""
        return asdict(self)

    @classmethod
    def of_json(cls, content: dict[str, Any]) -> Model:
        """The model that `as_json` wrote."""
        purchases, amounts = content["purchases"], content["amounts"]
        return cls(
            **content
            | {
                "purchases": purchases
                and bgnbd.Fit(**purchases | {"parameters": bgnbd.Parameters(**purchases["parameters"])}),
                "amounts": amounts
                and gamma_gamma.Fit(**amounts | {"parameters": gamma_gamma.Parameters(**amounts["parameters"])}),
            }
        )
