"""Generative adversarial networks in small readable parts: the package behind the book *The Adversarial Game*."""

__version__ = "0.1.0"
