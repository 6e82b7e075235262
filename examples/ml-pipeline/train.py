"""dataset.ready -> model.trained: fits a model to the training rows."""

import regression
import stage


def train(event):
    training, _ = regression.split(regression.generate(event["seed"], event["rows"]))
    model, losses = regression.fit(training)
    return {**event, "model": model, "losses": losses}


if __name__ == "__main__":
    stage.serve(train, publishes="model.trained")
