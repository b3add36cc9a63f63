"""Errors a person can act on: what is wrong, where, and what to do."""


class RapportError(Exception):
    """An expected failure. Never carries personal data.

    `what` is wrong, `where` (file, key, line or table) and the `fix` a person can apply.
    `exit_code` is what the command line returns.
    """

    exit_code = 1
    may_pass = False  # whether the same attempt may succeed later, so that it is worth repeating

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        super().__init__(what, where, fix)

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.fix:
            lines.append(f"  to do: {self.fix}")
        return "\n".join(lines)


class UsageError(RapportError):
    """The command was called with something it cannot take."""

    exit_code = 2


class BusinessError(UsageError):
    """businesses/<name>.yml does not say what is needed."""


class WarehouseError(RapportError):
    """Postgres cannot be started, reached or used."""

    may_pass = True


class LandingError(RapportError):
    """A file or a source declaration cannot be used."""


class NightError(RapportError):
    """The night cannot go on: wrong order, or an earlier one is in the way."""


class BuildError(RapportError):
    """dbt could not build or test a step."""


class GateFailed(RapportError):
    """A check that stops did not hold; nothing past it is visible."""


class DeliveryError(RapportError):
    """A list could not be delivered."""


class IdentityError(RapportError):
    """Records cannot be matched as they are given."""


class PredictionError(RapportError):
    """Purchases cannot be read, or their future not predicted, as they are given."""
