#!/usr/bin/env python3
"""Cut labelled patches from a microscopy image and its mask of nuclei; needs the tools' environment.

A patch is a 'nucleus' if its centre lies in one, else 'background'. Half of the background patches are hard ones: their
centre lies just outside a nucleus. Patches near each other overlap, so the label table names the tile of the image that
each comes from: split by it as group for an honest test.

Writes a ZIP of 16-bit PNG files, a folder a class, and a table of labels.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

HARD = (2.0, 6.0)
"""Distance in pixels from the nearest nucleus of the centre of a hard background patch."""
INSIDE = 2.0
"""Least distance from the border of the centre of a nucleus patch."""
TILES = 8
"""Tiles along each side of the image."""


def centres(mask: np.ndarray, per_nucleus: int, size: int, seed: int) -> list[tuple[int, int, str, str]]:
    """Row, column, class and sort of each patch, as many of background as of nuclei."""
    import numpy as np
    from scipy.ndimage import distance_transform_edt

    random = np.random.default_rng(seed)
    half = size // 2
    whole = np.zeros(mask.shape, dtype=bool)
    whole[half : mask.shape[0] - half, half : mask.shape[1] - half] = True
    inner = np.zeros(mask.shape)
    for number in range(1, int(mask.max()) + 1):
        inner = np.maximum(inner, distance_transform_edt(mask == number))
    outer = distance_transform_edt(mask == 0)

    def draw(allowed: np.ndarray, count: int) -> list[list[int]]:
        places = np.argwhere(allowed & whole)
        return places[random.permutation(len(places))[:count]].tolist()

    nuclei = []
    for number in range(1, int(mask.max()) + 1):
        nuclei += draw((mask == number) & (inner >= INSIDE), per_nucleus)
    hard = draw((outer >= HARD[0]) & (outer <= HARD[1]), len(nuclei) // 2)
    easy = draw(outer > HARD[1], len(nuclei) - len(hard))
    return (
        [(row, column, "nucleus", "nucleus") for row, column in nuclei]
        + [(row, column, "background", "hard") for row, column in hard]
        + [(row, column, "background", "easy") for row, column in easy]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path, help="grey image (TIFF)")
    parser.add_argument("mask", type=Path, help="mask of the same size: 0 background, else the number of the nucleus (TIFF)")
    parser.add_argument("archive", type=Path, help="ZIP to write")
    parser.add_argument("labels", type=Path, help="table to write")
    parser.add_argument("--size", type=int, default=32, help="pixels of a patch's side (default: 32)")
    parser.add_argument("--per-nucleus", type=int, default=2, help="patches of each nucleus (default: 2)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    import tifffile
    from PIL import Image

    image, mask = tifffile.imread(arguments.image).astype("uint16"), tifffile.imread(arguments.mask)
    half = arguments.size // 2
    rows = ["image\tclass\tsort\ttile"]
    with zipfile.ZipFile(arguments.archive, "w", zipfile.ZIP_STORED) as archive:
        for number, (row, column, label, sort) in enumerate(centres(mask, arguments.per_nucleus, arguments.size, arguments.seed), start=1):
            patch = image[row - half : row - half + arguments.size, column - half : column - half + arguments.size]
            content = io.BytesIO()
            Image.fromarray(patch).save(content, format="PNG", optimize=True)
            name = f"{label}/patch_{number:04d}.png"
            archive.writestr(zipfile.ZipInfo(name), content.getvalue())
            tile = row * TILES // mask.shape[0] * TILES + column * TILES // mask.shape[1]
            rows.append(f"{name}\t{label}\t{sort}\t{tile}")
    arguments.labels.write_text("\n".join(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
