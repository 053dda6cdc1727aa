"""Frames as a counter's camera gives them on a bad day: the same ones at every run.

A scene is a flat grey picture of paper with one square in its middle; a frame is what a camera sees of it.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from aptic.documents import qr

SIZE = (960, 720)  # what the page sends to the worker
TABLE = 172  # the grey of what lies under the paper
USUAL = 290  # pixels across a square held as people hold it
Picture = Image.Image
Damage = Callable[[Picture, Random], Picture]


@dataclass(frozen=True, eq=False)
class Scene:
    """Paper seen from above; `corners` are the square's, clockwise from its top left, without quiet zone."""

    picture: Picture
    corners: list[tuple[float, float]]
    text: str


def drawn(text: str, module: int = 8) -> Scene:
    """A square alone on white paper, as a telephone shows it."""
    found, side = qr.runs(text)
    paper = Image.new("L", (side * module, side * module), 255)
    draw = ImageDraw.Draw(paper)
    for x, y, length in found:
        draw.rectangle((x * module, y * module, (x + length) * module - 1, (y + 1) * module - 1), fill=0)
    low, high = qr.QUIET_ZONE * module, (side - qr.QUIET_ZONE) * module
    return Scene(paper, [(low, low), (high, low), (high, high), (low, high)], text)


def seen(scene: Scene, rng: Random, *, side: float = USUAL, lean: float = 0.05) -> Picture:
    """The scene in a hand: turned, a little off the middle, `lean` times smaller at one edge."""
    turn, tilt = rng.uniform(0, 2 * math.pi), rng.randrange(4)
    middle = (SIZE[0] / 2 + rng.uniform(-60, 60), SIZE[1] / 2 + rng.uniform(-40, 40))
    target = []
    for place, (x, y) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
        shrink = 1 - lean if place in (tilt, (tilt + 1) % 4) else 1
        x, y = x * side / 2 * shrink, y * side / 2 * (1 - lean / 2)
        target.append((middle[0] + x * math.cos(turn) - y * math.sin(turn),
                       middle[1] + x * math.sin(turn) + y * math.cos(turn)))  # fmt: skip
    turned = _projection(target, scene.corners)
    return _softened(scene, side).transform(
        SIZE, Image.Transform.PERSPECTIVE, turned, Image.Resampling.BILINEAR, fillcolor=TABLE
    )


@cache
def _softened(scene: Scene, side: float) -> Picture:
    """A sensor's pixel sees all that it covers."""
    covered = math.dist(scene.corners[0], scene.corners[1]) / side
    return scene.picture.filter(ImageFilter.GaussianBlur(max(covered, 1) / 3))


