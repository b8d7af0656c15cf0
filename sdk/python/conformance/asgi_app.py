"""The conformance application (docs/reference/drop-in.md) on Starlette."""

import os

import uvicorn
from operations import operate
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from moor_session.asgi import MoorSessionMiddleware


async def regenerate(request):
    request.session.rotate()
    return JSONResponse({})


async def login(request):
    request.session["user"] = request.query_params["user"]
    return JSONResponse({})


async def logout(request):
    request.session.clear()
    return JSONResponse({})


async def clear_and_set(request):
    request.session.clear()
    request.session[request.query_params["k"]] = True
    return JSONResponse({})


async def late(request):
    async def body():
        yield "{"
        request.session[request.query_params["k"]] = True
        yield "}"

    return StreamingResponse(body(), media_type="application/json")


async def flash(request):
    if request.method == "GET":
        return JSONResponse({"flash": request.session.pop("flash", None)})
    request.session["flash"] = request.query_params["m"]
    return JSONResponse({})


async def other(request):
    path = request.url.path
    is_new = path == "/read" and request.session.moor.is_new
    answer = operate(request.session, is_new, f"{request.method} {path}", request.query_params, await request.body())
    return Response(status_code=404) if answer is None else JSONResponse(answer)


app = Starlette(
    routes=[
        Route("/regenerate", regenerate, methods=["POST"]),
        Route("/login", login, methods=["POST"]),
        Route("/logout", logout, methods=["POST"]),
        Route("/clear-and-set", clear_and_set, methods=["POST"]),
        Route("/late", late, methods=["POST"]),
        Route("/flash", flash, methods=["GET", "POST"]),
        Route("/{path:path}", other, methods=["GET", "POST"]),
    ],
    middleware=[Middleware(MoorSessionMiddleware, principal_key="user")],
)

uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
