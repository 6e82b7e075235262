"""model.trained -> metrics.computed: how good the model is on rows it has not seen."""

import regression
import stage


def measure(event):
    _, held_out = regression.split(regression.generate(event["seed"], event["rows"]))
    mean = sum(y for _, y in held_out) / len(held_out)
    error = regression.mean_squared_error(event["model"], held_out)
    guess = sum((y - mean) ** 2 for _, y in held_out) / len(held_out)  # of who always says the mean
    residuals = [regression.predict(event["model"], x) - y for x, y in held_out]
    metrics = {"mean_squared_error": error, "r_squared": 1 - error / guess, "bias": sum(residuals) / len(residuals)}
    return {**event, "metrics": metrics}


if __name__ == "__main__":
    stage.serve(measure, publishes="metrics.computed")
