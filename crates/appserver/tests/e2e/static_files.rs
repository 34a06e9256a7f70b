//! Static files through the real program, beside apps of every kind.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use appserver_testkit::{Builder, Server};

use crate::e2e::site::exchange;

const WSGI: &str = "\
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'app ' + environ['PATH_INFO'].encode()]
";

const ASGI: &str = "\
async def application(scope, receive, send):
    await send({'type': 'http.response.start', 'status': 200})
    await send({'type': 'http.response.body', 'body': b'app ' + scope['raw_path']})
";

/// One worker in a project with a folder of files, which are served under `/static/`.
fn project(builder: Builder) -> Builder {
    let builder = builder.workers(1).file("assets/a.css", "body {}");
    builder.file("assets/.env", "SECRET=1").args(["--static", "/static/=assets"])
}

/// The kinds of workers: an app on the loop, in threads, on asyncio's loop, and none at all.
fn everywhere(test: impl Fn(&Server)) {
    let wsgi = || project(Builder::source(WSGI));
    let native = Builder::native(appserver_testkit::program::built("native-axum"));
    for builder in [wsgi(), wsgi().threads(4), project(Builder::source(ASGI)), project(native)] {
        let server = builder.start();
        test(&server);
        server.stop();
    }
}

const LARGE: u64 = 200 << 20;

/// A file without blocks on the disk, larger than what any socket takes.
fn make_large(server: &Server) {
    File::create(server.project().join("assets/large.bin")).unwrap().set_len(LARGE).unwrap();
}

