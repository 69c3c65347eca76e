"""An inventory folder: every format, and every fault with its place and what to do."""

import json
from pathlib import Path

import pytest

from connectors.inventory.folder import FILE_MAX, Inventory, load
from streams.errors import Stop
from streams.inventory import Calibration, Codec, Deployment, Device, Profile, Session

DEVICE = "{id: D, name: d, codec: c, use_case: u, nominal_period: 900}"
DEVICES = "id,name,codec,use_case,nominal_period,serial\n"


def folder(root: Path, **files: str) -> Path:
    """Names have two underscores where the file has a dot."""
    for name, text in files.items():
        path = root / name.replace("__", ".")
        path.write_text(text)
    return root


def refused(root: Path) -> str:
    with pytest.raises(Stop) as said:
        load(root)
    return str(said.value)


def test_yaml_has_kinds_with_lists_and_a_codec_lies_beside(tmp_path: Path) -> None:
    inventory = load(
        folder(
            tmp_path,
            gauge__js="function decodeUplink() {}",
            a__yaml="codec:\n- {id: c, file: gauge.js, mapping: [{path: l, property: p}]}\n"
            "calibration:\n- id: k\n  device: D\n  property: p\n  kind: linear\n"
            "  params: {a: 0, b: 2}\n  from: 2026-01-01T00:00:00+01:00\n",
        )
    )
    codec, calibration = inventory.objects.values()
    assert isinstance(codec, Codec)
    assert codec.script == "function decodeUplink() {}"
    assert isinstance(calibration, Calibration)
    assert calibration.since == 1_767_222_000_000_000
    assert calibration.params == {"a": 0, "b": 2}
    assert inventory.place("calibration", "k", ("params", "b")) == "a.yaml:8"
    assert inventory.place("calibration", "k", ("range", 0)) == "a.yaml:4"


def test_words_are_words_and_numbers_are_what_was_written(tmp_path: Path) -> None:
    """In YAML 1.1 no is false, 12:30 is 750 and 0131 is 89."""
    text = "device:\n- {id: 0131, name: no, codec: on, use_case: 12:30, serial: 1.10,\n"
    text += "   model: 2026-01-01, make: 1e5, owner: '7', nominal_period: 9.5}\n"
    (device,) = load(folder(tmp_path, a__yml=text)).objects.values()
    assert isinstance(device, Device)
    written = (device.id, device.name, device.codec, device.serial, device.model, device.make)
    assert written == ("0131", "no", "on", "1.10", "2026-01-01", "1e5")
    assert (device.owner, device.nominal_period) == ("7", 9.5)


def test_numbers_of_a_test_are_numbers(tmp_path: Path) -> None:
    text = "profile:\n- {id: f, property: p, tests: {spike: {suspect: 20, fail: 5.5}}}\n"
    (profile,) = load(folder(tmp_path, a__yaml=text)).objects.values()
    assert isinstance(profile, Profile)
    assert json.dumps(profile.tests["spike"]) == '{"suspect": 20, "fail": 5.5}'


@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_has_one_kind_a_file_and_a_row_an_object(tmp_path: Path, separator: str) -> None:
    table = "\ufeffid,device,property,kind,params.a,params.b,range.0,range.1,from\r\n"
    table += 'k,D,p,linear,0.5,2,0,50,2026-01-01T00:00:00Z\r\n\r\n"j",D,p,linear,1,,,,\r\n'
    inventory = load(folder(tmp_path, calibrations__csv=table.replace(",", separator)))
    first, second = inventory.objects.values()
    assert isinstance(first, Calibration)
    assert (first.params, first.range) == ({"a": 0.5, "b": 2}, (0, 50))
    assert second.model_dump(exclude_unset=True)["id"] == "j"
    assert inventory.place("calibration", "j") == "calibrations.csv:4"


