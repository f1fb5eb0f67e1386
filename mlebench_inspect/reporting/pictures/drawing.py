"""Pictures as SVG and PNG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import altair as alt
import vl_convert

from mlebench_inspect.reporting.pictures.picture import Picture

WIDE, NARROW = 630, 350
"""Pixels of a picture's width: on its own or on a laptop, and on a phone."""
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_OF_VEGA = ("role", "aria-label", "aria-roledescription", "aria-hidden", "class")
_LONG = re.compile(r"(\.\d\d)\d+")


def svg(picture: Picture, width: int = WIDE) -> str:
    """The picture as a file of its own, on white; what is said of a mark is its title."""
    root = _parsed(picture, width)
    ET.register_namespace("", _NAMESPACE[1:-1])
    return ET.tostring(root, encoding="unicode")


def png(drawn: str) -> bytes:
    """An SVG as PNG, with two pixels for each of its own."""
    return bytes(vl_convert.svg_to_png(drawn, scale=2))


def inline(picture: Picture, width: int, prefix: str) -> str:
    """The picture as a part of an HTML page, on nothing.

    Args:
        picture: What is drawn.
        width: In pixels.
        prefix: Of all ids in it, which only one picture on the page may have.
    """
    root = _parsed(picture, width)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_NAMESPACE)
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, prefix + value)
            elif value.startswith("url(#"):
                element.set(key, f"url(#{prefix}{value[5:]}")
    if root[0].tag == "rect":
        root.remove(root[0])  # the white behind it
    root.set("role", "img")
    root.set("aria-label", f"{picture.title}. {picture.caption}")
    return ET.tostring(root, encoding="unicode")


def _parsed(picture: Picture, width: int) -> ET.Element:
    """The picture with a title instead of Vega's label at each mark, and with numbers of two decimals."""
    spec = picture.chart(width).to_dict()
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    root = ET.fromstring(vl_convert.vegalite_to_svg(spec, vl_version=version))
    for element in root.iter():
        _slim(element)
    return root


def _slim(element: ET.Element) -> None:
    label = element.get("aria-label") if element.get("role") == "graphics-symbol" else None
    for name in _OF_VEGA:
        element.attrib.pop(name, None)
    for name in ("d", "transform"):
        if name in element.attrib:
            element.set(name, _LONG.sub(r"\1", element.attrib[name]))
    if label:
        title: Any = ET.Element(f"{_NAMESPACE}title")
        title.text = label
        element.insert(0, title)
