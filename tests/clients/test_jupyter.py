"""A user's server over HTTP and WebSocket: what cells give, and what a server that has lost its way may cost."""

import json

import pytest
from aiohttp import web

from clients.errors import Unavailable
from clients.jupyter import CellResult, JupyterServers, kernel

SPECS = {"default": "r", "kernelspecs": {"r": {"spec": {"language": "R"}}, "py": {"spec": {"language": "Python"}}}}


def message(kind, content, parent="", channel="iopub"):
    return {"channel": channel, "header": {"msg_type": kind}, "parent_header": {"msg_id": parent}, "content": content}


class Server:
    """A user's server that answers as told. `talk` is called with the socket and the id of the cell."""

    def __init__(self):
        self.talk = None
        self.asked = []
        self.refuses = 0

    def app(self):
        app = web.Application()
        app.add_routes(
            [
                web.get("/base/user/{user}/api/kernelspecs", self._specs),
                web.post("/base/user/{user}/api/kernels", self._start),
                web.delete("/base/user/{user}/api/kernels/{id}", self._end),
                web.get("/base/user/{user}/api/kernels/{id}/channels", self._channels),
            ]
        )
        return app

    def _note(self, request):
        self.asked.append((request.method, request.raw_path, request.headers.get("Authorization")))
        if self.refuses:
            raise _status(self.refuses)

    async def _specs(self, request):
        self._note(request)
        return web.json_response(SPECS)

    async def _start(self, request):
        self._note(request)
        return web.json_response({"id": "k-1", **(await request.json())}, status=201)

    async def _end(self, request):
        self._note(request)
        return web.Response(status=204)

    async def _channels(self, request):
        self._note(request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for told in socket:
            await self.talk(socket, json.loads(told.data)["header"]["msg_id"])
        return socket


def _status(code):
    return type("Answer", (web.HTTPException,), {"status_code": code})()


@pytest.fixture
async def server(aiohttp_server):
    made = Server()
    running = await aiohttp_server(made.app())
    made.url = str(running.make_url("/base"))
    return made


async def ran(server, talk, seconds=5.0):
    server.talk = talk

    async def token(user):
        return f"token-of-{user}"

    async with JupyterServers(server.url, token).of("test@example.invalid") as its, its.kernel("py") as started:
        return await started.execute("1 + 1", seconds)


async def send(socket, *messages):
    for one in messages:
        await socket.send_str(json.dumps(one))


async def works(socket, cell):
    await send(
        socket,
        message("status", {"execution_state": "busy"}, cell),
        message("execute_result", {"data": {"text/plain": "of another cell"}}, "another"),
        message("execute_result", {"data": {"text/plain": "2"}}, cell),
        message("execute_reply", {"status": "ok"}, cell, "shell"),
        message("status", {"execution_state": "idle"}, cell),
    )


async def test_a_cell_gives_its_own_result_and_the_kernel_is_ended(server):
    assert await ran(server, works) == CellResult("2")
    assert [one[:2] for one in server.asked] == [
        ("POST", "/base/user/test@example.invalid/api/kernels"),
        ("GET", "/base/user/test@example.invalid/api/kernels/k-1/channels"),
        ("DELETE", "/base/user/test@example.invalid/api/kernels/k-1"),
    ]
    assert {one[2] for one in server.asked} == {"token token-of-test@example.invalid"}


async def test_an_error_is_told_on_one_line_and_cut(server):
    async def fails(socket, cell):
        wrong = {"ename": "ValueError", "evalue": "a\nb" + "c" * 5_000, "status": "error"}
        await send(
            socket,
            message("error", wrong, cell),
            message("execute_reply", wrong, cell, "shell"),
            message("status", {"execution_state": "idle"}, cell),
        )

    result = await ran(server, fails)
    assert result.error.startswith("ValueError: a b")
    assert len(result.error) == 300


async def test_a_kernel_that_says_nothing_is_given_up(server):
    async def silent(_socket, _cell):
        return

    with pytest.raises(Unavailable, match=r"the kernel did not run the cell within 0\.05 s"):
        await ran(server, silent, 0.05)


async def test_a_connection_that_ends_is_told(server):
    async def closes(socket, _cell):
        await socket.close()

    with pytest.raises(Unavailable, match="closed the connection to its kernel"):
        await ran(server, closes)


@pytest.mark.parametrize(
    "said", ["not JSON", "[]", "7", '{"parent_header": 7, "header": [], "content": "x"}', "[" * 50_000]
)
async def test_what_cannot_be_read_is_an_error_or_about_no_cell(server, said):
    async def odd(socket, _cell):
        await socket.send_str(said)
        await socket.close()

    with pytest.raises(Unavailable):
        await ran(server, odd)


async def test_a_message_beyond_all_measure_is_not_taken(server):
    async def huge(socket, cell):
        await send(socket, message("stream", {"text": "x" * (kernel.LARGEST_MESSAGE + 1)}, cell))

    with pytest.raises(Unavailable):
        await ran(server, huge)


async def test_messages_without_an_end_are_not_read_for_ever(server, monkeypatch):
    monkeypatch.setattr(kernel, "_MOST_MESSAGES", 50)

    async def chatters(socket, cell):
        await send(socket, *(message("stream", {"text": "x"}, cell) for _ in range(60)))

    with pytest.raises(Unavailable, match="without an end"):
        await ran(server, chatters)


@pytest.mark.parametrize(
    ("status", "words"), [(403, "refused the token"), (424, "is not running"), (404, "no route"), (502, "by the proxy")]
)
async def test_what_a_server_or_the_proxy_refuses_is_told(server, status, words):
    server.refuses = status
    with pytest.raises(Unavailable, match=words):
        await ran(server, works)


async def test_kernels_are_told_by_language_the_default_one_first(server):
    async def token(_user):
        return "t"

    async with JupyterServers(server.url, token).of("ada") as its:
        specs = await its.kernel_specs()
    assert (specs.default, specs.python) == ("r", "py")


@pytest.mark.parametrize("url", ["ftp://hub", "hub", "http://user@hub", "https://hub?x=1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="plain http or https"):
        JupyterServers(url, None)


async def test_a_server_that_is_not_there_is_told():
    async def token(_user):
        return "t"

    async with JupyterServers("http://127.0.0.1:9", token).of("ada") as its:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await its.kernel_specs()
