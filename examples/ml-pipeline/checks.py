"""metrics.computed -> tests.finished: may this model be used?"""

import regression
import stage


def check(event):
    training, _ = regression.split(regression.generate(event["seed"], event["rows"]))
    half, _ = regression.fit(training[::2])
    losses, metrics = event["losses"], event["metrics"]
    tests = {
        "training never makes it worse": all(later <= earlier + 1e-12 for earlier, later in zip(losses, losses[1:])),
        "it explains 90 % of the variance": metrics["r_squared"] >= 0.9,
        "it errs to both sides alike": abs(metrics["bias"]) <= regression.NOISE / 2,
        "half of the data gives nearly the same": all(abs(a - b) <= 0.5 for a, b in zip(event["model"], half)),
    }
    return {**event, "tests": tests}


if __name__ == "__main__":
    stage.serve(check, publishes="tests.finished")