def _projection(source: list[tuple[float, float]], target: list[tuple[float, float]]) -> list[float]:
    """The eight numbers that take four points to four others, by elimination."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]]
    for place in range(8):
        best = max(range(place, 8), key=lambda row: abs(rows[row][place]))
        rows[place], rows[best] = rows[best], rows[place]
        rows[place] = [value / rows[place][place] for value in rows[place]]
        for row in range(8):
            if row != place:
                rows[row] = [a - rows[row][place] * b for a, b in zip(rows[row], rows[place], strict=True)]
    return [row[8] for row in rows]


def blur(frame: Picture, rng: Random) -> Picture:
    return frame.filter(ImageFilter.GaussianBlur(rng.uniform(1.4, 2.8)))


def motion(frame: Picture, rng: Random) -> Picture:
    length, angle = rng.uniform(5, 10), rng.uniform(0, math.pi)
    steps, mixed = 12, frame
    for step in range(1, steps):
        far = length * step / steps
        shift = (1, 0, far * math.cos(angle), 0, 1, far * math.sin(angle))
        moved = frame.transform(SIZE, Image.Transform.AFFINE, shift, Image.Resampling.BILINEAR, fillcolor=TABLE)
        mixed = Image.blend(mixed, moved, 1 / (step + 1))
    return mixed


def stain(frame: Picture, rng: Random) -> Picture:
    """A ring of coffee over the square, and drops of ink that hide a part of it."""
    layer = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(layer)
    x, y = SIZE[0] / 2 + rng.uniform(-90, 90), SIZE[1] / 2 + rng.uniform(-90, 90)
    draw.ellipse((x - 110, y - 110, x + 110, y + 110), outline=rng.randint(130, 170), width=22)
    for _ in range(3):
        x, y, size = SIZE[0] / 2 + rng.uniform(-100, 100), SIZE[1] / 2 + rng.uniform(-100, 100), rng.uniform(6, 14)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=rng.randint(20, 70))
    return ImageChops.multiply(frame, layer.filter(ImageFilter.GaussianBlur(3)))


def low_contrast(frame: Picture, rng: Random) -> Picture:
    dark = rng.randint(90, 120)
    return frame.point([int(dark + value * 34 / 255) for value in range(256)])


def noise(frame: Picture, rng: Random) -> Picture:
    return _noisy(frame, rng, rng.uniform(0.28, 0.4))


def uneven_light(frame: Picture, rng: Random) -> Picture:
    """One side in the shadow, with a hard edge across the square."""
    shade = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(SIZE)
    shade = shade.point([70 + value * 185 // 255 for value in range(256)])
    edge = rng.randint(SIZE[0] // 2 - 90, SIZE[0] // 2 + 90)
    ImageDraw.Draw(shade).rectangle((0, 0, edge, SIZE[1]), fill=rng.randint(85, 115))
    return ImageChops.multiply(frame, shade.filter(ImageFilter.GaussianBlur(8)))


def glare(frame: Picture, rng: Random) -> Picture:
    """A lamp mirrored in a plastic sleeve: white in its middle, over a part of the square."""
    spot = Image.new("L", SIZE, 0)
    x, y = SIZE[0] / 2 + rng.uniform(-110, 110), SIZE[1] / 2 + rng.uniform(-110, 110)
    size = rng.uniform(26, 40)
    ImageDraw.Draw(spot).ellipse((x - size, y - size * 0.6, x + size, y + size * 0.6), fill=255)
    return ImageChops.screen(frame, spot.filter(ImageFilter.GaussianBlur(12)))


def compressed(frame: Picture, rng: Random) -> Picture:
    out = BytesIO()
    frame.save(out, "JPEG", quality=rng.randint(8, 16))
    return Image.open(out)


def everything(frame: Picture, rng: Random) -> Picture:
    """A little of each, as in a real hall."""
    shade = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(SIZE)
    lit = ImageChops.multiply(frame, shade.point([120 + value * 135 // 255 for value in range(256)]))
    return _noisy(lit.filter(ImageFilter.GaussianBlur(1.2)), rng, 0.12)


def _noisy(frame: Picture, rng: Random, part: float) -> Picture:
    grain = Image.frombytes("L", SIZE, rng.randbytes(SIZE[0] * SIZE[1]))
    return Image.blend(frame, grain, part)


def untouched(frame: Picture, rng: Random) -> Picture:
    return frame


# Name → how the paper is held, and what happens to the picture.
KINDS: dict[str, tuple[dict[str, float], Damage]] = {
    "intact": ({}, untouched),
    "flou": ({}, blur),
    "bougé": ({}, motion),
    "de biais": ({"lean": 0.35}, untouched),
    "petit": ({"side": 150}, untouched),
    "taché": ({}, stain),
    "peu contrasté": ({}, low_contrast),
    "bruité": ({}, noise),
    "mal éclairé": ({}, uneven_light),
    "reflet": ({}, glare),
    "très comprimé": ({}, compressed),
    "un peu de tout": ({"side": 240, "lean": 0.2}, everything),
}


def frames(scenes: list[Scene], each: int) -> Iterator[tuple[str, Scene, bytes]]:
    """`each` frames of every kind, over the scenes in turn: kind, scene, PNG."""
    for kind, (held, damage) in KINDS.items():
        for number in range(each):
            rng, scene = Random(f"{kind} {number}"), scenes[number % len(scenes)]
            frame, out = damage(seen(scene, rng, **held), rng), BytesIO()
            frame.save(out, "PNG", compress_level=1)
            yield kind, scene, out.getvalue()
