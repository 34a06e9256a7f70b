"""What a budget lets pass, and what not."""

import sys
import unittest

try:
    import tomllib
except ImportError as error:
    raise unittest.SkipTest("budgets take CPython 3.11 or newer") from error

from callgrind import budget

HERE = budget.Interpreter("3.13", "3.13.0, GCC 12.2.0, shared")
BUDGETS = {
    "profile": "release",
    "native": {"floor": 6000},
    "cpython": {"3.13": {"build": HERE.build, "instructions": {"wsgi": 10_000}}},
}


class Comparison(unittest.TestCase):
    def compare(self, **counts):
        return budget.compare(budget.table(BUDGETS, HERE), counts)

    def test_what_is_within_the_tolerance_passes(self):
        verdict = self.compare(floor=6000.0, wsgi=10_199.9)
        self.assertTrue(verdict.passes)
        self.assertNotIn("OVER", "".join(verdict.lines))

    def test_what_is_over_fails_and_is_named(self):
        verdict = self.compare(floor=6121.0, wsgi=10_200.1)
        self.assertFalse(verdict.passes)
        self.assertEqual(verdict.over, ["floor", "wsgi"])
        self.assertIn("OVER", verdict.lines[1])

    def test_what_is_far_under_passes_and_tells(self):
        verdict = self.compare(floor=6000.0, wsgi=9799.0)
        self.assertTrue(verdict.passes)
        self.assertIn("may be lowered", verdict.lines[1])
        self.assertNotIn("may be lowered", verdict.lines[0])

    def test_threads_and_files_may_differ_more(self):
        allowed = {"wsgi": 10_000, "wsgi-4": 10_000, "static": 10_000}
        verdict = budget.compare(allowed, {name: 10_300.0 for name in allowed})
        self.assertEqual(verdict.over, ["wsgi"])
        self.assertEqual(budget.compare(allowed, {"wsgi-4": 10_401.0}).over, ["wsgi-4"])

    def test_a_row_without_a_budget_fails(self):
        verdict = self.compare(wsgi=10_000.0, asgi=1.0)
        self.assertFalse(verdict.passes)
        self.assertEqual((verdict.over, verdict.missing), ([], ["asgi"]))


class Interpreters(unittest.TestCase):
    def refused(self, budgets, interpreter):
        with self.assertRaises(budget.Incomparable) as caught:
            budget.table(budgets, interpreter)
        return str(caught.exception)

    def test_another_version_is_refused(self):
        told = self.refused(BUDGETS, budget.Interpreter("3.12", "3.12.1, GCC 12.2.0"))
        self.assertIn("3.12 (3.12.1, GCC 12.2.0)", told)
        self.assertIn("but for: 3.13", told)

    def test_another_build_of_the_version_is_refused(self):
        told = self.refused(BUDGETS, budget.Interpreter("3.13", "3.13.0, Clang 17"))
        self.assertIn(HERE.build, told)
        self.assertIn("Clang 17", told)

    def test_a_file_without_budgets_is_refused(self):
        self.assertIn("none at all", self.refused({}, HERE))

    def test_an_interpreter_describes_itself(self):
        found = budget.describe(sys.executable)
        self.assertEqual(found.minor, "{}.{}".format(*sys.version_info[:2]))
        self.assertTrue(found.build.startswith(found.minor + "."))
        self.assertNotIn('"', found.build)


class Writing(unittest.TestCase):
    def updated(self, interpreter, native, python):
        new = budget.updated(BUDGETS, interpreter, "release", (native, python))
        read = tomllib.loads(budget.text(new))
        self.assertEqual(read, new)
        return read

    def test_only_what_was_counted_changes(self):
        new = self.updated(HERE, {}, {"asgi": 20_000.4})
        self.assertEqual(new["native"], {"floor": 6000})
        rows = new["cpython"]["3.13"]["instructions"]
        self.assertEqual(rows, {"wsgi": 10_000, "asgi": 20_000})

    def test_another_version_gets_a_table_of_its_own(self):
        other = budget.Interpreter("3.9", "3.9.1, GCC 12.2.0")
        new = self.updated(other, {"floor": 5.0}, {"wsgi": 1.0})
        self.assertEqual(list(new["cpython"]), ["3.9", "3.13"])
        self.assertEqual(new["native"], {"floor": 5})

    def test_another_build_takes_nothing_over(self):
        other = budget.Interpreter("3.13", "3.13.0, Clang 17")
        new = self.updated(other, {}, {"asgi": 1.0})
        self.assertEqual(new["cpython"]["3.13"]["instructions"], {"asgi": 1})

    def test_the_first_budgets_need_no_file(self):
        new = budget.updated({}, HERE, "release", ({"floor": 1.0}, {"wsgi": 2.0}))
        self.assertEqual(budget.table(new, HERE), {"floor": 1, "wsgi": 2})


if __name__ == "__main__":
    unittest.main()
