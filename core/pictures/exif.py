"""The two EXIF texts that carry a recipe in JPEG and WebP: the comment and the description.

The comment (UserComment, EXIF 2.3 section 4.6.5) holds the ``parameters`` text as AUTOMATIC1111's program
writes it; the description holds Emulsion's JSON.
"""

import struct
from types import MappingProxyType

from PIL import Image

from core.language.words import tr

IMAGE_DESCRIPTION = 0x010E
EXIF_FOLDER = 0x8769
USER_COMMENT = 0x9286
_GRAPH_TAGS = (IMAGE_DESCRIPTION, 0x010F, 0x0110)
_GRAPHS = ("prompt", "workflow")
"""ComfyUI and its savers put graphs into the description, the maker and the model: ``prompt:{...}``."""
LARGEST_TEXT = 2**20
_MOST_ENTRIES = 1_000
_EMULSION_STARTS = b'{"format":'
_SIZES = MappingProxyType({1: 1, 2: 1, 3: 2, 4: 4, 7: 1})


def build(parameters: str, emulsion: str) -> Image.Exif:
    """Returns EXIF data for Pillow's ``save``; ``emulsion`` in ASCII, or "" for none."""
    data = Image.Exif()
    if emulsion:
        data[IMAGE_DESCRIPTION] = emulsion
    data.get_ifd(EXIF_FOLDER)[USER_COMMENT] = b"UNICODE\0" + parameters.encode("utf-16-be")
    return data


def texts(data: bytes) -> dict[str, str]:
    """Returns the comment as ``parameters``, the description as ``emulsion``, and ComfyUI's graphs by their names.

    Texts that are too large are passed over. Raises ValueError or struct.error for damaged data.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise ValueError(tr("the file is damaged"))
    (start,) = struct.unpack_from(order + "I", data, 4)
    entries = _entries(data, start, order)
    found: dict[str, str] = {}
    description = entries.get(IMAGE_DESCRIPTION, b"")
    if description.startswith(_EMULSION_STARTS):
        found["emulsion"] = description.rstrip(b"\0").decode("utf-8", "replace")
    if folder := entries.get(EXIF_FOLDER):
        comment = _entries(data, struct.unpack(order + "I", folder)[0], order).get(USER_COMMENT)
        if comment:
            found["parameters"] = _comment(comment)
    for tag in _GRAPH_TAGS:
        text = entries.get(tag, b"").rstrip(b"\0").decode("utf-8", "replace")
        name, _, graph = text.partition(":")
        if name.lower() in _GRAPHS:
            found.setdefault(name.lower(), graph.strip())
    return found


def _entries(data: bytes, start: int, order: str) -> dict[int, bytes]:
    """Returns the values of a TIFF folder (TIFF 6.0, section 2): tag, type, count, value or its offset."""
    (count,) = struct.unpack_from(order + "H", data, start)
    values: dict[int, bytes] = {}
    for number in range(min(count, _MOST_ENTRIES)):
        place = start + 2 + 12 * number
        tag, kind, length = struct.unpack_from(order + "HHI", data, place)
        if tag not in (*_GRAPH_TAGS, EXIF_FOLDER, USER_COMMENT):
            continue
        size = _SIZES.get(kind, 0) * length
        if size > 4:
            (place,) = struct.unpack_from(order + "I", data, place + 8)
        else:
            place += 8
        if place + size > len(data):
            raise ValueError(tr("the file is cut off"))
        if size > LARGEST_TEXT:
            continue
        values[tag] = data[place : place + size]
    return values


def _comment(value: bytes) -> str:
    code, text = value[:8], value[8:]
    if code == b"UNICODE\0":
        # big-endian is usual, SwarmUI writes little-endian: in either the high bytes of most characters are 0
        is_little = text[1::2].count(0) > text[::2].count(0)
        return text.decode("utf-16-le" if is_little else "utf-16-be", "replace").strip("\ufeff\0")
    if code in (b"ASCII\0\0\0", bytes(8)):
        return text.decode("utf-8", "replace").rstrip("\0")
    return value.decode("utf-8", "replace").rstrip("\0")
