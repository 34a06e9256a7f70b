//! Mistakes about folders of static files.

use std::path::Path;

use super::Report;
use crate::settings::StaticMount;
use crate::settings::key::join;

/// Checks a folder and the prefix that it is under.
pub(super) fn check(
    (prefix, mount): (&str, &StaticMount),
    directory: &Path,
    report: &mut Report<'_>,
) {
    let key = join("static.mounts", prefix);
    if let Some(problem) = of_prefix(prefix) {
        report.add(&key, problem);
    }
    match &mount.root {
        None => report.add(&key, "there is no `root`, the folder to serve"),
        Some(root) if !directory.join(root).is_dir() => {
            let found = directory.join(root);
            report.add(&join(&key, "root"), format!("{} is not a directory", found.display()));
        }
        Some(_) => {}
    }
    let index = &mount.index;
    if index.contains(['/', '\\']) || index.starts_with('.') {
        let problem = format!("found \"{index}\", expected the name of a file like \"index.html\"");
        report.add(&join(&key, "index"), problem);
    }
    let origin = &mount.allow_origin;
    if !origin.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = format!("found \"{origin}\", expected one origin, \"*\" or nothing");
        report.add(&join(&key, "allow_origin"), problem);
    }
}

/// What is wrong with a prefix: no path could begin with it, or not as it is meant.
fn of_prefix(prefix: &str) -> Option<String> {
    let inside = prefix.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let is_step = |step: &str| !matches!(step, "" | "." | "..");
    let is_right = match inside {
        None => prefix == "/",
        Some(inside) => inside.split('/').all(is_step),
    };
    if !is_right || prefix.contains(['\\', '?', '#', '\0']) {
        return Some("expected a prefix of paths that begins and ends with `/`".to_owned());
    }
    prefix.contains('%').then(|| "the prefix contains `%`: write it decoded".to_owned())
}

#[cfg(test)]
mod tests {
    use super::of_prefix;

    #[test]
    fn prefixes_are_paths_of_folders() {
        for prefix in ["/", "/static/", "/a/b.c/", "/.well-known/", "/gr\u{fc}n weiss/"] {
            assert_eq!(of_prefix(prefix), None, "{prefix}");
        }
        for prefix in
            ["", "static", "/static", "static/", "//", "/a//b/", "/../", "/./", "/a?/", "/%20/"]
        {
            assert!(of_prefix(prefix).is_some(), "{prefix}");
        }
    }
}
