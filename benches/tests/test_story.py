"""What the scenarios compute from their measurements, and what they say of it."""

import unittest

from story import blocking, contenders, deploy, failures, memory, offered, processors, slow_clients
from story import spread, static_files, throughput
from story.contenders import Contender


def point(**more):
    return {"rps": 1000.0, "p50_us": 8000, "p99_us": 20_000, "requests": 3000, "failed": 0} | more


class Throughput(unittest.TestCase):
    def test_who_waits_longer_than_the_p99_had_no_answer(self):
        self.assertFalse(throughput.unserved(16, point()))
        self.assertTrue(throughput.unserved(128, point()))

    def test_a_failure_is_told_whatever_the_p99_is(self):
        self.assertTrue(throughput.unserved(1, point(failed=1)))

    def test_medians_of_rounds_and_the_sum_of_failures(self):
        rounds = [[point(rps=rps, failed=1, status_errors=2)] for rps in (1.0, 3.0, 2.0)]
        merged = throughput.medians(rounds)[0]
        self.assertEqual((merged["rps"], merged["failed"], merged["requests"]), (2.0, 9, 9000))

    def test_the_table_marks_points_without_answers(self):
        row = throughput.table_row("one", [point(), point()], (1, 512), (1, 512))
        self.assertNotIn("†", row[1])
        self.assertIn("†", row[2])


class DelayedAcknowledgements(unittest.TestCase):
    def told(self, p50_us):
        rows = {"runserver": [point(p50_us=p50_us)], "wsgiref": [point(p50_us=90_000)]}
        return throughput.explained({"rows": rows, "connections": [1], "cores": 1})

    def test_they_explain_a_wait_where_there_was_one(self):
        self.assertIn("took 41.2 ms or longer", self.told(41_200))
        self.assertNotIn("acknowledged", self.told(2000))


class OpenLoop(unittest.TestCase):
    def due(self, rate, **more):
        told = {"rps": 1.0, "p50_us": 1, "p99_us": 2000.0, "requests": 4 * rate, "failed": 0}
        return offered.point(told | {"status_errors": 0} | more, 4 * rate)

    def row(self, *points):
        return [{"rate": 100 * number} | one for number, one in enumerate(points, 1)]

    def test_one_of_each_server_takes_part(self):
        made = [Contender("w", "wsgiref"), Contender("1", "appserver"), Contender("2", "appserver", 2)]
        self.assertEqual([one.label for one in offered.chosen(made)], ["2"])

    def test_requests_without_an_answer_at_the_end_are_left(self):
        self.assertAlmostEqual(self.due(100, requests=300)["left"], 0.25)
        self.assertAlmostEqual(self.due(100, requests=300, failed=100)["left"], 0.0)
        # One begun in the last moment may be counted beyond the time.
        self.assertEqual(self.due(100, requests=401)["left"], 0.0)

    def test_who_leaves_some_or_fails_does_not_keep_up(self):
        self.assertTrue(offered.keeps_up(self.due(100, requests=399)))
        self.assertFalse(offered.keeps_up(self.due(100, requests=300)))
        self.assertFalse(offered.keeps_up(self.due(100, status_errors=1)))

    def test_rates_that_most_rounds_have_got_to_are_merged(self):
        rounds = [{100: self.due(100, failed=1), 200: self.due(200)}, {100: self.due(100)}]
        rounds.append({100: self.due(100, p99_us=9000.0)})
        merged = offered.medians(rounds)
        self.assertEqual([one["rate"] for one in merged], [100])
        self.assertEqual((merged[0]["p99_us"], merged[0]["failed"]), (2000.0, 1))

    def test_a_server_keeps_up_until_it_first_does_not(self):
        late = self.due(300, requests=100)
        row = self.row(self.due(100), self.due(200, p99_us=5000.0), late, self.due(400))
        self.assertEqual(offered.table_row("one", row), ("one", "200/s", "5 ms", "2 ms"))
        self.assertEqual(offered.table_row("one", row[:2])[1], "200/s and more")
        self.assertIn("none", offered.table_row("one", [{"rate": 100} | late])[1])

    def test_a_look_without_the_load_says_so(self):
        self.assertIn("--tools", offered.tell(None))


class Processors(unittest.TestCase):
    ROW = {"label": "", "p50_us": 1, "p99_us": 1, "low": 1, "high": 1, "failed": 0, "cpu_used": 1}

    def data(self, others):
        rates = {1: 50.0, 2: 90.0, 4: 80.0}
        rows = [
            self.ROW | {"server": "appserver", "workers": number, "rps": rate, "others": others}
            for number, rate in rates.items()
        ]
        return {"processors": 2, "connections": 8, "work_ms": 10, "rows": rows}

    def test_the_gain_is_that_of_as_many_workers_as_processors(self):
        self.assertEqual(processors.gained(self.data(0.0), 1, 2), {"appserver": 1.8})
        told = processors.tell(self.data(0.0))
        self.assertIn("From one worker to 2: appserver ×1.80. From there to 4: appserver ×0.89.", told)

    def test_a_busy_machine_is_told(self):
        self.assertNotIn("busy", processors.tell(self.data(0.1)))
        self.assertIn("busy", processors.tell(self.data(0.5)))


