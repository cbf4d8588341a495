"""Seeds of folds."""

from zlib import crc32

import numpy as np


def seed_of_fold(run_seed: int, held_out: str) -> int:
    """A seed that follows from the run's seed and who is held out, not from the folds trained before."""
    return int(np.random.SeedSequence([run_seed, crc32(held_out.encode())]).generate_state(1)[0])
