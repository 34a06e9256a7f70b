//! `tune`: real apps under load with several numbers of workers and threads. What is asserted does not
//! depend on how fast the machine is.

mod ends;
mod refusals;
mod settings;
mod state;

use appserver_testkit::{Builder, Ended, Server, program};
use serde_json::Value;

/// Answers at once.
const HELLO: &str = "\
def application(environ, start_response):
    start_response('200 OK', [('Content-Length', '6')])
    return [b'hello\\n']
";
const ASGI: &str = "\
async def application(scope, receive, send):
    if scope['type'] == 'http':
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        await send({'type': 'http.response.body', 'body': b'hello'})
";
/// Takes its time where it is alone. Where requests share a process it fails, and soon, but for the
/// first one.
const ALONE: &str = "\
import threading

asked = []

def application(environ, start_response):
    asked.append(1)
    if not environ['wsgi.multithread']:
        threading.Event().wait(0.02)
    elif len(asked) > 1:
        raise RuntimeError('not made for threads')
    start_response('200 OK', [('Content-Length', '6')])
    return [b'hello\\n']
";

/// A short measurement of this app.
fn tune(builder: Builder) -> Builder {
    let short = ["--duration", "300ms", "--warm-up", "100ms", "--connections", "8"];
    builder.command(&["tune"]).args(short)
}

/// The result as JSON, which is between other lines.
fn result(ended: &Ended) -> Value {
    let lines: Vec<&str> = ended.text.lines().collect();
    let [first, last] = ["{", "}"].map(|brace| lines.iter().position(|line| *line == brace));
    let (Some(first), Some(last)) = (first, last) else { panic!("no JSON in:\n{}", ended.text) };
    // Lines about the progress come from another stream, in between.
    let json: Vec<&str> =
        lines[first..=last].iter().copied().filter(|line| !line.starts_with('[')).collect();
    serde_json::from_str(&json.join("\n")).expect("it is JSON")
}

/// Each combination, in order: workers, threads (0 where there are none) and errors.
fn combinations(result: &Value) -> Vec<(u64, u64, u64)> {
    let combinations = result["combinations"].as_array().expect("a list");
    let number = |each: &Value, key: &str| each[key].as_u64().unwrap_or(0);
    let row = |each| (number(each, "workers"), number(each, "threads"), number(each, "errors"));
    combinations.iter().map(row).collect()
}

#[test]
fn every_combination_is_measured_without_errors() {
    let app = || tune(Server::example("wsgi-plain", "app:application"));
    let grid = ["--workers", "1,2", "--threads", "1,2"];
    let ended = app().args(grid).args(["--json"]).run();
    ended.assert_code(0);
    let result = result(&ended);
    assert_eq!(combinations(&result), [(1, 1, 0), (1, 2, 0), (2, 1, 0), (2, 2, 0)]);
    for each in result["combinations"].as_array().unwrap() {
        for figure in ["requests_per_second", "p50", "p99", "memory"] {
            assert!(each[figure].as_f64() > Some(0.0), "{figure} of {each}");
        }
        assert!(each["p50"].as_f64() <= each["p99"].as_f64(), "{each}");
    }
    assert_eq!(result["interface"], "wsgi");
    let lines = result["recommended"]["lines"].as_array().unwrap();
    let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    let settings = Builder::source(HELLO).file("appserver.toml", lines.join("\n"));
    let shown = settings.without_target().command(&["config", "show"]).run();
    for key in ["workers", "threads"] {
        let value = result["recommended"][key].as_u64().unwrap().to_string();
        let is_set = |line: &&str| line.starts_with(key) && line.contains("appserver.toml");
        let line = shown.assert_code(0).text.lines().find(is_set);
        assert!(line.is_some_and(|line| line.contains(&value)), "{key}: {line:?}");
    }
}

#[test]
fn people_get_a_table_a_chart_and_the_reason() {
    let ended =
        tune(Builder::source(HELLO)).args(["--workers", "1", "--threads", "1,2", "--ascii"]).run();
    ended.assert_code(0).assert_said("CPU/request").assert_said("# for appserver.toml");
    ended.assert_said("2 measurements, about ");
    ended.assert_said("workers = 1").assert_said("throughput (max ").assert_said("##");
    assert_eq!(ended.text.matches("<- recommended").count(), 1, "{}", ended.text);
    assert!(ended.text.is_ascii(), "{}", ended.text);
    for point in ["1 worker x 1 thread: ", "1 worker x 2 threads: "] {
        ended.assert_said(point);
    }
}

/// A request that waits holds its thread, so that one thread can never be enough.
#[test]
fn a_view_that_waits_gets_more_workers_or_threads() {
    let app = tune(Server::example("wsgi-plain", "app:application"));
    let grid = ["--workers", "1,2", "--threads", "1,4", "--url", "/sleep?seconds=0.05", "--json"];
    let result = result(app.args(grid).run().assert_code(0));
    let recommended = &result["recommended"];
    let number = |key: &str| recommended[key].as_u64().unwrap();
    assert!(number("workers") * number("threads") > 1, "{result}");
}

#[test]
fn what_fails_is_not_recommended() {
    let app = tune(Builder::source(ALONE));
    let ended = app.args(["--workers", "1", "--threads", "1,2", "--json"]).run();
    let result = result(ended.assert_code(0));
    let combinations = combinations(&result);
    assert!(combinations[0].2 == 0 && combinations[1].2 > 0, "{combinations:?}");
    assert_eq!(result["recommended"]["threads"], 1);
    assert!(result["notes"].to_string().contains("times status 500"), "{}", result["notes"]);
}

#[test]
fn an_asgi_app_has_workers_only() {
    let app = || tune(Builder::source(ASGI));
    let result = result(app().args(["--workers", "1,2", "--json"]).run().assert_code(0));
    assert_eq!(combinations(&result), [(1, 0, 0), (2, 0, 0)]);
    assert_eq!(result["interface"], "asgi");
    assert_eq!(result["recommended"]["lines"].as_array().map(Vec::len), Some(1));
    let refused = app().args(["--threads", "2"]).run();
    refused.assert_code(2).assert_said("--threads: ASGI apps");
}

#[test]
fn a_native_app_tunes_itself() {
    let app = tune(Builder::native(program::built("native-axum")));
    let result = result(
        app.args(["--workers", "1,2", "--url", "/hello/you", "--json"]).run().assert_code(0),
    );
    assert_eq!(combinations(&result), [(1, 0, 0), (2, 0, 0)]);
    assert_eq!(result["interface"], "native");
}

#[test]
fn rounds_are_put_together() {
    let app = tune(Builder::source(HELLO));
    let grid = ["--workers", "1", "--threads", "1,2", "--rounds", "2", "--json"];
    let result = result(app.args(grid).run().assert_code(0));
    assert_eq!(combinations(&result).len(), 2);
    for each in result["combinations"].as_array().unwrap() {
        assert_eq!(each["rounds"], 2);
        let [low, middle, high] =
            ["lowest", "requests_per_second", "highest"].map(|key| each[key].as_f64());
        assert!(low <= middle && middle <= high, "{each}");
    }
}
