"""Has Wapiti attack the requests of an API, inside Wapiti's own interpreter: loaded by the launcher, imports nothing of
Vedette. Nothing is crawled: these requests are all there is, and no address is made up.

Wapiti's own reader of OpenAPI files is not used. It knows neither Postman nor HAR, takes other samples for other
versions of itself, and reads whatever a file refers to.
"""

import functools
from collections.abc import AsyncIterator
from typing import Any

from wapitiCore.net import Request, crawler, explorer, sql_persister, web  # type: ignore[import-not-found]

JSON = "application/json"


def ask_only_for(requests: list[dict[str, Any]]) -> None:
    """Have Wapiti begin and end with these:

    {"method": ..., "url": ..., "headers": {...}, "body": ..., "content_type": ...,
     "fields": [[name, value], ...], "files": [[name, file, text, type], ...]}
    """
    know_every_body()
    explore_only(requests)
    begin_with(requests)
    attack_every_method()
    send_their_headers(requests)


def know_every_body() -> None:
    """Keep the content type of whatever has a body: Wapiti forgets it for all but POST, PUT and PATCH."""
    begin = web.Request.__init__

    @functools.wraps(begin)
    def made_whole(self: Any, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        self._enctype = self._enctype or (named.get("enctype") or "").lower()

    web.Request.__init__ = made_whole


def explore_only(requests: list[dict[str, Any]]) -> None:
    """Ask for each of them once, whatever else there is, and follow nothing."""
    explore = explorer.Explorer.async_explore

    @functools.wraps(explore)
    async def async_explore(self: Any, to_explore: Any, excluded_urls: Any = None) -> AsyncIterator[Any]:
        self.max_depth = self.max_files_per_dir = self.qs_limit = 0
        to_explore.clear()
        to_explore.extend(map(made, requests))
        async for explored in explore(self, to_explore, excluded_urls):
            yield explored

    async def no_made_up_address(_explorer: Any, _folder: str) -> None:
        return None

    explorer.Explorer.async_explore = async_explore
    explorer.Explorer._get_soft_404_response = no_made_up_address  # Wapiti from 3.3 on asks for one in every folder


def begin_with(requests: list[dict[str, Any]]) -> None:
    """Take the first that reads for the start page, by which Wapiti before 3.3 judges headers: there is none."""
    start = next((made(request).url for request in requests if request["method"] == "GET"), None)
    if start is None:
        return

    async def get_root_url(_persister: Any) -> str:
        return str(start)

    sql_persister.SqlPersister.get_root_url = get_root_url


def attack_every_method() -> None:
    """Wapiti reads back GET and POST only, though it knows how to attack the others.

    It sends a request again before it attacks it: one with nothing to attack, such as a plain DELETE, is spared that.
    """

    async def get_forms(self: Any, path: Any = None, attack_module: str = "") -> AsyncIterator[Any]:
        async for request, response in self._get_paths(path=path, crawled=True, module=attack_module):
            if request.method != "GET" and (request.get_params or request.post_params or request.file_params):
                yield request, response

    sql_persister.SqlPersister.get_forms = get_forms


def send_their_headers(requests: list[dict[str, Any]]) -> None:
    """Send the headers of a request with each attack on it too, which Wapiti makes without."""
    known = {}
    for request in requests:
        headers = dict(request["headers"])
        if is_json(request["content_type"]):
            headers["Content-Type"] = request["content_type"]
        known[request["method"], web.Request(request["url"]).path] = headers
    send = crawler.AsyncCrawler.async_send

    @functools.wraps(send)
    async def async_send(self: Any, request: Any, headers: Any = None, *rest: Any, **options: Any) -> Any:
        of_endpoint = known.get((request.method, request.path), {})
        return await send(self, request, {**of_endpoint, **(headers or {})}, *rest, **options)

    crawler.AsyncCrawler.async_send = async_send


def made(told: dict[str, Any]) -> Any:
    """A request as Wapiti knows it. What it takes for JSON it attacks field by field."""
    path, _, query = told["url"].partition("?")
    given: dict[str, Any] = {"get_params": [list(pair) for pair in web.parse_qsl(query)]}
    if told["method"] in ("GET", "HEAD"):
        return Request(path, method=told["method"], **given)
    kind = told["content_type"].lower()
    if told["files"]:
        files = [[name, (file, text.encode(), of_type)] for name, file, text, of_type in told["files"]]
        given |= {"post_params": told["fields"], "file_params": files, "enctype": "multipart/form-data"}
    elif told["fields"]:  # it sends parts only beside files
        given |= {"post_params": told["fields"], "enctype": "application/x-www-form-urlencoded"}
    elif "urlencoded" in kind:
        given |= {"post_params": [list(pair) for pair in web.parse_qsl(told["body"])], "enctype": kind}
    elif told["body"]:
        given |= {"post_params": told["body"], "enctype": JSON if is_json(kind) else kind}
    return Request(path, method=told["method"], **given)


def is_json(content_type: str) -> bool:
    return "json" in content_type.lower()
