//! Connections among workers that share a listener.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use appserver_app::BodyMode;
use appserver_http::{Events, RecycleReason, Server};
use appserver_os::{ExclusiveListener, ListenAddress, Listening};
use appserver_telemetry::{Scoreboard, WorkerState};

use crate::app::{Probe, TestApp};
use crate::server::Setup;

const BURST: usize = 8;

struct Nothing;

impl Events for Nothing {
    fn recycle(&self, _: RecycleReason) {}
}

/// Two workers that share a listener, and their clients.
struct Workers {
    board: Scoreboard,
    listening: Listening,
    clients: Vec<TcpStream>,
}

impl Workers {
    /// None of them serves yet.
    fn new() -> Self {
        let board = Scoreboard::create(2).unwrap();
        (0..2).for_each(|index| board.slot(index).occupy(1, 1, 0));
        let any = ListenAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)));
        Self { board, listening: Listening::bind(&any, 128).unwrap(), clients: Vec::new() }
    }

    /// Clients come, and each asks for something that takes long.
    fn connect(&mut self, clients: usize) {
        let Ok(ListenAddress::Tcp(address)) = self.listening.local_address() else { panic!() };
        for _ in 0..clients {
            let mut client = TcpStream::connect(address).unwrap();
            client.write_all(b"GET /hold HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
            self.clients.push(client);
        }
    }

    /// A worker says that it accepts.
    fn announce(&self, index: usize) {
        self.board.slot(index).set_state(WorkerState::Ready);
    }

    /// It does.
    fn serve(&self, index: usize) {
        let copy = self.listening.as_fd().try_clone_to_owned().unwrap();
        let listener = ExclusiveListener::new(Listening::from_fd(copy).unwrap()).unwrap();
        tokio::task::spawn_local(server(&self.board, index).serve(vec![listener]));
    }

    fn counts(&self) -> [u64; 2] {
        [0, 1].map(|index| self.board.slot(index).read().connections)
    }

    /// Waits until so many connections are open; fails if they never are.
    async fn wait_for(&self, connections: u64) -> [u64; 2] {
        let end = Instant::now() + Duration::from_secs(20);
        while self.counts().iter().sum::<u64>() < connections {
            assert!(Instant::now() < end, "{:?}", self.counts());
            tokio::task::yield_now().await;
        }
        self.counts()
    }

    /// A burst has come when they begin to serve, the second once the first has taken something. Fails if one
    /// gets far less than the other.
    async fn share_a_burst(mut self) {
        self.connect(BURST);
        (0..2).for_each(|index| self.announce(index));
        self.serve(0);
        self.wait_for(1).await;
        self.serve(1);
        let counts = self.wait_for(BURST as u64).await;
        assert!(counts.iter().all(|&count| count >= 3), "{counts:?}");
    }
}

/// On one thread, so that the order of things is always the same.
fn on_a_loop(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

fn server(board: &Scoreboard, index: usize) -> Rc<Server> {
    let app = TestApp {
        mode: BodyMode::Whole,
        is_timed: true,
        is_called_in_turns: true,
        probe: Probe::default(),
    };
    let mut config = Setup::new().config;
    config.worker_connections = 1000;
    Rc::new(Server::new(config, Rc::new(app), board.slot(index), Rc::new(Nothing)))
}

#[test]
fn workers_share_a_burst_out() {
    on_a_loop(async {
        Workers::new().share_a_burst().await;
    });
}

#[test]
fn one_that_answers_something_still_gets_its_share() {
    on_a_loop(async {
        let workers = Workers::new();
        workers.board.slot(1).request_started(1, "GET", "/poll");
        workers.share_a_burst().await;
    });
}

#[test]
fn nobody_is_waited_for_in_vain() {
    on_a_loop(async {
        let mut workers = Workers::new();
        workers.connect(BURST);
        (0..2).for_each(|index| workers.announce(index));
        workers.serve(0);
        assert_eq!(workers.wait_for(BURST as u64).await, [BURST as u64, 0]);
    });
}

#[test]
fn what_comes_later_goes_to_whoever_is_less_busy_then() {
    const MANY: u64 = 160;
    on_a_loop(async {
        let mut workers = Workers::new();
        workers.announce(0);
        workers.serve(0);
        // The last one alone: it might have taken more in its turn.
        for total in [MANY / 2, MANY - 1, MANY] {
            workers.connect(total as usize - workers.clients.len());
            workers.wait_for(total).await;
        }
        workers.announce(1);
        workers.serve(1);
        for more in [1, 2, 3, 120] {
            workers.connect((MANY + more) as usize - workers.clients.len());
            assert_eq!(workers.wait_for(MANY + more).await, [MANY, more]);
        }
    });
}
