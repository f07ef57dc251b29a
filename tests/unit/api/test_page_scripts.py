"""The modules that a page begins with go out as one script, and do what they do one by one."""

import json
import shutil
import subprocess

import pytest

from energy_manager.entrypoints.api.views.dashboard import PAGE
from energy_manager.entrypoints.api.views.page_scripts import SCRIPTS, NotJoinable, joined_scripts

MODULES = {
    "app.js": """\
import { count, more as add } from "./parts/state.js";
import * as all from "./parts/state.js";
import view from "./views/now.js";
add(2);
import("./views/later.js").then(({ later }) => {
  console.log(JSON.stringify([count.now, all.count.now, view.name, later()]));
});
""",
    "parts/state.js": """\
const hidden = 1;
export const count = { now: hidden };
export function more(by) {
  count.now += by;
}
""",
    "views/now.js": """\
import { more } from "../parts/state.js";
const hidden = 10;
more(hidden);
export default {
  name: "now",
};
""",
    "views/later.js": """\
import { count } from "../parts/state.js";
import { twice } from "./twice.js";
export const later = () => twice(count.now);
""",
    "views/twice.js": "export const twice = (number) => 2 * number;\n",
}


def joined(**modules):
    texts = {name: text.encode() for name, text in (MODULES | modules).items()}
    return {name: text.decode() for name, text in joined_scripts(["app.js"], texts).items()}


def test_what_is_imported_stands_before_what_imports_it_and_is_not_sent_twice():
    found = joined()
    assert found.keys() == {SCRIPTS, "views/later.js", "views/twice.js"}
    places = [found[SCRIPTS].index(f'$modules["{name}"] =') for name in ("parts/state.js", "views/now.js", "app.js")]
    assert places == sorted(places)


def test_what_comes_later_takes_the_very_same_things_and_its_own_kind_as_it_is():
    assert joined()["views/later.js"] == (
        'import { $modules } from "../scripts.js";\n'
        'const { count } = $modules["parts/state.js"];\n'
        'import { twice } from "./twice.js";\n'
        "export const later = () => twice(count.now);\n"
    )
    assert joined()["views/twice.js"] == MODULES["views/twice.js"]


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
@pytest.mark.parametrize("start", ["app.js", SCRIPTS])
def test_joined_they_do_what_they_do_one_by_one(tmp_path, start):
    """1 as it is, 10 more by the view, 2 more by the start: each part sees 13, and twice of it comes later."""
    for name, text in (MODULES | joined() if start == SCRIPTS else MODULES).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    said = subprocess.run(["node", start], cwd=tmp_path, capture_output=True, check=True, text=True).stdout
    assert json.loads(said) == [13, 13, "now", 26]


def test_an_address_beside_a_module_stays_beside_it():
    found = joined(**{"parts/state.js": 'export const count = new URL("../icon.svg", import.meta.url);\n'})
    assert 'new URL("../icon.svg", new URL("parts/state.js", import.meta.url))' in found[SCRIPTS]


def test_a_circle_is_refused_with_its_way():
    with pytest.raises(NotJoinable, match=r"in a circle: app\.js > parts/state\.js > app\.js"):
        joined(**{"parts/state.js": 'import { x } from "../app.js";\n'})


@pytest.mark.parametrize(
    "line", ['export * from "./x.js";', "export { hidden };", "export let open;", 'import "./x.js";']
)
def test_a_form_that_is_not_known_is_refused(line):
    with pytest.raises(NotJoinable, match=r"parts/state\.js: .* cannot be joined"):
        joined(**{"parts/state.js": f"{line}\n"})


@pytest.mark.parametrize("start", ["app.js", "fleet/app.js"])
def test_the_pages_own_modules_can_all_be_joined(start):
    texts = {path.relative_to(PAGE).as_posix(): path.read_bytes() for path in PAGE.rglob("*.js")}
    found = joined_scripts([start], texts)
    assert start not in found
    assert b"chart" in found[SCRIPTS]
