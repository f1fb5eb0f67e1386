"""Pictures of reports: their data, their files, and the page that holds them."""

from __future__ import annotations

import csv
import itertools
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from logs import write_log
from mlebench_inspect.graders.leaderboard import percentile
from mlebench_inspect.reporting import galleries
from mlebench_inspect.reporting.comparison import compare
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.formats import render_comparison, render_report
from mlebench_inspect.reporting.pictures import drawing, gallery
from mlebench_inspect.reporting.pictures.picture import Group, Picture, Reference, distinct
from mlebench_inspect.reporting.places import write_text
from mlebench_inspect.reporting.published import published
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.reporting.summaries import Figure, OverTime, SettingReport
from mlebench_inspect.tasks import Competition, competition, competitions

LOW = [c.id for c in competitions("low")][:3]
BOARDLESS = competitions("medium")[0].id
NAMES = {"any-medal", "medals-over-time", "outcomes", "percentiles", "pass-at-k", "cost", "categories"}
SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "g", "path", "line", "text", "rect", "title", "defs", "clipPath"}
HOSTILE = [
    "</svg><script>alert(1)</script>",
    "a\x00\x1b[31mb\ud800",
    "\"'><img src=x>",
    "'] + alert(1) + ['",
    "${1}$body",
]


@pytest.fixture(autouse=True)
def one_without_a_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """All boards are published today, so one of them is hidden."""
    has = Competition.has_leaderboard.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Competition, "has_leaderboard", property(lambda c: c.id != BOARDLESS and has(c)))


@pytest.fixture
def found(tmp_path: Path) -> list[SettingReport]:
    """Two settings of three seeds, the first of which has everything that there is a picture of."""
    write_log(tmp_path, {LOW[0]: "gsn", LOW[1]: "x-!", LOW[2]: "bbn", BOARDLESS: "gn."}, solver="aide", task_id="a")
    write_log(tmp_path, {LOW[0]: "nnn", LOW[1]: "nng", LOW[2]: "nnx", BOARDLESS: "nn."}, solver="mlab", task_id="b")
    first, second = report(read_results([tmp_path]))
    return [rich(first), second]


def rich(r: SettingReport) -> SettingReport:
    """With what only runs with snapshots and prices tell."""
    gap = Figure(mean=0, sem=0, competitions=4)
    over_time = OverTime(
        limit_hours=24, hours=[0, 6], any_medal=[0, 40], without_medal=[1, 0.6], area=30, selection_gap=gap
    )
    priced = [row.model_copy(update={"costs": [1.0, 2.0, None]}) for row in r.per_competition]
    changes = {"over_time": over_time, "per_competition": priced, "pass_hat_k": {1: 30.0, 2: 20.0, 3: 10.0}}
    return r.model_copy(update=changes)


def drawn(reports: list[SettingReport], **options: Any) -> dict[str, Picture]:
    pictures, _ = gallery.pictures(Group("real data", reports, **options))
    return {p.name: p for p in pictures}


def test_all_pictures_of_a_rich_report(found: list[SettingReport]) -> None:
    assert drawn(found).keys() == NAMES


def test_any_medal_is_the_figure_of_the_report(found: list[SettingReport]) -> None:
    rows = drawn(found, published=[Reference("AIDE, o1", 99.0, None, 24)])["any-medal"].rows
    assert [row["published"] for row in rows] == [True, False, False]
    assert rows[0]["setting"] == "AIDE, o1 (published)"
    told = {row["setting"]: (row["any_medal"], row["sem"]) for row in rows[1:]}
    assert told == {r.title: (r.any_medal["all"].mean, r.any_medal["all"].sem) for r in found}


def test_outcomes_are_those_of_the_report_and_sorted_by_medals(found: list[SettingReport]) -> None:
    picture = drawn(found)["outcomes"]
    told = {(row["setting"], row["competition"], row["seed"]): (row["outcome"], row["score"]) for row in picture.rows}
    known = {
        (r.title, c.competition_id, seed): (c.outcomes[seed - 1], c.scores[seed - 1])
        for r in found
        for c in r.per_competition
        for seed in (1, 2, 3)
    }
    assert told == known
    spec = picture.chart(drawing.WIDE).to_dict()
    assert spec["layer"][0]["encoding"]["y"]["sort"] == [LOW[0], LOW[2], BOARDLESS, LOW[1]]


