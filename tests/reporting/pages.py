"""What holds for any page of the report, whatever its figures."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

SECTIONS = (
    "The base",
    "Where it moves",
    "The bond",
    "The leaks",
    "Promises made and kept",
    "What customers say",
    "Service",
    "What the lists achieve",
    "Literature beside own figures",
)


def charts_of(page: str) -> list[ElementTree.Element]:
    """The charts, each parsed as XML of its own."""
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)]


def words_of(page: str) -> str:
    """What a reader may read, the words of charts included."""
    without_style = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", without_style)))


def fetched(page: str) -> list[str]:
    """Whatever a browser would go and get for the page."""
    found = re.findall(r"(?:src|href|srcset|data|action)\s*=\s*[\"'](?!#)[^\"']*", page)
    return found + re.findall(r"@import|url\(|<link|<script|<iframe|<object", page)


def check_page(page: str) -> None:
    """Each section is there, each chart is whole and has its words, and nothing is needed from elsewhere."""
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS)
    assert fetched(page) == []
    for chart in charts_of(page):
        assert chart.get("role") == "img"
        assert chart.get("aria-label")
        described = chart.find("{http://www.w3.org/2000/svg}desc")
        assert described is not None
        assert described.text
    titles = re.findall(r"<figcaption><b>(.*?)</b><span>(.*?)</span>", page)
    assert len(titles) == len(charts_of(page))
    assert all(title and unit for title, unit in titles)


def named_in(page: str, values: list[str]) -> list[str]:
    """Those of the values that stand in the page as words of their own."""
    text = words_of(page)
    return [value for value in values if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text)]
