"""What is learnt from a steady stream of visitors."""

import unittest

from story import steady


def stream(*, until=10, hurt=(), lost=()):
    """Ten visitors a second, each served in 10 ms; some wait for two seconds, some are refused."""
    requests = []
    for number in range(until * 10):
        outcome = "refused" if number in lost else "ok"
        requests.append([number / 10, 2.0 if number in hurt else 0.01, outcome])
    return requests


class Recovery(unittest.TestCase):
    def test_nobody_hurt_is_no_time_at_all(self):
        self.assertEqual(steady.recovery(stream(), 3.0, 0.5), 0.0)

    def test_the_last_one_hurt_counts(self):
        requests = stream(lost=range(31, 52))
        self.assertAlmostEqual(steady.recovery(requests, 3.0, 0.5), 2.1)

    def test_one_who_waited_is_hurt(self):
        requests = stream(hurt=[35])
        self.assertAlmostEqual(steady.recovery(requests, 3.0, 0.5), 0.5)

    def test_who_was_hurt_before_does_not_count(self):
        self.assertEqual(steady.recovery(stream(lost=[5]), 3.0, 0.5), 0.0)

    def test_every_other_one_hurt_is_not_over(self):
        requests = stream(lost=range(31, 100, 2))
        self.assertIsNone(steady.recovery(requests, 3.0, 0.5))

    def test_hurt_again_after_a_calm_second_is_another_matter(self):
        requests = stream(lost=[31, 60])
        self.assertAlmostEqual(steady.recovery(requests, 3.0, 0.5), 0.1)


class Sums(unittest.TestCase):
    def test_silence_is_the_longest_time_without_a_right_answer(self):
        requests = stream(lost=range(30, 50))
        self.assertAlmostEqual(steady.silence(requests, 3.0, 10.0), 2.01, places=2)

    def test_silence_until_the_end_counts(self):
        self.assertAlmostEqual(steady.silence(stream(lost=range(30, 100)), 3.0, 10.0), 7.0)

    def test_answers_count_where_they_arrive(self):
        slots = steady.per_slot([[0.0, 0.05, "ok"], [0.1, 0.25, "ok"], [0.2, 0.0, "refused"]], 0.5)
        self.assertEqual(slots, [1, 0, 0, 1, 0])

    def test_who_gave_up_has_waited_and_who_was_refused_has_not(self):
        requests = [[0, 5.0, "timeout"], [0, 0.001, "refused"], [0, 0.2, "ok"]]
        self.assertEqual(steady.times(requests), [0.2, 5.0])

    def test_failures_by_their_ways(self):
        self.assertEqual(steady.failures(stream(lost=[1, 2])), {"refused": 2})

    def test_only_answers_are_late(self):
        requests = [[0, 5.0, "timeout"], [0, 0.6, "ok"], [0, 0.2, "ok"]]
        self.assertEqual(steady.late(requests, 0.5), 1)

    def test_a_percentile_of_nothing_is_none(self):
        self.assertIsNone(steady.percentile([], 0.99))
        self.assertEqual(steady.percentile([1, 2, 3, 4], 0.99), 4)


if __name__ == "__main__":
    unittest.main()
