"""A mail server for one test: takes mail over TLS from who signs in, and prints what came as JSON lines.

mail.py starttls|always CERTIFICATE KEY USER PASSWORD
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

mode, certificate, key, user, password = sys.argv[1:]
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate, key)


def say(line):
    print(line, flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        say(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode("utf-8", "replace"),
        }))
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    known = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=known, handled=known)


def conversation():
    settings = dict(authenticator=authenticate, auth_required=True, hostname="localhost")
    if mode == "starttls":
        return SMTP(Handler(), tls_context=tls, require_starttls=True, **settings)
    return SMTP(Handler(), auth_require_tls=False, **settings)


async def serve():
    wrapped = tls if mode == "always" else None
    server = await asyncio.get_running_loop().create_server(
        conversation, "127.0.0.1", 0, ssl=wrapped
    )
    say(f"listening on {server.sockets[0].getsockname()[1]}")
    await server.serve_forever()


asyncio.run(serve())
