"""Brings decoded images of any kind into grey or colour on white paper."""

from __future__ import annotations

import numpy as np
from PIL import Image


def plain(image: Image.Image) -> Image.Image:
    """Grey (`L`) or colour (`RGB`) with the same look: 16 bits shortened, transparency on white."""
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I") or image.mode == "F":
        return _shortened(image)
    if image.mode in ("RGBA", "LA", "La", "RGBa", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGB", clear.size, "white")
        white.paste(clear, mask=clear.getchannel("A"))
        return white
    if image.mode == "P" and image.getpalette() is not None:
        return image.convert("RGB")
    return image.convert("RGB")


def is_colourful(image: Image.Image) -> bool:
    """Say whether colours on the page mean anything (a seal, a stamp, a coloured form)."""
    if image.mode != "RGB":
        return False
    small = np.asarray(image.reduce(max(1, image.width // 400)), dtype=np.int16)
    spread = small.max(axis=2) - small.min(axis=2)
    # The paper's own tint is no colour: what counts is what differs from it.
    return bool((spread > np.median(spread) + 24).mean() > 0.0005)


def _shortened(image: Image.Image) -> Image.Image:
    """Pillow cuts values above 255 off, so that a 16-bit page would come out white."""
    values = np.asarray(image).astype(np.float32)
    highest = float(values.max(initial=0.0))
    full_scale = 1.0 if highest <= 1.0 and image.mode == "F" else 255.0 if highest <= 255.0 else 65535.0
    return Image.fromarray(np.clip(values * (255.0 / full_scale), 0, 255).astype(np.uint8))
