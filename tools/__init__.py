"""The press: what executes, checks and records the book's notebooks. The package `gan_edu` does not import it."""
