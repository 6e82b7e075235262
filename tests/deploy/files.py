"""Reads the files of a deployment as their tools would."""

import os
import re

import yaml  # Debian: python3-yaml

from harness import ROOT


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def load(path):
    return yaml.safe_load(read(path))


def load_all(path):
    return [document for document in yaml.safe_load_all(read(path)) if document]


def variables_of(path):
    """What docker compose makes of an env file."""
    lines = (line.strip() for line in read(path).splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled_in(value, variables):
    """`value` with each ${NAME:-default} replaced, the one form that all compose programs read alike."""
    if isinstance(value, dict):
        return {key: filled_in(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [filled_in(item, variables) for item in value]
    if not isinstance(value, str):
        return value
    assert "$" not in re.sub(r"\$\{\w+:-[^}]+\}", "", value), f"not every compose program understands {value!r}"
    return re.sub(r"\$\{(\w+):-([^}]+)\}", lambda match: variables.get(match[1]) or match[2], value)


def compose(path="docker-compose.yml", variables=None):
    """The services, with what they extend merged in."""
    services = load(path)["services"]
    for name, service in services.items():
        if "extends" in service:
            base = load(service["extends"]["file"])["services"][service["extends"]["service"]]
            services[name] = {**service, "environment": {**base["environment"], **service.get("environment", {})}}
    return filled_in(services, variables or {})


def settings():
    """Every setting of the server: its name, and its variables, POSTHASTE_NAME first."""
    rows = re.findall(r'Setting\{"(\w+)",\s*"([^"]*)",', read("src/server/settings.cc"))
    return {name: ["POSTHASTE_" + name.upper(), *aliases.split()] for name, aliases in rows}
