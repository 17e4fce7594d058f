"""Who plays whom, with what losses.

A game is any object with a generator ``G`` and a method ``generator_terms(batch)``; a game for two has a critic ``D`` and
``critic_terms(batch)`` as well. Each of the two methods returns a dict of named scalars; their sum is what the player
descends. A game for two may also have ``penalty_terms(batch)``, which the critic descends in some or all of its steps.
"""

from gan_edu.games.adversarial import Batch, Game, Latent, normal, uniform
from gan_edu.games.autoencoding import Autoencoding, Loss, Variational

__all__ = ["Autoencoding", "Batch", "Game", "Latent", "Loss", "Variational", "normal", "uniform"]
