"""Drawings stored in this repository: PNG of few colours, a third as large, with texts about them."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def save(sheet: Any, path: Path, colours: int, texts: Mapping[str, str]) -> None:
    """Save a matplotlib figure at 200 dots an inch; ``texts`` by the keyword that they are kept under."""
    from PIL import Image, PngImagePlugin

    content, about = io.BytesIO(), PngImagePlugin.PngInfo()
    sheet.savefig(content, format="png", dpi=200)
    for key, text in texts.items():
        about.add_text(key, text)
    Image.open(content).convert("RGB").quantize(colours).save(path, optimize=True, pnginfo=about)
