"""Pages from fixed results, and whether a changed page is noticed."""

import importlib.machinery
import io
import json
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

from harness import build
from peers import table
from report import page, readme, text

from .test_goals import sample

ENVIRONMENT = {"date": "today", "versions": {"CPython": "3.13.0", "granian": "2.8.7"}}


def result(name, data, errors=()):
    made = {"name": name, "mode": "full", "environment": ENVIRONMENT, "data": data}
    return made | {"commands": {name: "serve it"}, "errors": list(errors)}


def peers(**more):
    idle = {"bytes_each": 9000.0, "p99_alone_us": 100, "p99_beside_us": 105, "failed": 0}
    data = {
        "samples": {
            "hello": {"appserver-1": [sample(6.0)], "granian-1-mt": [sample(13.0)]},
            "echo": {"appserver-1": [sample(9.0)], "granian-4-st": [sample(8.0)]},
        },
        "idle": {"appserver-1": [idle]},
        "idle_connections": 10_000,
        "rejected": {"refused": 1000, "answered": 0, "reached_app": 1},
        "rounds": 3,
        "seconds": 3,
    }
    return result("peers", data | more, ["daphne: did not start"])


class Scenario(types.SimpleNamespace):
    NAME, TITLE = "waiting", "Waiting"

    def tell(self, data):
        return f"It took {data['seconds']} s.\n\n![A line](plots/waiting.svg)"


class TableOfPeers(unittest.TestCase):
    def test_losses_and_missed_goals_are_printed(self):
        text = table.page(peers())
        self.assertIn("| **1.125** | ≤ 0.60 | **MISSED**, **a loss** |", text)
        self.assertIn("| echo | appserver-1 | 9.00 | **0.89** (a loss) |", text)
        self.assertIn("| CPU time per request | 2 | **1** | echo, appserver-1: **0.89**", text)
        self.assertRegex(text, r"\| hello \| appserver-1 \| Granian, 1 thread .* met \|")
        self.assertRegex(text, r"9,000 bytes each\*\* \| ≤ 8,192 \| \*\*MISSED\*\*")
        self.assertRegex(text, r"1 calls of the app\*\* \| 0 \| \*\*MISSED\*\*")
        self.assertIn("- daphne: did not start", text)

    def test_the_readme_has_the_ratios(self):
        text = table.short(peers())
        self.assertIn("| WSGI, 13 bytes back | 6.0 µs, 1 thread | 2.17 × | – |", text)
        self.assertIn("| 9.0 µs, 1 thread | **0.89 ×** (a loss) | – |", text)
        self.assertIn("CPU time per request 1 of 2, requests per second 0 of 2", text)
        self.assertIn("](docs/plots/peers.svg)", text)

    def test_every_number_has_its_spread(self):
        rows = {"appserver-1": [sample(6.0, rps=900.0), sample(7.0), sample(9.0, rps=1100.0)]}
        text = table.page(peers(samples={"hello": rows}))
        self.assertIn("| 7.00 (6.00 – 9.00) | 100% | 0% | 1,000 (900 – 1,100) |", text)

    def test_failed_requests_are_marked_and_never_the_best(self):
        rows = {"appserver-1": [sample(6.0)], "granian-1-mt": [sample(4.0, failed=3)]}
        rows |= {"granian-4-mt": [sample(12.0)], "fastpysgi": [sample(1.0, failed=1)]}
        made = peers(samples={"hello": rows})
        text = table.page(made)
        self.assertIn("| **3: not compared** |", text)
        self.assertIn("| hello | appserver-1 | 6.00 | 2.00 | its requests failed |", text)
        self.assertIn("Not judged, as requests of the peers failed: hello beside Granian, 1 thread", text)
        self.assertIn("| 6.0 µs, 1 thread | 2.00 × | its requests failed |", table.short(made))

    def test_failed_requests_of_ours_are_marked(self):
        rows = {"appserver-1": [sample(6.0, failed=2)], "granian-1-mt": [sample(90.0)]}
        made = peers(samples={"hello": rows})
        text = table.page(made)
        self.assertIn("| hello | appserver-1 | **requests failed** |", text)
        self.assertRegex(text, r"\| hello .* \*\*MISSED\*\*, \*\*2 requests failed\*\* \|")
        self.assertNotIn("13 bytes", table.short(made))

    def test_idle_connections_that_cost_more_than_those_of_a_peer_are_a_loss(self):
        row = {"p99_alone_us": 100, "p99_beside_us": 105, "failed": 0}
        idle = {
            "appserver-1": [row | {"bytes_each": each} for each in (8000.0, 9000.0, 9500.0)],
            "appserver-asgi": [row | {"bytes_each": 8000.0}],
            "gunicorn-gthread": [row | {"bytes_each": 4500.0}],
            "uvicorn": [row | {"bytes_each": 16_000.0}],
            "granian-asgi-mt": [row | {"bytes_each": 100.0, "failed": 1}],
        }
        text = table.page(peers(idle=idle))
        self.assertIn("| appserver-1 | 9,000 (8,000 – 9,500) |", text)
        self.assertIn("| gunicorn-gthread | 4,500 | **0.50** (a loss) |", text)
        self.assertIn("| uvicorn | 16,000 | 2.00 |", text)
        self.assertIn("| granian-asgi-mt | 100 |  |", text)

    def test_the_block_is_replaced_and_nothing_else(self):
        before = f"a\n{readme.BEGIN}\nold\n{readme.END}\nb\n"
        after = readme.filled(before, table, {"peers": peers()})
        self.assertTrue(after.startswith(f"a\n{readme.BEGIN}\n| CPU time"))
        self.assertTrue(after.endswith(f".svg)\n{readme.END}\nb\n"))
        self.assertNotIn("old", after)
        with self.assertRaises(ValueError):
            readme.filled("no block", table, {"peers": peers()})


