"""Studies that take long run only when asked: their ``unmet`` is this one."""

import os

VARIABLE = "GAN_EDU_LONG"


def unmet() -> str | None:
    """Why a long study does not run unasked, or None when it was asked for."""
    return None if os.environ.get(VARIABLE) else f"it takes from twenty minutes to hours on two cores; set {VARIABLE}=1 to run it"
