"""Names of applications, command lines, results of load tools."""

import fcntl
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import build, loads, machine, record, serving, stage, variants
from harness.serving import App
from harness.stage import Turn

WORDS = {"venv": "/v", "bin": "/b", "runtime": "/r", "port": 9, "workers": 2, "threads": 3}


class Applications(unittest.TestCase):
    def test_a_name_alone_is_one_of_the_folder_of_applications(self):
        self.assertEqual(App.named("hello:application"), App(build.APPS, "hello:application"))

    def test_a_folder_may_stand_in_front(self):
        self.assertEqual(App.named("site/mysite.asgi:app"), App(build.APPS / "site", "mysite.asgi:app"))
        self.assertEqual(App.named("/tmp/x/y:z").folder, Path("/tmp/x"))

    def test_the_name_tells_the_interface(self):
        self.assertEqual(App.named("asgi_hello:application").interface, "asgi")
        self.assertEqual(App.named("/asgi/hello:application").interface, "wsgi")


class Revision(unittest.TestCase):
    def test_a_tree_is_dirty_by_its_code_and_not_by_its_results(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "benches/load/results").mkdir(parents=True)
            names = ("code.rs", "README.md", "benches/load/results/peers.json")
            for name in names:
                (root / name).write_text("old")
            git = ["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.org"]
            for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
                subprocess.run([*git, *words], check=True)
            for name in names[1:]:
                (root / name).write_text("new")
            clean = machine.revision(root)
            self.assertRegex(clean, "^[0-9a-f]{7,}$")
            (root / "code.rs").write_text("new")
            self.assertEqual(machine.revision(root), f"{clean}-dirty")


class Commands(unittest.TestCase):
    def test_every_server_has_one_without_gaps(self):
        for server in serving.COMMANDS:
            words = serving.command(server, App.named("hello:a"), WORDS | {"flags": "--more '1 2'"})
            self.assertNotIn("{", " ".join(words), server)
            if server != "floor":
                self.assertEqual(words.count("1 2"), 1, server)

    def test_threads_are_told_where_there_are_some(self):
        words = serving.command("appserver", App.named("hello:a"), WORDS | {"flags": ""})
        self.assertEqual(words[words.index("--threads") + 1], "3")
        words = serving.command("appserver", App.named("asgi:a"), WORDS | {"flags": ""})
        self.assertNotIn("--threads", words)

    def test_every_variant_is_one_of_a_server(self):
        for name, variant in variants.VARIANTS.items():
            self.assertIn(variant.server, serving.COMMANDS, name)

    def test_what_is_printed_names_no_folder_of_this_machine(self):
        built = build.Built(Path("/somewhere/venv"), Path("/somewhere/bin"))
        text = f"/somewhere/bin/appserver --config /scratch/x {build.ROOT}/y :4321 /somewhere/venv/bin/z"
        printed = serving.printable(text, built, "/scratch", 4321)
        self.assertEqual(printed, "appserver --config /tmp/bench/x y :8000 z")
        self.assertEqual(serving.printable(f"{Path.home()}/x", built, "/scratch"), "~/x")


class Records(unittest.TestCase):
    def test_no_command_is_lost(self):
        kept = record.Record()
        kept.case = "hello"
        kept.server("appserver-1", "serve hello", {})
        kept.server("appserver-1", "serve hello", {})
        kept.case = "hello-2"
        kept.server("appserver-1", "serve --workers 2", {"SITE_DEBUG": "1", "BENCH_SECRET": "x"})
        kept.server("appserver-1", "serve --workers 4", None)
        expected = {"hello: appserver-1": "serve hello"}
        expected["hello-2: appserver-1"] = "BENCH_SECRET=... SITE_DEBUG=1 serve --workers 2"
        expected["hello-2: appserver-1 (2)"] = "serve --workers 4"
        self.assertEqual(kept.commands, expected)

    def test_other_settings_are_another_server(self):
        kept = record.Record()
        kept.server("one", "serve --config x", {}, "cache = 0\n", {0, 1})
        kept.server("one", "serve --config x", {}, "cache = 1\n", {0, 1})
        self.assertEqual(kept.configs, {"one": "cache = 0\n", "one (2)": "cache = 1\n"})
        self.assertEqual(kept.cores, [{0, 1}])

    def test_a_load_is_kept_once_for_each_shape(self):
        kept = record.Record()
        for connections in (1, 64, 64):
            words = ["/usr/bin/wrk", "-t1", f"-c{connections}", "-d3s", "--latency", "http://h:4321/x"]
            kept.load(words, 4321)
        for rate in (100, 50):
            kept.load(["oha", "-z", "4s", "-q", rate, "-c", 64, "-t", "14s", "http://h:4321/"], 4321)
        lines = ["wrk -t1 -cCONNECTIONS -d3s --latency http://h:8000/x (CONNECTIONS: 1, 64)"]
        lines.append("oha -z 4s -q RATE -c 64 -t 14s http://h:8000/ (RATE: 50, 100)")
        self.assertEqual(kept.loads, {"": lines})

    def test_loads_run_as_they_are_recorded(self):
        noted = []
        self.assertEqual(loads.output(["echo", 1], 1, os.sched_getaffinity(0), noted.append), "1\n")
        self.assertEqual(noted, [["echo", 1]])

    def test_temporary_names_are_no_part_of_a_command(self):
        built = build.Built(Path("/somewhere/venv"), Path("/somewhere/bin"))
        made = stage.Stage(built, stage.Cores(frozenset({0}), frozenset({1})), scratch=Path("/scratch"))
        text = "/tmp/soak-a1b2c3d4/x.toml /scratch/site-data /tmp/appserver-h2load-a1b2c3d4/log"
        short = "/tmp/soak/x.toml /tmp/bench/site-data /tmp/appserver-h2load/log"
        self.assertEqual(made.printable(text), short)
        self.assertEqual(made.pinning, "server on core 0, load on core 1")
        made.record.server("one", "serve", {}, cores=frozenset({0, 1}))
        self.assertEqual(made.pinning, "server on cores 0 and 1, load on core 1")