class Failures(unittest.TestCase):
    def told(self, contender, *failed):
        samples = {contender.name: [{"failed": one, "requests": 10} for one in failed]}
        return list(table.failures("a", [contender], samples))

    def test_those_of_ours_are_errors(self):
        case = table.CASES[0]
        ours, theirs = (table.Plain(case, name, Path()) for name in ("appserver-1", "fastpysgi"))
        expected = ["a, appserver-1: 3 requests failed, 20 were answered"]
        self.assertEqual(self.told(ours, 1, 2), expected)
        self.assertEqual(self.told(ours, 0), [])
        self.assertEqual(self.told(theirs, 1), [])

    def test_a_row_of_tokens_is_ours_by_its_server(self):
        rows = {row.name: row for row in table.ROWS}
        ours = table.Token(rows["hs256 rejected"], Path())
        theirs = table.Token(rows["gunicorn-gthread simplejwt"], Path())
        self.assertEqual((len(self.told(ours, 1)), len(self.told(theirs, 1))), (1, 0))

    def test_a_token_that_is_refused_as_it_should_be_is_no_failure(self):
        rejected = table.Token({row.name: row for row in table.ROWS}["hs256 rejected"], Path())
        told = {"failed": 0, "status_errors": 9, "requests": 10}
        self.assertEqual(rejected.failed(told), 1)
        row = {"refused": 10, "answered": 0, "reached_app": 0}
        self.assertEqual(list(table.passed(row)), [])
        self.assertEqual(len(list(table.passed(row | {"reached_app": 1}))), 1)


class Arguments(unittest.TestCase):
    def parsed(self, *words):
        path = str(build.BENCHES / "load" / "run")
        loader = importlib.machinery.SourceFileLoader("load_run", path)
        run = types.ModuleType("load_run")
        run.__file__ = path
        loader.exec_module(run)
        with mock.patch("sys.argv", ["run", *words]), mock.patch("sys.stderr", io.StringIO()) as said:
            try:
                return run.arguments(["peers"]), ""
            except SystemExit:
                return None, said.getvalue()

    def test_a_part_does_not_go_on_record(self):
        parts = (["--case", "hello"], ["--server", "uwsgi"], ["--rounds", "2"])
        for words in (*parts, ["--soak-minutes", "29"]):
            self.assertRegex(self.parsed(*words)[1], f"{words[0]}.* --output")
            self.assertEqual(self.parsed(*words, "--output", "/tmp/x")[1], "")
            self.assertEqual(self.parsed(*words, "--quick")[1], "")

    def test_more_than_enough_does(self):
        words = ("--scenario", "peers", "--rounds", "5", "--soak-minutes", "60")
        self.assertEqual(self.parsed(*words)[1], "")
        self.assertEqual(self.parsed()[0].rounds, 3)


