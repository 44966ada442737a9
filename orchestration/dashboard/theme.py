"""Look of the charts; ink and grid come from `page.css`, which has light and dark."""

from typing import Any

BLUE = "#3f7fc4"
ORANGE = "#d07d24"
GREEN = "#3b9270"
RED = "#c9524a"
VIOLET = "#8d69b8"
GREY = "#8b96a3"
PALE_GREY = "#cdd3da"
PALE_ORANGE = "#ecb45c"
DARK_RED = "#a4433f"
STAGE_COLOURS = {
    "mql": BLUE,
    "sal": GREEN,
    "sql": ORANGE,
    "opportunity": VIOLET,
    "customer": RED,
}
# so that lines are told apart without their colours
STAGE_DASHES: dict[str, list[int]] = {
    "mql": [1, 0],
    "sal": [2, 2],
    "sql": [7, 3],
    "opportunity": [9, 3, 2, 3],
    "customer": [4, 4],
}
FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": FONT,
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "titlePadding": 8,
        "ticks": False,
        "domain": False,
        "labelLimit": 170,
    },
    "axisX": {"labelOverlap": "greedy", "labelSeparation": 8, "domain": True},
    "legend": {
        "orient": "top",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titleOrient": "left",
        "symbolStrokeWidth": 2.5,
        "labelLimit": 260,
        "columns": 2,
    },
    "text": {"fontSize": 12},
    "rule": {"strokeWidth": 1.5},
}
