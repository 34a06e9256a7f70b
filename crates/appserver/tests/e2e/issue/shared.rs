//! Two servers on one store, as two machines would be: they share what was used, what is revoked and
//! who is locked out.

use appserver_testkit::{Server, wait_until};
use serde_json::json;
use tempfile::TempDir;

use super::project::{
    Pair, Project, claims, login, logout_all, me, post, project, refresh, try_login,
};
use super::store::{mysql, postgres, redis};

/// Two servers, and the folder with the database of both.
struct Two {
    one: Server,
    two: Server,
    _folder: TempDir,
}

impl Two {
    /// Users are in one database, tokens in the store, and state directories are the servers' own.
    fn start(store: &str, more: impl Fn(Project) -> Project) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = || more(project().folder(folder.path()).store(store)).start();
        Self { one: start(), two: start(), _folder: folder }
    }

    fn stop(self) {
        self.one.stop();
        self.two.stop();
    }
}

fn assert_shared(store: &str) {
    rotation(store);
    revocation(store);
    lockout(store);
}

fn rotation(store: &str) {
    let grace = |grace: &str| format!("mode = \"family\"\ngrace = \"{grace}\"");
    let servers = Two::start(store, |project| project.issue(&grace("0s")));
    let Two { one, two, .. } = &servers;
    let first = login(one, "ann");
    let second = Pair::of(&refresh(two, &first.refresh));
    assert_eq!(me(one, &second.access), 200);
    refresh(one, &first.refresh).assert_status(401);
    refresh(two, &second.refresh).assert_status(401);
    wait_until("the other knows of the theft", || me(two, &second.access) == 401);
    servers.stop();
    let servers = Two::start(store, |project| project.issue(&grace("5m")));
    let Two { one, two, .. } = &servers;
    let first = login(one, "ann");
    let answers = super::at_once::all_at_once(&[one, two], 40, |client, _| {
        Pair::of(&client.refresh(&first.refresh))
    });
    for pair in &answers {
        assert_eq!(claims(&pair.refresh), claims(&answers[0].refresh));
    }
    servers.stop();
}

fn revocation(store: &str) {
    let servers = Two::start(store, |project| project);
    let Two { one, two, .. } = &servers;
    let (ann, bob) = (login(one, "ann"), login(two, "bob"));
    for server in [one, two] {
        assert_eq!((me(server, &ann.access), me(server, &bob.access)), (200, 200));
    }
    logout_all(one, &ann.access).assert_status(200);
    assert_eq!(me(one, &ann.access), 401);
    refresh(two, &ann.refresh).assert_status(401);
    wait_until("the other has heard of it", || me(two, &ann.access) == 401);
    assert_eq!(me(two, &bob.access), 200);
    // Back again, and whoever starts later knows it as well.
    let again = login(two, "ann");
    assert_eq!((me(one, &again.access), me(two, &again.access)), (200, 200));
    post(two, super::project::BLACKLIST, &json!({"refresh": again.refresh})).assert_status(200);
    refresh(one, &again.refresh).assert_status(401);
    servers.stop();
}

fn lockout(store: &str) {
    let tiers = "per_address = \"off\"\nper_user = \"off\"\ntiers = [\"4:1h\"]";
    let servers = Two::start(store, |project| project.limits(tiers));
    let Two { one, two, .. } = &servers;
    for server in [one, two, one, two] {
        try_login(server, "ann", "another").assert_status(401);
    }
    for server in [one, two] {
        try_login(server, "ann", "ann-password").assert_status(429);
        login(server, "bob");
    }
    servers.stop();
    let per_user = "per_address = \"off\"\nper_user = \"4/h\"\ntiers = []";
    let servers = Two::start(store, |project| project.limits(per_user));
    let Two { one, two, .. } = &servers;
    for server in [one, two, one, two] {
        try_login(server, "carol", "another").assert_status(401);
    }
    for server in [one, two] {
        try_login(server, "carol", "another").assert_status(429);
    }
    servers.stop();
}

#[test]
fn servers_share_postgresql() {
    let Some(database) = postgres("shared") else { return };
    assert_shared(&format!("url = {:?}", database.url()));
}

#[test]
fn servers_share_mysql() {
    let Some(database) = mysql("shared") else { return };
    assert_shared(&format!("url = {:?}", database.url()));
}

#[test]
fn servers_share_redis() {
    let Some((url, prefix)) = redis("shared") else { return };
    assert_shared(&format!("url = {url:?}\nprefix = {prefix:?}"));
}