class Commands(unittest.TestCase):
    def test_each_is_printed_once(self):
        names = ("hello: one", "hello-h2load: one", "jwt: two", "jwt: three", "alone")
        lines = ("serve", "serve", "serve x", "serve x", "serve y")
        told = text.commands({"commands": dict(zip(names, lines))}).splitlines()
        expected = ["- one in hello, hello-h2load: `serve`", "- two, three in jwt: `serve x`"]
        self.assertEqual(told, [*expected, "- alone: `serve y`"])

    def test_settings_and_loads_are_printed_too(self):
        made = {"commands": {"one": "serve"}, "configs": {"one": "a = 1\n"}}
        made["loads"] = {"hello": ["wrk x"], "echo": ["wrk x"], "": ["wrk y"]}
        told = text.commands(made)
        self.assertIn("- the settings of one:\n\n  ```toml\n  a = 1\n  ```\n", told)
        self.assertIn("- the load in hello, echo: `wrk x`\n- the load: `wrk y`", told)


class Checking(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.places = page.Places(self.folder / "results", self.folder)
        self.places.results.mkdir()
        self.keep(result("waiting", {"seconds": 3}))
        (self.folder / "plots").mkdir()
        (self.folder / "plots/waiting.svg").write_text("<svg/>" + page.signature({"seconds": 3}))
        found = page.results(self.places.results)
        for name, text in page.pages(found, [Scenario()], table).items():
            (self.folder / name).write_text(text)

    def keep(self, made):
        (self.places.results / f"{made['name']}.json").write_text(json.dumps(made))

    def wrong(self):
        return [path.name for path in page.differences(self.places, [Scenario()], table)]

    def test_pages_of_the_results_are_right(self):
        self.assertEqual(self.wrong(), [])
        self.assertIn("It took 3 s.", (self.folder / page.STORY).read_text())

    def test_another_number_is_noticed(self):
        self.keep(result("waiting", {"seconds": 4}))
        self.assertEqual(self.wrong(), [page.STORY, "waiting.svg"])

    def test_a_missing_page_is_noticed(self):
        self.keep(peers())
        self.assertEqual(self.wrong(), [page.TABLE, "peers.svg"])

    def test_a_missing_plot_is_noticed(self):
        (self.folder / "plots/waiting.svg").unlink()
        self.assertEqual(self.wrong(), ["waiting.svg"])

    def test_a_plot_is_signed_when_it_is_drawn(self):
        figures = types.SimpleNamespace(saved=[])
        path = self.folder / "plots/waiting.svg"

        def draw(_data, figures):
            path.write_text("<svg/>\n")
            figures.saved.append(path)

        page.draw(types.SimpleNamespace(draw=draw), {"seconds": 3}, figures)
        self.assertEqual(self.wrong(), [])
        page.draw(types.SimpleNamespace(draw=draw), {"seconds": 4}, figures)
        self.assertEqual(self.wrong(), ["waiting.svg"])


class ForTheRecord(unittest.TestCase):
    def problems(self, *results):
        found = {one["name"]: one for one in results}
        return list(page.unfit(found, [Scenario()], table))

    def test_all_in_full_without_errors_will_do(self):
        self.assertEqual(self.problems(result("waiting", {}), result("peers", {})), [])

    def test_no_results_at_all_are_those_of_a_new_clone(self):
        self.assertEqual(self.problems(), [])

    def test_what_is_missing_quick_or_has_errors_is_told(self):
        self.assertEqual(self.problems(result("waiting", {})), ["peers was not measured"])
        quick, errors = result("waiting", {}) | {"mode": "quick"}, result("peers", {}, ["no\nanswer"])
        wanted = ["waiting was measured in quick mode", "peers has errors: no answer"]
        self.assertEqual(self.problems(quick, errors), wanted)

    def test_only_the_committed_pages_are_for_the_record(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "waiting.json").write_text(json.dumps(result("waiting", {"seconds": 3})))
            page.differences(page.Places(folder, folder), [Scenario()], table)
            with self.assertRaisesRegex(SystemExit, "peers was not measured"):
                page.differences(page.Places(folder, folder, folder / "README.md"), [Scenario()], table)


if __name__ == "__main__":
    unittest.main()