class Failures(unittest.TestCase):
    def test_those_of_ours_are_errors(self):
        samples = [point(failed=1, status_errors=2), point()]
        told = list(contenders.failures("two workers", "appserver", samples))
        self.assertEqual(told, ["two workers: 3 requests failed, 6000 were answered"])
        self.assertEqual(list(contenders.failures("two workers", "appserver", [point()])), [])
        self.assertEqual(list(contenders.failures("flask", "flask", samples)), [])


class Visitors(unittest.TestCase):
    def test_goodput_is_of_those_who_came_in_that_time(self):
        requests = [[0.0, 0.1, "ok"], [1.0, 0.1, "ok"], [1.5, 5.0, "ok"], [1.8, 0.1, "refused"]]
        self.assertAlmostEqual(slow_clients.goodput(requests, 1.0, 2.0), 1 / 3)

    def test_only_who_served_nearly_all_beside_every_kind_is_named(self):
        shares = {"one": (1.0, 0.99), "two": (1.0, 0.98), "three": (1.0,)}
        kinds = ("headers", "bodies")
        rows = {
            label: {kind: {"before": 1.0, "during": share} for kind, share in zip(kinds, found)}
            for label, found in shares.items()
        }
        data = {"rate": 50, "slow": 200, "good": 1.0, "kinds": kinds, "rows": rows}
        self.assertIn("were served by: one.", slow_clients.tell(data))
        del rows["one"]
        self.assertIn("were served by: none", slow_clients.tell(data))

    def test_only_who_stays_fast_beside_the_slow_page_is_named(self):
        good = {"p50_ms": 1.0, "p99_ms": 2.0, "failed": {}, "requests": 10}
        rows = {
            "one": [good],
            "two": [good | {"p99_ms": 900.0}],
            "three": [good | {"failed": {"timeout": 1}}],
            "four": [good | {"p50_ms": None, "p99_ms": None}],
        }
        data = {"rate": 50, "patience": 5.0, "slow_seconds": 1.0, "waiting": (8,), "rows": rows}
        self.assertIn("nobody failed, with: one.", blocking.tell(data))

    def test_nobody_served_is_no_time(self):
        found = blocking.summary([[0.0, 0.001, "refused"]])
        self.assertIsNone(found["p99_ms"])
        self.assertEqual(blocking.cell(found), "nobody was served")

    def test_a_service_that_did_not_come_back_is_told(self):
        requests = [[second / 10, 0.01, "ok" if second < 20 else "refused"] for second in range(60)]
        found = failures.summary(requests, 2.0, 6.0)
        row = failures.table_row("one", "crash", found)
        self.assertEqual(row[2], "40 refused")
        self.assertEqual(row[-1], "not seen")

    def test_who_was_in_the_process_that_crashed_is_not_nobody(self):
        lost = [[1.99, 0.02, "broken"], *([2 + second / 10, 0.01, "ok"] for second in range(40))]
        rows = [failures.summary(requests, 2.0, 6.0) for requests in (lost, lost[1:])]
        words = [failures.table_row("one", "crash", row)[-1] for row in rows]
        self.assertEqual(words, ["at once", "nobody hurt"])

    def test_new_code_that_never_came_is_told(self):
        row = {
            "deploys": [[2.0, 1.5], [8.0, None]],
            "requests": 9,
            "failed": {},
            "late": 0,
            "silence": 0.1,
        }
        self.assertEqual(deploy.table_row("one", row, 10.0)[-1], "1.5 s, 1 not within 10 s")


class Spread(unittest.TestCase):
    def test_the_farthest_round_is_told(self):
        self.assertIn("3 rounds; the farthest round was 50% off", spread.sentence([[2, 3, 2], [5, 5], []]))

    def test_one_round_has_no_spread(self):
        self.assertIn("measured once", spread.sentence([[2], [3]]))
        self.assertIn("measured once", spread.sentence([]))

    def test_files_and_memory_are_told_with_it(self):
        samples = {"uwsgi": {"one": [{"cpu_us": 1.0, "rps": 9.0}, {"cpu_us": 3.0, "rps": 9.0}]}}
        told = static_files.tell({"files": ["one"], "samples": samples})
        self.assertIn("the farthest round was 50% off", told)
        self.assertIn("a new connection", told)
        self.assertNotIn("failed", told)
        samples["uwsgi"]["one"][0] |= {"failed": 1, "status_errors": 2}
        told = static_files.tell({"files": ["one"], "samples": samples})
        self.assertIn("/s, **3 failed** |", told)
        rows = {"granian": {"1": [{"pss_kib": 1000, "requests": 9}, {"pss_kib": 3000, "requests": 9}]}}
        told = memory.tell({"workers": (1,), "samples": rows})
        self.assertIn("the farthest round was 50% off", told)


if __name__ == "__main__":
    unittest.main()
