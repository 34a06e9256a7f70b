//! Folders of static files, whose tables are named after prefixes of paths.

use std::path::Path;

use super::super::load;
use super::{from, mistakes, setup};

#[test]
fn a_prefix_may_have_dots() {
    let file = "workers = 1\n[static.mounts.\"/v1.2/\"]\nroot = \".\"\nmax_age = \"1h\"\n";
    let setup = setup(file, &[], &[]);
    let loaded = load(&setup.sources).unwrap();
    let mount = &loaded.settings.r#static.mounts["/v1.2/"];
    assert_eq!(mount.root.as_deref(), Some(Path::new(".")));
    assert_eq!(from(&setup, "static.mounts.\"/v1.2/\".root"), "appserver.toml:3");
    assert_eq!(from(&setup, "static.mounts.\"/v1.2/\".index"), "default");
    let again = super::setup(&loaded.show(false), &[], &[]);
    assert_eq!(load(&again.sources).unwrap().settings, loaded.settings);
}

#[test]
fn flags_win_over_the_file() {
    let file = "[static.mounts.\"/a.b/\"]\nroot = \"none\"\nmax_age = \"off\"\n";
    let key = "static.mounts.\"/a.b/\"";
    let root = format!("{key}.root");
    let setup =
        setup(file, &[], &[(&root, "--static", "."), (&format!("{key}.index"), "--set", "a")]);
    let mount = &load(&setup.sources).unwrap().settings.r#static.mounts["/a.b/"];
    assert_eq!((mount.root.as_deref(), mount.index.as_str()), (Some(Path::new(".")), "a"));
    assert_eq!(mount.max_age.get(), None);
    assert_eq!(from(&setup, &root), "flag --static");
}

#[test]
fn folders_and_prefixes_that_cannot_be_are_mistakes() {
    let file = "[static.mounts.static]\nroot = \".\"\n[static.mounts.\"/a/\"]\n\
                [static.mounts.\"/b/\"]\nroot = \"none\"\nindex = \"a/b\"\nallow_origin = \"a b\"\n\
                [static.mounts.\"/c/\"]\nrot = \".\"\n";
    let told = mistakes(&setup(file, &[], &[]));
    assert!(told[0].contains("did you mean `static.mounts.\"/c/\".root`?"), "{told:?}");
    let told = mistakes(&setup(file.split("[static.mounts.\"/c").next().unwrap(), &[], &[]));
    let wanted = [
        ("there is no `root`", "static.mounts.\"/a/\"", 3),
        ("is not a directory", "static.mounts.\"/b/\".root", 5),
        ("expected the name of a file", "static.mounts.\"/b/\".index", 6),
        ("expected one origin", "static.mounts.\"/b/\".allow_origin", 7),
        ("begins and ends with `/`", "static.mounts.static", 1),
    ];
    assert_eq!(told.len(), wanted.len(), "{told:?}");
    for ((problem, key, line), told) in wanted.iter().zip(&told) {
        assert!(told.contains(problem), "{told}");
        assert!(told.ends_with(&format!(", for `{key}` in appserver.toml:{line}")), "{told}");
    }
}
