"""Is it the same person? A translation against the true pair that only the world knows."""

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from gan_edu.readers import judge
from gan_edu.readers.faces import factors_read
from gan_edu.readers.faces import reader as reader_of_faces
from gan_edu.worlds import faces
from studies.translation_recipe import drawn, pictured

SAMPLES, TEST_SEED, NOISE_SEED = 1000, 3, 5
LEVEL = 2 / 255  # one of 256 grey levels, on [-1, 1]
COLORS = {"hair": "hair_color", "eyes": "eye_color"}
QUANTITIES = ("length", "turn", "tilt", "mouth_shape", "mouth_open", "eye_open", "background", "skin")


@torch.no_grad()
def translated(network: nn.Module, x: Tensor) -> Tensor:
    """In chunks, so that the memory does not grow with the number of pictures."""
    return torch.cat([network(part) for part in x.split(250)])


def score(networks: nn.ModuleDict, test: faces.Faces | None = None) -> dict:
    """Portraits -> anime -> portraits; shares in [0, 1], correlations, mean absolute differences on [-1, 1].

    legal: the judge's verdict on the anime face. hair, eyes: its colour is the person's. hair_best, eyes_best: after the best
    renaming of colours, one to one. hair_map: the colour most often read, for each true one. length to skin: correlation of the
    quantity read with the true one. apart: from the true pair. hair_returned: the colour of the returned portrait is the
    person's. return_error: of the return trip; return_error_noise: with one grey level of noise on the anime face.
    """
    test = drawn(SAMPLES, TEST_SEED, "portrait") if test is None else test
    y = translated(networks["there"], test.x)
    returned = translated(networks["back"], y)
    noise = LEVEL * torch.randn(y.shape, generator=torch.Generator().manual_seed(NOISE_SEED))
    verdict = judge.judge(y, reader_of_faces("anime"))
    found: dict = {"legal": share(verdict.legal)}
    for name, factor in COLORS.items():
        found |= agreement(name, getattr(test.factors, factor), getattr(verdict.factors, factor), faces.CATEGORIES[factor])
    found |= {name: correlation(getattr(test.factors, name), getattr(verdict.factors, name)) for name in QUANTITIES}
    found["apart"] = apart(y, pictured(test.factors, "anime"))
    found["hair_returned"] = share(factors_read(reader_of_faces("portrait").read(returned)).hair_color == test.factors.hair_color)
    found |= {"return_error": apart(returned, test.x), "return_error_noise": apart(translated(networks["back"], y + noise), test.x)}
    return found


def agreement(name: str, true: Tensor, read: Tensor, count: int) -> dict:
    """Share right; share right after the best renaming; for each true kind the one most often read."""
    table = torch.zeros(count, count).index_put_((true, read), torch.ones(len(true)), accumulate=True)
    rows, columns = linear_sum_assignment(table.numpy(), maximize=True)
    best = table[rows, columns].sum().item() / len(true)
    return {name: share(true == read), f"{name}_best": round(best, 4), f"{name}_map": table.argmax(1).tolist()}


def correlation(true: Tensor, read: Tensor) -> float:
    """Pearson's r; 0 where what is read does not vary."""
    pair = torch.stack([true, read]).double()
    return round(torch.corrcoef(pair)[0, 1].item(), 4) if read.std() > 0 else 0.0


def apart(x: Tensor, y: Tensor) -> float:
    """Mean absolute difference of pixels."""
    return round((x - y).abs().mean().item(), 4)


def share(passed: Tensor) -> float:
    return round(passed.float().mean().item(), 4)
