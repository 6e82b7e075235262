"""Linear regression by gradient descent, in plain Python: small enough to read, real enough to go wrong.

Everything follows from the data set's seed, so each stage makes the data again instead of passing it around.
"""

import random

TRUTH = [3.0, -2.0, 5.0]  # two weights and the offset that the data is made from
NOISE = 0.5


def generate(seed, rows):
    """[([x1, x2], y), ...]"""
    draw = random.Random(seed)
    data = []
    for _ in range(rows):
        x = [draw.uniform(-1, 1), draw.uniform(-1, 1)]
        data.append((x, predict(TRUTH, x) + draw.gauss(0, NOISE)))
    return data


def split(data):
    """Four fifths to train on, the rest to judge by."""
    cut = len(data) * 4 // 5
    return data[:cut], data[cut:]


def predict(model, x):
    return model[0] * x[0] + model[1] * x[1] + model[2]


def mean_squared_error(model, data):
    return sum((predict(model, x) - y) ** 2 for x, y in data) / len(data)


def fit(data, rate=0.1, epochs=300):
    """The model, and its error after each epoch."""
    model, losses = [0.0, 0.0, 0.0], []
    for _ in range(epochs):
        gradient = [0.0, 0.0, 0.0]
        for x, y in data:
            error = predict(model, x) - y
            for i, value in enumerate([*x, 1.0]):
                gradient[i] += 2 * error * value / len(data)
        model = [weight - rate * slope for weight, slope in zip(model, gradient)]
        losses.append(mean_squared_error(model, data))
    return model, losses
