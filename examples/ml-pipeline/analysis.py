"""tests.finished -> report.ready: what a person wants to know."""

import regression
import stage


def report(event):
    names = ["weight of x1", "weight of x2", "offset"]
    lines = [f"Run {event['run']}: {event['rows']} rows from seed {event['seed']}"]
    lines += [f"  {name}: {found:.3f} (true: {true:.3f})" for name, found, true in zip(names, event["model"], regression.TRUTH)]
    lines.append(f"  error while training: {event['losses'][0]:.3f} at first, {event['losses'][-1]:.3f} at last")
    lines.append(f"  on unseen rows: mean squared error {event['metrics']['mean_squared_error']:.3f}, "
                 f"R squared {event['metrics']['r_squared']:.3f}")
    lines += [f"  {'passed' if passed else 'FAILED'}: {name}" for name, passed in event["tests"].items()]
    lines.append("Verdict: " + ("use it" if all(event["tests"].values()) else "do not use it"))
    return {"run": event["run"], "approved": all(event["tests"].values()), "report": lines}


if __name__ == "__main__":
    stage.serve(report, publishes="report.ready")
