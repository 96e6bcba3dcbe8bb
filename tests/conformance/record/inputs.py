"""Inputs that f32 holds exactly, from a seed that is the case's id."""

import random


class Draw:
    def __init__(self, seed):
        self.random = random.Random(f"conformance {seed}")

    def real(self, n, bound=4.0, step=64):
        """Multiples of 1/64."""
        whole = int(bound * step)
        return [self.random.randint(-whole, whole) / step for _ in range(n)]

    def unit(self, n):
        """Strictly between 0 and 1."""
        return [self.random.randint(1, 255) / 256 for _ in range(n)]

    def positive(self, n, bound=4.0):
        return [self.random.randint(1, int(bound * 64)) / 64 for _ in range(n)]

    def choice(self, n, among):
        return [self.random.choice(among) for _ in range(n)]

    def distribution(self, lines, length, zeros=False):
        """Fills the positions of each line with probabilities that add up to 1."""
        result = {}
        for line in lines:
            cuts = [0, *sorted(self.random.sample(range(1, 256), len(line) - 1)), 256]
            shares = [(b - a) / 256 for a, b in zip(cuts, cuts[1:])]
            if zeros and len(shares) > 1:
                shares[0], shares[1] = shares[0] + shares[1], 0.0
                self.random.shuffle(shares)
            result.update(zip(line, shares))
        return [result[i] for i in range(length)]
