"""Minimax polynomials with coefficients that are floats.

`fit` finds the polynomial p of a given degree that makes the largest weighted error |w(x) (g(x) - p(x))| on a grid
as small as possible, by Remez' exchange. `fit_rounded` does the same for coefficients of a float format: it rounds the
lowest free coefficient, fits the others again around it, and at last tries the neighbours of every coefficient.
"""

from mpmath import cos, frexp, ldexp, lu_solve, matrix, mpf, nint, pi

POINTS = 800


class Grid:
    """The Chebyshev points of [a, b], an even number so that none is the middle, with function and weight there."""

    def __init__(self, g, w, a, b, points=POINTS):
        middle, half = (mpf(a) + mpf(b)) / 2, (mpf(b) - mpf(a)) / 2
        self.x = [middle - half * cos(pi * (2 * i + 1) / (2 * points)) for i in range(points)]
        self.g = [g(x) for x in self.x]
        self.w = [w(x) for x in self.x]

    def errors(self, coefficients):
        return [w * (g - horner(coefficients, x)) for x, g, w in zip(self.x, self.g, self.w, strict=True)]

    def worst(self, coefficients):
        return max(abs(e) for e in self.errors(coefficients))


def horner(coefficients, x):
    result = mpf(0)
    for c in reversed(coefficients):
        result = result * x + c
    return result


def fit(grid, degree, fixed=(), rounds=12):
    """The best polynomial whose lowest coefficients are `fixed`: (all coefficients, its largest error)."""
    fixed = list(fixed)
    low, free = len(fixed), degree + 1 - len(fixed)
    last = len(grid.x) - 1
    reference = [round(float(last * (1 - cos(pi * i / free)) / 2)) for i in range(free + 1)]
    best, best_error = None, None
    for _ in range(rounds):
        coefficients, levelled = solve(grid, reference, fixed, low, free)
        errors = grid.errors(coefficients)
        error = max(abs(e) for e in errors)
        if best is None or error < best_error:
            best, best_error = coefficients, error
        if error - levelled <= error * mpf(10) ** -9:
            break
        peaks = alternating_peaks(errors)
        while len(peaks) > free + 1:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        if len(peaks) <= free or peaks == reference:
            break
        reference = peaks
    return best, best_error


def solve(grid, reference, fixed, low, free):
    """The polynomial whose errors at the reference points alternate in sign and have one size, and that size."""
    a, b = matrix(free + 1, free + 1), matrix(free + 1, 1)
    for row, i in enumerate(reference):
        x, w = grid.x[i], grid.w[i]
        for column in range(free):
            a[row, column] = w * x ** (low + column)
        a[row, free] = (-1) ** row
        b[row] = w * (grid.g[i] - horner(fixed, x))
    solution = lu_solve(a, b)
    return fixed + [solution[i] for i in range(free)], abs(solution[free])


def alternating_peaks(errors):
    """The place of the largest error in each run of one sign."""
    peaks, sign = [], 0
    for i, e in enumerate(errors):
        here = (e > 0) - (e < 0)
        if here == 0:
            continue
        if here != sign:
            peaks.append(i)
            sign = here
        elif abs(e) > abs(errors[peaks[-1]]):
            peaks[-1] = i
    return peaks


def to_format(x, bits):
    """The nearest float with `bits` bits of significand."""
    if x == 0:
        return mpf(0)
    m, e = frexp(x)
    return ldexp(nint(ldexp(m, bits)), e - bits)


def ulp(x, bits):
    _, e = frexp(x)
    return ldexp(mpf(1), e - bits)


def fit_rounded(grid, degree, bits):
    """As `fit`, for coefficients of `bits` bits: (coefficients, largest error)."""
    fixed, (coefficients, _) = [], fit(grid, degree)
    for k in range(degree + 1):
        near = to_format(coefficients[k], bits)
        trials = [fixed + [c] for c in (near, near + ulp(near, bits), near - ulp(near, bits))]
        fits = [(fit(grid, degree, t) if k < degree else (t, grid.worst(t))) for t in trials]
        best = min(range(len(fits)), key=lambda i: fits[i][1])
        fixed, coefficients = trials[best], fits[best][0]
    return polish(grid, fixed, bits)


def polish(grid, coefficients, bits):
    """Moves single coefficients by one unit in the last place as long as that helps."""
    best = grid.worst(coefficients)
    improved = True
    while improved:
        improved = False
        for k, c in enumerate(coefficients):
            for step in (ulp(c, bits), -ulp(c, bits)):
                trial = coefficients[:k] + [c + step] + coefficients[k + 1 :]
                error = grid.worst(trial)
                if error < best * mpf("0.998"):
                    coefficients, best, improved = trial, error, True
                    break
    return coefficients, best
