"""The calibration as a plot that needs nothing but a browser: an SVG with no script and no reference."""

from __future__ import annotations

from datetime import date, timedelta
from xml.sax.saxutils import escape

from rapport.value.calibration import ALL, Calibration, Row

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 640, 400, 64, 72, 24, 56
_ACTUAL, _PREDICTED, _INK, _GRID = "#1f4e79", "#c55a11", "#333333", "#dddddd"
_EPOCH = date(1970, 1, 1)


def calibration_chart(calibration: Calibration) -> str:
    """Purchases a customer in the holdout period, predicted and actual, by purchases in the calibration period."""
    rows = [row for row in calibration.rows if row.repeat_purchases != ALL]
    until, end = (_EPOCH + timedelta(days=day) for day in (calibration.calibration_end, calibration.holdout_end))
    reason = calibration.model.purchases_reason
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
        f' font-size="12" fill="{_INK}" role="img">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_LEFT, 24, f"Fitted through {until}, compared with the purchases through {end}", size=15),
        _text(_LEFT, 42, _totals(calibration)),
    ]
    if rows and reason is None:
        parts += _plot(rows)
    else:
        parts.append(_text(_LEFT, _HEIGHT // 2, f"Nothing to compare: {reason or 'nobody had bought'}"))
    return "\n".join([*parts, "</svg>", ""])


def _totals(calibration: Calibration) -> str:
    total = calibration.rows[-1]
    said = f"{total.n_customers:,} customers; purchases: {total.actual_purchases:,} actual"
    return said if total.predicted_purchases is None else f"{said}, {total.predicted_purchases:,.0f} predicted"


def _plot(rows: list[Row]) -> list[str]:
    actual = [row.actual_purchases / row.n_customers for row in rows]
    predicted = [(row.predicted_purchases or 0) / row.n_customers for row in rows]
    top = _round_up(max(*actual, *predicted, 1e-9))
    across = (_WIDTH - _LEFT - _RIGHT) / max(len(rows) - 1, 1)
    height = _HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        return _TOP + height * (1 - value / top)

    parts = []
    for step in range(5):
        value = top * step / 4
        parts.append(f'<path d="M{_LEFT} {y(value):.1f}H{_WIDTH - _RIGHT}" stroke="{_GRID}"/>')
        parts.append(_text(_LEFT - 8, y(value) + 4, f"{value:g}", anchor="end"))
    for position, row in enumerate(rows):
        parts.append(_text(_LEFT + across * position, _HEIGHT - _BOTTOM + 18, row.repeat_purchases, anchor="middle"))
    for name, values, colour, dashes in (
        ("actual", actual, _ACTUAL, "none"),
        ("predicted", predicted, _PREDICTED, "6 4"),
    ):
        points = [(_LEFT + across * position, y(value)) for position, value in enumerate(values)]
        line = " ".join(f"{left:.1f},{down:.1f}" for left, down in points)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        )
        for (left, down), value in zip(points, values, strict=True):
            parts.append(
                f'<circle cx="{left:.1f}" cy="{down:.1f}" r="3.5" fill="{colour}">'
                f"<title>{name}: {value:.3f}</title></circle>"
            )
    parts.append(_text(_LEFT + 12, _TOP + 8, "actual", colour=_ACTUAL))
    parts.append(_text(_LEFT + 12, _TOP + 24, "predicted (dashed)", colour=_PREDICTED))
    parts.append(_text(_LEFT, _HEIGHT - 12, "repeat purchases in the calibration period"))
    parts.append(_text(_LEFT, 60, "purchases a customer in the holdout period"))
    return parts


def _round_up(value: float) -> float:
    magnitude: float = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    while value > 10 * magnitude:
        magnitude *= 10
    return next(step * magnitude for step in (1, 2, 4, 5, 8, 10, 20) if step * magnitude >= value)


def _text(left: float, down: float, said: str, *, size: int = 12, anchor: str = "start", colour: str = _INK) -> str:
    place = f'x="{left:.1f}" y="{down:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place}>{escape(said)}</text>"
