"""How much fine detail pictures hold, by their power spectrum."""

import torch
from torch import Tensor


def radial_power(pictures: Tensor) -> Tensor:
    """Mean power of pictures at each spatial frequency, over all directions.

    P(r) = mean over pictures, channels and frequencies (u, v) with round(sqrt(u^2 + v^2)) = r of |F(u, v)|^2 / side^2,

    with F the discrete Fourier transform and u, v in cycles per picture, r = 0, ..., side / 2. Frequencies in the corners,
    beyond side / 2, are left out. P(0) is the power of the mean grey.

    pictures: (n, c, side, side), n >= 1, side even. Returns (side / 2 + 1,) float64.
    Raises ValueError for other shapes and for numbers that are not finite.

    Source: Durall, Keuper and Keuper, 2020, arXiv 2003.01826 (spectra of generated pictures).
    """
    side = _side(pictures)
    power = torch.fft.fft2(pictures.double()).abs().square().mean(dim=(0, 1)) / side**2
    cycles = torch.fft.fftfreq(side, 1 / side, dtype=torch.float64, device=pictures.device)
    ring = (cycles[:, None] ** 2 + cycles[None, :] ** 2).sqrt().round().long().flatten()
    rings = int(ring.max()) + 1
    total = torch.zeros(rings, dtype=torch.float64, device=pictures.device).index_add(0, ring, power.flatten())
    return (total / torch.bincount(ring, minlength=rings))[: side // 2 + 1]


def sharpness(real: Tensor, fake: Tensor) -> float:
    """Strength of the fakes' fine detail over that of the real pictures: 1 is equal, less is blurred, more is grainy.

    sqrt( sum over r > side / 4 of P_fake(r) / sum over r > side / 4 of P_real(r) ), P as in ``radial_power``:
    a ratio of amplitudes. It does not ask whether the detail is right: noise is sharp.

    real, fake: (n, c, side, side) and (m, c, side, side). Raises ValueError as ``radial_power`` does, for pictures of
    different shapes, and for real ones without any fine detail.
    """
    if real.ndim != 4 or fake.ndim != 4 or real.shape[1:] != fake.shape[1:]:
        raise ValueError(f"real and fake must be pictures of one shape, got {tuple(real.shape)} and {tuple(fake.shape)}")
    fine = slice(_side(real) // 4 + 1, None)
    wanted, found = radial_power(real)[fine].sum(), radial_power(fake)[fine].sum()
    if wanted <= 1e-20:
        raise ValueError("the real pictures have no fine detail to compare with")
    return (found / wanted).sqrt().item()


def _side(pictures: Tensor) -> int:
    if pictures.ndim != 4 or 0 in pictures.shape or pictures.shape[2] != pictures.shape[3] or pictures.shape[3] % 2:
        raise ValueError(f"pictures must have the shape (n, c, side, side), n >= 1 and an even side, got {tuple(pictures.shape)}")
    if not pictures.isfinite().all():
        raise ValueError("pictures must hold finite numbers")
    return pictures.shape[3]
