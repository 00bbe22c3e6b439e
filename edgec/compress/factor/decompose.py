"""Three ways to write a matrix as a sum of components that can be dropped one by one.

W [m, n] maps inputs x [n] to outputs; C = E[x x^T] [n, n] is their second moment. Every way gives
W = left diag(sigma) right with orthonormal columns in left, so dropping a set D of components costs
exactly E|(W - W')x|^2 = sum over D of sigma_i^2 right_i C right_i^T, whatever else is dropped, and
no rescaling of the kept ones can lower it. They differ in which components there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgec.compress.method import Array

_FLOOR = 1e-6  # of what no data shows, against what it shows most


@dataclass(frozen=True)
class Components:
    """W = left diag(sigma) right: left [m, k], sigma [k] descending, right [k, n], float64.

    losses [k]: what dropping each costs, in squared output; their sum is E|Wx|^2.
    """

    left: Array
    sigma: Array
    right: Array
    losses: Array

    def matrix(self, kept: Array, scores: Array | None = None) -> Array:
        """W' [m, n] of the components at `kept`, each times its score."""
        left, right = self.factors(kept, scores)
        return np.asarray(left @ right)

    def factors(self, kept: Array, scores: Array | None = None) -> tuple[Array, Array]:
        """A [m, r] and B [r, n] with W' = A B; both carry the square root of sigma."""
        root = np.sqrt(self.sigma[kept])
        given = 1.0 if scores is None else np.asarray(scores, np.float64)
        return self.left[:, kept] * root * given, root[:, None] * self.right[kept]

    def error(self, kept: Array, scores: Array | None = None) -> float:
        """The relative output error of W': |(W - W')x| / |Wx|, root mean square."""
        rest = np.ones(len(self.losses))
        rest[kept] = 0.0 if scores is None else (1.0 - np.asarray(scores, np.float64)) ** 2
        total = float(self.losses.sum())
        return float(np.sqrt((rest * self.losses).sum() / total)) if total > 0 else 0.0


def svd(weight: Array, moments: Array) -> Components:
    """The singular value decomposition of W: the smallest error of the weights themselves."""
    left, sigma, right = np.linalg.svd(weight.astype(np.float64), full_matrices=False)
    return _components(left, sigma, right, moments)


def asvd(weight: Array, moments: Array, magnitude: Array, alpha: float) -> Components:
    """The decomposition of W S with S = diag(magnitude^alpha), divided by S again.

    magnitude: mean |x| [n]. Yuan et al. 2023, arXiv 2312.05821, section 3.2.
    """
    scale = np.asarray(magnitude, np.float64) ** alpha + _FLOOR
    left, sigma, right = np.linalg.svd(weight * scale, full_matrices=False)
    return _components(left, sigma, right / scale, moments)


def whitened(weight: Array, moments: Array) -> Components:
    """The decomposition of W L with C = L L^T, times L^-1: the smallest error of the outputs.

    Then the losses are sigma^2: Wang et al. 2024, arXiv 2403.07378, section 3.2 and theorem 3.2.
    """
    root, unroot = whitener(moments)
    left, sigma, right = np.linalg.svd(weight @ root, full_matrices=False)
    return _components(left, sigma, right @ unroot, moments)


def whitener(moments: Array) -> tuple[Array, Array]:
    """L and L^-1 [n, n] with L L^T = C.

    L is Cholesky's factor, unless C is singular (few samples, channels that are always 0). Then it
    is D Q sqrt(V), of the eigenvalues V of D^-1 C D^-1, where D^2 is C's diagonal: small ones are
    raised, so that nothing explodes; the division by D keeps large channels from hiding the others.
    """
    moments = np.asarray(moments, np.float64)
    diagonal = np.sqrt(np.maximum(np.diag(moments), 0.0))
    typical = float(np.sqrt(np.mean(diagonal ** 2))) or 1.0
    scale = np.maximum(diagonal, np.sqrt(_FLOOR) * typical)
    alike = moments / np.outer(scale, scale)
    try:
        root = np.linalg.cholesky(alike)
        well = float(np.diag(root).min()) ** 2 > _FLOOR
    except np.linalg.LinAlgError:
        well = False
    if well:
        return scale[:, None] * root, np.linalg.solve(root, np.eye(len(root))) / scale
    values, vectors = np.linalg.eigh(alike)
    spread = np.sqrt(np.maximum(values, _FLOOR * max(float(values.max()), _FLOOR)))
    return scale[:, None] * vectors * spread, (vectors / spread).T / scale


def _components(left: Array, sigma: Array, right: Array, moments: Array) -> Components:
    losses = sigma ** 2 * np.maximum(np.einsum("kn,kn->k", right @ moments, right), 0.0)
    return Components(left, sigma, right, losses)
