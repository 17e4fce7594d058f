"""How good generated faces are: what the reader and the judge say of them, and what the spectrum says."""

from functools import lru_cache

import torch
from torch import Tensor

from gan_edu.readers import judge
from gan_edu.readers.faces import reader as reader_of_faces
from gan_edu.readers.network import Reader
from gan_edu.worlds import faces as world

REAL = 4096
REAL_SEED = 6
COLORS = ("hair_color", "eye_color")


class Judges:
    """A reader of faces with fresh real faces to compare with, none of which any generator was trained on."""

    def __init__(self, reader: Reader, count: int = REAL) -> None:
        real = world.sample(count, generator=torch.Generator().manual_seed(REAL_SEED)).x
        self.reader = reader
        self._features, self._chequer = reader.read(real).features, nyquist_share(real)

    def frechet(self, pictures: Tensor) -> float:
        """Frechet distance to real faces on the reader's 128 features (not Inception's: no number elsewhere compares)."""
        return frechet(self._features, self.reader.read(pictures).features)

    def hair_read(self, pictures: Tensor) -> float:
        """Share of the pictures whose hair colour is read with confidence."""
        return _share(self.reader.read(pictures).categories["hair_color"].amax(1) >= judge.CONFIDENCE)

    def score(self, pictures: Tensor) -> dict[str, float]:
        """All numbers for a set of pictures, shares in [0, 1].

        hair_color, eye_color: share read with confidence; least_...: the rarest colour's share among those, times the
        number of colours (1 is fair, 0 is missing). legal: the judge's verdict; near, patches, irises: share
        that passes each of its tests of distance. chequer: share of power at the Nyquist frequencies over that
        of real faces. frechet: as above.
        """
        reading, verdict = self.reader.read(pictures), judge.judge(pictures, self.reader)
        found = {name: _share(reading.categories[name].amax(1) >= judge.CONFIDENCE) for name in COLORS}
        found |= {f"least_{name}": least_share(reading.categories[name]) for name in COLORS}
        found |= {
            "legal": _share(verdict.legal),
            "near": _share(verdict.distance <= judge.DISTANCE),
            "patches": _share(verdict.worst_patch <= judge.PATCH_DISTANCE),
            "irises": _share(verdict.worst_eye <= judge.EYE_DISTANCE),
            "chequer": nyquist_share(pictures) / self._chequer,
            "frechet": frechet(self._features, reading.features),
        }
        return {name: round(value, 4) for name, value in found.items()}


@lru_cache(maxsize=1)
def judges() -> Judges:
    """With the reader of anime faces that comes with the package."""
    return Judges(reader_of_faces("anime"))


def least_share(probabilities: Tensor) -> float:
    """The rarest answer's share among the pictures read with confidence, times the number of answers; 0 if none is."""
    sure = probabilities.amax(1) >= judge.CONFIDENCE
    counts = torch.bincount(probabilities[sure].argmax(1), minlength=probabilities.shape[1])
    return (counts.min() * len(counts) / counts.sum().clamp(min=1)).item()


def nyquist_share(pictures: Tensor) -> float:
    """Share of the pictures' power, without each channel's mean, at the finest frequency across, down, or both.

    A pattern that changes its sign from pixel to pixel has all its power there. Sides must be even.
    """
    power = torch.fft.fft2(pictures.double()).abs().square().sum((0, 1))
    power[0, 0] = 0
    down, across = power.shape[0] // 2, power.shape[1] // 2
    finest = power[down].sum() + power[:, across].sum() - power[down, across]
    return (finest / power.sum()).item()


def frechet(real: Tensor, fake: Tensor) -> float:
    """Frechet distance between normal distributions fitted to two sets of features, (n, d) and (m, d).

    ||mean - mean'||^2 + tr C + tr C' - 2 tr (C C')^(1/2), in float64; the last trace is the sum of the singular values
    of R R'^T, where C = R^T R and C' = R'^T R', so that no root of a matrix is taken.

    Source: Dowson and Landau, 1982, The Frechet distance between multivariate normal distributions.
    """
    (mean, root), (other_mean, other_root) = _moments(real), _moments(fake)
    overlap = torch.linalg.svdvals(root @ other_root.T).sum()
    return ((mean - other_mean).square().sum() + root.square().sum() + other_root.square().sum() - 2 * overlap).item()


def _moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean, and R with R^T R the covariance."""
    features = features.double()
    centred = features - features.mean(0)
    return features.mean(0), torch.linalg.qr(centred).R / (len(features) - 1) ** 0.5


def _share(passed: Tensor) -> float:
    return passed.float().mean().item()
