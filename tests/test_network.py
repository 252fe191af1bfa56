"""Links that are made bad: what each toxic does, measured against a real server."""

import errno
import socket
import socketserver
import threading
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.standins.network import TOXICS, toxic
from erp_testkit.standins.network.links import ProxyNetwork
from erp_testkit.standins.network.proxy import Proxy

LONG = 20.0
"""Seconds a client waits for what must come."""
SHORT = 0.3
"""Seconds a client waits for what must not come."""


class Shop(socketserver.ThreadingTCPServer):
    """Answers each line that asks for a number of bytes with so many, and knows what it was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Counter)
        self.asked = []
        self.came = threading.Condition()

    def handle_error(self, *_):
        """Clients that are cut off are what this is about."""

    def was_asked(self, *lines):
        with self.came:
            return self.came.wait_for(lambda: self.asked == list(lines), LONG)


class Counter(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            with self.server.came:
                self.server.asked.append(line.decode().strip())
                self.server.came.notify_all()
            self.wfile.write(b"x" * int(line))


@pytest.fixture
def shop():
    with Shop() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(shop):
    link = Proxy(shop.server_address, seed=7)
    yield link
    link.close()


@contextmanager
def client(proxy, patience=LONG):
    with socket.create_connection(proxy.address, timeout=patience) as connection:
        yield connection


def ask(connection, size):
    connection.sendall(b"%d\n" % size)


def read(connection, size):
    got = b""
    while len(got) < size and (block := connection.recv(65536)):
        got += block
    return got


def asked(connection, size):
    """Ask and read all of it; return the seconds that took."""
    clock = time.perf_counter()
    ask(connection, size)
    assert len(read(connection, size)) == size
    return time.perf_counter() - clock


def ended(connection):
    """Say whether the other side ends it, with FIN or RST."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_healthy_link_carries_everything_both_ways(proxy, shop):
    with client(proxy) as connection:
        asked(connection, 300_000)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert shop.asked == ["300000"]
    assert proxy.connections == 1


def test_latency_comes_once_per_answer_not_per_block(proxy):
    proxy.add(toxic("latency", latency=200))
    with client(proxy) as connection:
        assert 0.2 <= asked(connection, 500_000) < 1.2
        assert asked(connection, 10) >= 0.2


def test_latency_upstream_delays_requests(proxy, shop):
    proxy.add(toxic("latency", "upstream", latency=200))
    with client(proxy) as connection:
        clock = time.perf_counter()
        ask(connection, 1)
        assert shop.was_asked("1")
        assert time.perf_counter() - clock >= 0.2


