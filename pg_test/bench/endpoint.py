# An endpoint on this machine for scripts/bench-worker.sh: endpoint.py PORT SECONDS|LEAST-MOST|hang|mixed
#
# Answers after SECONDS, after a random time between two, or never; mixed: classifications at once, but of a hundred
# requests thirty with 503, 429, a closed connection, malformed JSON or 3 s of silence. A vector says how long the
# endpoint itself took from reading the request to writing the answer, its own lateness included: whole milliseconds,
# and microseconds beyond. GET /count tells how many requests came.
import asyncio
import json
import random
import sys
import time

PORT, HOW = int(sys.argv[1]), sys.argv[2]
READING = {"intent": "regional_breakdown", "confidence": 0.9, "dataset": "public.shop", "measure": "sales",
           "aggregation": "sum", "dimensions": ["region"]}
CALL = {"finish_reason": "tool_calls", "message": {"content": None, "tool_calls": [
    {"id": "1", "type": "function", "function": {"name": "classify_business_intent", "arguments": json.dumps(READING)}}]}}
COMPLETION = {"choices": [CALL], "usage": {"prompt_tokens": 100, "completion_tokens": 20}}
count = 0


def reply(status, body, header=b""):
    head = b"HTTP/1.1 %s X\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n"
    return head % (status, header, len(body)) + body


def vector(began):
    ms, us = divmod(int((time.perf_counter() - began) * 1e6), 1000)
    return reply(b"200", b'{"data": [{"index": 0, "embedding": [%d, %d]}]}' % (ms, us))


LEAST, MOST = (float(s) for s in (HOW.split("-") * 2)[:2]) if HOW[0].isdigit() else (0, 0)
OK = reply(b"200", json.dumps(COMPLETION).encode())
FAULTS = [reply(b"503", b"{}"), reply(b"429", b"{}", b"retry-after: 0.05\r\n"), None,
          reply(b"200", b'{"choices": [{"finish')]


class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.out, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15:].split(b"\r\n")[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length:]
            self.answer(head, time.perf_counter())

    def answer(self, head, began):
        global count
        if head.startswith(b"get /count"):
            self.out.write(reply(b"200", str(count).encode()))
            return
        count += 1
        later = asyncio.get_running_loop().call_later
        if HOW == "mixed":
            draw = random.random()
            fault = int(draw * 100 / 6)
            if draw >= 0.3:
                self.out.write(OK)
            elif fault == 2:
                self.out.close()
            elif fault == 4:
                later(3, self.out.write, OK)
            else:
                self.out.write(FAULTS[fault])
        elif HOW != "hang":
            embeds = b"/embeddings " in head[:200]
            wait = LEAST + random.random() * (MOST - LEAST)
            if wait > 0:
                later(wait, lambda: self.out.write(vector(began) if embeds else OK))
            else:
                self.out.write(vector(began) if embeds else OK)


async def main():
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", PORT, backlog=512)
    await server.serve_forever()


asyncio.run(main())
