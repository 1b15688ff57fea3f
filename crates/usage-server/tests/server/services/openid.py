"""An OpenID Connect provider for one test: oidc-provider-mock, which also demands PKCE here.

openid.py SECONDS            how long its tokens are valid, for registered clients
openid.py SECONDS SUBJECT    for any client, with a button for this person
"""

import base64
import hashlib
import io
import os
import sys
import warnings
from datetime import timedelta
from urllib.parse import parse_qs, urlparse

warnings.simplefilter("ignore")
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import oidc_provider_mock
import werkzeug.serving


class Pkce:
    """Codes are for who knows what their challenge was made of (RFC 7636); the mock doesn't ask."""

    def __init__(self, app):
        self.app = app
        self.challenges = {}

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/oauth2/authorize":
            return self.authorize(environ, start_response)
        if environ["PATH_INFO"] == "/oauth2/token":
            return self.token(environ, start_response)
        return self.app(environ, start_response)

    def authorize(self, environ, start_response):
        query = parse_qs(environ["QUERY_STRING"])
        if query.get("code_challenge_method") != ["S256"]:
            return refuse(start_response)

        def start(status, headers, *rest):
            location = dict(headers).get("Location", "")
            for code in parse_qs(urlparse(location).query).get("code", []):
                self.challenges[code] = query["code_challenge"][0]
            # Its pages would load a style sheet from elsewhere.
            policy = ("Content-Security-Policy", "default-src 'none'")
            return start_response(status, [*headers, policy], *rest)

        return self.app(environ, start)

    def token(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        form = parse_qs(body.decode())
        verifier = form.get("code_verifier", [""])[0]
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        if self.challenges.get(form["code"][0]) != digest.rstrip(b"=").decode():
            return refuse(start_response)
        return self.app({**environ, "wsgi.input": io.BytesIO(body)}, start_response)


def refuse(start_response):
    start_response("400 Bad Request", [("Content-Type", "application/json")])
    return [b'{"error": "invalid_grant"}']


people = [
    oidc_provider_mock.User(sub=name, claims={"email": f"{name}@acme.example", "email_verified": True})
    for name in sys.argv[2:]
]
app = oidc_provider_mock.app(
    require_client_registration=not people,
    user_claims=people,
    require_nonce=True,
    access_token_max_age=timedelta(seconds=int(sys.argv[1])),
)
server = werkzeug.serving.make_server("127.0.0.1", 0, Pkce(app), threaded=True)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
