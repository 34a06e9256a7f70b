"""What our selector promises beyond CPython's own tests of asyncio. No test waits for the clock, except
that a wait which should end by itself has a limit that only a failure reaches."""

import asyncio
import faulthandler
import gc
import os
import signal
import threading
import time
import unittest
import weakref

from appserver import _loop

# The end of a wait that should have ended long before.
LIMIT = 30


def descriptors():
    return set(os.listdir("/proc/self/fd"))


class SelectorTest(unittest.TestCase):
    def setUp(self):
        self.selector = _loop.Selector()
        self.addCleanup(self.selector.close)
        self.reader, self.writer = os.pipe()
        self.addCleanup(os.close, self.reader)
        self.addCleanup(os.close, self.writer)

    def watch(self):
        return self.selector.register(self.reader, _loop.selectors.EVENT_READ)

    def in_thread(self, function):
        thread = threading.Thread(target=function)
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def test_what_is_ready_stays_ready_until_it_is_dealt_with(self):
        key = self.watch()
        os.write(self.writer, b"12")
        for timeout in (None, 0, LIMIT, -1):
            self.assertEqual(self.selector.select(timeout), [(key, _loop.selectors.EVENT_READ)])
        os.read(self.reader, 1)
        self.assertEqual(self.selector.select(), [(key, _loop.selectors.EVENT_READ)])
        os.read(self.reader, 1)
        self.assertEqual(self.selector.select(0), [])

    def test_readers_and_writers_hear_of_a_hang_up(self):
        reader, writer = os.pipe()
        key = self.selector.register(writer, _loop.selectors.EVENT_WRITE)
        self.assertEqual(self.selector.select(), [(key, _loop.selectors.EVENT_WRITE)])
        os.close(reader)
        self.assertEqual(self.selector.select(), [(key, _loop.selectors.EVENT_WRITE)])
        self.selector.unregister(writer)
        os.close(writer)
        self.assertEqual(self.selector.select(0), [])

    def test_more_descriptors_than_are_collected_at_once(self):
        pipes = [os.pipe() for _ in range(200)]
        for reader, writer in pipes:
            self.selector.register(reader, _loop.selectors.EVENT_READ)
            os.write(writer, b"1")
        seen = set()
        while len(seen) < len(pipes):
            ready = self.selector.select(LIMIT)
            self.assertTrue(ready)
            for key, _events in ready:
                seen.add(key.fd)
                os.read(key.fd, 1)
        self.assertEqual(self.selector.select(0), [])
        for reader, writer in pipes:
            self.selector.unregister(reader)
            os.close(reader)
            os.close(writer)

    def test_a_wait_takes_its_time(self):
        for timeout in (0.0005, 0.003, 0.001):
            start = time.monotonic()
            self.assertEqual(self.selector.select(timeout), [])
            self.assertGreaterEqual(time.monotonic() - start, timeout)

    def test_a_shorter_wait_after_a_longer_one(self):
        self.watch()
        os.write(self.writer, b"1")
        self.selector.select(LIMIT)
        os.read(self.reader, 1)
        self.in_thread(lambda: os.write(self.writer, b"1"))
        self.assertTrue(self.selector.select(LIMIT))
        os.read(self.reader, 1)
        start = time.monotonic()
        self.assertEqual(self.selector.select(0.001), [])
        self.assertLess(time.monotonic() - start, LIMIT)

    def test_timeouts_that_no_clock_counts(self):
        self.watch()
        os.write(self.writer, b"1")
        for timeout in (1e300, float("inf"), 2**40):
            self.assertTrue(self.selector.select(timeout))
        self.assertTrue(self.selector.select(float("nan")))

    def interrupt(self, handler):
        """Wait while another thread has this process handle a signal. Returns what was ready, and
        whether the handler ran while this thread waited for it."""
        self.watch()
        start, handled, seen = threading.Event(), threading.Event(), []

        def handle(_number, _frame):
            if not handled.is_set():
                handled.set()
                handler()

        def run():
            start.wait()
            end = time.monotonic() + LIMIT
            # Sent again, because a signal that comes just before the kernel puts the thread to sleep
            # ends no wait; so it is with the standard selector.
            while not handled.is_set() and time.monotonic() < end:
                os.kill(os.getpid(), signal.SIGUSR1)
                handled.wait(0.01)
            seen.append(handled.is_set())
            os.write(self.writer, b"1")

        previous = signal.signal(signal.SIGUSR1, handle)
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)
        thread = self.in_thread(run)
        try:
            start.set()
            return self.selector.select(2 * LIMIT)
        finally:
            thread.join()
            self.assertEqual(seen, [True])

    def test_what_a_signal_handler_raises_ends_the_wait(self):
        def handler():
            raise LookupError

        with self.assertRaises(LookupError):
            self.interrupt(handler)

    def test_a_signal_handler_runs_and_the_wait_goes_on(self):
        self.assertTrue(self.interrupt(lambda: None))

    def test_it_cannot_wait_within_itself(self):
        other = _loop.Selector()
        self.addCleanup(other.close)
        errors = []

        class Key:
            @property
            def events(_self):
                for selector in (self.selector, other):
                    try:
                        selector.select(0)
                    except RuntimeError as error:
                        errors.append(str(error))
                return _loop.selectors.EVENT_READ

        self.watch()
        key = self.selector._fd_to_key[self.reader] = Key()
        os.write(self.writer, b"1")
        self.assertEqual(self.selector.select(LIMIT), [(key, _loop.selectors.EVENT_READ)])
        self.assertEqual(errors, ["the selector is waiting already"] * 2)
        self.assertEqual(other.select(0), [])

    def test_one_thread_at_a_time(self):
        self.watch()
        ready = []
        thread = self.in_thread(lambda: ready.extend(self.selector.select(LIMIT)))
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            try:
                self.selector.select(0)
            except RuntimeError:
                break
        else:
            self.fail("the thread never waited")
        with self.assertRaises(RuntimeError):
            self.selector.close()
        os.write(self.writer, b"1")
        thread.join()
        self.assertTrue(ready)

    def test_a_loop_moves_between_threads(self):
        loop = _loop.new_event_loop()
        results = []
        loop.run_until_complete(asyncio.sleep(0.001))
        thread = self.in_thread(lambda: results.append(loop.run_until_complete(asyncio.sleep(0.001, 1))))
        thread.join()
        loop.run_until_complete(asyncio.sleep(0.001))
        self.assertEqual(results, [1])
        self.in_thread(loop.close).join()

    def test_nothing_is_left_open(self):
        gc.collect()
        before = descriptors()
        loop = _loop.new_event_loop()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        self.assertEqual(descriptors(), before)
        selector = _loop.Selector()
        selector.close()
        with self.assertRaises(RuntimeError):
            selector.select(0)

    def test_a_forgotten_loop_is_collected(self):
        gc.collect()
        before = descriptors()
        loop = _loop.new_event_loop()
        loop.call_later(LIMIT, print)
        loop.run_until_complete(asyncio.sleep(0))
        gone = weakref.ref(loop)
        with self.assertWarns(ResourceWarning):
            del loop
            gc.collect()
        self.assertIsNone(gone())
        self.assertEqual(descriptors(), before)

    def test_a_forked_process_takes_nothing_away(self):
        self.watch()
        self.assertEqual(self.selector.select(0), [])
        child = os.fork()
        if child == 0:
            self.selector._turn.close()
            os._exit(0)
        self.assertEqual(os.waitpid(child, 0), (child, 0))
        self.in_thread(lambda: os.write(self.writer, b"1"))
        self.assertTrue(self.selector.select(LIMIT))


if __name__ == "__main__":
    # A wait without a limit that never ends is shown, and ends the tests.
    faulthandler.dump_traceback_later(4 * LIMIT, exit=True)
    unittest.main()
