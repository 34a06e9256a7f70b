"""Starlette with the server's own `user` and `auth`, and no authentication middleware."""

from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute


def who(request):
    user = request.user
    return JSONResponse(
        {
            "is_authenticated": user.is_authenticated,
            "name": user.display_name,
            "scopes": request.auth.scopes,
        }
    )


def spoil(request):
    request.auth.scopes.append("write")
    return JSONResponse({"scopes": request.auth.scopes})


@requires("authenticated")
async def known(request):
    return JSONResponse({"identity": request.user.identity, "claims": dict(request.user.claims)})


@requires("write", status_code=403)
async def write(request):
    return JSONResponse({"written": True})


@requires("authenticated")
async def talk(websocket):
    await websocket.accept()
    await websocket.send_json({"name": websocket.user.display_name})
    await websocket.close()


application = Starlette(
    routes=[
        Route("/who", who),
        Route("/spoil", spoil),
        Route("/known", known),
        Route("/write", write),
        WebSocketRoute("/talk", talk),
    ]
)
