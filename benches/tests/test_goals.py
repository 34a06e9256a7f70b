"""Medians, spreads and verdicts."""

import unittest

from peers.cases import CASES
from peers.goals import GOALS, Goal, judge, summarize
from peers.table import JWT_TABLES, ROWS
from peers.telling import ABOUT, goal_row


def sample(cpu, **more):
    told = {"cpu_us": cpu, "cpu_used": 1.0, "others": 0.0, "rps": 1000.0, "p50_us": 1000}
    told |= {"p99_us": 2000, "p999_us": 3000, "rss_kib": 2048, "pss_kib": 1024, "failed": 0}
    return told | more


GOAL = Goal("hello", "appserver-1", ("one", "two"), "peers", 0.5)


class Summaries(unittest.TestCase):
    def test_the_median_counts_and_the_spread_is_kept(self):
        rounds = [sample(9.0, failed=1), sample(5.0), sample(6.0, failed=2)]
        row = summarize({"hello": {"one": rounds, "two": []}})["hello"]["one"]
        self.assertEqual((row["cpu_us"], row["spread"]["cpu_us"]), (6.0, (5.0, 9.0)))
        self.assertLessEqual({"rps", "p99_us", "pss_kib"}, set(row["spread"]))
        self.assertEqual((row["failed"], row["rounds"]), (3, 3))

    def test_a_server_without_samples_is_left_out(self):
        self.assertEqual(summarize({"hello": {"one": []}}), {})

    def test_a_latency_that_nobody_told_stays_unknown(self):
        row = summarize({"ws": {"one": [sample(1.0, p999_us=None)]}})["ws"]["one"]
        self.assertIsNone(row["p999_us"])


class Verdicts(unittest.TestCase):
    def judged(self, ours, one, two, goal=GOAL):
        rows = {"appserver-1": [sample(ours)], "one": [sample(one)], "two": [sample(two)]}
        return judge(summarize({"hello": rows}), [goal])[0]

    def test_a_goal_is_held_against_the_best_peer(self):
        verdict = self.judged(5.0, 20.0, 10.0)
        self.assertEqual((verdict["peer"], verdict["reached"]), ("two", 0.5))
        self.assertTrue(verdict["met"])
        self.assertFalse(verdict["lost"])

    def test_a_peer_with_failed_requests_is_not_the_best(self):
        rows = {"appserver-1": [sample(5.0)], "one": [sample(20.0)], "two": [sample(10.0, failed=1)]}
        self.assertEqual(judge(summarize({"hello": rows}), [GOAL])[0]["peer"], "one")

    def test_missing_a_goal_is_no_loss_yet(self):
        verdict = self.judged(6.0, 20.0, 10.0)
        self.assertFalse(verdict["met"])
        self.assertFalse(verdict["lost"])
        self.assertIn("**MISSED**", goal_row(verdict)[-1])

    def test_a_loss_is_called_one(self):
        self.assertEqual(goal_row(self.judged(11.0, 20.0, 10.0))[-1], "**MISSED**, **a loss**")

    def test_a_difference_is_held_against_its_limit(self):
        goal = Goal("hello", "appserver-1", ("one",), "no auth", more=1.5)
        self.assertTrue(self.judged(11.5, 10.0, 1.0, goal)["met"])
        self.assertFalse(self.judged(11.6, 10.0, 1.0, goal)["met"])

    def test_a_goal_without_both_sides_is_not_judged(self):
        self.assertEqual(judge({"hello": {"one": {}}}, [GOAL]), [])


class Tables(unittest.TestCase):
    """A goal that names what is never measured would never be judged."""

    def test_every_goal_names_what_is_measured(self):
        known = {case.name: set(case.servers) for case in CASES}
        for table in JWT_TABLES:
            known[table] = {row.name for row in ROWS if f"jwt-{row.table}" == table and not row.rare}
        for goal in GOALS:
            self.assertLessEqual({goal.ours, *goal.peers}, known[goal.case], goal)

    def test_every_case_has_words(self):
        self.assertLessEqual({case.name for case in CASES} | set(JWT_TABLES), set(ABOUT))


if __name__ == "__main__":
    unittest.main()
