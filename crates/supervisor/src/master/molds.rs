//! Molds: started, listened to, ended.

use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use appserver_os::packet::{AsyncPacketSocket, Packet, PacketSocket};
use appserver_os::spawn::spawn;
use appserver_os::{Exit, Pid, PidFd, Signal, wait};

use super::Master;
use crate::handover::Gifts;
use crate::message::{FromMold, FromWorker, ToMold};
use crate::plan::Event;

/// Time for a mold to write its stack before it is killed.
const DUMP: Duration = Duration::from_secs(2);

/// A mold, as the master sees it.
pub(super) struct Mold {
    pid: Pid,
    pidfd: Rc<PidFd>,
    socket: Rc<AsyncPacketSocket>,
    reader: tokio::task::JoinHandle<()>,
    /// How it ended, once it has been reaped.
    exit: Option<Exit>,
    /// Nothing more will come from it.
    silent: bool,
}

impl Mold {
    /// Ends it at once. Its last words are heard, and it is reaped, like any other's.
    pub(super) fn kill(&self) {
        let _ = self.pidfd.signal(Signal::SIGKILL);
    }
}

/// Something from a mold.
pub(super) struct MoldNews {
    generation: u64,
    pid: Pid,
    /// `None`: it has closed its end.
    message: Option<(FromMold, Option<PidFd>)>,
}

/// The next report of any worker. One that cannot be read is skipped.
pub(super) async fn next_report(reports: &AsyncPacketSocket) -> Option<FromWorker> {
    loop {
        let packet = reports.receive().await.ok().flatten()?;
        if let Ok(report) = serde_json::from_slice(&packet.bytes) {
            return Some(report);
        }
    }
}

impl Master {
    pub(super) fn spawn_mold(&mut self, generation: u64) {
        if let Some(prepared) =
            self.prepared.take_if(|_| !self.deployments.contains_key(&generation))
        {
            self.deployments.insert(generation, prepared);
        }
        match self.start_mold(generation) {
            Ok(mold) => {
                tracing::debug!("mold of generation {generation} is pid {}", mold.pid);
                self.molds.insert(generation, mold);
            }
            Err(error) => {
                self.happen(Event::MoldGone {
                    generation,
                    how: format!("cannot start it: {error}"),
                });
            }
        }
    }

    fn start_mold(&self, generation: u64) -> io::Result<Mold> {
        let Some(deployment) = self.deployments.get(&generation) else {
            return Err(io::Error::other("nothing is known about this generation"));
        };
        let (ours, theirs) = PacketSocket::pair()?;
        let gifts = Gifts {
            generation,
            control: theirs.as_fd(),
            reports: self.reports.as_fd(),
            lifeline: self.lifeline.as_fd(),
            scoreboard: self.scoreboard.as_fd(),
            listeners: deployment.listeners.iter().map(|listener| listener.as_fd()).collect(),
            shared: deployment.shared.iter().map(|memory| memory.as_fd()).collect(),
            settings: &deployment.settings,
        };
        let handover = gifts.wrap()?;
        let mut keep = gifts.descriptors();
        keep.push(handover.as_fd());
        let command = (deployment.mold)(appserver_os::process::number(&handover));
        let program = command.get_program().to_string_lossy().into_owned();
        let child = spawn(command, &keep)
            .map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
        let socket = Rc::new(AsyncPacketSocket::new(ours)?);
        let reader = self.listen_to(generation, child.pid, Rc::clone(&socket));
        let pidfd = Rc::new(child.pidfd);
        Ok(Mold { pid: child.pid, pidfd, socket, reader, exit: None, silent: false })
    }

    fn listen_to(
        &self,
        generation: u64,
        pid: Pid,
        socket: Rc<AsyncPacketSocket>,
    ) -> tokio::task::JoinHandle<()> {
        let news = self.news.clone();
        tokio::task::spawn_local(async move {
            loop {
                let message = match socket.receive().await {
                    Ok(Some(packet)) => parse(packet),
                    _ => None,
                };
                let over = message.is_none();
                let _ = news.send(MoldNews { generation, pid, message });
                if over {
                    return;
                }
            }
        })
    }