def test_every_outcome_has_a_letter_and_a_lightness_of_its_own(found: list[SettingReport]) -> None:
    from mlebench_inspect.reporting.pictures.style import OUTCOMES

    assert {o for r in found for c in r.per_competition for o in c.outcomes} <= OUTCOMES.keys()
    assert len({look.letter for look in OUTCOMES.values()}) == len(OUTCOMES)
    medals = sorted(_lightness(OUTCOMES[name].fill) for name in ("gold", "silver", "bronze", "none"))
    assert min(b - a for a, b in itertools.pairwise(medals)) > 8


def _lightness(colour: str) -> float:
    """CIELAB's L of an sRGB colour, 0 to 100."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    y = sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * y ** (1 / 3) - 16


def test_percentiles_with_the_thresholds_on_the_board(found: list[SettingReport]) -> None:
    picture = drawn(found)["percentiles"]
    assert {row["competition"] for row in picture.rows} == set(LOW)
    assert BOARDLESS in picture.caption
    for row in picture.rows:
        place = competition(row["competition"])
        for tier in ("gold", "silver", "bronze"):
            score = getattr(place.thresholds, tier)
            share = percentile(score, place.leaderboard(), higher_is_better=place.higher_is_better)
            assert row[f"{tier}_from"] == share
    means = {
        (r.title, c.competition_id): c.percentile for r in found for c in r.per_competition if c.percentile is not None
    }
    for (setting, name), mean in means.items():
        shares = [r["percentile"] for r in picture.rows if (r["setting"], r["competition"]) == (setting, name)]
        assert sum(shares) / 3 == pytest.approx(mean, abs=0.01)


def test_medals_over_time_step_to_the_limit(found: list[SettingReport]) -> None:
    picture = drawn(found)["medals-over-time"]
    assert [(row["hours"], row["any_medal"]) for row in picture.rows] == [(0, 0), (6, 40), (24, 40)]
    assert f"not shown: {found[1].title}" in picture.caption


def test_pass_at_k_and_pass_hat_k(found: list[SettingReport]) -> None:
    rows = drawn(found)["pass-at-k"].rows
    told = {(r["setting"], r["measure"], r["k"]): r["percent"] for r in rows}
    at = {(r.title, "pass@k", k): v for r in found for k, v in r.pass_at_k.items()}
    assert told == at | {(r.title, "pass^k", k): v for r in found for k, v in r.pass_hat_k.items()}


def test_cost_is_of_the_samples_whose_cost_is_known(found: list[SettingReport]) -> None:
    picture = drawn(found)["cost"]
    (row,) = picture.rows
    assert (row["dollars_per_sample"], row["samples_priced"], row["samples_run"]) == (1.5, 8, 11)
    assert row["on_frontier"]
    assert f"not shown: {found[1].title}" in picture.caption


def test_a_setting_has_one_colour_in_all_pictures(found: list[SettingReport]) -> None:
    pictures = drawn([found[1], found[0]])
    scales = [s for name in ("cost", "medals-over-time", "pass-at-k", "percentiles") for s in _scales(pictures[name])]
    assert len(scales) == 4
    assert all(s["domain"] == scales[0]["domain"] and s["range"] == scales[0]["range"] for s in scales)


def _scales(picture: Picture) -> list[Any]:
    layers = picture.chart(drawing.WIDE).to_dict()["layer"]
    found = [
        x["encoding"]["color"]["scale"] for x in layers if "shape" in x["encoding"] and "description" in x["encoding"]
    ]
    return found[:1]


@pytest.mark.parametrize(
    ("points", "frontier"),
    [
        ([(1, 10), (2, 20), (3, 15)], [True, True, False]),
        ([(1, 10), (1, 20)], [False, True]),
        ([(1, 10), (2, 10)], [True, False]),
        ([(1, 10), (1, 10)], [True, True]),
    ],
)
def test_the_frontier(found: list[SettingReport], points: list[tuple[float, float]], frontier: list[bool]) -> None:
    reports = []
    for number, (cost, share) in enumerate(points, 1):
        row = found[0].per_competition[0].model_copy(update={"costs": [cost]})
        medal = {"all": Figure(mean=share, sem=None, competitions=1)}
        reports.append(found[0].model_copy(update={"variant": number, "per_competition": [row], "any_medal": medal}))
    rows = drawn(reports)["cost"].rows
    told = {(row["dollars_per_sample"], row["any_medal"], row["on_frontier"]) for row in rows}
    assert told == {(*point, on) for point, on in zip(points, frontier, strict=True)}


def test_categories_are_those_of_the_report(found: list[SettingReport]) -> None:
    rows = drawn(found)["categories"].rows
    told = {(row["setting"], row["category"]): row["any_medal"] for row in rows}
    assert told == {(r.title, name): f.mean for r in found for name, f in r.by_category.items()}


def test_what_has_no_data_is_left_out_and_named(tmp_path: Path) -> None:
    write_log(tmp_path, {BOARDLESS: "g"})
    reports = report(read_results([tmp_path]))
    pictures, empty = gallery.pictures(Group("real data", reports))
    assert {p.name for p in pictures} == {"any-medal", "outcomes"}
    line = gallery.left_out(empty)
    assert "\n" not in line
    for title, why in (("Cost", "--model-cost-config"), ("pass@k", "seed"), ("over time", "snapshot_every")):
        assert re.search(f"{title}[^;]*{why}", line)
    page = render_report(reports, "html")
    assert line.split(" (")[0] in page
    assert "Cost against medals</h3>" not in page


def test_files_of_every_picture(found: list[SettingReport], tmp_path: Path) -> None:
    (line,) = galleries.write_figures(galleries.groups_of(found), str(tmp_path / "out"))
    assert f"wrote {len(NAMES)} pictures" in line
    files = {f.name for f in (tmp_path / "out").iterdir()}
    assert files == {f"{name}.{kind}" for name in NAMES for kind in ("svg", "png", "csv")}
    for name, picture in drawn(found).items():
        root = ET.fromstring((tmp_path / f"out/{name}.svg").read_text(encoding="utf-8"))
        assert root.tag == f"{SVG}svg"
        assert (tmp_path / f"out/{name}.png").read_bytes().startswith(b"\x89PNG")
        with (tmp_path / f"out/{name}.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert rows == [{k: "" if v is None else str(v) for k, v in row.items()} for row in picture.rows]


def test_each_mark_tells_its_data(found: list[SettingReport]) -> None:
    for picture in drawn(found).values():
        titles = {t.text for t in ET.fromstring(drawing.svg(picture)).iter(f"{SVG}title")}
        assert {picture.tell(row) for row in picture.rows} <= titles, picture.name


def test_kinds_of_data_share_no_picture(tmp_path: Path) -> None:
    write_log(tmp_path / "logs", {LOW[0]: "g"}, task_id="a")
    write_log(tmp_path / "logs", {LOW[0]: "n"}, task_id="b", data="miniature")
    groups = galleries.groups_of(report(read_results([tmp_path / "logs"])), published=True)
    assert [(len(g.reports), len(g.published)) for g in groups] == [(1, 0), (1, 0)]
    galleries.write_figures(groups, str(tmp_path / "out"))
    names = {f.stem for f in (tmp_path / "out").iterdir()}
    assert {"real-data-revision-v1-any-medal", "miniature-data-revision-v1-any-medal"} <= names


@pytest.mark.parametrize(("split", "column"), [("low", "low"), ("all", "all")])
def test_published_results_are_of_the_same_split(tmp_path: Path, split: str, column: str) -> None:
    ids = [c.id for c in competitions(split)]
    write_log(tmp_path, dict.fromkeys(ids, "g"))
    (group,) = galleries.groups_of(report(read_results([tmp_path])), published=True)
    assert [(p.mean, p.sem) for p in group.published] == [
        (p.any_medal[column].mean, p.any_medal[column].sem) for p in published()
    ]
    assert group.published
    write_log(tmp_path, {ids[0]: "g"}, task_id="other", solver="partial")
    (group,) = galleries.groups_of(report(read_results([tmp_path])), published=True)
    assert not group.published


class _Page(HTMLParser):
    """What a page refers to, and the tags in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.anchors: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "href" and tag == "a":
                self.anchors.append(value or "")
            elif name in ("src", "href", "xlink:href", "srcset", "action"):
                self.references.append(value or "")


