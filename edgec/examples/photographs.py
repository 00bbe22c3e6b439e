"""Real photographs that scikit-image ships, cut into views of 224x224 for image classifiers.

They have no ImageNet labels, so they show how well a small model agrees with the large one, not
how often it is right. Calibration and test use different photographs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.examples.installed import installed_file

CALIBRATION = ("astronaut.png", "coffee.png", "camera.png", "brick.png", "grass.png", "gravel.png",
               "coins.png", "retina.jpg", "hubble_deep_field.jpg", "ihc.png")
TEST = ("chelsea.png", "rocket.jpg", "motorcycle_left.png")
SEED = 7


def views(names: tuple[str, ...], each: int, size: int = 224) -> npt.NDArray[Any]:
    """`each` random views of every photograph: float32 [n, 3, size, size], (value - 127) / 128.

    A view is a square of 45 to 100 % of the shorter side, mirrored half of the time.
    """
    from PIL import Image

    random = np.random.default_rng(SEED)
    made = []
    for name in names:
        photo = Image.open(installed_file("scikit-image", f"skimage/data/{name}")).convert("RGB")
        for _ in range(each):
            side = int(min(photo.size) * random.uniform(0.45, 1.0))
            left, top = (int(random.integers(0, full - side + 1)) for full in photo.size)
            view = photo.resize((size, size), Image.Resampling.BICUBIC,
                                box=(left, top, left + side, top + side))
            pixels = np.asarray(view, np.float32)
            made.append(pixels[:, ::-1] if random.random() < 0.5 else pixels)
    return np.ascontiguousarray(((np.stack(made) - 127) / 128).transpose(0, 3, 1, 2), np.float32)