    pub(super) fn order_fork(&mut self, generation: u64, slot: usize) {
        let order = serde_json::to_vec(&ToMold::Fork { slot }).unwrap_or_default();
        let sent = self.molds.get(&generation).map(|mold| mold.socket.send(&order, None));
        if let Some(Err(error)) = sent {
            tracing::debug!("order to the mold of generation {generation}: {error}");
        }
    }

    /// Ends a mold. Its exit is reaped like any other; nothing else of it is of interest.
    pub(super) fn end_mold(&mut self, generation: u64, dump: bool) {
        let Some(mold) = self.molds.remove(&generation) else { return };
        mold.reader.abort();
        if !dump {
            let _ = mold.pidfd.signal(Signal::SIGKILL);
            return;
        }
        let _ = mold.pidfd.signal(Signal::SIGABRT);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(DUMP).await;
            let _ = mold.pidfd.signal(Signal::SIGKILL);
        });
    }

    pub(super) fn end_all_molds(&mut self) {
        for (_, mold) in std::mem::take(&mut self.molds) {
            let _ = mold.pidfd.signal(Signal::SIGKILL);
            if mold.exit.is_none() {
                let _ = wait::until_ended(mold.pid);
            }
        }
        // Orphans of molds that ended before.
        while let Ok(Some(_)) = wait::any() {}
    }

    pub(super) fn mold_news(&mut self, news: MoldNews) {
        let MoldNews { generation, pid, message } = news;
        let Some((message, pidfd)) = message else {
            if let Some(mold) = self.molds.get_mut(&generation).filter(|mold| mold.pid == pid) {
                mold.silent = true;
            }
            self.bury_mold(generation);
            return;
        };
        match message {
            FromMold::Loaded { preloaded, notes } => {
                self.happen(Event::MoldLoaded { generation, preloaded, notes });
            }
            FromMold::LoadFailed(report) => self.happen(Event::MoldFailed { generation, report }),
            FromMold::Forked { slot, pid } => {
                if let Some(pidfd) = pidfd {
                    self.workers.insert(pid, pidfd);
                }
                self.happen(Event::Forked { generation, slot, pid });
                self.early.take(pid).into_iter().for_each(|report| self.hear(report));
            }
            FromMold::ForkFailed { slot, error } => self.happen(Event::ForkFailed { slot, error }),
            FromMold::Exited { pid, ended } => self.worker_ended(pid, ended.into()),
        }
    }

    /// A mold has gone when it is silent and reaped, in whichever order that was noticed: its last
    /// words are heard first.
    fn bury_mold(&mut self, generation: u64) {
        let Some(mold) = self.molds.get(&generation) else { return };
        let Some(exit) = mold.exit.filter(|_| mold.silent) else { return };
        self.molds.remove(&generation);
        self.happen(Event::MoldGone { generation, how: exit.to_string() });
    }

    /// Reaps every child that has ended: molds, and workers whose mold is gone.
    pub(super) fn reap(&mut self) {
        while let Ok(Some((pid, exit))) = wait::any() {
            let mold = self.molds.iter_mut().find(|(_, mold)| mold.pid == pid);
            if let Some((generation, mold)) = mold {
                mold.exit = Some(exit);
                let generation = *generation;
                self.bury_mold(generation);
            } else {
                self.worker_ended(pid.as_raw(), exit);
            }
        }
    }

    pub(super) fn worker_ended(&mut self, pid: i32, exit: Exit) {
        if self.workers.remove(&pid).is_some() {
            self.happen(Event::Exited { pid, exit });
        }
    }

    pub(super) fn worker_report(&mut self, report: FromWorker) {
        if self.workers.contains_key(&report.pid()) {
            self.hear(report);
        } else {
            self.early.keep(report);
        }
    }

    fn hear(&mut self, report: FromWorker) {
        self.happen(match report {
            FromWorker::Ready { pid } => Event::Ready { pid },
            FromWorker::BootFailed { pid, report } => Event::BootFailed { pid, report },
            FromWorker::Recycle { pid, reason } => Event::Recycle { pid, reason },
        });
    }
}

fn parse(packet: Packet) -> Option<(FromMold, Option<PidFd>)> {
    let message = serde_json::from_slice(&packet.bytes).ok()?;
    Some((message, packet.fd.map(PidFd::from)))
}
