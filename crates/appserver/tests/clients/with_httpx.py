"""httpx against `with_starlette:application`: with_httpx.py URL. Ends with 0 if all is as it should be."""

import asyncio
import hashlib
import sys

import httpx


async def upload(client: httpx.AsyncClient) -> None:
    digest = hashlib.sha256()

    async def pieces():
        for number in range(300):
            piece = b"%d" % number * 5000
            digest.update(piece)
            yield piece
            await asyncio.sleep(0)

    answer = (await client.post("/digest", content=pieces())).json()
    assert answer["sha256"] == digest.hexdigest(), answer


async def download(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/stream?count=2000") as response:
        assert response.headers["transfer-encoding"] == "chunked", response.headers
        lines = [line async for line in response.aiter_lines()]
    assert lines == [f"line {number}" for number in range(2000)], len(lines)


async def both_ways(client: httpx.AsyncClient) -> None:
    async def pieces():
        for number in range(100):
            yield b"piece %d\n" % number

    response = await client.post("/both-ways", content=pieces())
    assert response.text == "".join(f"PIECE {number}\n" for number in range(100)), response.text


async def files(client: httpx.AsyncClient) -> None:
    content = bytes(range(256)) * 4096
    response = await client.get("/file")
    assert response.content == content and response.headers["content-length"] == str(len(content))
    response = await client.get("/file", headers={"range": "bytes=1000-1999"})
    assert response.status_code == 206 and response.content == content[1000:2000], response
    response = await client.head("/file")
    assert response.content == b"" and response.headers["content-length"] == str(len(content))


async def leave_early(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/events") as response:
        async for line in response.aiter_lines():
            assert line == "id: 0", line
            break
    assert (await client.get("/")).status_code == 200


async def many(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.put("/echo", content=b"%d" % n) for n in range(200)))
    assert [int(answer.content) for answer in answers] == list(range(200))


async def main(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        for use in (upload, download, both_ways, files, leave_early, many):
            await use(client)


asyncio.run(main(sys.argv[1]))
