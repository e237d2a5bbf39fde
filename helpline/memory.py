"""Memory after a model was loaded: its objects stay for good, and what loading needed goes back to the system."""

from __future__ import annotations

import ctypes
import gc


def settle() -> None:
    """Collect what is garbage, spare the collector the objects that stay, and give freed memory back.

    Objects spared before are looked at once more, as those of an earlier model may be garbage now.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # Where the C library can do that (glibc).
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
