"""The page at /docs, served whole from here: a browser without internet shows it too."""

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import FileResponse, Response

PATH = "/docs"
SCRIPT, STYLE = "swagger-ui-bundle.js", "swagger-ui.css"
NO_ICON = "data:,"

_FOLDER = Path(fastapi_offline.__file__).parent / "static"


def install(app: FastAPI) -> None:
    """Add the page and the two files that it loads."""

    async def get_page(request: Request) -> Response:
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}/openapi.json",
            title=app.title,
            swagger_js_url=f"{root}{PATH}/{SCRIPT}",
            swagger_css_url=f"{root}{PATH}/{STYLE}",
            swagger_favicon_url=NO_ICON,
            # It would show the description to a server of its maker.
            swagger_ui_parameters={"validatorUrl": None},
        )

    async def get_file(request: Request) -> Response:
        name = Path(request.url.path).name
        return FileResponse(_FOLDER / name, headers={"Cache-Control": "max-age=3600"})

    app.add_route(PATH, get_page, include_in_schema=False)
    for name in (SCRIPT, STYLE):
        app.add_route(f"{PATH}/{name}", get_file, include_in_schema=False)
