"""What many miniatures need: small pictures whose colour tells the class, and names that look random."""

from __future__ import annotations

import colorsys
import hashlib
import io
import json
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def hex_name(text: str, digits: int = 32) -> str:
    """The first hexadecimal digits (32 at most) of the text's MD5."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:digits]


def hue(share: float, value: int = 160) -> tuple[int, int, int]:
    """A saturated colour (R, G, B) at `share` (0 to 1, both ends red) of the colour wheel, of brightness `value`."""
    r, g, b = colorsys.hsv_to_rgb(share % 1, 1, value)
    return round(r), round(g), round(b)


def noise(
    rng: np.random.Generator,
    size: tuple[int, int] = (48, 36),
    colour: Sequence[int] = (0, 0, 0),
    low: int = 0,
    high: int = 60,
) -> np.ndarray:
    """Pixels (height, width, 3) of uniform noise from [low, high) plus a colour, clipped to 255.

    Args:
        rng: Random generator.
        size: Width and height.
        colour: (R, G, B) that is added to each pixel.
        low: Smallest noise value.
        high: Upper bound of the noise, not reached.
    """
    import numpy as np

    width, height = size
    pixels = rng.integers(low, high, (height, width, 3)) + np.asarray(colour)
    return np.asarray(pixels.clip(0, 255), dtype=np.uint8)


def with_block(pixels: np.ndarray, colour: Sequence[int]) -> np.ndarray:
    """The picture with a colour added in the middle half of its height and width."""
    import numpy as np

    height, width = pixels.shape[:2]
    block = (slice(height // 4, height - height // 4), slice(width // 4, width - width // 4))
    changed = pixels.astype(int)
    changed[block] += np.asarray(colour)
    return changed.clip(0, 255).astype(np.uint8)


def encoded(pixels: np.ndarray, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as the contents of a file: `JPEG`, `PNG` or `TIFF` (Pillow's names and options)."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def wav(samples: np.ndarray, rate: int) -> bytes:
    """A mono WAV file of 16 bits a sample: `samples` rounded, and clipped to 32767."""
    import numpy as np
    from scipy.io import wavfile

    file = io.BytesIO()
    wavfile.write(file, rate, np.clip(np.rint(samples), -32767, 32767).astype(np.int16))
    return file.getvalue()


def dicom(pixels: np.ndarray, name: str, **tags: Any) -> bytes:
    """A grey picture (height, width), 16 bits unsigned, as an uncompressed DICOM file.

    Args:
        pixels: Values from 0 to 65535.
        name: Gives the file its unique id.
        tags: Further data elements by DICOM keyword.
    """
    digits = 10**19 + int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(), 16) % 10**19
    header = _dicom_header(*pixels.shape, json.dumps(tags)).replace(_NO_UID.encode(), f"{_UID_ROOT}{digits}".encode())
    return header + pixels.astype("<u2").tobytes()


_UID_ROOT = "1.2.826.0.1.3680043."
_NO_UID = _UID_ROOT + "1" + "0" * 19


@cache
def _dicom_header(rows: int, columns: int, tags: str) -> bytes:
    """All of a DICOM file up to the pixels; its unique id is `_NO_UID`."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = UID(_NO_UID)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(f"{_UID_ROOT}10")
    image = Dataset()
    image.file_meta = meta
    image.SOPClassUID, image.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    image.Rows, image.Columns = rows, columns
    image.SamplesPerPixel, image.PhotometricInterpretation, image.PixelRepresentation = 1, "MONOCHROME2", 0
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
    for keyword, value in json.loads(tags).items():
        setattr(image, keyword, value)
    image.PixelData = bytes(2 * rows * columns)
    file = io.BytesIO()
    image.save_as(file, enforce_file_format=True)
    return file.getvalue()[: -2 * rows * columns]