def test_geojson_is_a_collection_of_deployments(tmp_path: Path) -> None:
    properties = {"id": "1", "device": "D", "site": "quay", "commune": "13201", "height": None}
    points = {"type": "Point", "coordinates": [5.3745, 43.2955, 12.5]}
    feature = {"type": "Feature", "properties": properties, "geometry": points}
    lambert = {"type": "Point", "coordinates": [892_390.2, 6_247_036.4]}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    folder(
        tmp_path,
        a__geojson=json.dumps({"type": "FeatureCollection", "features": [feature]}),
        b__geojson=json.dumps(
            {
                "type": "FeatureCollection",
                "crs": crs,
                "features": [
                    {"properties": properties | {"id": None}, "id": "2", "geometry": lambert}
                ],
            }
        ),
    )
    inventory = load(tmp_path)
    first, second = inventory.objects.values()
    assert isinstance(first, Deployment)
    assert isinstance(second, Deployment)
    assert (first.longitude, first.latitude, first.z) == (5.3745, 43.2955, 12.5)
    assert (second.longitude, second.latitude) == pytest.approx((5.37, 43.295), abs=0.01)
    assert inventory.place("deployment", "2") == "b.geojson:1, feature 1"


def test_readings_of_a_session_lie_in_a_table(tmp_path: Path) -> None:
    (tmp_path / "counts").mkdir()
    (tmp_path / "counts" / "march.csv").write_text(
        "from,to,value\n2026-03-03T08:00:00Z,2026-03-03T08:15:00Z,0\n2026-03-03T08:15:00Z,,17\n"
    )
    text = (
        "session:\n- {id: s, device: D, property: p, kind: manual_count, protocol: x, who: y,\n"
        "   from: 2026-03-03T08:00:00Z, to: 2026-03-03T10:00:00Z, file: counts/march.csv}\n"
    )
    (session,) = load(folder(tmp_path, a__yaml=text)).objects.values()
    assert isinstance(session, Session)
    assert [r.value for r in session.readings] == [0, 17]


