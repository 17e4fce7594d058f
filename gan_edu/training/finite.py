"""Numbers that are no numbers: noticed without making a GPU wait, and named."""

import torch
from torch import Tensor


class Diverged(ArithmeticError):
    """A number that training needs became infinite or no number at all.

    A loss that is not finite has spoilt the weights in the same step, and nothing brings them back: go on from the
    last checkpoint, with a smaller learning rate, a stronger penalty or float32.
    """


class Watch:
    """Looks at the terms of every step, in order, and names the first step at which one is not finite.

    Each look reads numbers, which makes a GPU finish its queue first; so it looks at ``every`` steps at once.
    Tensors on the ``meta`` device hold no numbers to look at.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self._unseen: list[tuple[int, dict[str, Tensor]]] = []

    def note(self, step: int, terms: dict[str, Tensor]) -> None:
        """Remember these terms, and look if it is time. Raises Diverged."""
        self._unseen.append((step, dict(terms)))
        if len(self._unseen) >= self.every:
            self.look()

    def look(self) -> None:
        """Read what has not been looked at yet. Raises Diverged at the first term that is not finite."""
        noted, self._unseen = self._unseen, []
        named = [(step, name, term) for step, terms in noted for name, term in terms.items() if term.device.type != "meta"]
        if not named:
            return
        finite = torch.stack([term.isfinite() for _, _, term in named]).tolist()  # one reading for all
        bad = [(step, f"{name} = {term.item()}") for (step, name, term), fine in zip(named, finite) if not fine]
        if bad:
            first = bad[0][0]
            terms = ", ".join(words for step, words in bad if step == first)
            raise Diverged(f"training diverged at step {first}: {terms}; go on from the last checkpoint")

