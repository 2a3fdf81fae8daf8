"""Text in the pixels of a picture: how the component answers a page that may not read its replies.

A 24-bit bitmap stores a pixel as blue, green, red. A page that draws it on a canvas and reads B, G, R from
left to right until a zero gets the bytes back in their order, so the single pixel row *is* the text.
"""

import struct
from typing import Final

WIDTH: Final = 2000
CAPACITY: Final = WIDTH * 3


def encode(text: str) -> bytes:
    """A bitmap of 2000 × 1 pixels whose row is the ASCII text, zero-filled; ValueError beyond 6000 bytes."""
    row = text.encode("ascii")
    if len(row) > CAPACITY:
        raise ValueError(f"{len(row)} bytes do not fit into {CAPACITY}")
    pixels = row.ljust(CAPACITY, b"\0")  # 6000 is a multiple of four: no padding at the row's end
    header = struct.pack("<2sIHHI", b"BM", 54 + CAPACITY, 0, 0, 54)
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, 1, 1, 24, 0, CAPACITY, 2835, 2835, 0, 0)
    return header + info + pixels


def decode(image: bytes) -> str:
    """The text again, as a page's script reads it: B, G, R of each pixel up to the first whose B is zero."""
    start = struct.unpack_from("<I", image, 10)[0]
    row = image[start : start + CAPACITY]
    end = next((at for at in range(0, len(row), 3) if row[at] == 0), len(row))
    return row[:end].rstrip(b"\0").decode("ascii")
