"""A film for Chromium's fake camera: passes held under it one after the other, each frame with its number beside."""

from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

from tests.reading.damage import SIZE, TABLE, Scene, seen

WIDTH, HEIGHT = 1280, 720
HELD, BETWEEN = 9, 3  # frames, thirty a second
BITS = 4


def shoot(scenes: list[Scene], path: Path, *, held: int = HELD, between: int = BETWEEN) -> None:
    """Write the film as motion JPEG: pass n under the mark n, the bare table under 0; lengths in frames."""
    with path.open("wb") as film:
        for number, scene in enumerate(scenes, start=1):
            for frame in range(held):
                rng = Random(f"{number} {frame // 3}")  # a hand trembles
                _frame(number, seen(scene, rng, side=300)).save(film, "JPEG", quality=90)
            for _ in range(between):
                _frame(0, Image.new("L", SIZE, TABLE)).save(film, "JPEG", quality=90)


def _frame(mark: int, picture: Image.Image) -> Image.Image:
    frame = Image.new("L", (WIDTH, HEIGHT), TABLE)
    frame.paste(picture, ((WIDTH - SIZE[0]) // 2, 0))
    draw, high = ImageDraw.Draw(frame), HEIGHT // BITS
    for bit in range(BITS):
        draw.rectangle((0, bit * high, 130, (bit + 1) * high), fill=255 if mark >> bit & 1 else 0)
    return frame.convert("RGB")