def test_the_page_needs_nothing_else(found: list[SettingReport]) -> None:
    text = render_report(found, "html")
    page = _Page(text)
    assert page.references == []
    assert "@import" not in text
    assert "://" not in text
    assert not re.search(r"url\((?!#)", text)
    assert len(page.ids) == len(set(page.ids))
    assert page.anchors
    assert {a.removeprefix("#") for a in page.anchors} <= set(page.ids)
    assert page.tags.count("figure") == len(NAMES)
    assert page.tags.count("script") == 1
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= set(page.ids)


def test_a_comparison_has_its_pictures(tmp_path: Path) -> None:
    for data in ("real", "miniature"):
        for solver in ("aide", "mlab"):
            write_log(tmp_path, {LOW[0]: "gn", LOW[1]: "nn"}, solver=solver, data=data, task_id=data + solver)
    page = _Page(render_comparison(compare(read_results([tmp_path])), "html"))
    assert sum(i.endswith("-any-medal") for i in page.ids) == 2
    assert len(page.ids) == len(set(page.ids))


def test_hostile_names_are_text_in_pictures(found: list[SettingReport], tmp_path: Path) -> None:
    names = [f"solver {n}" for n in range(len(HOSTILE))]
    plain, hostile = ([found[0].model_copy(update={"solver": n}) for n in given] for given in (names, HOSTILE))
    assert _Page(render_report(hostile, "html")).tags == _Page(render_report(plain, "html")).tags
    galleries.write_figures(galleries.groups_of(hostile), str(tmp_path))
    write_text(tmp_path / "page.html", render_report(hostile, "html"))
    for name, picture in drawn(hostile).items():
        root = ET.fromstring((tmp_path / f"{name}.svg").read_text(encoding="utf-8"))
        assert {picture.tell(row) for row in picture.rows} <= {e.text for e in root.iter(f"{SVG}title")}
        assert {e.tag for e in root.iter()} <= {f"{SVG}{tag}" for tag in TAGS}


