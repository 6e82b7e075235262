"""A TCP gate between the server and a receiver that breaks the wire on purpose, then heals.

Each connection draws what happens to it from a repeatable random sequence:

    pass       nothing
    stall      bytes go in, nothing comes out, until the peer gives up
    reset      the connection is reset after a few bytes, in either direction
    corrupt    one byte of the answer or of the request is flipped
    slice      bytes trickle one to three at a time
    throttle   a few bytes every few milliseconds
    refuse     closed at once
"""

import asyncio
import random
import socket
import struct
import threading
from collections import Counter

KINDS = ["pass", "stall", "reset", "corrupt", "slice", "throttle", "refuse"]


class Gate:
    def __init__(self, target_port, kinds=tuple(KINDS), seed=1):
        self.target_port, self.kinds = target_port, list(kinds)
        self.random = random.Random(seed)
        self.healed = False
        self.seen = Counter()
        self.loop = asyncio.new_event_loop()
        self.tasks = set()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def url(self, path="/hook"):
        return f"http://127.0.0.1:{self.port}{path}"

    def heal(self):
        """New connections pass unharmed; broken ones end."""
        def end():
            self.healed = True
            for task in list(self.tasks):
                task.cancel()
        self.loop.call_soon_threadsafe(end)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def _serve(self, client_reader, client_writer):
        kind = "pass" if self.healed else self.random.choice(self.kinds)
        self.seen[kind] += 1
        if kind == "refuse":
            client_writer.close()
            return
        task = asyncio.current_task()
        if kind != "pass":
            self.tasks.add(task)
        writers = [client_writer]
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target_port)
            writers.append(writer)
            victim = self.random.choice(["request", "answer"])
            at = self.random.randrange(0, 400)
            up = asyncio.create_task(self._pump(client_reader, writer, kind, at if victim == "request" else None))
            down = asyncio.create_task(self._pump(reader, client_writer, kind, at % 60 if victim == "answer" else None))
            try:
                await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
            finally:
                up.cancel()
                down.cancel()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            for open_writer in writers:
                if kind == "reset":
                    linger = struct.pack("ii", 1, 0)  # close() sends RST
                    open_writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                open_writer.close()

    async def _pump(self, reader, writer, kind, at):
        """Copies until the end. `at` is where in this direction the damage happens; None leaves it whole."""
        passed = 0
        while data := await reader.read(65536):
            if kind == "stall" and at is not None:
                continue
            if kind == "corrupt" and at is not None and passed <= at < passed + len(data):
                data = bytearray(data)
                data[at - passed] ^= 0x15
            if kind == "reset" and at is not None and passed + len(data) > at:
                writer.write(data[:max(0, at - passed)])
                await writer.drain()
                return
            passed += len(data)
            for piece in self._pieces(bytes(data), kind):
                writer.write(piece)
                await writer.drain()
                if kind in ("slice", "throttle"):
                    await asyncio.sleep(0.0005 if kind == "slice" else 0.005)

    def _pieces(self, data, kind):
        size = {"slice": 3, "throttle": 16}.get(kind)
        return [data] if not size else [data[i:i + size] for i in range(0, len(data), size)]
