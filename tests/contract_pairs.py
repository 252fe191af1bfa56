"""Small pairs of OpenAPI contracts, one for every rule of comparing."""

from copy import deepcopy

B, R, H = "breaking", "risky", "harmless"

TEXT, NUMBER, WHOLE, LIST, OBJECT = ({"type": name} for name in ("string", "number", "integer", "array", "object"))
CAT = {"type": "object", "title": "Cat", "properties": {"kind": TEXT, "claws": WHOLE}, "required": ["kind"]}
DOG = {"type": "object", "title": "Dog", "properties": {"kind": TEXT, "bark": WHOLE}, "required": ["kind"]}
BOTH = {"oneOf": [CAT, DOG]}


def kinds(name="kind", **mapping):
    return {**BOTH, "discriminator": {"propertyName": name, **({"mapping": mapping} if mapping else {})}}


def bounds(keyword, name, base, low, high, upper):
    """Return the four rows of a bound: set, unset, tighter and looser."""
    small, large = {**base, keyword: low}, {**base, keyword: high}
    tight, loose = (large, small) if not upper else (small, large)
    return [
        (f"{name}-set", B, H, base, tight),
        (f"{name}-unset", H, B, tight, base),
        (f"{name}-{'decreased' if upper else 'increased'}", B, H, loose, tight),
        (f"{name}-{'increased' if upper else 'decreased'}", H, B, tight, loose),
    ]


def presence(keyword, name, base, schema):
    return [(f"{name}-added", B, H, base, {**base, keyword: schema}), (f"{name}-removed", H, B, {**base, keyword: schema}, base)]


def needing(name):
    return {**OBJECT, "dependentRequired": {"lot": [name]}}


CONTAINS = {**LIST, "contains": TEXT}