class Loads(unittest.TestCase):
    def test_a_closed_loop(self):
        line = 'noise\nresult {"requests":300,"duration":1500000,"p50":1,"p99":2,"p999":3,'
        line += '"failed":4,"status_errors":5}\n'
        told = loads.closed(loads.result_line(line))
        self.assertEqual((told["rps"], told["duration"], told["p999_us"]), (200.0, 1.5, 3))

    def test_a_log_of_requests(self):
        lines = [f"{at}\t{200 if at else 503}\t{1000 - at}" for at in range(1000)]
        said = "requests: 1003 total, 3 failed, 2 errored, 1 timeout"
        told = loads.logged(said, lines, 2)
        self.assertEqual((told["rps"], told["requests"], told["status_errors"]), (500.0, 1000, 1))
        self.assertEqual((told["p50_us"], told["p99_us"], told["p999_us"]), (501, 991, 1000))
        self.assertEqual((told["failed"], told["duration"]), (3, 2.0))
        for said, lines in ((said, []), ("", lines)):
            with self.assertRaises(RuntimeError):
                loads.logged(said, lines, 2)

    def test_no_result_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "no result: nothing"):
            loads.result_line("nothing")

    def test_an_open_loop(self):
        told = loads.opened(
            {
                "summary": {"total": 2.0},
                "latencyPercentiles": {"p50": 0.001, "p99": 0.002, "p99.9": None},
                "statusCodeDistribution": {"200": 90, "503": 10},
                "errorDistribution": {"connection refused": 7},
            }
        )
        self.assertEqual((told["requests"], told["status_errors"], told["failed"]), (100, 10, 7))
        self.assertEqual((told["rps"], told["p50_us"], told["p999_us"]), (50.0, 1000.0, 0.0))


class Profiles(unittest.TestCase):
    def test_what_tests_build_is_taken_from_where_they_build_it(self):
        self.assertEqual(build.programs("dev"), build.BENCH.parent / "debug")
        self.assertIn("--workspace", build.packages("dev"))

    def test_everything_else_is_apart(self):
        self.assertEqual(build.programs("dist"), build.BENCH / "build" / "dist")
        self.assertIn("appserver-bench-client", build.packages("release"))


class Pins(unittest.TestCase):
    def test_included_files_count(self):
        with tempfile.TemporaryDirectory() as folder:
            one, two = Path(folder) / "one", Path(folder) / "two"
            two.write_text("y==2\n")
            for how in ("-r", "-c"):
                one.write_text(f"{how} two\nx==1\n")
                self.assertIn("y==2", build.all_pins(one), how)

    def test_everything_is_pinned(self):
        peers, constraints = (
            set(filter(lambda line: line and line[0] not in "#-", path.read_text().splitlines()))
            for path in (build.PINS, build.REQUIREMENTS / "constraints.txt")
        )
        for line in peers | constraints:
            self.assertRegex(line, r'^[\w.-]+==[\d.]+(; python_version (<|>=) "3\.11")?$')
        known = {line.lower().replace("_", "-") for line in constraints}
        self.assertEqual({line.lower().replace("_", "-") for line in peers} - known, set())


if __name__ == "__main__":
    unittest.main()


class Turns(unittest.TestCase):
    def test_others_wait_until_the_outermost_is_left(self):
        with tempfile.NamedTemporaryFile() as file, open(file.name) as other:
            turn = Turn(Path(file.name))
            with turn:
                with turn:
                    pass
                with self.assertRaises(BlockingIOError):
                    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_without_a_file_nothing_is_held(self):
        with Turn():
            pass
