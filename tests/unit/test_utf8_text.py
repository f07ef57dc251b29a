"""Text with a byte order mark is what it says; text that is no UTF-8 is refused where it is none."""

import pytest

from energy_manager.adapters.texts.json_text import NotJson, read_json
from energy_manager.adapters.texts.utf8_text import NotUtf8, decode_utf8, read_utf8_file
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.documents.schedules.csv_lines import schedule_from_csv
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file

CSV = "start,end,asset,target\n2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,Wärme,5\n"


def test_a_mark_is_passed_over_in_json_csv_and_site_files(tmp_path):
    assert read_json('{"a": 1}'.encode("utf-8-sig")) == {"a": 1}
    assert schedule_from_csv(CSV.encode("utf-8-sig"), "x").assets == ("Wärme",)
    (tmp_path / "site.toml").write_bytes(DEMO_SITE.read_text().encode("utf-8-sig"))
    assert read_site_file(tmp_path / "site.toml").site.name == read_site_file(DEMO_SITE).site.name


def test_other_encodings_are_refused_with_their_place(tmp_path):
    with pytest.raises(NotUtf8, match="byte 0xe4 in line 2, column 44"):
        decode_utf8(CSV.encode("latin-1"))
    with pytest.raises(Refused, match="line 2: is not UTF-8 text"):
        schedule_from_csv(CSV.encode("latin-1"), "x")
    with pytest.raises(NotJson, match="the text is not UTF-8: byte 0"):
        read_json('{"a": 1}'.encode("utf-16"))
    (tmp_path / "site.toml").write_bytes("[site]\nname = 'Bäckerei'\n".encode("latin-1"))
    with pytest.raises(
        Refused, match=r"site\.toml:2: is not UTF-8 text: byte 0xe4 in line 2, column 10; save it as UTF-8"
    ):
        read_utf8_file(tmp_path / "site.toml")
