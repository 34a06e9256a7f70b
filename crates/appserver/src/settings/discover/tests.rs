//! Which app is found in which directory.

use std::{fs, path::Path};

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn target(folder: &Path, interface: Interface) -> String {
    discover(folder, interface).unwrap().target
}

const MANAGE: &str = "import os\n# DJANGO_SETTINGS_MODULE = 'old.settings'\n\
    os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"mysite.settings\")\n";

#[test]
fn a_django_project_is_found_by_its_manage_py() {
    let folder = folder(&[
        ("manage.py", MANAGE),
        ("mysite/wsgi.py", ""),
        ("mysite/asgi.py", ""),
        ("app.py", "app = 1"),
    ]);
    assert_eq!(target(folder.path(), Interface::Auto), "mysite.wsgi:application");
    assert_eq!(target(folder.path(), Interface::Asgi), "mysite.asgi:application");
}

#[test]
fn a_django_project_that_names_only_an_asgi_application_means_it() {
    let settings = "ASGI_APPLICATION = 'mysite.asgi.application'\n";
    let both = format!("{settings}WSGI_APPLICATION = 'mysite.wsgi.application'\n");
    for (settings, target_found) in
        [(settings, "mysite.asgi:application"), (&*both, "mysite.wsgi:application")]
    {
        let folder = folder(&[
            ("manage.py", MANAGE),
            ("mysite/settings.py", settings),
            ("mysite/wsgi.py", ""),
            ("mysite/asgi.py", ""),
        ]);
        assert_eq!(target(folder.path(), Interface::Auto), target_found);
    }
}

#[test]
fn a_django_project_without_the_wanted_interface_says_so() {
    let folder = folder(&[("manage.py", MANAGE), ("mysite/wsgi.py", "")]);
    let error = discover(folder.path(), Interface::Asgi).unwrap_err();
    assert_eq!(error.looked[0], "manage.py leads to the package mysite, which has no asgi.py");
}

#[test]
fn the_settings_module_is_read_in_every_usual_shape() {
    for (source, module) in [
        ("setdefault('DJANGO_SETTINGS_MODULE', 'a.settings')", "a.settings"),
        (
            "setdefault(\n    \"DJANGO_SETTINGS_MODULE\",\n    \"a.b.settings.prod\",\n)",
            "a.b.settings.prod",
        ),
        ("os.environ['DJANGO_SETTINGS_MODULE'] = 'c.settings'", "c.settings"),
    ] {
        assert_eq!(settings_module(source), Some(module), "{source}");
    }
    assert_eq!(settings_module("# DJANGO_SETTINGS_MODULE 'x'"), None);
}

#[test]
fn settings_in_a_package_lead_to_the_project() {
    let manage = "setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings.production')";
    let folder = folder(&[("manage.py", manage), ("mysite/wsgi.py", "")]);
    assert_eq!(target(folder.path(), Interface::Auto), "mysite.wsgi:application");
}

#[test]
fn the_usual_files_are_searched_for_the_usual_names() {
    for (source, name) in [
        ("application = get()", Some("application")),
        ("app: Flask = Flask(__name__)", Some("app")),
        ("from shop.web import app", Some("app")),
        ("from shop.web import site as application  # noqa", Some("application")),
        ("async def app(scope, receive, send):", Some("app")),
        ("def create_app():\n    app = 1", Some("create_app()")),
        ("apple = 1\napp == 2\n    app = 3", None),
    ] {
        assert_eq!(attribute(source).as_deref(), name, "{source}");
    }
    let folder = folder(&[("app.py", "x = 1"), ("main.py", "def make_app():\n  pass")]);
    assert_eq!(target(folder.path(), Interface::Auto), "main:make_app()");
}

#[test]
fn nothing_found_tells_what_was_looked_at_and_what_is_near() {
    let folder = folder(&[("server.py", ""), ("shop/__init__.py", ""), ("notes.txt", "")]);
    let error = discover(folder.path(), Interface::Wsgi).unwrap_err();
    assert_eq!(error.near, ["server.py", "shop"]);
    assert_eq!(error.looked.len(), 4, "{:?}", error.looked);
}
