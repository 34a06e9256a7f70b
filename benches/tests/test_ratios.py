"""What is compared with what, and which way round."""

import unittest

from peers import ratios
from peers.goals import summarize
from peers.summary import MEASURES, compared, lines
from peers.table import MOST_WARMUPS, WARMUP_SECONDS
from peers.telling import ABOUT, README_CASES

from .test_goals import sample

CPU, RATE, P99, PSS = MEASURES


def summary(case="hello", **rows):
    return summarize({case: {name: [one] for name, one in rows.items()}})


def of(found, measure):
    return {(one.ours, title): ratio for one in lines(found, measure) for title, ratio in one.ratios.items()}


class Ratios(unittest.TestCase):
    def test_above_one_is_better_by_every_measure(self):
        ours = sample(5.0, rps=2000.0, p99_us=1000, pss_kib=3000)
        theirs = sample(10.0, rps=1000.0, p99_us=4000, pss_kib=1500)
        found = summary(**{"appserver-1": ours, "fastpysgi": theirs})
        wanted = {CPU: 2.0, RATE: 2.0, P99: 4.0, PSS: 0.5}
        for measure, ratio in wanted.items():
            self.assertEqual(of(found, measure), {("appserver-1", "fastpysgi"): ratio}, measure.title)

    def test_each_mode_of_ours_meets_the_best_of_a_peer(self):
        rows = {"appserver-1": sample(10.0), "appserver-4": sample(20.0)}
        rows |= {"granian-1-mt": sample(30.0), "granian-4-mt": sample(15.0)}
        found = summary(**rows)
        wanted = {("appserver-1", "Granian"): 1.5, ("appserver-4", "Granian"): 0.75}
        self.assertEqual(of(found, CPU), wanted)
        self.assertEqual([one.ours for one in compared(found).values()], ["appserver-1"])

    def test_the_best_of_a_peer_by_rate_is_the_fastest(self):
        rows = {"appserver-1": sample(1.0, rps=100.0), "granian-1-mt": sample(1.0, rps=50.0)}
        found = summary(**rows, **{"granian-4-mt": sample(1.0, rps=200.0)})
        self.assertEqual(of(found, RATE), {("appserver-1", "Granian"): 0.5})

    def test_tokens_race_only_against_what_verifies_alike(self):
        rows = {"appserver-1 edge, token": sample(2.0), "appserver-1 simplejwt": sample(8.0)}
        rows |= {"gunicorn-gthread simplejwt": sample(12.0)}
        rows |= {"gunicorn-gthread simplejwt, stateless": sample(6.0)}
        wanted = {("appserver-1 edge, token", "Gunicorn"): 3.0, ("appserver-1 simplejwt", "Gunicorn"): 1.5}
        self.assertEqual(of(summary("jwt-drf", **rows), CPU), wanted)

    def test_losses_are_counted(self):
        rows = {"appserver-1": sample(10.0), "granian-1-mt": sample(5.0)}
        rows |= {"fastpysgi": sample(8.0), "uwsgi": sample(20.0)}
        self.assertEqual(ratios.losses(lines(summary(**rows))), (3, 2))

    def test_memory_is_a_race_for_memory_only(self):
        found = summary("memory", **{"appserver-1": sample(1.0), "granian-1-mt": sample(1.0)})
        self.assertEqual([len(of(found, measure)) for measure in MEASURES], [0, 0, 0, 1])

    def test_a_ratio_below_one_is_a_loss_however_near(self):
        self.assertEqual(ratios.times(0.996), "**1.00** (a loss)")
        self.assertEqual(ratios.times(1.0), "1.00")

    def test_the_readme_says_which_mode_it_was(self):
        self.assertEqual(ratios.mode("appserver-4 edge, token"), ", 4 threads")
        self.assertEqual(ratios.mode("appserver-asgi"), "")

    def test_what_is_known_of_uwsgi_is_told_with_its_numbers(self):
        found = summary(uwsgi=sample(1.0))
        self.assertNotIn("left out", *ratios.uwsgi(found)[:1])
        left_out = summary("stream", **{"appserver-1": sample(1.0)})
        self.assertIn("left out", ratios.uwsgi(found | left_out)[0])
        self.assertEqual(ratios.uwsgi(left_out), [])

    def test_no_line_of_the_readme_leans_on_another(self):
        self.assertFalse([case for case in README_CASES if "the same with" in ABOUT[case]])

    def test_the_warm_up_is_as_long_as_the_page_says(self):
        self.assertIn(f"or {MOST_WARMUPS * WARMUP_SECONDS} s of them", ABOUT["memory"])


if __name__ == "__main__":
    unittest.main()
