//! From the settings about static files to what a worker opens.

use std::path::Path;

use appserver_http::StaticMount;
use http::HeaderValue;

use crate::settings::{self, Settings, value};

/// The folders that these settings name, below this directory where they are relative.
pub(crate) fn mounts(settings: &Settings, directory: &Path) -> Vec<StaticMount> {
    let mounts = settings.r#static.mounts.iter();
    mounts.filter_map(|(prefix, mount)| to_mount(prefix, mount, directory)).collect()
}

/// One folder; `None` without a root, which the check of the settings refuses.
fn to_mount(prefix: &str, mount: &settings::StaticMount, directory: &Path) -> Option<StaticMount> {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Some(StaticMount {
        prefix: prefix.to_owned(),
        root: directory.join(mount.root.as_ref()?),
        max_age: mount.max_age.get().map(Into::into),
        has_immutable: mount.immutable == value::Immutable::Auto,
        index: text(&mount.index),
        falls_through: mount.fallthrough.is_on(),
        allow_origin: text(&mount.allow_origin).and_then(|it| HeaderValue::try_from(it).ok()),
    })
}
