"""How the page's files go out: compressed once, under a name that changes with what is in them."""

import gzip
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from energy_manager.entrypoints.api.views.dashboard import PAGE, dashboard_routes
from energy_manager.entrypoints.api.views.page_files import read_page


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "views").mkdir()
    (tmp_path / "index.html").write_text('<script type="module" src="page/app.js"></script>')
    (tmp_path / "app.js").write_text('import now from "./views/now.js";')
    (tmp_path / "views" / "now.js").write_text("export default {};")
    (tmp_path / "notes.txt").write_text("not for the world")
    return tmp_path


@pytest.fixture(scope="module")
def client():
    app = FastAPI()
    app.include_router(dashboard_routes())
    return TestClient(app)


def test_its_scripts_go_out_as_one_in_place_of_the_one_that_begins(folder):
    page = read_page(folder)
    assert page.start.plain.decode() == f'<script type="module" src="page/{page.version}/scripts.js"></script>'
    assert page.parts.keys() == {"scripts.js"}


def test_its_styles_go_out_as_one_in_their_order(folder):
    names = ("z.css", "a.css")
    links = "".join(f'  <link rel="stylesheet" href="page/{name}">\n' for name in names)
    (folder / "index.html").write_text(f"<head>\n{links}</head>")
    for name in names:
        (folder / name).write_text(f"/* {name} */")
    page = read_page(folder)
    only = f'  <link rel="stylesheet" href="page/{page.version}/styles.css">\n'
    assert page.start.plain.decode() == f"<head>\n{only}</head>"
    assert page.parts["styles.css"].plain == b"/* z.css */\n/* a.css */"


def test_a_script_that_is_imported_when_it_is_wanted_stays_by_itself(folder):
    (folder / "app.js").write_text('const later = () => import("./views/now.js");')
    assert read_page(folder).parts.keys() == {"scripts.js", "views/now.js"}


def test_the_first_page_names_its_parts_by_the_version_of_all(folder):
    page = read_page(folder)
    assert f"page/{page.version}/" in page.start.plain.decode()
    script = page.parts["scripts.js"]
    assert gzip.decompress(script.compressed) == script.plain


def test_another_content_or_another_name_of_any_part_is_another_version(folder):
    versions = {read_page(folder).version, read_page(folder).version}
    (folder / "views" / "now.js").write_text("export default { };")
    versions.add(read_page(folder).version)
    (folder / "views" / "now.js").rename(folder / "views" / "then.js")
    (folder / "app.js").write_text('import now from "./views/then.js";')
    versions.add(read_page(folder).version)
    assert len(versions) == 3


def test_another_first_page_is_another_version_as_other_files_are_joined_for_it(folder):
    (folder / "other.html").write_text((folder / "index.html").read_text())
    assert read_page(folder, start="other.html").version != read_page(folder).version


def test_the_first_page_is_asked_for_again_and_its_parts_are_kept_for_good(client):
    start = client.get("/")
    assert start.headers["cache-control"] == "no-cache"
    names = re.findall(r'(?:src|href)="(page/[^"]+)"', start.text)
    assert len(names) >= 3
    for name in names:
        part = client.get(f"/{name}")
        assert part.status_code == 200
        assert part.headers["content-encoding"] == "gzip"
        assert "immutable" in part.headers["cache-control"]


def test_who_cannot_unpack_gets_it_plain(client):
    packed = client.get("/")
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == packed.text
    assert plain.headers["vary"] == "Accept-Encoding"


def test_what_has_not_changed_is_not_sent_again(client):
    response = client.get("/")
    again = client.get("/", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200


def test_nothing_else_is_there_not_even_a_part_of_another_version(client):
    version = read_page(PAGE).version
    for path in (f"{version}/index.html", f"{version}/..%2Fdashboard.py", f"000000000000/{'page.css'}", "page.css"):
        assert client.get(f"/page/{path}").status_code == 404, path


def test_browsers_are_told_to_load_nothing_from_elsewhere(client):
    headers = client.get("/").headers
    assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
