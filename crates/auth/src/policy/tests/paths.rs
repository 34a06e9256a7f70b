//! Paths that could mean another one.

use super::{AMBIGUOUS, DEFAULT, RULE, policy, required};
use crate::config::{Config, Requirement, Rule};
use crate::policy::{Ambiguous, Matched, Policy};

fn find(path: &str) -> Result<Matched, Ambiguous> {
    policy(vec![required("/admin/")]).find("GET", path)
}

#[test]
fn confusing_paths_are_ambiguous() {
    for path in [
        "//admin/",
        "/./admin/",
        "/x/../admin/",
        "/%61dmin/",
        "/admin%2f",
        "/admin;x",
        "/admin%3bx",
        "/admin%23",
        "/admin%3fx",
        "/admin%00",
        "/admin%00.png",
        "/%2e%2e/admin",
        "/%2e/admin",
        "/%2fadmin",
        "\\admin",
        "/\\admin",
        "/%5cadmin",
        "/x/..%2fadmin",
        "/x/..%5cadmin/",
        "/x/..;/admin",
        "/x/..;a=b/admin",
        "/x//../../admin/",
        "/x/y/%252e%252e/../admin",
        "/%2561dmin/",
        "/%252561dmin/",
        "/ad%0amin/",
        "/ad%09min/",
        "/ad%7fmin/",
        "/ad%ffmin/",
        "/admin%20/x",
        "/admin./x",
        "/admin.",
        "/admin%20%2e/",
        "/x%3f/../admin",
        "/x%23/../admin",
        "/x%00/../admin",
        "/x/.%2e./../admin",
        "/admin/../x",
        "/admin/%2e%2e/x",
        "/admin/..",
        "/admin/x/%2e%2e%2f%2e%2e/y",
        "/admin/..;/x",
        "admin",
        "admin/x",
        "/a/b/c/../../../admin",
        "//////admin",
        "/.//admin",
    ] {
        assert_eq!(find(path), AMBIGUOUS, "{path}");
    }
}

#[test]
fn paths_that_all_read_alike_are_not() {
    for path in [
        "/admin",
        "/admin/",
        "/admin/x",
        "/admin//x",
        "/admin/./x",
        "/admin/x/../y",
        "/admin/a%2Fb",
        "/admin/a;b=c",
        "/admin/%C3%A9",
        "/admin/100%",
        "/admin/x.",
        "/admin/.well-known",
        "/admin/a%20b",
        "/admin/%2e",
        "/admin/%00",
    ] {
        assert_eq!(find(path), RULE, "{path}");
    }
    for path in [
        "/",
        "",
        "*",
        "/x",
        "/administrator",
        "/admi",
        "/x/admin",
        "/x//admin",
        "/x/../y",
        "/x;y=/admin",
        "/proxy/http%3A%2F%2Fexample.com%2Fa%3Fb%3Dc%23d",
        "/.well-known/openid-configuration",
        "/caf%C3%A9/100%25",
        "/x/%zz",
        // Letter case is the application's business.
        "/ADMIN/",
        "/Admin",
    ] {
        assert_eq!(find(path), DEFAULT, "{path}");
    }
}

#[test]
fn exact_paths_are_no_less_careful() {
    let policy = policy(vec![Rule { exact: true, ..required("/admin") }]);
    for path in ["/admin;/x", "/admin;x", "/admin%00/x", "/admin%23/x", "/x/../admin", "//admin"] {
        assert_eq!(policy.find("GET", path), AMBIGUOUS, "{path}");
    }
    for path in ["/admin/", "/admin/x", "/admin//", "/administrator;x"] {
        assert_eq!(policy.find("GET", path), DEFAULT, "{path}");
    }
    assert_eq!(policy.find("GET", "/admin"), RULE);
}

#[test]
fn rules_about_everything_leave_nothing_ambiguous() {
    let policy = policy(vec![required("/")]);
    for path in ["//admin/", "/%2e%2e/x", "/a%00b", "/a;b/../c"] {
        assert_eq!(policy.find("GET", path), RULE, "{path}");
    }
    // Whether this is a path at all is not sure.
    assert_eq!(policy.find("OPTIONS", "*"), AMBIGUOUS);
}

#[test]
fn a_weak_rule_below_a_strict_one_is_no_way_in() {
    let public = super::rule("/admin/public", Requirement::None);
    let policy = policy(vec![public, required("/admin")]);
    assert_eq!(policy.find("GET", "/admin/public/x"), Ok(Matched::Rule(0)));
    assert_eq!(policy.find("GET", "/admin/publicity"), Ok(Matched::Rule(1)));
    for path in [
        "/admin/public/../x",
        "/admin/public/%2e%2e/x",
        "/admin/public/..%2fx",
        "/admin/public/..;/x",
        "/admin/public%2f..%2fx",
        "/admin/public%00",
        "/admin/x/../public/",
    ] {
        assert_eq!(policy.find("GET", path), AMBIGUOUS, "{path}");
    }
}

#[test]
fn patterns_are_decoded_paths() {
    let policy = policy(vec![required("/café/a b")]);
    for path in ["/caf%C3%A9/a%20b", "/caf%c3%a9/a%20b/x", "/café/a b"] {
        assert_eq!(policy.find("GET", path), RULE, "{path}");
    }
    assert_eq!(policy.find("GET", "/caf%E9/a%20b"), DEFAULT);
    assert_eq!(policy.find("GET", "/cafe%CC%81/a%20b"), DEFAULT, "not normalised");
}

fn mounted(path: &str) -> Result<Matched, Ambiguous> {
    let config = super::config(vec![required("/admin/")]);
    let config = Config { root_path: "/shop".into(), ..config };
    Policy::new(&config).unwrap().find("GET", path)
}

#[test]
fn rules_are_about_what_follows_the_mount() {
    for path in ["/shop/admin", "/shop/admin/x", "/shop/admin//x", "/admin", "/admin/x"] {
        assert_eq!(mounted(path), RULE, "{path}");
    }
    for path in ["/shop", "/shop/", "/", "/shop/x", "/shopping/admin", "/shop/shop/admin", "/x"] {
        assert_eq!(mounted(path), DEFAULT, "{path}");
    }
    for path in [
        // WSGI decodes before it takes the mount off, ASGI after.
        "/%73hop/admin",
        "/shop%2fadmin",
        "//shop/admin",
        "/shop//admin",
        "/shop/./admin",
        "/shop/../admin",
        "/x/../shop/admin",
        "/shop/../shop/admin",
        "/shop;x/admin",
        "/shop/x/..%2fadmin",
        // Below the mount this leads out of what is meant; as a whole it leads back.
        "/shop/admin/../../shop/admin",
    ] {
        assert_eq!(mounted(path), AMBIGUOUS, "{path}");
    }
}

#[test]
fn the_mount_itself_is_its_root() {
    let root = Rule { exact: true, ..required("/") };
    let config = Config { root_path: "/shop".into(), ..super::config(vec![root]) };
    let policy = Policy::new(&config).unwrap();
    assert_eq!(policy.find("GET", "/shop"), RULE);
    assert_eq!(policy.find("GET", "/shop/"), RULE);
    assert_eq!(policy.find("GET", "/shop/x"), DEFAULT);
}

#[test]
fn more_readings_than_are_looked_at_are_ambiguous() {
    let path = "/a%25252525252525%3b%3b//./%5c%23%3f%00%09%ff.%20/".repeat(20);
    assert_eq!(find(&path), AMBIGUOUS);
    // One oddity is fine however long the path.
    assert_eq!(find(&format!("/{}a%20b", "x/".repeat(30_000))), DEFAULT);
}
