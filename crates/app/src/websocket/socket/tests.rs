//! What waits in a socket, and who is woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counted() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

fn text(length: usize) -> Message {
    Message::Text(vec![b'a'; length].into())
}

#[test]
fn messages_arrive_in_order_and_then_the_end_again_and_again() {
    let socket = Socket::new();
    let cx = &mut Context::from_waker(Waker::noop());
    socket.deliver(text(1));
    socket.deliver(text(2));
    socket.end(Close::code(1001));
    socket.end(Close::code(1006));
    assert_eq!(socket.poll_event(cx), Poll::Ready(Event::Message(text(1))));
    assert_eq!(socket.poll_event(cx), Poll::Ready(Event::Message(text(2))));
    assert_eq!(socket.poll_event(cx), Poll::Ready(Event::Closed(Close::code(1001))));
    assert_eq!(socket.poll_event(cx), Poll::Ready(Event::Closed(Close::code(1001))));
}

#[test]
fn a_close_comes_after_what_was_sent_before_it() {
    let socket = Socket::new();
    let cx = &mut Context::from_waker(Waker::noop());
    socket.send(text(1)).unwrap();
    socket.close(Close::code(1000)).unwrap();
    assert_eq!(socket.send(text(1)), Err(Closed));
    assert_eq!(socket.close(Close::code(1000)), Err(Closed));
    assert_eq!(socket.poll_outgoing(cx), Poll::Ready(Outgoing::Message(text(1))));
    assert_eq!(socket.poll_outgoing(cx), Poll::Ready(Outgoing::Close(Close::code(1000))));
}

#[test]
fn a_full_queue_wakes_its_writer_when_there_is_room() {
    let socket = Socket::new();
    let (count, waker) = counted();
    let cx = &mut Context::from_waker(&waker);
    socket.send(text(FULL)).unwrap();
    assert!(!socket.has_room());
    assert_eq!(socket.poll_room(cx), Poll::Pending);
    assert!(socket.poll_outgoing(cx).is_ready());
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert_eq!(socket.poll_room(cx), Poll::Ready(()));
}

#[test]
fn empty_messages_fill_a_queue_too() {
    let socket = Socket::new();
    let cx = &mut Context::from_waker(Waker::noop());
    for _ in 0..FULL / OVERHEAD {
        socket.deliver(text(0));
    }
    assert_eq!(socket.poll_taken(cx), Poll::Pending);
}

#[test]
fn an_end_wakes_both_sides_of_the_application() {
    let socket = Socket::new();
    let (count, waker) = counted();
    let cx = &mut Context::from_waker(&waker);
    assert_eq!(socket.poll_event(cx), Poll::Pending);
    socket.send(text(FULL)).unwrap();
    assert_eq!(socket.poll_room(cx), Poll::Pending);
    socket.end(Close::code(1006));
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
    assert_eq!(socket.poll_room(cx), Poll::Ready(()));
    assert_eq!(socket.send(text(1)), Err(Closed));
}
