"""Draw Things: JSON in the EXIF comment, in PNG inside XMP."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.json_settings import from_settings

PROGRAM = "Draw Things"
XMP = "XML:com.adobe.xmp"
_COMMENT = re.compile(r"<exif:UserComment>(?:\s*<rdf:Alt>)?\s*(?:<rdf:li[^>]{0,100}>)?\s*(\{[^<]*\})")


def read(texts: Mapping[str, str]) -> Found | None:
    text = texts.get("parameters", "")
    if XMP in texts and (comment := _COMMENT.search(texts[XMP])):
        text = html.unescape(comment[1])
    if not text.lstrip().startswith("{"):
        return None
    content = as_object(text)
    if "c" not in content or "uc" not in content:
        return None
    size = re.fullmatch(r"(\d+)x(\d+)", str(content.get("size", "")))
    if size:
        del content["size"]
    found = from_settings(content, PROGRAM)
    return replace(found, width=int(size[1]), height=int(size[2])) if size else found
