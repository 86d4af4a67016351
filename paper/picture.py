"""Pictures inside a PDF: plain sRGB without transparency, as PDF/A-2 and every printer take them."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import pikepdf
from pikepdf import Name
from PIL import Image, UnidentifiedImageError

from paper.archive import stream

_MOST_PIXELS = 20_000_000  # decoded; a file of few bytes may claim any number
_LONGEST = 1200  # pixels: a logo 100 mm wide at 300 dpi


@dataclass(frozen=True, slots=True)
class Picture:
    """Width and height in pixels, and three bytes (red, green, blue) for each."""

    width: int
    height: int
    pixels: bytes

    def embedded(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """The picture as an object of `pdf`."""
        return stream(
            pdf, self.pixels, b"\1", Type=Name.XObject, Subtype=Name.Image, Width=self.width, Height=self.height,
            ColorSpace=Name.DeviceRGB, BitsPerComponent=8,
        )  # fmt: skip


@lru_cache(maxsize=16)
def opened(file: bytes) -> Picture:
    """The picture of a PNG, JPEG, GIF or WebP file; what is transparent becomes white, as paper is.

    Raises ValueError where the bytes are no such picture or one of more than 20 million pixels.
    """
    try:
        with Image.open(BytesIO(file), formats=("PNG", "JPEG", "GIF", "WEBP")) as found:
            if found.width * found.height > _MOST_PIXELS:
                raise ValueError("the picture has too many pixels")
            drawn = found.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("this is no picture that can be printed") from error
    drawn.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    white = Image.new("RGB", drawn.size, "white")
    white.paste(drawn, mask=drawn.getchannel("A"))
    return Picture(white.width, white.height, white.tobytes())
