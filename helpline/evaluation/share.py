"""Shares with their 95 % Wilson intervals."""

from __future__ import annotations

_Z = 1.96


def proportion(hits: int, of: int) -> tuple[float, float, float]:
    """Return a share and the ends of its 95 % Wilson interval; `of` must not be 0."""
    p = hits / of
    middle, half = p + _Z * _Z / (2 * of), _Z * ((p * (1 - p) + _Z * _Z / (4 * of)) / of) ** 0.5
    return p, (middle - half) / (1 + _Z * _Z / of), (middle + half) / (1 + _Z * _Z / of)


def share(hits: int, of: int) -> str:
    """Return a share in words, e.g. ``96.3 % (93.7-97.8), 335 of 348``."""
    if not of:
        return "none"
    p, low, high = proportion(hits, of)
    return f"{100 * p:.1f} % ({100 * low:.1f}-{100 * high:.1f}), {hits} of {of}"
