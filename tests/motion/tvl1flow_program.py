"""The IPOL program tvl1flow (doi:10.5201/ipol.2013.26), step by step and pixel by pixel: slow, and independent.

Written from the algorithm of the article and of the program: float where the program has float, double where it has
double, its loops over pixels and its rules at each border.
"""

import math

import numpy as np

F = np.float32


def neumann(position: int, count: int) -> tuple[int, bool]:
    if position < 0:
        return 0, True
    if position >= count:
        return count - 1, True
    return position, False


def cubic(v, x: float) -> float:
    return v[1] + 0.5 * x * (
        v[2] - v[0] + x * (2.0 * v[0] - 5.0 * v[1] + 4.0 * v[2] - v[3] + x * (3.0 * (v[1] - v[2]) + v[3] - v[0]))
    )


def bicubic_at(image: np.ndarray, x: np.float32, y: np.float32, zero_outside: bool) -> np.float32:
    height, width = image.shape
    sign_x, sign_y = (-1 if x < 0 else 1), (-1 if y < 0 else 1)
    columns = [neumann(int(x) + step * sign_x, width) for step in (-1, 0, 1, 2)]
    # The program takes the sign of x for the first line; with zeros outside, this changes nothing.
    lines = [neumann(int(y) + step, height) for step in (-sign_x, 0, sign_y, 2 * sign_y)]
    if zero_outside and any(outside for _, outside in columns + lines):
        return F(0)
    down, along = float(y - F(lines[1][0])), float(x - F(columns[1][0]))
    in_columns = [cubic([float(image[line, column]) for line, _ in lines], down) for column, _ in columns]
    return F(cubic(in_columns, along))


