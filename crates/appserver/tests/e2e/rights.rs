//! Whom workers run as, and whose are the files that the server makes.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use appserver_testkit::{Address, Builder, Client, Server, Signal, program};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").mode() & 0o777
}

/// The values of one line of `/proc/PID/status`.
fn status(pid: i32, name: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("it is there");
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_umask_is_that_of_the_files_of_the_master_too() {
    let builder = Server::example("wsgi-plain", "app:application");
    let [socket, pidfile] = ["app.sock", "app.pid"].map(|name| builder.home().join(name));
    let server = builder
        .bind(format!("unix:{}", socket.display()))
        .args(["--umask", "007", "--pidfile"])
        .args([&pidfile])
        .start();
    assert_eq!(mode(&socket), 0o770);
    assert_eq!(mode(&pidfile), 0o660);
    server.stop();
}

/// A proxy that runs as this user or group must reach the socket; root's groups must be gone.
#[test]
fn a_server_of_root_gives_its_socket_and_its_rights_away() {
    if fs::metadata("/proc/self").expect("it is there").uid() != 0 {
        eprintln!("not tested: only root can become another user");
        return;
    }
    let builder = Builder::native("native-axum");
    let [program, socket] = ["native-axum", "app.sock"].map(|name| builder.home().join(name));
    fs::copy(program::built("native-axum"), &program).expect("the program can be copied");
    let everybody = fs::Permissions::from_mode(0o755);
    fs::set_permissions(builder.home(), everybody).expect("the folder is ours");
    let server = builder
        .program(&program)
        .bind(format!("unix:{}", socket.display()))
        .args(["--user", "3999999999", "--group", "3999999998", "--umask", "077"])
        .workers(1)
        .start();
    let file = fs::metadata(&socket).expect("it is there");
    assert_eq!((file.uid(), file.gid(), mode(&socket)), (3_999_999_999, 3_999_999_998, 0o700));
    let worker = server.worker_pids()[0];
    assert_eq!(status(worker, "Uid:"), ["3999999999"; 4]);
    assert_eq!(status(worker, "Gid:"), ["3999999998"; 4]);
    assert_eq!(status(worker, "Groups:"), ["3999999998"]);
    assert!(server.reload().is_ok(), "{:?}", server.log());
    let mut client = Client::connect(&Address::Unix(socket.clone())).expect("it listens there");
    client.get("/").expect("it is answered").assert_status(200);
    server.signal(Signal::SIGTERM);
    server.wait_end();
    assert!(!socket.exists());
    server.end().assert_code(0);
}

#[test]
fn a_user_whose_group_nobody_knows_is_a_mistake() {
    let ended = Builder::native(program::built("native-axum")).args(["--user", "3999999999"]).run();
    ended.assert_code(2).assert_said("name a `group` as well");
}
