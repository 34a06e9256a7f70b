//! Links the benchmark of the Python bridge with libpython. The bridge itself is part of a module that
//! an interpreter loads, so that PyO3 links nothing.
//!
//! The interpreter is `PYO3_PYTHON`, as for PyO3, or `python3`.

use std::env;
use std::io;
use std::process::Command;

/// Prints the library's folder and its name, where the interpreter has one that can be loaded.
const WHERE: &str = "
import sysconfig as s
if s.get_config_var('Py_ENABLE_SHARED'):
    print(s.get_config_var('LIBDIR'), 'python' + s.get_config_var('LDVERSION'), sep='\\n')
";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PYO3_PYTHON");
    if env::var_os("CARGO_FEATURE_BENCH").is_none() {
        return Ok(());
    }
    let python = env::var_os("PYO3_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(&python).args(["-c", WHERE]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let (Some(folder), Some(name)) = (lines.next(), lines.next()) else {
        let why =
            format!("{} has no shared library; name another in PYO3_PYTHON", python.display());
        return Err(io::Error::other(why));
    };
    for argument in [format!("-L{folder}"), format!("-l{name}"), format!("-Wl,-rpath,{folder}")] {
        println!("cargo:rustc-link-arg-benches={argument}");
    }
    Ok(())
}