def warp(image: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    out = np.empty_like(image)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            out[i, j] = bicubic_at(image, F(F(j) + u[i, j]), F(F(i) + v[i, j]), True)
    return out


def gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
    size = int(5 * sigma) + 1
    half = [math.exp(-i * i / (2 * sigma * sigma)) / (sigma * math.sqrt(2.0 * 3.1415926)) for i in range(size)]
    norm = 2 * sum(half) - half[0]
    half = [weight / norm for weight in half]

    def along_lines(lines: np.ndarray) -> np.ndarray:
        out = np.empty_like(lines)
        for k, line in enumerate(lines.astype(np.float64)):
            padded = [line[size - i] for i in range(size)] + list(line) + [line[-1 - i] for i in range(size)]
            for i in range(len(line)):
                total = half[0] * padded[size + i]
                for j in range(1, size):
                    total += half[j] * (padded[size + i - j] + padded[size + i + j])
                out[k, i] = total
        return out

    return along_lines(along_lines(image).T).T.copy()


def zoom_out(image: np.ndarray, factor: float) -> np.ndarray:
    height, width = (int(F(side) * F(factor) + 0.5) for side in image.shape)
    smooth = gaussian(image, float(F(0.6 * math.sqrt(1.0 / (factor * factor) - 1.0))))
    out = np.empty((height, width), F)
    for i in range(height):
        for j in range(width):
            out[i, j] = bicubic_at(smooth, F(F(j) / F(factor)), F(F(i) / F(factor)), False)
    return out


def zoom_in(part: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    factor_y, factor_x = F(F(shape[0]) / F(part.shape[0])), F(F(shape[1]) / F(part.shape[1]))
    out = np.empty(shape, F)
    for i in range(shape[0]):
        for j in range(shape[1]):
            out[i, j] = bicubic_at(part, F(F(j) / factor_x), F(F(i) / factor_y), False)
    return out


def centered_gradient(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dx, dy = np.empty_like(image), np.empty_like(image)
    dx[:, 1:-1] = 0.5 * (image[:, 2:] - image[:, :-2])
    dx[:, 0], dx[:, -1] = 0.5 * (image[:, 1] - image[:, 0]), 0.5 * (image[:, -1] - image[:, -2])
    dy[1:-1] = 0.5 * (image[2:] - image[:-2])
    dy[0], dy[-1] = 0.5 * (image[1] - image[0]), 0.5 * (image[-1] - image[-2])
    return dx, dy


def forward_gradient(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dx, dy = np.zeros_like(part), np.zeros_like(part)
    dx[:, :-1], dy[:-1] = part[:, 1:] - part[:, :-1], part[1:] - part[:-1]
    return dx, dy


def divergence(p1: np.ndarray, p2: np.ndarray) -> np.ndarray:
    along, down = p1.copy(), p2.copy()
    along[:, 1:-1] = p1[:, 1:-1] - p1[:, :-2]
    along[:, -1] = -p1[:, -2]
    down[1:-1] = p2[1:-1] - p2[:-2]
    down[-1] = -p2[-2]
    return along + down


def one_scale(first, second, u, v, tau, lambda_, theta, warps, epsilon, max_iterations):
    step = F(lambda_) * F(theta)
    theta, taut = F(theta), F(tau) / F(theta)
    second_x, second_y = centered_gradient(second)
    p11, p12, p21, p22 = (np.zeros_like(first) for _ in range(4))
    for _ in range(warps):
        warped, wx, wy = warp(second, u, v), warp(second_x, u, v), warp(second_y, u, v)
        grad = wx * wx + wy * wy
        rho_c = warped - wx * u - wy * v - first
        n, error = 0, math.inf
        while error > F(epsilon) * F(epsilon) and n < max_iterations:
            n += 1
            rho = rho_c + (wx * u + wy * v)
            d1, d2 = np.zeros_like(u), np.zeros_like(v)
            small, large = rho < -step * grad, rho > step * grad
            d1[small], d2[small] = step * wx[small], step * wy[small]
            d1[large], d2[large] = -step * wx[large], -step * wy[large]
            rest = ~small & ~large & (grad >= 1e-10)
            fi = -rho[rest] / grad[rest]
            d1[rest], d2[rest] = fi * wx[rest], fi * wy[rest]
            u_before, v_before = u, v
            u = (u + d1) + theta * divergence(p11, p12)
            v = (v + d2) + theta * divergence(p21, p22)
            change = (u - u_before) ** 2 + (v - v_before) ** 2
            error = np.cumsum(change, dtype=F)[-1] / F(change.size)
            ux, uy = forward_gradient(u)
            vx, vy = forward_gradient(v)
            norm_u = F(1) + taut * np.hypot(ux, uy, dtype=np.float64).astype(F)
            norm_v = F(1) + taut * np.hypot(vx, vy, dtype=np.float64).astype(F)
            p11, p12 = (p11 + taut * ux) / norm_u, (p12 + taut * uy) / norm_u
            p21, p22 = (p21 + taut * vx) / norm_v, (p22 + taut * vy) / norm_v
    return u, v


def tvl1flow(
    first: np.ndarray,
    second: np.ndarray,
    tau=0.25,
    lambda_=0.15,
    theta=0.3,
    nscales=100,
    zfactor=0.5,
    warps=5,
    epsilon=0.01,
    sigma=0.8,
    max_iterations=300,
) -> np.ndarray:
    """(H, W, 2) float32 flow of two images, as `tvl1flow first second` writes it."""
    height, width = first.shape
    most = F(1 + math.log(math.hypot(width, height) / 16.0) / math.log(1 / zfactor))
    nscales = int(most) if most < nscales else nscales
    first, second = first.astype(F), second.astype(F)
    low, high = min(first.min(), second.min()), max(first.max(), second.max())
    if high > low:
        first, second = (
            (255.0 * (image - low).astype(np.float64) / (high - low)).astype(F) for image in (first, second)
        )
    scales = [(gaussian(first, sigma), gaussian(second, sigma))]
    for _ in range(1, nscales):
        scales.append(tuple(zoom_out(image, zfactor) for image in scales[-1]))
    u, v = (np.zeros(scales[-1][0].shape, F) for _ in range(2))
    for scale in range(nscales - 1, -1, -1):
        u, v = one_scale(*scales[scale], u, v, tau, lambda_, theta, warps, epsilon, max_iterations)
        if scale:
            u, v = (zoom_in(part, scales[scale - 1][0].shape) * F(F(1) / F(zfactor)) for part in (u, v))
    return np.stack([u, v], axis=-1)
