//! Files of real folders, with clocks of our own.

use std::cell::Cell;
use std::fs;
use std::future::poll_fn;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use appserver_app::Body;
use http::HeaderValue;
use http_body::Body as _;
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::waiters::Waiters;
use super::{Arc, SEEN_TIME, Served, StaticFiles, StaticMount};

/// Every file has been there for long.
const LATE: fn() -> i64 = || i64::MAX;

struct Setup {
    home: TempDir,
    files: Rc<StaticFiles>,
    runtime: Runtime,
    now: Cell<u64>,
}

fn mount(prefix: &str, root: PathBuf) -> StaticMount {
    StaticMount {
        prefix: prefix.to_owned(),
        root,
        max_age: Some(Duration::from_secs(60)),
        has_immutable: true,
        index: None,
        falls_through: false,
        allow_origin: None,
    }
}

/// A folder `root` under `/static/`, beside a secret.
fn setup(change: impl FnOnce(&mut Vec<StaticMount>, &Path)) -> Setup {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("root")).unwrap();
    fs::write(home.path().join("secret"), "secret").unwrap();
    let mut mounts = vec![mount("/static/", home.path().join("root"))];
    change(&mut mounts, home.path());
    let mut files = StaticFiles::open(mounts, 1 << 20).unwrap();
    files.wall_clock = LATE;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    Setup { home, files: Rc::new(files), runtime, now: Cell::new(1) }
}

/// An answer, and whether it came from memory alone.
struct Told {
    head: http::response::Parts,
    /// As announced, before it was read.
    length: Option<u64>,
    body: String,
    is_kept: bool,
}

impl Told {
    fn field(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    fn text(self) -> String {
        self.body
    }
}

async fn read(mut body: Body) -> String {
    let mut text = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        text.extend_from_slice(&frame.unwrap().into_data().unwrap());
    }
    String::from_utf8(text).unwrap()
}

