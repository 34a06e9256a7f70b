//! Mistakes that only several settings, or a setting and the machine, make together.

mod static_files;

use std::{collections::HashSet, path::Path};

use nix::unistd::{Group, Uid, User, geteuid};

use super::{
    Settings,
    found::is_bare,
    mistake::Mistake,
    value::{Account, ByteSize},
};

/// Collects mistakes, each at the place of its key.
struct Report<'p> {
    place: &'p dyn Fn(&str) -> String,
    mistakes: Vec<Mistake>,
}

impl Report<'_> {
    fn add(&mut self, key: &str, problem: impl Into<String>) {
        self.mistakes.push(Mistake::at(key, &(self.place)(key), problem));
    }
}

/// Checks settings that are right one by one. `place` tells where a key was set.
pub(crate) fn check(
    settings: &Settings,
    directory: &Path,
    place: &dyn Fn(&str) -> String,
) -> Vec<Mistake> {
    let mut report = Report { place, mistakes: Vec::new() };
    if !directory.is_dir() {
        report.add("chdir", format!("{} is not a directory", directory.display()));
    }
    check_bind(settings, &mut report);
    check_accounts(settings, &mut report);
    check_paths(settings, directory, &mut report);
    check_http(settings, &mut report);
    for (prefix, mount) in &settings.r#static.mounts {
        static_files::check((prefix, mount), directory, &mut report);
    }
    report.mistakes
}

fn check_bind(settings: &Settings, report: &mut Report<'_>) {
    if settings.bind.is_empty() {
        report.add("bind", "found no address, expected at least one");
    }
    let mut seen = HashSet::new();
    for bind in settings.bind.iter() {
        let chosen_by_kernel = matches!(bind, super::value::Bind::Tcp { port: 0, .. });
        if !chosen_by_kernel && !seen.insert(bind) {
            report.add("bind", format!("{bind} is there twice"));
        }
    }
}

fn check_accounts(settings: &Settings, report: &mut Report<'_>) {
    if let Some(user) = &settings.user {
        let known = User::from_name(user.as_str()).is_ok_and(|user| user.is_some());
        check_account("user", user, known, report);
        check_group_is_known(settings, user, report);
    }
    if let Some(group) = &settings.group {
        let known = Group::from_name(group.as_str()).is_ok_and(|group| group.is_some());
        check_account("group", group, known, report);
    }
}

/// Only the user database knows the group of a user.
fn check_group_is_known(settings: &Settings, user: &Account, report: &mut Report<'_>) {
    let has_entry = |id| User::from_uid(Uid::from_raw(id)).is_ok_and(|user| user.is_some());
    if settings.group.is_none() && user.id().is_some_and(|id| !has_entry(id)) {
        let problem = format!("user {user} is not in the user database; name a `group` as well");
        report.add("user", problem);
    }
}

fn check_account(key: &str, account: &Account, known: bool, report: &mut Report<'_>) {
    if account.id().is_none() && !known {
        report.add(key, format!("there is no {key} \"{account}\""));
    } else if !geteuid().is_root() {
        report.add(key, format!("only root can change the {key}"));
    }
}

fn check_paths(settings: &Settings, directory: &Path, report: &mut Report<'_>) {
    if let Some(pidfile) = &settings.pidfile {
        let parent = directory.join(pidfile).parent().map(Path::to_owned).unwrap_or_default();
        if !parent.is_dir() {
            report.add("pidfile", format!("{} is not a directory", parent.display()));
        }
    }
    for (key, path) in
        [("http.temp_dir", &settings.http.temp_dir), ("runtime_dir", &settings.runtime_dir)]
    {
        let Some(path) = path else { continue };
        let path = directory.join(path);
        // The runtime directory itself is made where its parent is there.
        let made = key == "runtime_dir" && path.parent().is_some_and(Path::is_dir);
        if !made && !path.is_dir() {
            report.add(key, format!("{} is not a directory", path.display()));
        }
    }
    let interpreter = settings.python.interpreter.as_ref();
    // A bare name is looked up on PATH, where the path of the directory does not matter.
    if let Some(path) = interpreter.filter(|path| !is_bare(path))
        && !directory.join(path).is_file()
    {
        report.add("python.interpreter", format!("{} is not a file", path.display()));
    }
}

fn check_http(settings: &Settings, report: &mut Report<'_>) {
    let http = &settings.http;
    let root = &http.root_path;
    if !root.is_empty() && (!root.starts_with('/') || root.ends_with('/')) {
        report.add(
            "http.root_path",
            format!("found \"{root}\", expected a path like \"/shop\", or nothing"),
        );
    }
    let head = http.limit_request_head;
    let longest = http.limit_request_line.max(http.limit_request_field_size);
    if head < ByteSize::from_bytes(u64::from(longest)) {
        report.add(
            "http.limit_request_head",
            format!("{head} is less than the longest request line or field, {longest}B"),
        );
    }
}
