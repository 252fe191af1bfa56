"""A small system with an OpenAPI contract, served on a real port, and the ways in which it can break that contract."""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import uvicorn

from erp_testkit.config import Credentials
from erp_testkit.contracts.check import System
from erp_testkit.data.codes import CodeMaker
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError

TOKEN = "token-of-the-shop"
READER = "reader-of-the-shop"

CONTRACT = """\
openapi: 3.1.0
info: {title: Shop, version: '1'}
security: [{bearer: []}]
paths:
  /things:
    post:
      operationId: add
      summary: Add a thing
      parameters: [{$ref: '#/components/parameters/Key'}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/NewThing'}}}
      responses:
        '201':
          description: It is there.
          content: {application/json: {schema: {$ref: '#/components/schemas/Number'}}}
          links:
            read: {operationId: read, parameters: {number: $response.body#/number}}
            change: {operationId: change, parameters: {number: $response.body#/number}}
        '401': {$ref: '#/components/responses/Refused'}
        '409': {$ref: '#/components/responses/Refused'}
        '422': {$ref: '#/components/responses/Refused'}
    get:
      operationId: list
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: offset, in: query, schema: {type: integer, minimum: 0, maximum: 1000}}
      responses:
        '200':
          description: Numbers.
          content: {application/json: {schema: {type: array, items: {type: string}}}}
        '401': {$ref: '#/components/responses/Refused'}
        '422': {$ref: '#/components/responses/Refused'}
  /things/{number}:
    parameters:
      - {name: number, in: path, required: true, schema: {type: string, pattern: '^[0-9]{1,6}$'}}
    get:
      operationId: read
      responses:
        '200':
          description: The thing.
          headers: {ETag: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
        '401': {$ref: '#/components/responses/Refused'}
        '404': {$ref: '#/components/responses/Refused'}
        '422': {$ref: '#/components/responses/Refused'}
    put:
      operationId: change
      parameters:
        - {$ref: '#/components/parameters/Key'}
        - {name: If-Match, in: header, schema: {type: string}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/NewThing'}}}
      responses:
        '200':
          description: Changed.
          content: {application/json: {schema: {type: object}}}
        '401': {$ref: '#/components/responses/Refused'}
        '404': {$ref: '#/components/responses/Refused'}
        '409': {$ref: '#/components/responses/Refused'}
        '412': {$ref: '#/components/responses/Refused'}
        '422': {$ref: '#/components/responses/Refused'}
  /audit:
    get:
      operationId: audit
      parameters: [{name: document, in: query, required: true, schema: {type: string}}]
      responses:
        '200':
          description: Entries.
          content: {application/json: {schema: {type: array, items: {type: string}}}}
        '401': {$ref: '#/components/responses/Refused'}
        '422': {$ref: '#/components/responses/Refused'}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  parameters:
    Key: {name: Idempotency-Key, in: header, schema: {type: string, pattern: '^[!-~]{1,40}$'}}
  schemas:
    Number:
      type: object
      required: [number]
      additionalProperties: false
      properties: {number: {type: string}}
    NewThing:
      type: object
      required: [code, amount]
      additionalProperties: false
      properties:
        code: {type: string, pattern: '^[A-Z-]{1,20}$'}
        amount: {type: integer, minimum: 0, maximum: 1000}
    Thing:
      type: object
      required: [number, code, amount]
      additionalProperties: false
      properties:
        number: {type: string}
        code: {type: string}
        amount: {type: integer}
  responses:
    Refused:
      description: No.
      content: {application/json: {schema: {type: object, required: [message], properties: {message: {type: string}}}}}
"""

SETTINGS = """\
base_url = "{url}"

[auth]
token_env = "SHOP_TOKEN"

[budget]
fuzzing = 4
scenarios = 4
steps = 3

[audit]
operation = "GET /audit"
query = {{ document = "{{document}}" }}

[audit.document]
"POST /things" = "$response.body#/number"
"/things/{{number}}" = "$request.path.number"

[items]
known = ["{{code:item}}"]

[items.found]
"POST /things" = "$request.body#/code"

[[setup]]
name = "thing"
operation = "POST /things"
body = {{ code = "{{code:item}}", amount = 5 }}

[[setup]]
name = "changed"
operation = "PUT /things/{{number}}"
path = {{ number = "{{thing#/number}}" }}
body = {{ code = "{{code:item}}", amount = 6 }}

[[setup]]
name = "more"
operation = "POST /things"
body = {{ code = "{{code:item:more}}", amount = 7 }}

[values."/things/{{number}}"]
"path.number" = ["{{thing#/number}}"]

[[paging]]
operation = "GET /things"
offset = "offset"

[[exclude]]
check = "allow-header"
reason = "Not in this test."
"""

