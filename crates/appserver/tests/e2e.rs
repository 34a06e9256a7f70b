//! End-to-end tests: the real programs as real processes, asked by real clients.
//!
//! `packaging/test` prepares what they need. Each test has its own server, temporary folder and
//! process group, and none sleeps or measures time.

mod e2e {
    mod listeners;
    mod native;
    mod reload;
    mod django;
    mod frameworks;
    mod http;
    mod service_manager;
    mod settings_reference;
    mod site;
    mod start;
    mod stop;
    mod supervision;
    mod trouble;
    mod wsgi;
}
