//! Jobs begin in their order, on few threads; who has gone away costs nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use super::*;

fn threads(count: usize) -> Threads {
    Threads { name: "test", count, niceness: 10 }
}

/// A pool whose only thread is busy until told.
fn busy(most: usize) -> (Pool, Sender<()>) {
    let pool = Pool::start(threads(1), most, || {}).unwrap();
    let (end, ended) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let job = pool.submit(move || {
        begin.send(()).unwrap();
        let _ = ended.recv();
    });
    // It runs, whoever waits for it or not.
    begun.recv().unwrap();
    drop(job);
    (pool, end)
}

/// A job that says its name when it is done.
fn note(name: &'static str, to: &Sender<&'static str>) -> impl FnOnce() -> &'static str + use<> {
    let to = to.clone();
    move || {
        to.send(name).unwrap();
        name
    }
}

fn wait<T>(job: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(job)
}

fn all(names: &Receiver<&'static str>) -> Vec<&'static str> {
    names.try_iter().collect()
}

#[test]
fn a_job_is_done_on_a_thread_that_gives_way() {
    let pool = Pool::start(threads(2), 0, || {}).unwrap();
    let before = appserver_os::thread::priority();
    let job = || (thread::current().name().map(str::to_owned), appserver_os::thread::priority());
    let (name, priority) = wait(pool.submit(job).unwrap()).unwrap();
    assert!(name.unwrap().starts_with("test-"));
    assert_eq!(priority, (before + 10).min(19));
}

#[test]
fn jobs_begin_in_their_order() {
    let (pool, end) = busy(3);
    let (to, names) = mpsc::channel();
    let jobs = ["first", "second", "third"].map(|name| pool.submit(note(name, &to)).unwrap());
    assert_eq!(pool.waiting(), 3);
    end.send(()).unwrap();
    assert_eq!(jobs.map(|job| wait(job).unwrap()), ["first", "second", "third"]);
    assert_eq!(all(&names), ["first", "second", "third"]);
    assert_eq!(pool.waiting(), 0);
}

#[test]
fn what_does_not_fit_is_refused_at_once() {
    let (pool, end) = busy(1);
    let waiting = pool.submit(|| 1).unwrap();
    assert_eq!(pool.submit(|| 2).err(), Some(Full));
    end.send(()).unwrap();
    assert_eq!(wait(waiting), Some(1));
}

#[test]
fn a_free_thread_takes_a_job_even_without_a_queue() {
    let pool = Pool::start(threads(1), 0, || {}).unwrap();
    for number in 0..100 {
        // The result is there a little before the thread is free again.
        let job = loop {
            match pool.submit(move || number) {
                Ok(job) => break job,
                Err(Full) => thread::yield_now(),
            }
        };
        assert_eq!(wait(job), Some(number));
    }
}

#[test]
fn nothing_is_done_for_who_has_gone_away() {
    let (pool, end) = busy(2);
    let (to, names) = mpsc::channel();
    drop(pool.submit(note("gone", &to)).unwrap());
    let kept = pool.submit(note("kept", &to)).unwrap();
    end.send(()).unwrap();
    assert_eq!(wait(kept), Some("kept"));
    assert_eq!(all(&names), ["kept"]);
}

#[test]
fn who_has_gone_away_leaves_the_place_to_others() {
    let (pool, end) = busy(1);
    drop(pool.submit(|| "gone").unwrap());
    let kept = pool.submit(|| "kept").unwrap();
    end.send(()).unwrap();
    assert_eq!(wait(kept), Some("kept"));
}

#[test]
fn a_job_that_panics_has_no_result_and_takes_no_thread_along() {
    let pool = Pool::start(threads(1), 1, || {}).unwrap();
    let failed = pool.submit(|| -> u8 { panic!("on purpose") }).unwrap();
    assert_eq!(wait(failed), None);
    assert_eq!(wait(pool.submit(|| 1).unwrap()), Some(1));
}

#[test]
fn an_idle_thread_gives_its_memory_back_and_goes_on() {
    static RELEASED: AtomicUsize = AtomicUsize::new(0);
    let release = || {
        RELEASED.fetch_add(1, Ordering::SeqCst);
    };
    let pool = Pool::start_with(threads(1), 1, (Duration::ZERO, release)).unwrap();
    for released in 1..=3 {
        while RELEASED.load(Ordering::SeqCst) < released {
            thread::yield_now();
        }
        assert_eq!(wait(pool.submit(|| 1).unwrap()), Some(1));
    }
    assert!(RELEASED.load(Ordering::SeqCst) <= 4, "once for each time without a job");
}

#[test]
fn dropping_the_pool_cancels_what_waits_and_ends_the_threads() {
    let pool = Pool::start(threads(1), 1, || {}).unwrap();
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let running = pool.submit(move || {
        begin.send(()).unwrap();
        let _ = ended.recv();
        1
    });
    begun.recv().unwrap();
    let waiting = pool.submit(|| 2).unwrap();
    let shared = Arc::downgrade(&pool.shared);
    drop(pool);
    assert_eq!(wait(waiting), None);
    drop(end);
    assert_eq!(wait(running.unwrap()), Some(1), "what was begun is finished");
    while shared.strong_count() > 0 {
        thread::yield_now();
    }
}