def test_a_latency_that_is_taken_away_holds_nothing_any_more(proxy):
    proxy.add(toxic("latency", latency=3_600_000))
    with client(proxy, SHORT) as connection:
        ask(connection, 3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        proxy.heal()
        connection.settimeout(LONG)
        assert read(connection, 3) == b"xxx"


def test_jitter_varies_latency(proxy):
    proxy.add(toxic("latency", latency=50, jitter=50))
    with client(proxy) as connection:
        times = [asked(connection, 1) for _ in range(6)]
    assert max(times) - min(times) > 0.01


def test_bandwidth_limits_the_rate(proxy):
    proxy.add(toxic("bandwidth", rate=500))
    with client(proxy) as connection:
        assert asked(connection, 100_000) >= 0.2


def test_a_narrow_line_trickles(proxy):
    proxy.add(toxic("bandwidth", rate=50))
    with client(proxy) as connection:
        ask(connection, 30_000)
        connection.settimeout(0.5)
        assert len(read(connection, 30_000)) == 30_000


@pytest.mark.parametrize("held", [toxic("bandwidth", rate=1), toxic("slicer", average_size=100, delay=60_000_000)], ids=str)
def test_what_a_slow_line_holds_goes_on_when_it_is_healed(proxy, held):
    proxy.add(held)
    with client(proxy) as connection:
        ask(connection, 60_000)
        assert connection.recv(1) == b"x"
        proxy.heal()
        assert len(read(connection, 59_999)) == 59_999


def test_an_end_that_is_kept_back_comes_when_the_line_is_healed(proxy):
    proxy.add(toxic("slow_close", delay=3_600_000))
    with client(proxy, SHORT) as connection:
        asked(connection, 5)
        connection.shutdown(socket.SHUT_WR)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        proxy.heal()
        connection.settimeout(LONG)
        assert connection.recv(1) == b""


def test_a_link_to_a_server_that_takes_nobody_can_be_closed():
    with socket.socket() as server, ExitStack() as waiting:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        link = Proxy(server.getsockname())
        with client(link) as connection:
            until = time.monotonic() + LONG
            while not link.connections:
                assert time.monotonic() < until
            link.close()
            assert ended(connection)


def test_slow_close_keeps_the_end_back(proxy):
    proxy.add(toxic("slow_close", delay=200))
    with client(proxy) as connection:
        asked(connection, 5)
        clock = time.perf_counter()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
        assert time.perf_counter() - clock >= 0.2


def test_timeout_holds_everything_and_then_closes(proxy, shop):
    with client(proxy) as connection:
        asked(connection, 1)
        proxy.add(toxic("timeout", timeout=200))
        clock = time.perf_counter()
        ask(connection, 2)
        assert shop.was_asked("1", "2")
        assert connection.recv(1) == b""
        assert time.perf_counter() - clock < LONG


def test_timeout_of_none_holds_until_it_is_healed(proxy):
    proxy.add(toxic("timeout", timeout=0))
    with client(proxy, SHORT) as connection:
        ask(connection, 3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        proxy.heal()
        connection.settimeout(LONG)
        assert read(connection, 3) == b"xxx"


def test_reset_peer_resets(proxy):
    with client(proxy) as connection:
        asked(connection, 1)
        proxy.add(toxic("reset_peer"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_slicer_cuts_answers_into_pieces(proxy):
    proxy.add(toxic("slicer", average_size=10, size_variation=5, delay=1000))
    with client(proxy) as connection:
        ask(connection, 200)
        pieces = []
        while sum(map(len, pieces)) < 200:
            pieces.append(connection.recv(65536))
    assert len(pieces) > 5


def test_down_cuts_and_refuses_until_it_is_healed(proxy):
    with client(proxy) as connection:
        asked(connection, 1)
        proxy.add(toxic("down"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with pytest.raises(ConnectionRefusedError), client(proxy):
        pass
    proxy.heal()
    with client(proxy) as connection:
        asked(connection, 1)


def test_a_reset_on_response_was_processed(proxy, shop):
    proxy.add(toxic("reset_on_response"))
    with client(proxy) as connection:
        ask(connection, 4)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert shop.asked == ["4"]


def test_toxicity_is_the_share_of_connections_met(proxy):
    proxy.add(toxic("reset_on_response", toxicity=0.5))
    met = 0
    for _ in range(40):
        with client(proxy) as connection:
            ask(connection, 1)
            try:
                connection.recv(1)
            except ConnectionResetError:
                met += 1
    assert 8 <= met <= 32


def test_a_link_to_nobody_resets(shop):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        link = Proxy(nobody.getsockname())
        try:
            with pytest.raises(ConnectionResetError), client(link) as connection:
                connection.recv(1)
        finally:
            link.close()


def test_a_closed_link_has_let_go_of_its_address(proxy):
    proxy.close()
    proxy.close()
    with pytest.raises(ConnectionRefusedError), client(proxy):
        pass


def test_a_link_needs_an_address_of_this_machine(shop):
    with pytest.raises(EnvironmentFailure) as failure:
        Proxy(shop.server_address, host="192.0.2.1")
    assert f"[Errno {errno.EADDRNOTAVAIL}]" in str(failure.value)
    assert str(failure.value).startswith(f"Failed to open a link to {shop.server_address}: expected a free port at 192.0.2.1, got ")


class Way:
    """A link of a network, for `client`."""

    def __init__(self, link):
        self.link, self.add, self.heal = link, link.add, link.heal
        parts = urlsplit(link.address)
        self.address = parts.hostname, parts.port


@pytest.fixture
def network():
    found = ProxyNetwork()
    yield found
    found.close()


@pytest.fixture
def way(network, shop):
    return Way(network.link("http://{}:{}/in?box=1".format(*shop.server_address)))


def test_a_link_is_a_url_with_another_host(way, shop):
    assert way.link.address == "http://{}:{}/in?box=1".format(*way.address)
    assert way.address != shop.server_address
    with client(way) as connection:
        asked(connection, 300_000)
    assert shop.asked == ["300000"]


def test_a_link_that_is_down_refuses_until_it_is_healed(way):
    address = way.address
    with client(way) as connection:
        asked(connection, 1)
        way.add(toxic("down"))
        assert ended(connection)
    with pytest.raises(ConnectionRefusedError), client(way):
        pass
    way.heal()
    assert way.address == address
    with client(way) as connection:
        asked(connection, 1)


def test_a_silent_link_goes_on_when_it_is_healed(way, shop):
    way.add(toxic("half_open"))
    with client(way, SHORT) as connection:
        ask(connection, 4)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert shop.asked == []
        way.heal()
        connection.settimeout(LONG)
        assert read(connection, 4) == b"xxxx"


def test_a_link_without_answers_still_carries_requests(way, shop):
    way.add(toxic("drop_response"))
    with client(way, SHORT) as connection:
        ask(connection, 4)
        assert shop.was_asked("4")
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_link_that_ends_when_the_answer_comes_has_carried_the_request(way, shop):
    way.add(toxic("reset_on_response"))
    with client(way) as connection:
        ask(connection, 4)
        assert ended(connection)
    assert shop.asked == ["4"]


@pytest.mark.parametrize(
    "slow",
    [
        (toxic("latency", latency=300),),
        (toxic("latency", "upstream", latency=150), toxic("latency", latency=150)),
        (toxic("bandwidth", rate=100),),
        (toxic("slicer", average_size=1000, delay=15_000),),
    ],
    ids=["latency", "both ways", "bandwidth", "slicer"],
)
def test_a_slow_link_is_slow_until_it_is_healed(way, slow):
    with client(way) as connection:
        for one in slow:
            way.add(one)
        assert asked(connection, 30_000) >= 0.25
        way.heal()
        assert min(asked(connection, 30_000) for _ in range(5)) < 0.25


def test_a_link_may_end_in_the_middle(way):
    way.add(toxic("limit_data", bytes=7))
    with client(way) as connection:
        ask(connection, 1000)
        assert read(connection, 1000) == b"x" * 7


def test_a_toxicity_of_nothing_meets_nobody(way):
    way.add(toxic("reset_peer", toxicity=0.0))
    with client(way) as connection:
        asked(connection, 10)


def test_a_closed_network_has_let_go_of_its_addresses(network, way):
    network.close()
    with pytest.raises(ConnectionRefusedError), client(way):
        pass


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://erp.example:8443/api", "https://erp.example:8443/api"),
        ("http://clerk:secret@erp.example/api", "http://erp.example/api"),
        ("http://erp.example:99999", "http://erp.example:99999"),
    ],
)
def test_a_link_needs_a_url_of_http(network, url, shown):
    with pytest.raises(UsageError) as error:
        network.link(url)
    assert str(error.value) == (
        f"Failed to open a link to {shown}: expected an address of http with neither certificate nor password, got another one."
    )


def test_every_toxic_has_what_it_is_unless_said_otherwise():
    assert [toxic(name)[attribute] for name, attributes in TOXICS.items() for attribute in attributes] == [0, 0, 0, 0, 0, 0, 64, 0, 0, 0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: toxic("latnecy"),
            "Failed to make a toxic 'latnecy': expected one of a known type. Did you mean 'latency'? Valid values are: "
            "bandwidth, down, drop_response, half_open, latency, limit_data, reset_on_response, reset_peer, slicer, slow_close, timeout.",
        ),
        (
            lambda: toxic("latency", "sideways", toxicity=2, delay=1, jitter=-1),
            "Failed to make a toxic 'latency': expected an attribute of it, got 'delay'. "
            "Did you mean 'latency'? Valid values are: jitter, latency.\n"
            "Failed to make a toxic 'latency': expected jitter from 0 up, got -1.\n"
            "Failed to make a toxic 'latency': expected stream upstream or downstream, got 'sideways'.\n"
            "Failed to make a toxic 'latency': expected a toxicity from 0 to 1, got 2.",
        ),
        (
            lambda: toxic("drop_response", "upstream"),
            "Failed to make a toxic 'drop_response': expected stream downstream, where answers are, got 'upstream'.",
        ),
    ],
)
def test_a_wrong_toxic_is_told(make, message):
    with pytest.raises(UsageError) as error:
        make()
    assert str(error.value) == message
