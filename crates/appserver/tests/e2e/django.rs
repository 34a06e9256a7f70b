//! Real Django projects, `examples/django-shop` and `examples/django-channels`, used the way people
//! use them.

mod browser;
mod channels;
mod shop;

use std::process::Command;

use appserver_testkit::python::{self, Python};
use appserver_testkit::{Server, files, program};
use tempfile::TempDir;

use super::site::{APPS, Setup, everywhere};
use browser::{Browser, Part};

/// A filled database and media folder, made once and copied for each server.
struct Stock(TempDir);

impl Stock {
    fn make(python: &Python) -> Self {
        let stock = Self(tempfile::tempdir().unwrap());
        stock.manage(python, &["migrate", "--verbosity", "0"]);
        stock.manage(python, &["seed"]);
        stock
    }

    fn manage(&self, python: &Python, arguments: &[&str]) {
        let mut command = Command::new(python.interpreter());
        command.arg("manage.py").args(arguments).current_dir(program::example("django-shop"));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONPATH", APPS);
        command.env("DJANGO_SETTINGS_MODULE", "quick_passwords");
        command.env("SHOP_DATABASE", self.0.path().join("shop.sqlite3"));
        command.env("SHOP_MEDIA", self.0.path().join("media"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "manage.py {arguments:?}: {output:?}");
    }

    /// The shop with a copy of the stock. What is uploaded goes to a file above 64 KiB; visitors may
    /// take their time.
    fn open(&self, setup: &Setup) -> Server {
        let builder = setup.example("django-shop", "mysite.wsgi:application").workers(1);
        let home = builder.home().to_owned();
        files::copy_tree(self.0.path(), &home.join("shop"));
        let limits = ["--set", "http.body_memory=64KiB", "--keepalive", "10m"];
        builder
            .args(limits)
            .args(["--pythonpath", APPS])
            .env("DJANGO_SETTINGS_MODULE", "quick_passwords")
            .env("SHOP_DATABASE", home.join("shop/shop.sqlite3"))
            .env("SHOP_MEDIA", home.join("shop/media"))
            .start()
    }
}

fn the_shop_works(threads: usize) {
    let stock = Stock::make(&python::newest());
    everywhere(threads, |setup| {
        let server = stock.open(setup);
        let alice = &mut Browser::logged_in(&server, "alice");
        let admin = &mut Browser::logged_in(&server, "admin");
        shop::visitors_see_products(&server);
        shop::strangers_have_to_log_in(&server);
        shop::a_customer_orders(alice);
        shop::staff_works_in_the_admin(alice, admin);
        shop::the_api_lists_creates_and_refuses(&server, alice, admin);
        shop::uploads_arrive_exactly(alice, setup);
        shop::responses_stream(&server);
        shop::a_broken_view_is_a_500(&server);
        shop::slow_views_wait_only_for_threads(&server, setup);
        shop::connections_to_the_database_persist(&server, setup);
        server.stop();
    });
}

#[test]
fn the_shop_works_with_one_thread() {
    the_shop_works(1);
}

#[test]
fn the_shop_works_with_four_threads() {
    the_shop_works(4);
}
