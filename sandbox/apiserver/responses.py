"""Answers in the form that the client asked for."""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from sandbox.apiserver.list_pages import Page
from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.printers.tables import metadata_list, metadata_only, table
from sandbox.apiserver.serialization.negotiation import form_of
from sandbox.apiserver.storage.records import Record, encode
from sandbox.apiserver.storage.store import Store


def json_answer(body: bytes, status: int = HTTPStatus.OK, warnings: Sequence[str] = ()) -> web.Response:
    """Return JSON text as a response, with warnings in the headers that kubectl shows."""
    answer = web.Response(body=body, status=status, content_type="application/json")
    for warning in warnings:
        text = warning.replace("\\", "\\\\").replace('"', '\\"')
        answer.headers.add("Warning", f'299 - "{text}"')
    return answer


def failed(error: ApiError) -> web.Response:
    """Return the response for an error."""
    answer = json_answer(encode(error.body), error.status)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def succeeded(details: Json | None = None, status: int = HTTPStatus.OK) -> web.Response:
    """Return the response with a Status of success."""
    body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    if details:
        body["details"] = details
    if status == HTTPStatus.CREATED:
        body["code"] = int(status)
    return json_answer(encode(body), status)


def one(
    request: web.Request,
    store: Store,
    record: Record,
    status: int = HTTPStatus.OK,
    warnings: Sequence[str] = (),
) -> web.Response:
    """Return the response with one object. Raise ApiError 406."""
    form = form_of(request.headers.get("Accept", ""))
    if form == "object":
        return json_answer(record.text(), status, warnings)
    if form == "metadata":
        return json_answer(encode(metadata_only(record.obj)), status, warnings)
    version: Json = {"resourceVersion": record.obj["metadata"].get("resourceVersion", "")}
    include = request.query.get("includeObject", "")
    body = table(record.kind, [record.obj], version, include, store.clock.now())
    return json_answer(encode(body), status, warnings)


def many(request: web.Request, store: Store, kind: Kind, page: Page) -> web.Response:
    """Return the response with a list, joined from texts that mostly exist already. Raise ApiError 406."""
    form = form_of(request.headers.get("Accept", ""))
    objects = (record.obj for record in page.records)
    if form == "metadata":
        return json_answer(encode(metadata_list(objects, page.metadata)))
    if form == "table":
        include = request.query.get("includeObject", "")
        return json_answer(encode(table(kind, objects, page.metadata, include, store.clock.now())))
    head = f'{{"kind":"{kind.kind}List","apiVersion":"{kind.api_version}","metadata":'.encode()
    items = b",".join(record.item() for record in page.records)
    return json_answer(b"".join((head, encode(page.metadata), b',"items":[', items, b"]}")))
