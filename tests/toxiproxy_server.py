"""Answers as Toxiproxy's server does (https://github.com/Shopify/toxiproxy#http-api), with the kit's proxies behind it.

Runs as a program like Toxiproxy's own: ``toxiproxy-server -host=127.0.0.1 -port=8474``.
"""

import argparse
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from erp_testkit.standins.network import toxic
from erp_testkit.standins.network.proxy import Proxy


class Opened:
    """A proxy with its toxics by name."""

    def __init__(self, said, host):
        upstream, _, port = said["upstream"].rpartition(":")
        self.said, self.toxics = said, {}
        self.proxy = Proxy((upstream, int(port)), host)
        said["listen"] = f"{host}:{self.proxy.address[1]}"

    def apply(self):
        self.proxy.heal()
        for said in self.toxics.values():
            # Toxiproxy resets when something comes, so downstream when the server answers.
            type_ = "reset_on_response" if (said["type"], said["stream"]) == ("reset_peer", "downstream") else said["type"]
            attributes = {} if type_ == "reset_on_response" else said["attributes"]
            self.proxy.add(toxic(type_, said["stream"], toxicity=said["toxicity"], **attributes))
        if not self.said["enabled"]:
            self.proxy.add(toxic("down"))


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        self._answer(200, {"version": "2.12.0"})

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        proxies = self.server.proxies
        _, _, name, *toxics = [*self.path.split("/"), ""]
        if not name:
            proxies[said["name"]] = Opened(said, self.server.server_address[0])
            self._answer(201, said)
        elif name not in proxies:
            self._answer(404, {"error": "proxy not found", "status": 404})
        elif toxics[0] and said["stream"] not in ("upstream", "downstream"):
            self._answer(400, {"error": "stream was invalid, can be either upstream or downstream", "status": 400})
        elif toxics[0]:
            proxies[name].toxics[said["name"]] = said
            proxies[name].apply()
            self._answer(200, said)
        else:
            proxies[name].said.update(said)
            proxies[name].apply()
            self._answer(200, proxies[name].said)

    def do_DELETE(self):
        found = re.fullmatch("/proxies/([^/]+)(?:/toxics/([^/]+))?", self.path)
        if found[2] and found[2] not in self.server.proxies[found[1]].toxics:
            self._answer(404, {"error": "toxic not found", "status": 404})
            return
        if found[2]:
            opened = self.server.proxies[found[1]]
            del opened.toxics[found[2]]
            opened.apply()
        else:
            self.server.proxies.pop(found[1]).proxy.close()
        self._answer(204, None)

    def _answer(self, status, content):
        body = b"" if content is None else json.dumps(content, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def main():
    options = argparse.ArgumentParser()
    options.add_argument("-host", default="localhost")
    options.add_argument("-port", type=int, default=8474)
    wanted = options.parse_args()
    server = ThreadingHTTPServer((wanted.host, wanted.port), Api)
    server.proxies = {}
    server.serve_forever(poll_interval=0.01)


if __name__ == "__main__":
    main()
