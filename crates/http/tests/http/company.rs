//! Connections among workers that share a listener.

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

/// The connections of two workers after a burst. Of those that serve, the second looks at the listener only
/// once the first has taken something.
fn shared_out(serving: usize) -> Vec<u64> {
    let board = Scoreboard::create(2).unwrap();
    (0..2).for_each(|index| board.slot(index).occupy(1, 1, 0));
    (0..2).for_each(|index| board.slot(index).set_state(WorkerState::Ready));
    let any = ListenAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)));
    let listening = Listening::bind(&any, 64).unwrap();
    let Ok(ListenAddress::Tcp(address)) = listening.local_address() else { panic!("no port") };
    let clients: Vec<_> = (0..BURST).map(|_| TcpStream::connect(address).unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let counts = tokio::task::LocalSet::new().block_on(&runtime, async {
        let counts =
            || -> Vec<u64> { (0..2).map(|at| board.slot(at).read().connections).collect() };
        for index in 0..serving {
            wait_for(index as u64, counts).await;
            let copy = listening.as_fd().try_clone_to_owned().unwrap();
            let listener = ExclusiveListener::new(Listening::from_fd(copy).unwrap()).unwrap();
            tokio::task::spawn_local(server(&board, index).serve(vec![listener]));
        }
        wait_for(BURST as u64, counts).await;
        counts()
    });
    drop(clients);
    counts
}

/// Waits until so many connections are open; fails if they never are.
async fn wait_for(connections: u64, counts: impl Fn() -> Vec<u64>) {
    let end = Instant::now() + Duration::from_secs(20);
    while counts().iter().sum::<u64>() < connections {
        assert!(Instant::now() < end, "{:?}", counts());
        tokio::task::yield_now().await;
    }
}

fn server(board: &Scoreboard, index: usize) -> Rc<Server> {
    let app = TestApp {
        mode: BodyMode::Whole,
        is_timed: true,
        is_called_in_turns: true,
        probe: Probe::default(),
    };
    let config = Setup::new().config;
    Rc::new(Server::new(config, Rc::new(app), board.slot(index), Rc::new(Nothing)))
}

#[test]
fn workers_share_a_burst_out() {
    let counts = shared_out(2);
    assert!(counts.iter().all(|&count| count >= 3), "{counts:?}");
}

#[test]
fn nobody_is_waited_for_in_vain() {
    assert_eq!(shared_out(1), [BURST as u64, 0]);
}
