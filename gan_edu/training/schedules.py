"""Learning rates that fall as training goes on."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def linear_decay(optimizer: Optimizer, steps: int, flat: float = 0.5, floor: float = 0.05) -> LambdaLR:
    """The learning rate stays for a share ``flat`` of the steps, then falls on a straight line to ``floor`` times it.

    rate(t) = rate(0) * max(floor, 1 - (1 - floor) max(0, t - flat steps) / (steps - flat steps)) after t steps,
    and stays at the floor afterwards.

    A game between two players circles around its balance; small steps at the end let it settle.
    Raises ValueError when steps < 1, or when flat is not in [0, 1), or floor not in [0, 1].
    """
    if steps < 1 or not 0 <= flat < 1 or not 0 <= floor <= 1:
        raise ValueError(f"wanted steps >= 1, 0 <= flat < 1 and 0 <= floor <= 1; got steps={steps}, flat={flat}, floor={floor}")
    begin = flat * steps

    def share(done: int) -> float:
        return max(floor, 1 - (1 - floor) * max(0.0, done - begin) / (steps - begin))

    return LambdaLR(optimizer, share)
