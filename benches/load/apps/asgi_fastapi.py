"""FastAPI: a response model, and a view that is not asynchronous, which runs in the thread pool."""

from fastapi import FastAPI
from pydantic import BaseModel


class Item(BaseModel):
    id: int
    name: str
    price: float
    tags: list[str]


json = FastAPI()
threads = FastAPI()


@json.get("/")
async def item() -> Item:
    return Item(id=1, name="Hello, world!", price=9.5, tags=["a", "b"])


@threads.get("/")
def hello() -> dict[str, str]:
    return {"message": "Hello, world!"}
