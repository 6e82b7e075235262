#!/usr/bin/env python3
"""Copies what a Svix server holds into posthaste, through the two servers' APIs: event types, applications, endpoints with
their secrets and headers. Messages and attempts stay where they are. Only the standard library is needed.

  docs/migrate-from-svix.py --from https://svix.example.com --from-token TOKEN --to http://127.0.0.1:8000 --to-token TOKEN

It may be run again: what was copied is recognised (by its uid, else by the metadata "svix_id", which every copy carries) and
brought up to date, never made twice. --dry-run only says what it would do. The last line is a JSON object with the counts and
the new id of every old one. Exit status: 0 when everything was copied, 1 when something could not be.

An endpoint with an ed25519 key gets a new key, for a server gives out only the public half of the old one: its receiver must
be told. Such endpoints are named. A copied endpoint is disabled as long as --paused is given: both servers would send.
"""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

PAGE = 250


class Failure(Exception):
    pass


class Server:
    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def call(self, method, path, body=None, query=None, missing=None):
        target = f"{self.url}/api/v1{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(target, data, method=method, headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Accept": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                text = response.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            if error.code == 404 and missing is not None:
                return missing
            raise Failure(f"{method} {target} was answered {error.code}: {error.read().decode(errors='replace')[:500]}") from error
        except (urllib.error.URLError, OSError, json.JSONDecodeError) as error:
            raise Failure(f"{method} {target} failed: {error}") from error

    def all(self, path, **query):
        iterator = None
        while True:
            page = self.call("GET", path, query={**query, "limit": PAGE, **({"iterator": iterator} if iterator else {})})
            yield from page["data"]
            if page["done"]:
                return
            iterator = page["iterator"]


def path(*parts):
    return "/" + "/".join(urllib.parse.quote(part, safe="") for part in parts)


def kept(source, *names):
    """The named members that the source has."""
    return {name: source[name] for name in names if source.get(name) is not None}


class Migration:
    def __init__(self, source, target, paused, dry_run, say):
        self.source, self.target, self.paused, self.dry_run, self.say = source, target, paused, dry_run, say
        self.ids, self.counts, self.problems, self.new_keys = {}, {"created": 0, "updated": 0}, [], []

    def run(self):
        self.event_types()
        copies = {app["metadata"].get("svix_id"): app for app in self.target.all("/app")}
        for app in self.source.all("/app"):
            self.attempt(f"application {app['id']}", self.application, app, copies.get(app["id"]))

    def attempt(self, what, step, *arguments):
        """One object that cannot be copied must not keep the others from it."""
        try:
            step(*arguments)
        except Failure as failure:
            self.problems.append(f"{what}: {failure}")
            self.say(f"NOT COPIED {what}: {failure}")

    def count(self, what, name, exists):
        self.counts["updated" if exists else "created"] += 1
        self.say(f"{'update' if exists else 'create'} {what} {name}")

    def event_types(self):
        known = {item["name"] for item in self.target.all("/event-type", include_archived="true")}
        for item in self.source.all("/event-type", include_archived="true", with_content="true"):
            self.attempt(f"event type {item['name']}", self.event_type, item, item["name"] in known)

    def event_type(self, item, exists):
        self.count("event type", item["name"], exists)
        if self.dry_run:
            return
        body = kept(item, "description", "archived", "deprecated", "schemas", "featureFlag")
        self.target.call("PUT", path("event-type", item["name"]), {"description": "", **body})

    def application(self, app, copy):
        if copy is None and app.get("uid"):
            copy = self.target.call("GET", path("app", app["uid"]), missing=False) or None
        self.count("application", app["name"], copy is not None)
        body = {"name": app["name"], "metadata": {**app.get("metadata", {}), "svix_id": app["id"]},
                **kept(app, "uid", "throttleRate")}
        if not self.dry_run:
            copy = self.target.call("PUT", path("app", copy["id"]), body) if copy else self.target.call("POST", "/app", body)
            self.ids[app["id"]] = copy["id"]
        here = list(self.target.all(path("app", copy["id"], "endpoint"))) if copy else []
        by_old_id = {item["metadata"].get("svix_id"): item for item in here}
        by_uid = {item["uid"]: item for item in here if item.get("uid")}
        for item in self.source.all(path("app", app["id"], "endpoint"), order="ascending"):
            found = by_old_id.get(item["id"]) or by_uid.get(item.get("uid"))
            self.attempt(f"endpoint {item['id']} of application {app['id']}", self.endpoint, app, copy, item, found)

    def endpoint(self, app, app_copy, item, copy):
        self.count("endpoint", item["url"], copy is not None)
        key = self.source.call("GET", path("app", app["id"], "endpoint", item["id"], "secret"))["key"]
        headers = self.source.call("GET", path("app", app["id"], "endpoint", item["id"], "headers"))
        for name in headers.get("sensitive", []):
            self.problems.append(f"endpoint {item['id']}: the value of its header {name} is not given out; set it again")
        if self.dry_run:
            return
        body = {"metadata": {**item.get("metadata", {}), "svix_id": item["id"]},
                "disabled": bool(item.get("disabled")) or self.paused,
                **kept(item, "url", "description", "uid", "throttleRate", "version", "channels")}
        types = item.get("eventTypes") or item.get("filterTypes")
        if types:
            body["eventTypes"] = types
        here = path("app", app_copy["id"], "endpoint")
        is_secret = key.startswith("whsec_")
        if copy is None:
            copy = self.target.call("POST", here, {**body, **({"secret": key} if is_secret else {})})
        else:
            self.target.call("PUT", f"{here}{path(copy['id'])}", body)
            held = self.target.call("GET", f"{here}{path(copy['id'], 'secret')}")["key"]
            if is_secret and held != key:
                self.target.call("POST", f"{here}{path(copy['id'], 'secret', 'rotate')}", {"key": key, "gracePeriodSeconds": 0})
        if not is_secret:
            self.new_keys.append(copy["id"])
            self.say(f"NEW KEY for endpoint {item['url']}: its receiver must get the key of {copy['id']}")
        self.target.call("PUT", f"{here}{path(copy['id'], 'headers')}", {"headers": headers["headers"]})
        self.ids[item["id"]] = copy["id"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help="the Svix server")
    parser.add_argument("--from-token", required=True, metavar="TOKEN", help="an organization's token there")
    parser.add_argument("--to", dest="target", required=True, metavar="URL", help="the posthaste server")
    parser.add_argument("--to-token", required=True, metavar="TOKEN", help="a token from `posthaste token`")
    parser.add_argument("--paused", action="store_true", help="copy every endpoint as disabled")
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    given = parser.parse_args()

    migration = Migration(Server(given.source, given.from_token), Server(given.target, given.to_token), given.paused,
                          given.dry_run, lambda line: print(line, file=sys.stderr))
    try:
        migration.run()
    except Failure as failure:
        migration.problems.append(str(failure))
    for problem in migration.problems:
        print(f"PROBLEM {problem}", file=sys.stderr)
    print(json.dumps({**migration.counts, "new_keys": migration.new_keys, "problems": migration.problems, "ids": migration.ids}))
    return 1 if migration.problems else 0


if __name__ == "__main__":
    sys.exit(main())
