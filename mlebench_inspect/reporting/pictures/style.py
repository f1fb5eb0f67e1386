"""Colours, letters and axes that all pictures share.

Colours differ in lightness too, tiers have letters, and settings have shapes, so that nothing is told by hue alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import altair as alt

INK, FAINT, LINE, GREY = "#1f2328", "#59636e", "#d1d9e0", "#848d97"
"""Text, axes' text, grid, and what is published."""
SETTINGS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
ON_TIER = "#1f2327"
"""Text on a tier's colour, which stays as it is where it is dark."""
DARK = {
    INK: "#e6e9ed",
    FAINT: "#a2acb7",
    LINE: "#353d46",
    "#eceff3": "#2b3138",
    "#fbfbfc": "#171c22",
    "#fffffe": "#12161b",
    "#5c1a1b": "#a83a3a",
    "#0072b2": "#3f9bdc",
}
"""What stands for these colours where it is dark."""
LIMITS = {True: 135, False: 230}
"""Pixels that a label beside an axis may take, on a narrow picture and on others."""


_AXIS: dict[str, Any] = {
    "labelColor": INK,
    "titleColor": FAINT,
    "gridColor": LINE,
    "domainColor": LINE,
    "tickColor": LINE,
    "labelFontSize": 12,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
}


class Look(NamedTuple):
    """How an outcome is shown."""

    fill: str
    text: str
    letter: str


OUTCOMES = {
    "gold": Look("#f2c230", ON_TIER, "G"),
    "silver": Look("#a3adb8", ON_TIER, "S"),
    "bronze": Look("#8f5220", "#fefefe", "B"),
    "valid": Look("#cfe3d4", ON_TIER, "v"),
    "none": Look("#eceff3", FAINT, "·"),
    "invalid": Look("#5c1a1b", "#fefefe", "✕"),
    "no submission": Look("#fbfbfc", FAINT, "–"),
    "unscored": Look("#d9c8e8", ON_TIER, "?"),
    "not run": Look("#fffffe", FAINT, ""),
}


def is_narrow(width: int) -> bool:
    """Whether a picture of that width is one for a phone."""
    return width < 500


def cycled(values: Sequence[str], names: Sequence[str]) -> list[str]:
    """One of the values for each name, over and over."""
    return [values[i % len(values)] for i in range(len(names))]


def by_setting(
    names: Sequence[str], shown: Collection[str], width: int, *, axis_of_names: bool = False
) -> dict[str, Any]:
    """A colour and a shape for each setting, the same in all pictures, and one legend for both.

    Args:
        names: All settings.
        shown: Those in this picture.
        width: Of the picture.
        axis_of_names: Whether the legend, which begins where the vertical axis is, has less room.
    """
    room = width - 70 - (LIMITS[is_narrow(width)] if axis_of_names else 25)
    size = 11 if is_narrow(width) else 12
    key = alt.Legend(
        title=None,
        values=[n for n in names if n in shown],
        orient="bottom",
        columns=1,
        labelLimit=room,
        labelFontSize=size,
        symbolOpacity=1,
    )
    colours, shapes = cycled(SETTINGS, names), cycled(SHAPES, names)
    return {
        "color": alt.Color("setting:N", sort=None, legend=key, scale=alt.Scale(domain=list(names), range=colours)),
        "shape": alt.Shape("setting:N", sort=None, legend=key, scale=alt.Scale(domain=list(names), range=shapes)),
    }


def percent(title: str, padding: int = 0) -> dict[str, Any]:
    """A scale and an axis from 0 to 100 percent, as arguments of a channel.

    Args:
        title: Of the axis.
        padding: Pixels for marks at the ends.
    """
    scale = alt.Scale(domain=[0, 100], nice=False, padding=padding)
    return {"title": title, "scale": scale, "axis": alt.Axis(values=list(range(0, 101, 20)))}


def label_axis(width: int, **options: Any) -> alt.Axis:
    """An axis of names without ticks, which are cut where they are too long."""
    limit = LIMITS[is_narrow(width)]
    size = 11 if is_narrow(width) else 12
    look = {
        "title": None,
        "labelLimit": limit,
        "labelFontSize": size,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
    }
    return alt.Axis(**{**look, **options})


def styled(chart: Any, width: int | None, height: Any = None) -> Any:
    """The chart in the common style.

    Args:
        chart: An Altair chart or layers of some.
        width: Of the whole picture with its axes, in pixels; None: as wide as its parts.
        height: Of what lies between the axes, in pixels or as `alt.Step`; None: Altair's own.
    """
    sizes = {"width": width} if width else {}
    fit = {"autosize": alt.AutoSizeParams(type="fit-x", contains="padding")} if width else {}
    if height is not None:
        sizes["height"] = height
    return (
        chart.properties(**sizes, **fit, padding=4)
        .configure(font="Arial, Liberation Sans, Helvetica, sans-serif", background="white")
        .configure_view(stroke=None)
        .configure_axis(**_AXIS)
        .configure_legend(labelColor=INK, titleColor=FAINT, labelFontSize=12, titleFontSize=12)
    )