SIGN_IN = """\
  /token:
    post:
      security: []
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses:
        '201':
          description: Signed in.
          content: {application/json: {schema: {type: object, properties: {token: {type: string}, expires: {type: integer}}}}}
        '401': {$ref: '#/components/responses/Refused'}
        '422': {$ref: '#/components/responses/Refused'}
  /audit:
"""
"""In the place of `/audit` in the contract."""

SIGNED_IN = """\
operation = "POST /token"
body = {{ name = "{{user:name}}", password = "{{user:password}}" }}
token = "/token"
"""
"""In the place of `token_env` in the settings."""


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


class Shop:
    """The system: keeps its contract, apart from the faults in `faults`."""

    def __init__(self):
        self.faults = set()
        self.things, self.entries, self.keys = {}, {}, {}
        self.password, self.tokens = "", []

    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        extra = {}
        try:
            status, answer = self.answer(scope, headers, body, extra)
        except Refused as refused:
            status, answer = refused.status, {"message": refused.message}
            if status == 405:
                extra["allow"] = "GET, POST, PUT"
        content = json.dumps(answer).encode()
        extra = {"content-type": "application/json", **extra}
        await send({"type": "http.response.start", "status": status, "headers": [(k.encode(), v.encode()) for k, v in extra.items()]})
        await send({"type": "http.response.body", "body": content})

    def answer(self, scope, headers, body, extra):
        method, path = scope["method"], scope["path"]
        query = _query(scope["query_string"].decode())
        allowed = {"/things": ("GET", "POST"), "/audit": ("GET",), "/token": ("POST",)}.get(path, ("GET", "PUT"))
        if method not in allowed:
            raise Refused(405, "no such method")
        if path == "/token":
            return self.sign_in(body)
        if headers.get("authorization") == f"Bearer {READER}":
            self.refuse(method, path)
        elif headers.get("authorization", "").removeprefix("Bearer ") not in (TOKEN, *self.tokens) and "open" not in self.faults:
            raise Refused(401, "who are you?")
        if path == "/things":
            return self.once(method, path, headers, body, self.add) if method == "POST" else (200, self.page(query))
        if path == "/audit":
            if set(query) != {"document"} or len(query["document"]) != 1:
                raise Refused(422, "one document, please")
            return 200, self.entries.get(query["document"][0], [])
        number = path.removeprefix("/things/")
        if not (number.isascii() and number.isdecimal() and len(number) <= 6):
            raise Refused(422, "no number")
        if method == "GET":
            return 200, self.read(number, extra)
        return self.once(method, path, headers, body, lambda data: self.change(number, headers, data))

    def sign_in(self, body):
        try:
            data = json.loads(body)
        except ValueError:
            raise Refused(422, "no JSON") from None
        if not isinstance(data, dict) or data.get("password") != self.password:
            raise Refused(401, "who are you?")
        self.tokens.append(f"session-{len(self.tokens)}-{'z' * 600}")
        return 201, {"token": self.tokens[-1], "expires": "soon" if "tells no time" in self.faults else 60}

    def refuse(self, method, path):
        if "looks at rights too late" in self.faults:
            raise Refused(409, "no such thing any more")
        if "lets readers do all" not in self.faults and (method != "GET" or path == "/audit"):
            raise Refused(403, "you may only read")

    def once(self, method, path, headers, body, action):
        key = headers.get("idempotency-key")
        if key is not None and not (1 <= len(key) <= 40 and all("!" <= letter <= "~" for letter in key)):
            raise Refused(422, "no key")
        request = (method, path, body)
        if key in self.keys and "forgets keys" not in self.faults:
            former, answer = self.keys[key]
            if former != request and "takes used keys" not in self.faults:
                raise Refused(409, "that key was used")
            if former == request:
                return answer
        answer = action(self.parsed(body))
        if key:
            self.keys[key] = request, answer
        return answer

    def parsed(self, body):
        try:
            data = json.loads(body)
        except ValueError:
            raise Refused(422, "no JSON") from None
        if not isinstance(data, dict):
            raise Refused(422, "no object")
        amount, code = data.get("amount"), data.get("code")
        if "breaks at the bound" in self.faults and amount == 1000:
            raise Refused(500, "oops")
        if "breaks" in self.faults and amount == 0:
            raise Refused(500, "oops")
        if "takes anything" in self.faults:
            return {"code": str(code), "amount": amount if type(amount) is int else 1}
        whole = type(amount) in (int, float) and amount == int(amount) and 0 <= amount <= 1000
        fine = isinstance(code, str) and 1 <= len(code) <= 20 and set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ-")
        if set(data) != {"code", "amount"} or not whole or not fine:
            raise Refused(422, "shows its inside: Traceback (most recent call last)" if "leaks" in self.faults else "no thing")
        return {"code": code, "amount": int(amount)}

    def add(self, data):
        number = str(len(self.things) + 1)
        self.things[number] = {**data, "version": 1}
        self.note(number)
        if "forgets the number" in self.faults:
            return 201, {}
        return (202 if "answers 202" in self.faults else 201), {"number": number}

    def change(self, number, headers, data):
        thing = self.thing(number)
        match = headers.get("if-match")
        if match is None and "wants the version" in self.faults:
            raise Refused(428, "of which version?")
        outdated = match is not None and match != f'"{thing["version"]}"'
        if outdated and "agrees and does nothing" in self.faults:
            return 200, {}
        if outdated and "writes before it looks" in self.faults:
            thing.update(data)
        if match is not None and "ignores the lock" not in self.faults:
            wrong = "refuses every lock" in self.faults
            if wrong or match != f'"{thing["version"]}"':
                raise Refused(412, "somebody was faster")
        thing.update(data, version=thing["version"] + 1)
        self.note(number)
        return 200, {}

    def read(self, number, extra):
        thing = self.thing(number)
        extra["etag"] = f'"{thing["version"]}"'
        amount = thing["amount"] + ("keeps another amount" in self.faults)
        return {"number": number, "code": thing["code"], "amount": amount}

    def thing(self, number):
        if number not in self.things:
            raise Refused(404, "none of that number")
        return self.things[number]

    def page(self, query):
        if not set(query) <= {"limit", "offset"} or any(len(values) > 1 for values in query.values()):
            raise Refused(422, "what?")
        limit, offset = (query.get(name, [str(default)])[0] for name, default in (("limit", 100), ("offset", 0)))
        if not (limit.isascii() and limit.isdecimal() and offset.isascii() and offset.isdecimal()):
            raise Refused(422, "no numbers")
        size, start = int(limit), int(offset)
        if not (1 <= size <= 100 and start <= 1000):
            raise Refused(422, "out of bounds")
        numbers = list(self.things)
        if "loses entries" in self.faults and "limit" in query and size == 1 and start:
            start += 1
        if "ignores the limit" in self.faults:
            size = 100
        if "changes the order" in self.faults and size == 2:
            numbers.reverse()
        if "has no page behind the last" in self.faults and start and start >= len(numbers):
            raise Refused(404, "no such page")
        return numbers[start : start + size]

    def note(self, number):
        if "keeps no audit trail" not in self.faults:
            self.entries.setdefault(number, []).append("written")


def _query(text):
    from urllib.parse import parse_qs

    return parse_qs(text, keep_blank_values=True)


@contextmanager
def serving(app):
    """Serve an ASGI app on a free port of this machine; give its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, interface="asgi3", lifespan="off", log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class Live:
    """A live world of nothing but an address."""

    seed = 7
    today = datetime.now(UTC).date()

    def __init__(self, node="test", **systems):
        self._code = CodeMaker(self.seed, "run", node)
        self._systems = systems
        self.password = ""
        self.exchanges = []

    @property
    def erp(self):
        raise NotImplementedError

    def code(self, kind, alias):
        return self._code(kind, alias)

    def system(self, name):
        if name not in self._systems:
            raise UsageError(f"Failed to reach system '{name}'.")
        return System(name=name, url=self._systems[name], users={Role.MANAGER: Credentials(name="manager", password=self.password)})

    def partner(self, name):
        raise NotImplementedError

    def on_exchange(self, exchange):
        self.exchanges.append(exchange)