def test_names_that_look_the_same_are_numbered() -> None:
    assert distinct(["a", "b", "a", "a  ", "a [2]"]) == ["a", "b", "a [2]", "a [3]", "a [2] [2]"]


def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, "installed", lambda: False)


def test_a_page_without_the_extra(found: list[SettingReport], monkeypatch: pytest.MonkeyPatch) -> None:
    without_the_extra(monkeypatch)
    page = render_report(found, "html")
    assert "pip install &#x27;mlebench-inspect[plots]&#x27;" in page
    assert "<svg" not in page
    assert "<table" in page
    with pytest.raises(ReportingError, match=r"pip install 'mlebench-inspect\[plots\]'"):
        galleries.write_figures(galleries.groups_of(found), "out")


@pytest.mark.parametrize("command", ["report", "compare"])
def test_figures_on_the_command_line(tmp_path: Path, command: str) -> None:
    write_log(tmp_path / "logs", {LOW[0]: "gn", LOW[1]: "nn"})
    arguments = [command, str(tmp_path / "logs"), "--format", "json", "--figures", str(tmp_path / "out")]
    result = subprocess.run(
        [sys.executable, "-m", "mlebench_inspect.cli", *arguments], capture_output=True, text=True, timeout=240
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)
    assert "Not drawn: Medals over time (" in result.stderr
    assert (tmp_path / "out/any-medal.svg").exists()


def test_tables_import_no_library_of_pictures() -> None:
    code = "import mlebench_inspect.reporting.formats, sys; print({'altair', 'vl_convert'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "set()"


def test_many_settings_and_competitions_make_a_small_page(tmp_path: Path) -> None:
    ids = [c.id for c in competitions("all")][:20]
    for number in range(3):
        write_log(tmp_path, dict.fromkeys(ids, "gnx"), solver=f"solver-{number}", task_id=f"t{number}")
    text = render_report([rich(r) for r in report(read_results([tmp_path]))], "html")
    assert len(text.encode()) < 1_000_000
