"""ERPs that answer wrongly: they let everybody in, and then answer as their name says."""

import socket
import threading
from contextlib import contextmanager

SIGNED_IN = b'{"erp": "Bad ERP 1.0", "token": "t"}'
PAGE = b"<html><title>Please log in</title></html>"


def _http(status, body, length=None, kind="application/json"):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length or len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


ANSWERS = {
    "html": _http("200 OK", PAGE, kind="text/html"),
    "nothing": _http("200 OK", b""),
    "half a JSON": _http("200 OK", b'{"bins": ["A'),
    "cut in the middle": _http("200 OK", b'{"bins": ["A', length=200),
    "closed": b"",
    "server error": _http("500 Internal Server Error", b"Traceback: division by zero", kind="text/plain"),
    "wrong credentials": _http("401 Unauthorized", b'{"message": "who are you?"}'),
}


@contextmanager
def bad_erp(answer, *, at_sign_in=False):
    """Serve one of `ANSWERS`, or ``slow``, which never answers; from the start, or only after a good answer to the sign-in."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=respond, args=(connection,), daemon=True).start()

    def respond(connection):
        with connection:
            asked = connection.recv(65536)
            if b"\r\n\r\n" in asked and b"POST" in asked[:4] and not asked.partition(b"\r\n\r\n")[2]:
                asked += connection.recv(65536)
            if asked.startswith(b"POST /token") and not at_sign_in:
                connection.sendall(_http("200 OK", SIGNED_IN))
            elif answer == "slow":
                over.wait()
            else:
                connection.sendall(ANSWERS[answer])

    accepting = threading.Thread(target=serve, daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()
