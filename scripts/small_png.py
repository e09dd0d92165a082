"""Pictures stored in this repository: PNG of few colours, a third as large, with texts about them."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def save(sheet: Any, path: Path, colours: int, texts: Mapping[str, str]) -> None:
    """Save a matplotlib figure at 200 dots an inch; ``texts`` by the keyword that they are kept under."""
    content = io.BytesIO()
    sheet.savefig(content, format="png", dpi=200)
    store(content.getvalue(), path, colours, texts=texts)


def store(content: bytes, path: Path, colours: int, height: int | None = None, texts: Mapping[str, str] | None = None) -> None:
    """Save a PNG, or its first ``height`` pixels."""
    from PIL import Image, PngImagePlugin

    about = PngImagePlugin.PngInfo()
    for key, text in (texts or {}).items():
        about.add_text(key, text)
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    shown = picture.crop((0, 0, picture.width, height or picture.height))
    shown.quantize(colours).save(path, optimize=True, pnginfo=about)
