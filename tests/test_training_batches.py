from math import sqrt

import pytest
import torch
from helpers_games import Named, Points, pictures, seeded

from gan_edu.training import InMemory, batches
from gan_edu.worlds import glyphs, mixtures

# batches


def test_batches_are_fresh_samples_of_the_world():
    found = list(batches(mixtures.gaussian(), 8, 3, generator=seeded()))
    rng = seeded()
    assert [len(batch.x) for batch in found] == [8, 8, 8]
    for batch in found:
        assert torch.equal(batch.x, mixtures.gaussian().sample(8, generator=rng).x)


def test_a_module_is_a_world_too():
    (batch,) = batches(glyphs, 4, 1, generator=seeded())
    assert batch.x.shape == (4, 1, 4, 4)


@pytest.mark.parametrize(("size", "steps"), [(0, 5), (5, 0), (-1, 5), (5, -1)])
def test_bad_batches_are_refused_before_the_first_draw(size, steps):
    with pytest.raises(ValueError, match=f"at least one step of at least one example; got steps={steps}, size={size}"):
        batches(mixtures.gaussian(), size, steps, generator=seeded())


# examples in memory


def known(n: int = 6) -> Named:
    """Example i has i in every part."""
    number = torch.arange(n)
    return Named(number.float().view(n, 1, 1, 1).expand(n, 3, 2, 2).clone(), Points(10.0 * number), number)


def test_draws_are_examples_with_all_their_parts():
    found = InMemory(known()).sample(50, generator=seeded())
    assert type(found) is Named and type(found.known) is Points and found.x.shape == (50, 3, 2, 2)
    assert (found.x == found.y.view(50, 1, 1, 1)).all() and torch.equal(found.known.x, 10.0 * found.y)
    assert [part.dtype for part in (found.x, found.known.x, found.y)] == [torch.float32, torch.float32, torch.int64]


def test_draws_are_uniform_and_with_replacement():
    found = InMemory(known()).sample(6000, generator=seeded()).y
    shares = torch.bincount(found, minlength=6) / 6000
    assert (shares - 1 / 6).abs().max() < 4.5 * sqrt(5 / 36 / 6000)
    assert len(InMemory(known()).sample(7, generator=seeded()).y) == 7  # more than there are


def test_draws_follow_their_generator_and_nothing_else():
    before = torch.get_rng_state()
    world = InMemory(known())
    first, again, other = (world.sample(9, generator=seeded(s)).y for s in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
    assert first.tolist() == torch.randint(6, (9,), generator=seeded()).tolist()


def test_it_is_a_world_and_has_a_length():
    world = InMemory(pictures(5))
    assert len(world) == 5
    found = list(batches(world, 3, 4, generator=seeded()))
    assert [len(batch.x) for batch in found] == [3] * 4


def test_a_draw_is_a_copy():
    world = InMemory(known())
    world.sample(6, generator=seeded()).x.zero_()
    assert torch.equal(world.examples.y, torch.arange(6)) and world.examples.x.max() == 5


def test_examples_keep_their_layout():
    x = pictures(6, 3).x.to(memory_format=torch.channels_last)
    assert InMemory(Points(x)).sample(4, generator=seeded()).x.is_contiguous(memory_format=torch.channels_last)


def test_it_follows_to_another_device():
    there = InMemory(known()).to("meta")
    assert len(there) == 6 and there.examples.known.x.device.type == "meta"
    assert there.sample(4, generator=seeded()).x.device.type == "meta"


@pytest.mark.parametrize("examples", [known(0), known()._replace(y=torch.arange(5)), known()._replace(known=Points(torch.zeros(7)))])
def test_bad_examples(examples):
    with pytest.raises(ValueError, match=r"wanted the same number of examples in every part, at least one; got \["):
        InMemory(examples)


@pytest.mark.parametrize("n", [0, -1])
def test_bad_draws(n):
    with pytest.raises(ValueError, match=f"wanted at least one example; got n={n}"):
        InMemory(known()).sample(n, generator=seeded())
