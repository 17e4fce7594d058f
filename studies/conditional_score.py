"""Did they draw what was asked for, is it a face, and is the rest as varied as in real faces?"""

import torch
from torch import Tensor

from gan_edu.metrics.frechet import frechet_distance
from gan_edu.readers import judge
from gan_edu.readers.faces import reader as reader_of_faces
from gan_edu.worlds import captions, faces

REAL_SEED = 6
QUANTITIES = ("length", "mouth_shape", "mouth_open", "turn", "tilt", "background", "skin")


def least_spread(found: faces.Factors, real: faces.Factors, names: tuple[str, ...]) -> float:
    """The smallest standard deviation of a quantity read in the pictures, over that of real faces."""
    return min((getattr(found, name).std() / getattr(real, name).std()).item() for name in names)


def score(x: Tensor, wanted: faces.Factors) -> tuple[dict[str, float], faces.Factors]:
    """Shares in [0, 1], and the factors read.

    legal: the judge's verdict. hair, eyes, both: the colour read is the colour of the ``wanted`` face. spread: as
    ``least_spread`` of the seven quantities that vary most. frechet: distance to as many real faces, by the reader.
    """
    network, real = reader_of_faces("anime"), faces.sample(len(x), generator=torch.Generator().manual_seed(REAL_SEED))
    verdict = judge.judge(x, network)
    hair, eyes = (getattr(verdict.factors, name) == getattr(wanted, name) for name in ("hair_color", "eye_color"))
    found = {"legal": _share(verdict.legal), "hair": _share(hair), "eyes": _share(eyes), "both": _share(hair & eyes)}
    found["spread"] = least_spread(verdict.factors, real.factors, QUANTITIES)
    found["frechet"] = frechet_distance(network.read(real.x).features, network.read(x).features).value
    return {name: round(value, 4) for name, value in found.items()}, verdict.factors


def obeyed(texts: list[str], found: faces.Factors) -> dict[str, float]:
    """For each attribute the share of the captions that mention it whose face has it; ``all`` of a caption, at once."""
    requests = [captions.meaning(text) for text in texts]
    right: dict[str, list[bool]] = {name: [] for name in captions.Request._fields} | {"all": []}
    for place, request in enumerate(requests):
        one = faces.Factors(*(value[place : place + 1] for value in found))
        for name, value in request._asdict().items():
            if value is not None:
                right[name].append(captions.fits(one, captions.Request(**{name: value})).item())
        right["all"].append(captions.fits(one, request).item())
    return {name: round(sum(each) / len(each), 4) for name, each in right.items()}


def _share(passed: Tensor) -> float:
    return passed.float().mean().item()
