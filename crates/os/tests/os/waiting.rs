//! What an async loop waits on: a timer, and somebody else's epoll.

use std::future::poll_fn;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use appserver_os::clock::monotonic_ns;
use appserver_os::epoll::WatchedEpoll;
use appserver_os::timer::Timer;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::unistd::{pipe, read, write};

use super::in_a_loop;

const MILLISECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600_000 * MILLISECOND;

#[test]
fn a_timer_fires_at_its_time_and_not_before() {
    in_a_loop(async {
        let timer = Timer::new().unwrap();
        for _ in 0..3 {
            let at = monotonic_ns() + MILLISECOND / 2;
            timer.arm(at).unwrap();
            while monotonic_ns() < at {
                poll_fn(|cx| timer.poll_fired(cx)).await.unwrap();
            }
        }
    });
}

#[test]
fn arming_a_timer_anew_forgets_what_was() {
    in_a_loop(async {
        let timer = Timer::new().unwrap();
        timer.arm(monotonic_ns() + HOUR).unwrap();
        timer.arm(0).unwrap();
        poll_fn(|cx| timer.poll_fired(cx)).await.unwrap();
    });
}

#[test]
fn an_epoll_keeps_its_events_until_they_are_dealt_with() {
    in_a_loop(async {
        let (epoll, mut watched) = epoll();
        let (reader, writer) = pipe().unwrap();
        let events =
            EpollEvent::new(EpollFlags::EPOLLIN, reader.as_raw_fd().cast_unsigned().into());
        epoll.add(reader.as_fd(), events).unwrap();
        assert!(!watched.has_pending().unwrap());
        for _ in 0..2 {
            write(&writer, b"12").unwrap();
            for _ in 0..2 {
                assert_eq!(collect(&mut watched).await, [reader.as_raw_fd()]);
                assert!(watched.has_pending().unwrap());
                read(&reader, &mut [0]).unwrap();
            }
            assert!(!watched.has_pending().unwrap());
        }
    });
}

#[test]
fn an_epoll_tells_of_a_descriptor_that_was_ready_when_it_was_added() {
    in_a_loop(async {
        let (epoll, mut watched) = epoll();
        assert!(!watched.has_pending().unwrap());
        let (reader, writer) = pipe().unwrap();
        write(&writer, b"1").unwrap();
        // The kernel's union has 32 bits of descriptor; what is beside it is anything.
        let number = u64::from(reader.as_raw_fd().cast_unsigned()) | 7 << 32;
        let number = if cfg!(target_endian = "little") { number } else { number.rotate_left(32) };
        epoll.add(reader.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, number)).unwrap();
        assert_eq!(collect(&mut watched).await, [reader.as_raw_fd()]);
    });
}

fn epoll() -> (Epoll, WatchedEpoll) {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap();
    let copy: OwnedFd = epoll.0.try_clone().unwrap();
    (epoll, WatchedEpoll::new(copy).unwrap())
}

async fn collect(watched: &mut WatchedEpoll) -> Vec<i32> {
    poll_fn(|cx| watched.poll_events(cx).map_ok(|events| events.map(|event| event.fd).collect()))
        .await
        .unwrap()
}