# What changed, its impact in requests and in answers (None: not said there), the old schema and the new one.
SCHEMAS = [
    *bounds("maximum", "max", NUMBER, 5, 9, True),
    *bounds("minimum", "min", NUMBER, 5, 9, False),
    *bounds("exclusiveMaximum", "exclusive-max", NUMBER, 5, 9, True),
    *bounds("exclusiveMinimum", "exclusive-min", NUMBER, 5, 9, False),
    *bounds("maxLength", "max-length", TEXT, 20, 30, True),
    *bounds("minLength", "min-length", TEXT, 2, 3, False),
    *bounds("maxItems", "max-items", LIST, 2, 3, True),
    *bounds("minItems", "min-items", LIST, 2, 3, False),
    *bounds("maxProperties", "max-properties", OBJECT, 2, 3, True),
    *bounds("minProperties", "min-properties", OBJECT, 2, 3, False),
    *bounds("maxContains", "max-contains", CONTAINS, 2, 3, True),
    *bounds("minContains", "min-contains", CONTAINS, 2, 3, False),
    *presence("if", "if", OBJECT, {"required": ["a"]}),
    *presence("then", "then", {**OBJECT, "if": {"required": ["a"]}}, {"minProperties": 2}),
    *presence("else", "else", {**OBJECT, "if": {"required": ["a"]}}, {"minProperties": 2}),
    *presence("not", "not", TEXT, {"maxLength": 3}),
    *presence("contains", "contains", LIST, TEXT),
    *presence("propertyNames", "property-names", OBJECT, {"maxLength": 3}),
    *presence("contentSchema", "content-schema", TEXT, {"type": "object"}),
    *presence("unevaluatedItems", "unevaluated-items", LIST, False),
    *presence("unevaluatedProperties", "unevaluated-properties", OBJECT, False),
    *presence("patternProperties", "pattern-property", OBJECT, {"^x": TEXT}),
    *presence("dependentSchemas", "dependent-schema", OBJECT, {"a": {"required": ["b"]}}),
    ("if-changed", R, R, {**OBJECT, "if": {"required": ["a"]}}, {**OBJECT, "if": {"required": ["b"]}}),
    ("not-changed", R, R, {**TEXT, "not": {"maxLength": 3}}, {**TEXT, "not": {"maxLength": 4}}),
    ("content-media-type-changed", B, B, {**TEXT, "contentMediaType": "image/png"}, {**TEXT, "contentMediaType": "image/jpeg"}),
    ("content-encoding-changed", B, B, {**TEXT, "contentEncoding": "base64"}, {**TEXT, "contentEncoding": "base32"}),
    ("multiple-of-set", B, H, NUMBER, {**NUMBER, "multipleOf": 2}),
    ("multiple-of-unset", H, B, {**NUMBER, "multipleOf": 2}, NUMBER),
    ("multiple-of-changed", B, B, {**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 3}),
    ("multiple-of-generalized", H, None, {**NUMBER, "multipleOf": 0.3}, {**NUMBER, "multipleOf": 0.1}),
    ("multiple-of-specialized", None, H, {**NUMBER, "multipleOf": 0.1}, {**NUMBER, "multipleOf": 0.3}),
    ("unique-items-set", B, H, LIST, {**LIST, "uniqueItems": True}),
    ("unique-items-unset", H, B, {**LIST, "uniqueItems": True}, LIST),
    ("pattern-added", B, H, TEXT, {**TEXT, "pattern": "^A"}),
    ("pattern-removed", H, B, {**TEXT, "pattern": "^A"}, TEXT),
    ("pattern-changed", R, R, {**TEXT, "pattern": "^A"}, {**TEXT, "pattern": "^[AB]"}),
    ("pattern-generalized", H, B, {**TEXT, "pattern": "^A"}, {**TEXT, "pattern": ".*"}),
    ("type-changed", B, B, {"type": "boolean"}, LIST),
    ("type-generalized", H, B, WHOLE, NUMBER),
    ("type-generalized", H, B, TEXT, {}),
    ("type-generalized", H, B, {**TEXT, "format": "date"}, TEXT),
    ("type-generalized", H, B, {**WHOLE, "format": "int32"}, {**WHOLE, "format": "int64"}),
    ("type-specialized", None, H, NUMBER, WHOLE),
    ("type-specialized", None, H, TEXT, {**TEXT, "format": "date"}),
    ("type-specialized", None, H, {}, TEXT),
    ("list-of-types-widened", H, B, TEXT, {"type": ["string", "array"]}),
    ("list-of-types-narrowed", B, H, {"type": ["string", "array"]}, TEXT),
    ("became-nullable", H, B, TEXT, {"type": ["string", "null"]}),
    ("became-not-nullable", B, H, {"type": ["string", "null"]}, TEXT),
    ("became-enum", B, H, TEXT, {**TEXT, "enum": ["a", "b"]}),
    ("became-not-enum", H, B, {**TEXT, "enum": ["a", "b"]}, TEXT),
    ("enum-value-added", H, R, {**TEXT, "enum": ["a"]}, {**TEXT, "enum": ["a", "b"]}),
    ("enum-value-removed", B, H, {**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["b"]}),
    ("x-extensible-enum-value-removed", B, H, {**TEXT, "x-extensible-enum": ["a", "b"]}, {**TEXT, "x-extensible-enum": ["b"]}),
    ("const-added", B, H, TEXT, {**TEXT, "const": "a"}),
    ("const-removed", H, B, {**TEXT, "const": "a"}, TEXT),
    ("const-changed", B, B, {**TEXT, "const": "a"}, {**TEXT, "const": "b"}),
    ("enum-value-removed", B, H, {**TEXT, "enum": ["a", "b"]}, {**TEXT, "const": "b"}),
    ("default-value-added", H, H, TEXT, {**TEXT, "default": "a"}),
    ("default-value-removed", R, H, {**TEXT, "default": "a"}, TEXT),
    ("default-value-changed", R, H, {**TEXT, "default": "a"}, {**TEXT, "default": "b"}),
    ("one-of-added", H, B, {"oneOf": [CAT]}, BOTH),
    ("one-of-added", H, B, CAT, BOTH),
    ("one-of-removed", B, H, BOTH, {"oneOf": [DOG]}),
    ("one-of-removed", B, H, BOTH, DOG),
    ("one-of-set", B, H, OBJECT, {**OBJECT, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
    ("one-of-unset", H, B, {**OBJECT, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, OBJECT),
    ("any-of-added", H, B, CAT, {"anyOf": [CAT, DOG]}),
    ("any-of-removed", B, H, {"anyOf": [CAT, DOG]}, CAT),
    ("any-of-set", B, H, OBJECT, {**OBJECT, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
    ("any-of-unset", H, B, {**OBJECT, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, OBJECT),
    ("all-of-added", B, H, {"allOf": [{**TEXT, "pattern": "^A"}]}, {"allOf": [{**TEXT, "pattern": "^A"}, {"pattern": "Z$"}]}),
    ("all-of-removed", H, B, {"allOf": [{**TEXT, "pattern": "^A"}, {"pattern": "Z$"}]}, {"allOf": [{**TEXT, "pattern": "^A"}]}),
    ("additional-properties-allowed", H, R, {**OBJECT, "additionalProperties": False}, OBJECT),
    ("additional-properties-forbidden", B, H, OBJECT, {**OBJECT, "additionalProperties": False}),
    ("prefix-items-added", H, B, {**LIST, "prefixItems": [TEXT]}, {**LIST, "prefixItems": [TEXT, WHOLE]}),
    ("prefix-items-removed", B, H, {**LIST, "prefixItems": [TEXT, WHOLE]}, {**LIST, "prefixItems": [TEXT]}),
    ("discriminator-added", H, H, BOTH, kinds()),
    ("discriminator-removed", H, H, kinds(), BOTH),
    ("discriminator-property-name-changed", H, H, kinds(), kinds("sort")),
    ("discriminator-mapping-added", H, H, kinds(), kinds(cat="Cat")),
    ("discriminator-mapping-deleted", H, H, kinds(cat="Cat"), kinds()),
    ("discriminator-mapping-changed", H, H, kinds(cat="Cat"), kinds(cat="Dog")),
    ("dependent-required-added", B, H, OBJECT, needing("expiry")),
    ("dependent-required-removed", H, B, needing("expiry"), OBJECT),
    ("dependent-required-changed", B, B, needing("expiry"), needing("gtin")),
]

# Spellings of one version only.
OF_3_0 = [
    ("became-nullable", H, B, TEXT, {**TEXT, "nullable": True}),
    ("became-not-nullable", B, H, {**TEXT, "nullable": True}, TEXT),
    ("exclusive-min-set", B, H, {**NUMBER, "minimum": 5}, {**NUMBER, "minimum": 5, "exclusiveMinimum": True}),
    ("exclusive-min-unset", H, B, {**NUMBER, "minimum": 5, "exclusiveMinimum": True}, {**NUMBER, "minimum": 5}),
    ("exclusive-max-set", B, H, {**NUMBER, "maximum": 5}, {**NUMBER, "maximum": 5, "exclusiveMaximum": True}),
    ("enum-value-removed", B, H, {**TEXT, "nullable": True, "enum": ["a", "b", None]}, {**TEXT, "nullable": True, "enum": ["b"]}),
]
OF_3_1 = [
    ("became-nullable", H, B, TEXT, {"anyOf": [TEXT, {"type": "null"}]}),
    ("became-not-nullable", B, H, {"oneOf": [TEXT, {"type": "null"}]}, TEXT),
    ("exclusive-min-set", B, H, {**NUMBER, "minimum": 5}, {**NUMBER, "exclusiveMinimum": 5}),
    ("min-unset", H, B, {**NUMBER, "minimum": 5}, {**NUMBER, "exclusiveMinimum": 4}),
    ("became-enum", B, H, TEXT, {**TEXT, "enum": ["a", "b"]}),
]

# Two spellings of the same, as pairs of version and schema.
ALIKE = [
    (("3.0.3", {**TEXT, "nullable": True}), ("3.1.0", {"type": ["string", "null"]})),
    (("3.0.3", {**TEXT, "nullable": True}), ("3.1.0", {"anyOf": [TEXT, {"type": "null"}]})),
    (("3.0.3", {**TEXT, "nullable": True}), ("3.1.0", {"oneOf": [{"enum": [None]}, TEXT]})),
    (("3.0.3", {**NUMBER, "minimum": 5, "exclusiveMinimum": True}), ("3.1.0", {**NUMBER, "exclusiveMinimum": 5})),
    (("3.0.3", {**NUMBER, "maximum": 5, "exclusiveMaximum": False}), ("3.1.0", {**NUMBER, "maximum": 5})),
    (("3.0.3", {**TEXT, "enum": ["a"]}), ("3.1.0", {**TEXT, "const": "a"})),
    (("3.0.3", TEXT), ("3.0.3", {**TEXT, "minLength": 0})),
    (("3.0.3", OBJECT), ("3.0.3", {**OBJECT, "additionalProperties": True})),
    (
        ("3.0.3", CAT),
        ("3.0.3", {"allOf": [{"properties": {"kind": TEXT}, "required": ["kind"]}, {**OBJECT, "properties": {"claws": WHOLE}}]}),
    ),
    (("3.0.3", {"oneOf": [CAT, DOG]}), ("3.0.3", {"oneOf": [DOG, CAT]})),
    (("3.0.3", CAT), ("3.0.3", {"oneOf": [CAT]})),
    (("3.0.3", {**TEXT, "example": "a"}), ("3.0.3", {**TEXT, "example": "b", "description": "another"})),
    (("3.1.0", True), ("3.1.0", {})),
]


def contract(operation=None, *, version="3.0.3", path="/things", method="post", **more):
    """Return a contract of one operation."""
    paths = {} if operation is None else {path: {method: {"responses": {"204": {"description": "done"}}, **operation}}}
    return deepcopy({"openapi": version, "info": {"title": "Shop", "version": "1"}, "paths": paths, **more})


def takes(schema, kind="application/json"):
    return {"requestBody": {"content": {kind: {"schema": schema}}}}


def gives(schema, code="200"):
    return {"responses": {code: {"description": "well", "content": {"application/json": {"schema": schema}}}}}


def parameter(name="it", where="query", **more):
    return {"parameters": [{"name": name, "in": where, "schema": TEXT, **more}]}


def header(**more):
    return {"responses": {"200": {"description": "well", "headers": {"X-It": {"schema": TEXT, **more}}}}}


def having(schema, **more):
    return {"type": "object", "properties": {"it": schema}, **more}


PLACES = {
    ("request", "body"): takes,
    ("request", "property"): lambda schema: takes(having(schema)),
    ("request", "parameter"): lambda schema: parameter(schema=schema),
    ("response", "body"): gives,
    ("response", "property"): lambda schema: gives(having(schema)),
    ("response", "header"): lambda schema: header(schema=schema),
}
"""Where a schema may stand, by side and scope of the rule ids."""

NONE = {"type": "object", "properties": {}}
GOING = {**TEXT, "deprecated": True}
READ, WRITE = {**TEXT, "readOnly": True}, {**TEXT, "writeOnly": True}
NEEDED = {"required": ["it"]}


def fields(side, put):
    """Return rows about a field's being there, on one side."""
    optional, required = put(having(TEXT)), put(having(TEXT, **NEEDED))
    rows = []
    for kind, more in (("optional", {}), ("required", NEEDED)):
        plain, read, write = (put(having(schema, **more)) for schema in (TEXT, READ, WRITE))
        impacts = {
            ("request", "read-only"): (R, H if kind == "optional" else B),
            ("request", "write-only"): (H, H),
            ("response", "read-only"): (H, H),
            ("response", "write-only"): (R if kind == "optional" else B, H if kind == "optional" else R),
        }
        for name, flagged in (("read-only", read), ("write-only", write)):
            there, back = impacts[side, name]
            rows.append((f"{side}-{kind}-property-became-{name}", there, plain, flagged))
            rows.append((f"{side}-{kind}-property-became-not-{name}", back, flagged, plain))
    sunset = {**GOING, "x-sunset": "2030-01-01"}
    rows += [
        (f"{side}-property-deprecated", H, optional, put(having(GOING))),
        (f"{side}-property-deprecated-with-sunset", H, optional, put(having(sunset))),
        (f"{side}-property-deprecated-sunset-invalid", B, optional, put(having({**sunset, "x-sunset": "soon"}))),
        (f"{side}-property-reactivated", H, put(having(GOING)), optional),
        (f"{side}-property-became-required", B if side == "request" else H, optional, required),
        (f"{side}-property-became-optional", H if side == "request" else B, required, optional),
    ]
    return rows


DEFAULT = {**TEXT, "default": "a"}
DAY, LATER, PAST = "2030-01-01", "2031-01-01", "2020-01-01"
ONE = {"key": {"type": "apiKey", "name": "X-Key", "in": "header"}, "pass": {"type": "http", "scheme": "basic"}}
WAY = {"key": []}
OAUTH = {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "/log-in", "tokenUrl": "/token", "scopes": {"read": "Read"}}}}


def two_methods(**second):
    return contract({}, paths={"/things": {"get": {"responses": {}}, "post": {"responses": {}, **second}}})


ONLY_GET = contract({}, paths={"/things": {"get": {"responses": {}}}})


def secured(*ways):
    return contract({"security": list(ways)})


def everywhere(*ways):
    return contract({}, security=list(ways))


def scheme(**change):
    return contract({}, components={"securitySchemes": {"one": {**OAUTH, **change}}})


def flow(**change):
    return scheme(flows={"implicit": {**OAUTH["flows"]["implicit"], **change}})


def called(name, operation):
    return {"callbacks": {"done": {"{$request.body#/url}": {"post": {"responses": {}, **operation}}}}} if name == "callback" else operation


def webhooks(**named):
    return contract(version="3.1.0", webhooks={name: {"post": {"responses": {}}} for name in named})


# Rule, impact, the old contract or operation, and the new one.
WHOLE_RULES = [
    *fields("request", takes),
    *fields("response", gives),
    ("new-required-request-property", B, takes(NONE), takes(having(TEXT, **NEEDED))),
    ("new-required-request-property-with-default", B, takes(NONE), takes(having(DEFAULT, **NEEDED))),
    ("new-optional-request-property", H, takes(NONE), takes(having(TEXT))),
    ("request-property-removed", R, takes(having(TEXT)), takes(NONE)),
    (
        "request-property-no-longer-allowed",
        B,
        takes(having(TEXT, additionalProperties=False)),
        takes({**NONE, "additionalProperties": False}),
    ),
    ("request-property-became-required-with-default", B, takes(having(DEFAULT)), takes(having(DEFAULT, **NEEDED))),
    ("response-required-property-removed", B, gives(having(TEXT, **NEEDED)), gives(NONE)),
    ("response-optional-property-removed", R, gives(having(TEXT)), gives(NONE)),
    ("response-required-property-added", H, gives(NONE), gives(having(TEXT, **NEEDED))),
    ("response-optional-property-added", H, gives(NONE), gives(having(TEXT))),
    ("endpoint-added", H, ONLY_GET, two_methods()),
    ("api-path-removed-without-deprecation", B, contract({}), contract()),
    ("api-path-removed-with-deprecation", H, contract({"deprecated": True}), contract()),
    ("api-path-removed-with-deprecation", H, contract({"deprecated": True, "x-sunset": PAST}), contract()),
    ("api-path-removed-before-sunset", B, contract({"deprecated": True, "x-sunset": DAY}), contract()),
    ("api-path-sunset-parse", B, contract({"deprecated": True, "x-sunset": "soon"}), contract()),
    ("api-removed-without-deprecation", B, two_methods(), ONLY_GET),
    ("api-removed-with-deprecation", H, two_methods(deprecated=True), ONLY_GET),
    ("api-removed-before-sunset", B, two_methods(deprecated=True, **{"x-sunset": DAY}), ONLY_GET),
    ("api-deprecated-sunset-parse", B, two_methods(deprecated=True, **{"x-sunset": "soon"}), ONLY_GET),
    ("endpoint-deprecated", H, {}, {"deprecated": True}),
    ("endpoint-deprecated-with-sunset", H, {}, {"deprecated": True, "x-sunset": DAY}),
    ("api-deprecated-sunset-parse", B, {}, {"deprecated": True, "x-sunset": "soon"}),
    ("endpoint-reactivated", H, {"deprecated": True}, {}),
    ("sunset-deleted", B, {"deprecated": True, "x-sunset": DAY}, {"deprecated": True}),
    ("api-sunset-date-changed-too-small", B, {"deprecated": True, "x-sunset": LATER}, {"deprecated": True, "x-sunset": DAY}),
    ("api-operation-id-removed", H, {"operationId": "a"}, {"operationId": "b"}),
    ("api-operation-id-added", H, {}, {"operationId": "b"}),
    ("api-tag-removed", H, {"tags": ["a"]}, {"tags": []}),
    ("api-tag-added", H, {}, {"tags": ["a"]}),
    ("webhook-added", H, webhooks(), webhooks(shipped=1)),
    ("webhook-removed", B, webhooks(shipped=1), webhooks()),
    ("callback-added", H, {}, called("callback", {})),
    ("callback-removed", B, called("callback", {}), {}),
    ("new-required-request-parameter", B, {}, parameter(required=True)),
    ("new-optional-request-parameter", H, {}, parameter()),
    (
        "new-request-path-parameter",
        B,
        contract({}, path="/things/{it}"),
        contract(parameter(where="path", required=True), path="/things/{it}"),
    ),
    ("request-parameter-removed", R, parameter(), {}),
    ("request-parameter-removed-with-deprecation", H, parameter(deprecated=True), {}),
    ("request-parameter-removed-before-sunset", B, parameter(deprecated=True, **{"x-sunset": DAY}), {}),
    ("request-parameter-sunset-parse", B, parameter(deprecated=True, **{"x-sunset": "soon"}), {}),
    ("request-parameter-became-required", B, parameter(), parameter(required=True)),
    ("request-parameter-became-optional", H, parameter(required=True), parameter()),
    ("request-parameter-deprecated", H, parameter(), parameter(deprecated=True)),
    ("request-parameter-reactivated", H, parameter(deprecated=True), parameter()),
    ("request-parameter-sunset-deleted", B, parameter(deprecated=True, **{"x-sunset": DAY}), parameter(deprecated=True)),
    (
        "request-parameter-sunset-date-changed-too-small",
        B,
        parameter(deprecated=True, **{"x-sunset": LATER}),
        parameter(deprecated=True, **{"x-sunset": DAY}),
    ),
    ("request-parameter-style-changed", B, parameter(schema=LIST), parameter(schema=LIST, style="pipeDelimited")),
    ("request-parameter-explode-changed", B, parameter(schema=LIST), parameter(schema=LIST, explode=False)),
    ("request-parameter-became-allow-reserved", H, parameter(), parameter(allowReserved=True)),
    ("request-parameter-became-not-allow-reserved", B, parameter(allowReserved=True), parameter()),
    ("request-body-added-required", B, {}, {"requestBody": {"required": True, "content": {}}}),
    ("request-body-added-optional", H, {}, {"requestBody": {"content": {}}}),
    ("request-body-removed", B, takes(TEXT), {}),
    ("request-body-became-required", B, {"requestBody": {"content": {}}}, {"requestBody": {"content": {}, "required": True}}),
    ("request-body-became-optional", H, {"requestBody": {"content": {}, "required": True}}, {"requestBody": {"content": {}}}),
    ("request-body-media-type-added", H, {"requestBody": {"content": {}}}, takes(TEXT)),
    ("request-body-media-type-removed", B, takes(TEXT), {"requestBody": {"content": {}}}),
    ("request-body-media-type-schema-added", B, {"requestBody": {"content": {"application/json": {}}}}, takes(TEXT)),
    ("request-body-media-type-schema-removed", H, takes(TEXT), {"requestBody": {"content": {"application/json": {}}}}),
    ("response-body-media-type-schema-added", H, {"responses": {"200": {"content": {"application/json": {}}}}}, gives(TEXT)),
    ("response-body-media-type-schema-removed", B, gives(TEXT), {"responses": {"200": {"content": {"application/json": {}}}}}),
    ("response-media-type-added", H, {"responses": {"200": {}}}, gives(TEXT)),
    ("response-media-type-removed", B, gives(TEXT), {"responses": {"200": {}}}),
    ("response-success-status-added", H, {"responses": {"200": {}}}, {"responses": {"200": {}, "201": {}}}),
    ("response-success-status-removed", B, {"responses": {"200": {}, "201": {}}}, {"responses": {"201": {}}}),
    ("response-non-success-status-added", H, {"responses": {"200": {}}}, {"responses": {"200": {}, "409": {}}}),
    ("response-non-success-status-removed", H, {"responses": {"200": {}, "409": {}}}, {"responses": {"200": {}}}),
    ("response-header-added", H, {"responses": {"200": {}}}, header()),
    ("required-response-header-removed", B, header(required=True), {"responses": {"200": {}}}),
    ("optional-response-header-removed", R, header(), {"responses": {"200": {}}}),
    ("response-header-became-optional", B, header(required=True), header()),
    ("response-header-became-required", H, header(), header(required=True)),
    ("api-security-became-required", B, contract({}), secured(WAY)),
    ("api-security-became-required", B, everywhere({}, WAY), everywhere(WAY)),
    ("api-security-became-optional", R, secured(WAY), secured()),
    ("api-security-removed", B, secured(WAY, {"pass": []}), secured(WAY)),
    ("api-security-added", H, secured(WAY), secured(WAY, {"pass": []})),
    ("api-security-scope-added", B, secured({"key": ["a"]}), secured({"key": ["a", "b"]})),
    ("api-security-scope-removed", H, secured({"key": ["a", "b"]}), secured({"key": ["a"]})),
    ("api-global-security-removed", B, everywhere(WAY, {"pass": []}), everywhere(WAY)),
    ("api-global-security-added", H, everywhere(WAY), everywhere(WAY, {"pass": []})),
    ("api-global-security-scope-added", B, everywhere({"key": ["a"]}), everywhere({"key": ["a", "b"]})),
    ("api-global-security-scope-removed", H, everywhere({"key": ["a", "b"]}), everywhere({"key": ["a"]})),
    ("api-security-component-added", H, contract({}), scheme()),
    ("api-security-component-removed", H, scheme(), contract({})),
    ("api-security-component-type-changed", B, scheme(), scheme(type="http")),
    ("api-security-component-changed", B, scheme(**ONE["key"]), scheme(**ONE["key"] | {"name": "X-Other"})),
    ("api-security-component-oauth-url-changed", H, scheme(), flow(authorizationUrl="/other")),
    ("api-security-component-oauth-token-url-changed", H, scheme(), flow(tokenUrl="/other")),
    ("api-security-component-oauth-scope-added", H, flow(scopes={}), scheme()),
    ("api-security-component-oauth-scope-removed", H, scheme(), flow(scopes={})),
    ("api-server-added", H, contract({}), contract({}, servers=[{"url": "/v2"}])),
    ("api-server-removed", R, contract({}, servers=[{"url": "/v1"}]), contract({})),
]
