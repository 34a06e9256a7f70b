//! The loop side of the pool: who waits for which answer.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use appserver_app::{Body, Request, Response, Ticket};
use hashbrown::{HashMap, HashSet};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::completions::{Completion, LOOK_AGAIN, Payload};
use super::thread::{Job, Work};

/// Everything the loop thread knows of the pool.
pub(super) struct Desk {
    work: Arc<Work>,
    seats: RefCell<HashMap<u64, Seat>>,
    /// Jobs that are not waited for although a thread is still busy with each of them.
    given_up: RefCell<HashSet<u64>>,
    last: Cell<u64>,
    threads: Cell<usize>,
    ended: Notify,
    /// Whether jobs were queued since the pool was last woken.
    queued: Cell<bool>,
    attended: Cell<bool>,
}

/// Where one request waits.
#[derive(Default)]
struct Seat {
    answer: Option<Response>,
    waker: Option<Waker>,
}

/// The wait for one answer. Dropping it withdraws the job.
pub(super) struct Waiting {
    desk: Rc<Desk>,
    number: u64,
    ticket: Arc<Ticket>,
}

impl Desk {
    /// The desk of a pool with this many threads.
    pub(super) fn new(work: Arc<Work>, threads: usize) -> Rc<Self> {
        Rc::new(Self {
            work,
            seats: RefCell::default(),
            given_up: RefCell::default(),
            last: Cell::new(0),
            threads: Cell::new(threads),
            ended: Notify::new(),
            queued: Cell::new(false),
            attended: Cell::new(false),
        })
    }

    /// Queues a request; `None` when the queue is full. The pool is woken when the loop has looked
    /// at everything else that is ready: requests that arrive together share one wake-up.
    pub(super) fn submit(self: &Rc<Self>, request: Request) -> Option<Waiting> {
        self.attend();
        let number = self.last.get().wrapping_add(1);
        let ticket = Arc::<Ticket>::default();
        let job = Job { number, request, ticket: Arc::clone(&ticket) };
        self.work.queue.offer(job).ok()?;
        self.last.set(number);
        self.seats.borrow_mut().insert(number, Seat::default());
        if !self.queued.replace(true) {
            self.work.completions.ring();
        }
        Some(Waiting { desk: Rc::clone(self), number, ticket })
    }

    /// Lets the threads finish what is queued, and waits until they have ended, but for those whose
    /// requests have exceeded their time: these end with the process.
    pub(super) async fn close(self: Rc<Self>) {
        self.attend();
        self.work.queue.close();
        while self.threads.get() > self.given_up.borrow().len() {
            self.ended.notified().await;
        }
        let requests = self.given_up.borrow().len();
        if requests > 0 {
            tracing::warn!(
                requests,
                "requests that exceeded timeout still run, and end with the worker"
            );
        }
    }

    fn attend(self: &Rc<Self>) {
        if !self.attended.replace(true) {
            tokio::task::spawn_local(attendant(Rc::clone(self)));
        }
    }

    fn hand_over(&self, completion: Completion) {
        let (number, answer) = match completion {
            Completion::Answer(number, answer) => (number, answer),
            Completion::Ended => {
                self.threads.set(self.threads.get().saturating_sub(1));
                return self.ended.notify_one();
            }
        };
        let response = answer.map(|payload| match payload {
            Payload::Whole(bytes) => Body::full(bytes),
            Payload::Stream(receiver) => Body::Stream(Box::pin(receiver)),
        });
        let mut seats = self.seats.borrow_mut();
        let Some(seat) = seats.get_mut(&number) else {
            self.given_up.borrow_mut().remove(&number);
            return;
        };
        seat.answer = Some(response);
        let waker = seat.waker.take();
        drop(seats);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Wakes the pool for jobs and the requests for answers, until all threads have ended.
async fn attendant(desk: Rc<Desk>) {
    let mut batch = Vec::new();
    let mut again = pin!(sleep_until(Instant::now()));
    let mut armed = false;
    while desk.threads.get() > 0 {
        tokio::select! {
            () = desk.work.completions.rung() => {
                armed = true;
                again.as_mut().reset(Instant::now() + LOOK_AGAIN);
            }
            () = &mut again, if armed => armed = false,
        }
        if desk.queued.take() {
            desk.work.queue.wake();
        }
        desk.work.completions.swap(&mut batch);
        batch.drain(..).for_each(|completion| desk.hand_over(completion));
        armed &= !desk.seats.borrow().is_empty();
    }
}

impl Waiting {
    /// The request's place in the queue.
    pub(super) fn ticket(&self) -> Arc<Ticket> {
        Arc::clone(&self.ticket)
    }
}

impl Future for Waiting {
    type Output = Response;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        let mut seats = self.desk.seats.borrow_mut();
        let Some(seat) = seats.get_mut(&self.number) else { return Poll::Pending };
        match seat.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                seat.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.ticket.withdraw();
        let seat = self.desk.seats.borrow_mut().remove(&self.number);
        if self.ticket.is_expired() && seat.is_some_and(|seat| seat.answer.is_none()) {
            self.desk.given_up.borrow_mut().insert(self.number);
            self.desk.ended.notify_one();
        }
    }
}