impl Setup {
    fn write(&self, name: &str, text: &str) {
        let path = self.home.path().join("root").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let new = self.home.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    }

    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> Option<Told> {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in fields {
            request = request.header(*name, HeaderValue::from_str(value).unwrap());
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let wanted = self.files.wanted(&head)?;
        self.runtime.block_on(async {
            let (response, is_kept) = match self.files.serve(wanted, &head, self.now.get()) {
                Served::Now(response) => (response, true),
                Served::Later(future) => (future.await?, false),
            };
            let (head, body) = response.into_parts();
            let length = body.size_hint().exact();
            Some(Told { head, length, body: read(body).await, is_kept })
        })
    }

    fn get(&self, path: &str) -> Told {
        self.ask("GET", path, &[]).unwrap()
    }

    fn wait(&self, nanoseconds: u64) {
        self.now.set(self.now.get() + nanoseconds);
    }
}

#[test]
fn a_small_file_is_kept_until_it_changes() {
    let setup = setup(|_, _| {});
    setup.write("a.css", "one");
    let first = setup.get("/static/a.css");
    assert!(!first.is_kept);
    assert_eq!(first.text(), "one");
    let second = setup.get("/static/a.css?v=2");
    assert!(second.is_kept);
    assert_eq!(second.text(), "one");
    setup.write("a.css", "two");
    let third = setup.get("/static/a.css");
    assert!(!third.is_kept);
    assert_eq!(third.text(), "two");
    fs::remove_file(setup.home.path().join("root/a.css")).unwrap();
    assert_eq!(setup.get("/static/a.css").status(), 404);
}

#[test]
fn parts_and_heads_come_from_memory_too() {
    let setup = setup(|_, _| {});
    setup.write("a.css", "0123456789");
    setup.get("/static/a.css");
    let part = setup.ask("GET", "/static/a.css", &[("range", "bytes=2-4")]).unwrap();
    assert!(part.is_kept);
    assert_eq!(part.text(), "234");
    let head = setup.ask("HEAD", "/static/a.css", &[]).unwrap();
    assert!(head.is_kept);
    assert_eq!(head.field("content-length"), Some("10"));
    assert_eq!(head.text(), "");
}

#[test]
fn what_may_still_change_unseen_is_not_kept() {
    let mut setup = setup(|_, _| {});
    Rc::get_mut(&mut setup.files).unwrap().wall_clock = || 0;
    setup.write("a.css", "one");
    let soon = SystemTime::now() + Duration::from_secs(3600);
    let path = setup.home.path().join("root/a.css");
    fs::File::options().write(true).open(path).unwrap().set_modified(soon).unwrap();
    assert_eq!(setup.get("/static/a.css").field("last-modified"), None, "never of the future");
    for _ in 0..3 {
        assert!(!setup.get("/static/a.css").is_kept);
    }
}

#[test]
fn encodings_that_come_later_are_seen() {
    let setup = setup(|_, _| {});
    setup.write("a.css", "plain, and long");
    let any: &[(&str, &str)] = &[("accept-encoding", "gzip, br")];
    let plain = setup.ask("GET", "/static/a.css", any).unwrap();
    assert_eq!((plain.field("content-encoding"), plain.field("vary")), (None, None));
    setup.write("a.css.gz", "gzip");
    setup.wait(SEEN_TIME);
    let coded = setup.ask("GET", "/static/a.css", any).unwrap();
    assert_eq!(coded.field("content-encoding"), Some("gzip"));
    assert_eq!(coded.field("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(coded.text(), "gzip");
    assert_eq!(setup.get("/static/a.css").field("vary"), Some("Accept-Encoding"));
    assert!(setup.ask("GET", "/static/a.css", any).unwrap().is_kept);
    // One that has gone is not sent once more.
    fs::remove_file(setup.home.path().join("root/a.css.gz")).unwrap();
    assert_eq!(setup.ask("GET", "/static/a.css", any).unwrap().text(), "plain, and long");
    assert!(setup.ask("GET", "/static/a.css", any).unwrap().is_kept);
    // Under its own name it is a file as any other.
    setup.write("a.css.gz", "gzip");
    let own = setup.ask("GET", "/static/a.css.gz", any).unwrap();
    assert_eq!(own.field("content-encoding"), None);
    assert_eq!(own.field("content-type"), Some("application/gzip"));
}

#[test]
fn an_encoding_of_older_bytes_is_not_sent() {
    let setup = setup(|_, _| {});
    setup.write("a.css", "plain");
    setup.write("a.css.gz", "gzip");
    let gzip = setup.home.path().join("root/a.css.gz");
    let gzip = fs::File::options().write(true).open(gzip).unwrap();
    gzip.set_modified(SystemTime::now() - Duration::from_secs(2)).unwrap();
    let any: &[(&str, &str)] = &[("accept-encoding", "gzip")];
    assert_eq!(setup.ask("GET", "/static/a.css", any).unwrap().text(), "plain");
    gzip.set_modified(SystemTime::now()).unwrap();
    setup.wait(SEEN_TIME);
    assert_eq!(setup.ask("GET", "/static/a.css", any).unwrap().text(), "gzip");
    // A plain file that is replaced makes its encoding old at once.
    setup.write("a.css", "new plain");
    let path = setup.home.path().join("root/a.css");
    let plain = fs::File::options().write(true).open(path).unwrap();
    plain.set_modified(SystemTime::now() + Duration::from_secs(2)).unwrap();
    assert_eq!(setup.ask("GET", "/static/a.css", any).unwrap().text(), "new plain");
}

#[test]
fn the_longest_prefix_counts() {
    let setup = setup(|mounts, home| {
        fs::create_dir(home.join("deep")).unwrap();
        fs::write(home.join("deep/a"), "deep").unwrap();
        mounts.push(mount("/static/deep/", home.join("deep")));
    });
    setup.write("a", "a");
    setup.write("deep/b", "hidden by the other");
    assert_eq!(setup.get("/static/a").text(), "a");
    assert_eq!(setup.get("/static/deep/a").text(), "deep");
    assert_eq!(setup.get("/st%61tic/de%65p/%61").text(), "deep");
    assert_eq!(setup.get("/static/deep/b").status(), 404);
    for path in ["/", "/static", "/static2/a", "/Static/a", "/static%2Fa"] {
        assert!(setup.ask("GET", path, &[]).is_none(), "{path}");
    }
}

#[test]
fn what_is_not_there_is_the_applications_where_it_is_asked() {
    let setup = setup(|mounts, _| {
        mounts[0].prefix = "/".to_owned();
        mounts[0].falls_through = true;
    });
    setup.write("a", "a");
    assert_eq!(setup.get("/a").text(), "a");
    for (method, path) in [("GET", "/b"), ("GET", "/"), ("GET", "/.env"), ("POST", "/a")] {
        assert!(setup.ask(method, path, &[]).is_none(), "{method} {path}");
    }
}

#[test]
fn files_can_only_be_read() {
    let setup = setup(|_, _| {});
    setup.write("a", "a");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let told = setup.ask(method, "/static/a", &[]).unwrap();
        assert_eq!((told.status(), told.field("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[test]
fn a_folder_is_its_index_or_nothing() {
    let with_index = setup(|mounts, _| mounts[0].index = Some("index.html".to_owned()));
    let without = setup(|_, _| {});
    for setup in [&with_index, &without] {
        setup.write("index.html", "top");
        setup.write("docs/index.html", "docs");
        setup.write("empty/a", "a");
    }
    assert_eq!(with_index.get("/static/").text(), "top");
    assert_eq!(with_index.get("/static/docs/").text(), "docs");
    let told = with_index.get("/static/docs?a=1");
    assert_eq!((told.status(), told.field("location")), (302, Some("./docs/?a=1")));
    for path in ["/static/empty/", "/static/empty", "/static/docs/index.html/"] {
        assert_eq!(with_index.get(path).status(), 404, "{path}");
    }
    for path in ["/static/", "/static/docs/", "/static/docs", "/static/empty/"] {
        assert_eq!(without.get(path).status(), 404, "{path}");
    }
}

#[test]
fn names_with_hashes_are_kept_by_browsers() {
    let setup = setup(|_, _| {});
    let is_immutable = |path: &str| {
        let told = setup.get(path);
        assert_eq!(told.status(), 200, "{path}");
        match told.field("cache-control").unwrap() {
            "max-age=31536000, public, immutable" => true,
            "max-age=60, public" => false,
            other => panic!("{path}: {other}"),
        }
    };
    setup.write("a.55e7cbb9ba48.css", "a");
    setup.write("a.css", "a");
    setup.write("b.12345678.css", "b");
    assert!(is_immutable("/static/a.55e7cbb9ba48.css"));
    assert!(!is_immutable("/static/a.css"));
    assert!(!is_immutable("/static/b.12345678.css"), "no letter, and in no manifest");
    setup.write("staticfiles.json", r#"{"paths": {"b.css": "b.12345678.css", "a.css": "a.css"}}"#);
    setup.wait(SEEN_TIME);
    assert!(is_immutable("/static/b.12345678.css"));
    assert!(!is_immutable("/static/a.css"));
}

#[test]
fn a_root_that_comes_to_mean_another_folder_is_followed() {
    let setup = setup(|mounts, home| {
        for name in ["one", "two"] {
            fs::create_dir(home.join(name)).unwrap();
            fs::write(home.join(name).join("a"), name).unwrap();
        }
        symlink("one", home.join("current")).unwrap();
        mounts[0].root = home.join("current");
    });
    assert_eq!(setup.get("/static/a").text(), "one");
    symlink("two", setup.home.path().join("next")).unwrap();
    fs::rename(setup.home.path().join("next"), setup.home.path().join("current")).unwrap();
    setup.wait(SEEN_TIME);
    assert_eq!(setup.get("/static/a").text(), "two");
}

#[test]
fn a_large_file_is_read_part_by_part() {
    let setup = setup(|_, _| {});
    let text: String = (0..50_000).map(|number| format!("{number:05}")).collect();
    setup.write("large", &text);
    for _ in 0..2 {
        let told = setup.get("/static/large");
        assert!(!told.is_kept);
        assert_eq!(told.length, Some(250_000));
        assert_eq!(told.text(), text);
    }
    let part = setup.ask("GET", "/static/large", &[("range", "bytes=249990-")]).unwrap();
    assert_eq!(part.field("content-range"), Some("bytes 249990-249999/250000"));
    assert_eq!(part.text(), "4999849999");
}

/// The thread that takes a manifest apart is one of those that may wait.
#[test]
fn who_cannot_be_served_soon_is_told_to_come_again() {
    let mut setup = setup(|_, _| {});
    setup.write("a.css", "a");
    setup.write("a.55e7cbb9ba48.css", "hashed");
    setup.write("staticfiles.json", "{}");
    setup.get("/static/a.55e7cbb9ba48.css");
    let mounts = &mut Rc::get_mut(&mut setup.files).unwrap().mounts;
    let waiters = &mut Arc::get_mut(&mut mounts[0]).unwrap().waiters;
    let free = std::mem::replace(waiters, Waiters::none());
    let told = setup.get("/static/a.css");
    assert_eq!((told.status(), told.field("retry-after")), (503, Some("1")));
    // What is in memory needs none of them.
    assert_eq!(setup.get("/static/a.55e7cbb9ba48.css").text(), "hashed");
    let mounts = &mut Rc::get_mut(&mut setup.files).unwrap().mounts;
    Arc::get_mut(&mut mounts[0]).unwrap().waiters = free;
    assert_eq!(setup.get("/static/a.css").text(), "a");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let mounts = vec![mount("/static/", "/nonexistent/static".into())];
    let error = StaticFiles::open(mounts, 0).err().unwrap().to_string();
    assert!(error.starts_with("cannot open the folder /nonexistent/static: "), "{error}");
}

proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

    /// Whatever is asked for, what is outside is never sent.
    #[test]
    fn nothing_outside_is_served(
        steps in proptest::collection::vec(
            proptest::sample::select(vec![
                "..", "%2e%2e", "%2E.", ".", "/", "%2f", "\\", "%5c", "%00", "secret", "a", "out",
                "up", "%252e%252e", "//", ";", "root", "%c0%af",
            ]),
            1..8,
        ),
    ) {
        let setup = setup(|_, _| {});
        setup.write("a", "a");
        let root = setup.home.path().join("root");
        symlink("../secret", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        let path = format!("/static/{}", steps.concat());
        let told = path.parse::<http::Uri>().ok().and_then(|_| setup.ask("GET", &path, &[]));
        if let Some(told) = told.filter(|told| told.status() != 404) {
            prop_assert_eq!(told.text(), "a");
        }
    }
}