WRONG = [
    ("device: [", "a.yaml:2: this is no YAML"),
    ("device:\n  id: x", "a.yaml:2: device: a list of objects belongs here"),
    ("- device", "a.yaml:1: a file is a mapping of kinds"),
    ("device:\n- x", "a.yaml:2: device: an object with an id"),
    ("devize:\n- {id: x}", "a.yaml:2: there is no kind 'devize': did you mean device?"),
    (f"device:\n- {DEVICE}\n- {DEVICE}", "a.yaml:3: device D is at a.yaml:2 already"),
    ("device:\n- {id: x, id: y}", "a.yaml:2: id is here twice"),
    ("device:\n- !!python/name:os.system x", "a.yaml:2: no tags"),
    (
        f"device:\n- {DEVICE[:-1]},\n   seriel: 1}}",
        "a.yaml:3: device D: there is no field seriel: did you mean serial?",
    ),
    (f"device:\n- {DEVICE.replace('900', '0')}", "a.yaml:2: device D: nominal_period: "),
    (
        "calibration:\n- {id: k, device: D, property: p, kind: linear, params: {},\n"
        "   from: 2026-01-02T00:00:00Z, to: 2026-01-01T00:00:00Z}",
        "a.yaml:2: calibration k: from must lie before to",
    ),
    (
        "calibration:\n- {id: k, device: D, property: p, kind: linear, params: {},\n"
        "   from: 2026-01-02 00:00:00}",
        "has no time zone: write an offset, or Z for UTC",
    ),
    ("codec:\n- {id: c, file: gone.js, mapping: []}", "a.yaml:2: codec c: gone.js cannot be read"),
    ("codec:\n- {id: c, file: ../x.js, mapping: []}", "leads out of the folder"),
    ("codec:\n- {id: c, file: /etc/passwd, mapping: []}", "leads out of the folder"),
    ("source:\n- {id: s, network: tts, password: hunter2}", "an inventory holds no secret"),
    ("source:\n- {id: s, network: tts, secret: hunter2}", "a.yaml:2: source s: secret"),
    (
        "use_case:\n- {id: u, title_fr: 'http://me:hunter2@x/', title_en: u}",
        "an inventory holds no secret",
    ),
    (f"device:\n- &d {DEVICE}\n- *d", "a.yaml:2: no anchors (& and *): write the values out"),
    ("device: []\n---\ndevice: []", "a.yaml:2: one document a file"),
    (
        'codec:\n- {id: c, file: "a\\0b", mapping: []}',
        "a.yaml:2: codec c: 'a\\x00b' is no name of a",
    ),
    ("device:\n- {id: D, name: " + "[" * 30 + "]" * 30 + "}", "this is too deep"),
    ("device: " + "[" * 100_000, "this is too deep"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_file_that_is_wrong_says_where_and_why(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path.parent / "x.js").write_text("x")
    told = refused(folder(tmp_path, a__yaml=text))
    assert says in told
    assert "hunter2" not in told


TABLES = [
    ("devices__csv", DEVICES + "D,d,c,u,900,1,2\n", "devices.csv:2: 7 cells under 6 names"),
    ("devices__csv", DEVICES + "\nD,d,c,u,often,1\n", "devices.csv:3: device D: nominal_period"),
    ("devices__csv", 'id,name\n"D,d\n', "this is no CSV"),
    ("devices__csv", f"id,{'a.' * 3000}\nD,d\n", "devices.csv:2: a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."),
    ("Devices__CSV", "id\nD\n", "Devices.CSV:2: device D: name: Field required"),
    ("devices__csv", "id,id\nD,D\n", "every column needs a name of its own"),
    ("profile__csv", "id,tests,tests.spike\nf,1,2\n", "tests has a value of its own"),
    ("gadgets__csv", "id\nx\n", "gadgets.csv: no object names this table"),
    ("a__geojson", "{", "a.geojson: not JSON"),
    ("a__geojson", "[]", "a FeatureCollection belongs here"),
    ("a__geojson", '{"features": [{"properties": {}}]}', "a.geojson:1, feature 1: the geometry"),
    (
        "a__geojson",
        '{"features": [], "crs": {"properties": {"name": "EPSG:27572"}}}',
        "crs is none",
    ),
    ("a__geojson", '{"features": [], "crs": 4326}', "crs is none"),
    ("a__geojson", '{"features": [], "crs": {"properties": 2154}}', "crs is none"),
    (
        "a__geojson",
        '{"features": [{"properties": {"id": "x"}, "geometry": '
        '{"type": "Point", "coordinates": ["a", 1]}}]}',
        "a.geojson:1, feature 1: deployment x: device",
    ),
]


@pytest.mark.parametrize(("name", "text", "says"), TABLES)
def test_a_table_or_map_that_is_wrong_says_so(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    assert says in refused(folder(tmp_path, **{name: text}))


def test_all_that_is_wrong_is_told_at_once_and_is_bounded(tmp_path: Path) -> None:
    folder(
        tmp_path,
        a__yaml=f"device:\n- {DEVICE.replace('id: D,', '')}\n",
        b__yaml=f"device:\n- {DEVICE}\n",
        c__csv="id\n",
        devices__csv=DEVICES + "D,d,c,u,900,1\n",
        many__yaml="gadget:\n" + "- {id: x}\n" * 200,
    )
    lines = refused(tmp_path).splitlines()
    assert lines[0].startswith("a.yaml:2: device without an id: id: Field required")
    assert lines[1] == "devices.csv:2: device D is at b.yaml:2 already"
    assert len(lines) < 60
    assert lines[-1].startswith("and more")


def test_a_file_of_another_encoding_a_large_one_and_a_link_out_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "inventory"
    root.mkdir()
    (root / "a.yaml").write_bytes("use_case:\n- {id: é}".encode("latin-1"))
    (root / "b.yaml").write_bytes(b"#" * (FILE_MAX + 1))
    (tmp_path / "c.yaml").write_text("")
    (root / "c.yaml").symlink_to(tmp_path / "c.yaml")
    first, second, third = refused(root).splitlines()
    assert first == "a.yaml: byte 17 is not UTF-8: save the file as UTF-8"
    assert second == "b.yaml: more than 16 MiB: split it"
    assert "leads out of the folder" in third


def test_what_is_hidden_and_what_is_empty_says_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.yaml").write_text("gadget: []")
    assert load(folder(tmp_path, a__yaml="", b__yaml="# nothing yet\n")) == Inventory(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "is no folder" in refused(tmp_path / "gone")