#[test]
fn files_are_answered_without_the_app() {
    everywhere(|server| {
        let mut client = server.client();
        let answer = client.get("/static/a.css").unwrap().assert_status(200);
        assert_eq!(answer.text(), "body {}");
        assert_eq!(answer.header("content-type"), Some("text/css; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("max-age=60, public"));
        let tag = answer.header("etag").unwrap().to_owned();
        let unchanged = client.request("GET", "/static/a.css", &[("If-None-Match", &tag)], b"");
        assert_eq!(unchanged.unwrap().status, 304);
        let part = client.request("GET", "/static/a.css", &[("Range", "bytes=-2")], b"").unwrap();
        assert_eq!((part.status, part.text()), (206, "{}".to_owned()));
        let head = client.request("HEAD", "/static/a.css", &[], b"").unwrap();
        assert_eq!(head.header("content-length"), Some("7"));
        // Seen at once, in whatever way it was kept.
        server.replace("assets/a.css", "a { color: red }");
        assert_eq!(client.get("/static/a.css").unwrap().text(), "a { color: red }");
    });
}

#[test]
fn nothing_but_the_folder_is_served() {
    let server = project(Builder::source(WSGI)).start();
    let assets = server.project().join("assets");
    symlink("../app.py", assets.join("out.py")).unwrap();
    symlink(server.project().join("app.py"), assets.join("absolute.py")).unwrap();
    symlink("a.css", assets.join("inside.css")).unwrap();
    symlink("..", assets.join("up")).unwrap();
    nix::unistd::mkfifo(&assets.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for target in [
        "../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "%2e%2e%2fapp.py",
        "..\\app.py",
        "..%5capp.py",
        "./a.css",
        "/a.css",
        "a.css/",
        "a.css%00",
        "%00",
        "a.css%00.txt",
        "x/../a.css",
        "%252e%252e/app.py",
        ".env",
        "%2eenv",
        "out.py",
        "absolute.py",
        "up/app.py",
        "up/assets/a.css",
        "pipe",
        "",
        "%",
        "%zz",
        "..%c0%afapp.py",
        "..;/app.py",
        "a.css;x",
        "/etc/passwd",
        "%2fetc%2fpasswd",
    ] {
        let request =
            format!("GET /static/{target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = String::from_utf8(exchange(&server, request)).unwrap();
        let is_refused =
            ["404", "400"].iter().any(|code| answer.starts_with(&format!("HTTP/1.1 {code} ")));
        assert!(is_refused, "{target}: {answer}");
    }
    assert_eq!(server.get("/static/inside.css").text(), "body {}");
    assert_eq!(server.get("/static/%61.css").text(), "body {}");
    server.stop();
}

#[test]
fn a_slow_download_holds_nobody_up() {
    everywhere(|server| {
        make_large(server);
        let mut slow = server.client();
        slow.send_request("GET", "/static/large.bin", &[], b"").unwrap();
        // The first bytes are here, and the others wait for somebody to take them.
        slow.take(100).unwrap();
        for _ in 0..3 {
            assert_eq!(server.get("/static/a.css").status, 200);
            assert_eq!(server.get("/").status, 200);
        }
        let mut left = usize::try_from(LARGE).unwrap();
        while left > 0 {
            left -= slow.take(left.min(1 << 20)).unwrap().len();
        }
    });
}

#[test]
fn a_file_that_shrinks_cuts_the_download() {
    let server = project(Builder::source(ASGI)).start();
    make_large(&server);
    let mut client = server.client();
    client.send_request("GET", "/static/large.bin", &[], b"").unwrap();
    client.take(100).unwrap();
    let large = File::options().write(true).open(server.project().join("assets/large.bin"));
    large.unwrap().set_len(10).unwrap();
    assert!(client.read_to_end().map_or(0, |rest| rest.len() as u64) < LARGE);
    server.log().wait_for("the file has shrunk");
    assert_eq!(server.get("/static/large.bin").body, [0; 10]);
    server.stop();
}

#[test]
fn a_download_outlives_a_reload() {
    let server = project(Builder::source(WSGI)).start();
    make_large(&server);
    let mut client = server.client();
    client.send_request("GET", "/static/large.bin", &[], b"").unwrap();
    client.take(100).unwrap();
    server.signal(appserver_testkit::Signal::SIGHUP);
    server.wait_draining(1);
    assert!(client.read_to_end().unwrap().len() as u64 > LARGE - 100);
    server.wait_workers(1);
    server.stop();
}

#[test]
fn settings_say_how_files_are_served() {
    let settings = "\
        [static.mounts.\"/\"]\nroot = \"assets\"\nfallthrough = true\nindex = \"index.html\"\n\
        max_age = \"off\"\nallow_origin = \"*\"\nimmutable = \"off\"\n\
        [static.mounts.\"/v1.2/files/\"]\nroot = \"more\"\nmax_age = \"1h\"\n\
        [log]\naccess = true\n";
    let builder = Builder::source(WSGI).workers(1).file("appserver.toml", settings);
    let builder = builder.file("assets/index.html", "<p>").file("assets/docs/index.html", "docs");
    let server = builder.file("more/b.55e7cbb9ba48.js", "b").file("more/b.js", "b").start();
    let index = server.get("/");
    assert_eq!((index.text().as_str(), index.header("cache-control")), ("<p>", None));
    assert_eq!(index.header("access-control-allow-origin"), Some("*"));
    assert_eq!(server.get("/docs").header("location"), Some("./docs/"));
    assert_eq!(server.get("/docs/").text(), "docs");
    assert_eq!(server.get("/none").text(), "app /none");
    let field = |path: &str| server.get(path).header("cache-control").map(str::to_owned);
    assert_eq!(field("/v1.2/files/b.js").as_deref(), Some("max-age=3600, public"));
    let immutable = "max-age=31536000, public, immutable";
    assert_eq!(field("/v1.2/files/b.55e7cbb9ba48.js").as_deref(), Some(immutable));
    assert_eq!(server.get("/v1.2/files/none").status, 404);
    server.log().wait_for("\"GET /v1.2/files/none HTTP/1.1\" 404 10");
    let shown = server.log().wait_for("\"GET /docs/ HTTP/1.1\" 200 4");
    assert!(shown.starts_with("127.0.0.1 - - ["), "{shown}");
    server.stop();
}

#[test]
fn a_folder_that_is_not_there_is_a_mistake() {
    let settings = "app = \"app:application\"\n\n[static.mounts.\"/static/\"]\nroot = \"none\"\n";
    for words in [["run"], ["check"]] {
        let builder = Builder::source(WSGI).without_target().file("appserver.toml", settings);
        let ended = builder.command(&words).run();
        ended.assert_said("is not a directory, for `static.mounts.\"/static/\".root`");
        ended.assert_said("appserver.toml:4");
        ended.assert_code(2);
    }
    let builder =
        Builder::source(WSGI).args(["--static", "static=assets", "--static", "/a/=app.py"]);
    let ended = builder.command(&["check"]).run();
    ended.assert_said("begins and ends with `/`").assert_said("app.py is not a directory");
    ended.assert_said("flag --static");
}

#[test]
fn files_of_a_django_project_need_no_reload() {
    let server = project(Builder::source(WSGI)).start();
    let manifest = r#"{"paths": {"a.css": "a.123456789012.css"}, "version": "1.1"}"#;
    assert_eq!(server.get("/static/a.123456789012.css").status, 404);
    server.replace("assets/a.123456789012.css", "hashed");
    server.replace("assets/staticfiles.json", manifest);
    let answer = server.get("/static/a.123456789012.css");
    assert_eq!(answer.text(), "hashed");
    assert_eq!(answer.header("cache-control"), Some("max-age=31536000, public, immutable"));
    assert!(fs::exists(Path::new(server.project()).join("assets/a.css")).unwrap());
    server.stop();
}
